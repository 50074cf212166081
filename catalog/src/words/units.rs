//! Normalises numbers in text: one spelling per unit, fraction and size («18 В», "1-1/2 in.", "4x8").
//!
//! Dimensions and unit conversion are in `tolmach_engine::measure`.

/// A unit of measure: the one that quantities are compared in, and how many of it one is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    name: &'static str,
    factor: f64,
}

impl Unit {
    /// The spelling that all equal quantities share: `600mm` for 60 cm, 600 mm and 0.6 m.
    pub fn of(self, number: &str) -> String {
        let Self { name, factor } = self;
        match number.parse::<f64>() {
            Ok(value) if factor != 1.0 => format!("{}{name}", decimal(value * factor)),
            _ => format!("{}{name}", canonical(number)),
        }
    }
}

/// One spelling per value: without zeros at the end of the decimals («10,0» is `10`). Zeros in front stay, they are of a code.
pub(super) fn canonical(number: &str) -> String {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        number.to_owned()
    }
}

fn decimal(value: f64) -> String {
    canonical(&format!("{value:.4}"))
}

/// Splits a number written together with its unit: `18в`, but not `18x24`.
pub(super) fn number_and_unit(word: &str) -> Option<(&str, Unit)> {
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    if digits == 0 {
        return None;
    }
    let (number, after) = word.split_at(digits);
    Some((number, unit(after)?))
}

/// The unit that a word names; `None` if it is not a unit.
pub(super) fn unit(word: &str) -> Option<Unit> {
    let (name, factor) = match word {
        "в" | "v" | "вольт" | "вольта" | "volt" | "volts" => ("v", 1.0),
        "вт" | "w" | "ватт" | "watt" | "watts" => ("w", 1.0),
        "квт" | "kw" | "киловатт" => ("w", 1000.0),
        "ква" | "kva" => ("kva", 1.0),
        "а" | "a" | "ампер" | "амп" | "amp" | "amps" => ("a", 1.0),
        "ач" | "ah" => ("ah", 1.0),
        "дж" | "j" | "джоуль" | "джоулей" | "джоуля" | "joule" | "joules" => ("j", 1.0),
        "нм" | "nm" => ("nm", 1.0),
        "мм" | "mm" => ("mm", 1.0),
        "см" | "cm" => ("mm", 10.0),
        "м" | "m" | "метр" | "метра" | "метров" => ("mm", 1000.0),
        "м2" | "m2" => ("m2", 1.0),
        "м3" | "m3" => ("m3", 1.0),
        "л" | "l" | "литр" | "литра" | "литров" | "liter" | "liters" | "litre" | "litres" => {
            ("l", 1.0)
        }
        "мл" | "ml" => ("l", 0.001),
        "т" | "тн" | "тонн" | "тонна" | "тонны" | "ton" | "tons" | "tonne" | "tonnes" => {
            ("t", 1.0)
        }
        "кг" | "kg" => ("kg", 1.0),
        "г" | "гр" | "грамм" | "грамма" | "граммов" => ("kg", 0.001),
        "бар" | "bar" => ("bar", 1.0),
        "атм" => ("atm", 1.0),
        "гц" | "hz" => ("hz", 1.0),
        "лм" | "lm" => ("lm", 1.0),
        "об" | "rpm" => ("rpm", 1.0),
        "in" | "inch" | "inches" | "дюйм" | "дюйма" | "дюймов" => ("in", 1.0),
        "ft" | "foot" | "feet" => ("ft", 1.0),
        "lb" | "lbs" | "pound" | "pounds" => ("lb", 1.0),
        "oz" | "ounce" | "ounces" => ("oz", 1.0),
        "qt" | "quart" | "quarts" => ("qt", 1.0),
        "cu" => ("cu", 1.0),
        "sq" => ("sq", 1.0),
        "hp" | "лс" => ("hp", 1.0),
        "gal" | "gallon" | "gallons" => ("gal", 1.0),
        "yd" | "yard" | "yards" => ("yd", 1.0),
        "gauge" | "ga" => ("ga", 1.0),
        "psi" => ("psi", 1.0),
        "btu" => ("btu", 1.0),
        "cfm" => ("cfm", 1.0),
        _ => return None,
    };
    Some(Unit { name, factor })
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
    Some(decimal(f64::from(whole) + f64::from(above) / f64::from(below)))
}
