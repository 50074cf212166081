//! Normalises numbers in text: one spelling per unit, fraction and size («18 В», "1-1/2 in.", "4x8").
//!
//! Dimensions and unit conversion are in `tolmach_engine::measure`.

/// Splits a number written together with its unit: `18в`, but not `18x24`.
pub(super) fn number_and_unit(word: &str) -> Option<(String, &'static str)> {
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    if digits == 0 {
        return None;
    }
    let (number, unit) = word.split_at(digits);
    Some((number.to_owned(), canonical_unit(unit)?))
}

/// The canonical spelling of a unit; `None` if the word is not a unit.
pub(super) fn canonical_unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "в" | "v" | "вольт" | "вольта" | "volt" | "volts" => "v",
        "вт" | "w" | "ватт" | "watt" | "watts" => "w",
        "квт" | "kw" | "киловатт" => "kw",
        "ква" | "kva" => "kva",
        "а" | "a" | "ампер" | "амп" | "amp" | "amps" => "a",
        "ач" | "ah" => "ah",
        "дж" | "j" | "джоуль" | "джоулей" | "джоуля" | "joule" | "joules" => "j",
        "нм" | "nm" => "nm",
        "мм" | "mm" => "mm",
        "см" | "cm" => "cm",
        "м" | "m" | "метр" | "метра" | "метров" => "m",
        "м2" | "m2" => "m2",
        "м3" | "m3" => "m3",
        "л" | "l" | "литр" | "литра" | "литров" | "liter" | "liters" | "litre" | "litres" => {
            "l"
        }
        "мл" | "ml" => "ml",
        "кг" | "kg" => "kg",
        "г" | "гр" => "gr",
        "бар" | "bar" => "bar",
        "атм" => "atm",
        "гц" | "hz" => "hz",
        "лм" | "lm" => "lm",
        "об" | "rpm" => "rpm",
        "in" | "inch" | "inches" | "дюйм" | "дюйма" | "дюймов" => "in",
        "ft" | "foot" | "feet" => "ft",
        "lb" | "lbs" | "pound" | "pounds" => "lb",
        "oz" | "ounce" | "ounces" => "oz",
        "qt" | "quart" | "quarts" => "qt",
        "cu" => "cu",
        "sq" => "sq",
        "hp" | "лс" => "hp",
        "gal" | "gallon" | "gallons" => "gal",
        "yd" | "yard" | "yards" => "yd",
        "gauge" | "ga" => "ga",
        "psi" => "psi",
        "btu" => "btu",
        "cfm" => "cfm",
        _ => return None,
    })
}

/// The decimal value of a fraction such as `5/8`, plus the whole number before it, if any. `None` for anything that is
/// not a proper fraction with a denominator of at most 64 («24/7»).
pub(super) fn fraction(whole: Option<&str>, text: &str) -> Option<String> {
    let (above, below) = text.split_once('/')?;
    let (above, below): (u32, u32) = (above.parse().ok()?, below.parse().ok()?);
    let whole: u32 = whole.map_or(Some(0), |whole| whole.parse().ok())?;
    if above == 0 || above >= below || below > 64 {
        return None;
    }
    let value = format!("{:.4}", f64::from(whole) + f64::from(above) / f64::from(below));
    Some(value.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// The parts of a size written as one word (`4x8`, «20х30х5мм»); `None` for anything else.
pub(super) fn size(text: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = text.split(['x', 'х']).collect();
    let (last, first) = parts.split_last()?;
    let number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '.');
    let ends = number(last) || number_and_unit(last).is_some();
    (!first.is_empty() && ends && first.iter().all(|part| number(part))).then_some(parts)
}
