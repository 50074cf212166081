//! Quantities with units in a text («2,6 Дж», "1-1/2 in."), brought to one unit a dimension, so that «5 кВт» and
//! "5000 W" are the same.
//!
//! It reads what is written. What a client means by «до 7 кВт» is for the nodes, what passes a filter for the catalogue.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a quantity is of. Its base unit is the one that values are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Watts.
    Power,
    /// Volts.
    Voltage,
    /// Amperes.
    Current,
    /// Ampere-hours.
    Charge,
    /// Joules.
    Energy,
    /// Newton metres.
    Torque,
    /// Millimetres.
    Length,
    /// Square metres.
    Area,
    /// Litres.
    Volume,
    /// Kilograms.
    Mass,
    /// Bars.
    Pressure,
    /// Litres a minute.
    Flow,
    /// Hertz.
    Frequency,
    /// Lumens.
    Light,
    /// Turns a minute.
    Speed,
}

impl Dimension {
    /// Every dimension with the name that a filter spells.
    pub const ALL: [(&'static str, Dimension); 15] = [
        ("power", Dimension::Power),
        ("voltage", Dimension::Voltage),
        ("current", Dimension::Current),
        ("charge", Dimension::Charge),
        ("energy", Dimension::Energy),
        ("torque", Dimension::Torque),
        ("length", Dimension::Length),
        ("area", Dimension::Area),
        ("volume", Dimension::Volume),
        ("mass", Dimension::Mass),
        ("pressure", Dimension::Pressure),
        ("flow", Dimension::Flow),
        ("frequency", Dimension::Frequency),
        ("light", Dimension::Light),
        ("speed", Dimension::Speed),
    ];

    /// The name that a filter spells.
    pub fn name(self) -> &'static str {
        Dimension::ALL.iter().find(|(_, dimension)| *dimension == self).map_or("", |(name, _)| name)
    }
}

/// A quantity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What it is of.
    pub dimension: Dimension,
    /// How much, in the dimension's base unit; finite.
    pub value: f64,
}

/// A quantity with where in its text the number and the unit stand, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The quantity.
    pub measure: Measure,
    /// Its number.
    pub number: Range<usize>,
    /// Number and unit.
    pub whole: Range<usize>,
}

/// Every quantity of a text, in order. Of «5-7 кВт» and "5 to 7 kW" the first number is left to the reader of ranges.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(number) = next_number(text, at) {
        at = number.end;
        let (unit_start, unit_end) = unit_after(text, number.end);
        let Some(unit) = text.get(unit_start..unit_end) else { continue };
        if let Some((dimension, factor)) = unit_of(unit)
            && !is_part_of_code(text, &number, unit_start..unit_end)
            && let Some(value) = text.get(number.clone()).and_then(value)
        {
            let measure = Measure { dimension, value: value * factor };
            found.push(Found { measure, whole: number.start..unit_end, number });
            at = unit_end;
        }
    }
    found
}

/// Whether a number and the unit after it are parts of an article: «5320-1001171-СМ», «236-1003210-В5», `4L60E`. «5-кВт» and
/// `12V7Ah` are quantities.
fn is_part_of_code(text: &str, number: &Range<usize>, unit: Range<usize>) -> bool {
    let before = text.get(..number.start).unwrap_or_default();
    let after = text.get(unit.end..).unwrap_or_default();
    if after.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = number_length(after);
        let (start, end) = unit_after(after, digits);
        let next = after.get(start..end).unwrap_or_default();
        return start > digits || unit_of(next).is_none();
    }
    if text.get(number.end..unit.start) != Some("-") {
        return false;
    }
    let joined = before.ends_with('-') && before.trim_end_matches('-').ends_with(char::is_alphanumeric);
    joined || number.len() > LONGEST_HYPHENATED
}

/// The most digits of a number that a hyphen joins to its unit.
const LONGEST_HYPHENATED: usize = 4;

/// Every quantity of a text.
pub fn measures(text: &str) -> Vec<Measure> {
    find(text).into_iter().map(|found| found.measure).collect()
}

/// The value of a number as people write it: `2,6`, `1 200`, `5/8`, `1-1/2`; `None` for anything else.
pub fn value(number: &str) -> Option<f64> {
    let number = number.trim();
    if let Some((whole, fraction)) = number.split_once(['-', ' '])
        && fraction.contains('/')
    {
        return Some(value(whole)? + value(fraction)?);
    }
    if let Some((above, below)) = number.split_once('/') {
        let below: f64 = below.parse().ok()?;
        return (below != 0.0).then_some(above.parse::<f64>().ok()? / below);
    }
    let plain: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    plain.replace(',', ".").parse().ok().filter(|value: &f64| value.is_finite())
}

/// The next run that is a number: digits with a decimal mark, groups of three, or a fraction. One that a letter goes before
/// is a part of a code.
fn next_number(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let mut before = text.get(..from).and_then(|head| head.chars().next_back());
    for (offset, c) in rest.char_indices() {
        if c.is_ascii_digit() && !before.is_some_and(|before| before.is_alphanumeric() || before == '.') {
            let start = from + offset;
            return Some(start..start + number_length(text.get(start..)?));
        }
        before = Some(c);
    }
    None
}

fn number_length(text: &str) -> usize {
    let digits = |at: usize| {
        text.as_bytes().get(at..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let mut end = digits(0);
    if end <= 3 {
        // «1 200»: groups of three after a plain or a no-break space.
        loop {
            let space = match text.get(end..) {
                Some(rest) if rest.starts_with(' ') => 1,
                Some(rest) if rest.starts_with('\u{a0}') => 2,
                Some(rest) if rest.starts_with('\u{202f}') => 3,
                _ => break,
            };
            if digits(end + space) != 3 {
                break;
            }
            end += space + 3;
        }
    }
    if matches!(byte(end), Some(b'.' | b',')) && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    // «1-1/2» and «1 1/2»: a whole number and a fraction.
    if matches!(byte(end), Some(b'-' | b' ')) {
        let above = digits(end + 1);
        let slash = end + 1 + above;
        if above > 0 && byte(slash) == Some(b'/') && digits(slash + 1) > 0 {
            return slash + 1 + digits(slash + 1);
        }
    }
    if byte(end) == Some(b'/') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    end
}

/// The byte range of the unit after a number; empty when there is none.
fn unit_after(text: &str, from: usize) -> (usize, usize) {
    let rest = text.get(from..).unwrap_or_default();
    let skipped = rest.len() - rest.trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']).len();
    // «5 - насос» is a list, "5-kW" a unit.
    let start = from + skipped;
    let rest = text.get(start..).unwrap_or_default();
    if let Some(mark) = rest.chars().next().filter(|c| matches!(c, '"' | '″' | '”' | '′')) {
        return (start, start + mark.len_utf8());
    }
    let letters = |c: char| c.is_alphabetic() || matches!(c, '²' | '³' | '·' | '*');
    let mut end = start + rest.find(|c| !letters(c)).unwrap_or(rest.len());
    // «м3», «л/мин», «об/мин»: what follows may belong to the unit.
    let begin: String = rest.chars().take(LONGEST_COMPOUND).flat_map(char::to_lowercase).collect();
    for (part, _) in COMPOUND {
        if begin.starts_with(part) {
            let length: usize = rest.chars().take(part.chars().count()).map(char::len_utf8).sum();
            let ends =
                !rest.get(length..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
            if ends && start + length > end {
                end = start + length;
            }
        }
    }
    (start, end)
}

/// The most characters of a unit of [`COMPOUND`].
const LONGEST_COMPOUND: usize = 8;

/// Units with more than letters in them.
const COMPOUND: [(&str, (Dimension, f64)); 14] = [
    ("м3/ч", (Dimension::Flow, 1000.0 / 60.0)),
    ("м³/ч", (Dimension::Flow, 1000.0 / 60.0)),
    ("m3/h", (Dimension::Flow, 1000.0 / 60.0)),
    ("м3/час", (Dimension::Flow, 1000.0 / 60.0)),
    ("л/мин", (Dimension::Flow, 1.0)),
    ("l/min", (Dimension::Flow, 1.0)),
    ("л/ч", (Dimension::Flow, 1.0 / 60.0)),
    ("об/мин", (Dimension::Speed, 1.0)),
    ("кв.м", (Dimension::Area, 1.0)),
    ("кв. м", (Dimension::Area, 1.0)),
    ("м2", (Dimension::Area, 1.0)),
    ("m2", (Dimension::Area, 1.0)),
    ("м3", (Dimension::Volume, 1000.0)),
    ("m3", (Dimension::Volume, 1000.0)),
];

/// The dimension and the factor to its base unit of a unit as people spell it; `None` for a word that is none.
///
/// Factors of inches, feet, pounds, gallons and psi are those of NIST Special Publication 811, appendix B.8.
pub fn unit_of(unit: &str) -> Option<(Dimension, f64)> {
    let unit = unit.to_lowercase();
    if let Some((_, found)) = COMPOUND.iter().find(|(name, _)| *name == unit) {
        return Some(*found);
    }
    let (dimension, factor) = match unit.as_str() {
        "вт" | "w" | "ватт" | "watt" | "watts" => (Dimension::Power, 1.0),
        "квт" | "kw" | "киловатт" | "kilowatt" | "kilowatts" => (Dimension::Power, 1000.0),
        "лс" | "hp" => (Dimension::Power, 745.7),
        "в" | "v" | "вольт" | "вольта" | "volt" | "volts" => (Dimension::Voltage, 1.0),
        "kv" => (Dimension::Voltage, 1000.0),
        "а" | "a" | "ампер" | "амп" | "amp" | "amps" => (Dimension::Current, 1.0),
        "ач" | "ah" => (Dimension::Charge, 1.0),
        "мач" | "mah" => (Dimension::Charge, 0.001),
        "дж" | "j" | "джоуль" | "джоулей" | "джоуля" | "joule" | "joules" => {
            (Dimension::Energy, 1.0)
        }
        "нм" | "н·м" | "н*м" | "nm" => (Dimension::Torque, 1.0),
        "мм" | "mm" | "миллиметр" | "миллиметров" => (Dimension::Length, 1.0),
        "см" | "cm" | "сантиметр" | "сантиметров" => (Dimension::Length, 10.0),
        "м" | "m" | "метр" | "метра" | "метров" | "meter" | "meters" => {
            (Dimension::Length, 1000.0)
        }
        "in" | "inch" | "inches" | "\"" | "″" | "”" | "дюйм" | "дюйма" | "дюймов" => {
            (Dimension::Length, 25.4)
        }
        "ft" | "foot" | "feet" | "′" => (Dimension::Length, 304.8),
        "м²" | "m²" => (Dimension::Area, 1.0),
        "л" | "l" | "литр" | "литра" | "литров" | "liter" | "liters" | "litre" | "litres" => {
            (Dimension::Volume, 1.0)
        }
        "мл" | "ml" => (Dimension::Volume, 0.001),
        "м³" | "m³" => (Dimension::Volume, 1000.0),
        "gal" | "gallon" | "gallons" => (Dimension::Volume, 3.785_412),
        "кг" | "kg" | "килограмм" | "килограмма" => (Dimension::Mass, 1.0),
        "г" | "гр" | "g" | "грамм" => (Dimension::Mass, 0.001),
        "т" | "тонн" | "тонна" | "тонны" | "ton" | "tons" => (Dimension::Mass, 1000.0),
        "lb" | "lbs" | "pound" | "pounds" => (Dimension::Mass, 0.453_592_37),
        "oz" | "ounce" | "ounces" => (Dimension::Mass, 0.028_349_52),
        "бар" | "bar" => (Dimension::Pressure, 1.0),
        "атм" | "atm" => (Dimension::Pressure, 1.013_25),
        "мпа" | "mpa" => (Dimension::Pressure, 10.0),
        "psi" => (Dimension::Pressure, 0.068_947_57),
        "гц" | "hz" => (Dimension::Frequency, 1.0),
        "лм" | "lm" | "lumen" | "lumens" => (Dimension::Light, 1.0),
        "об" | "rpm" => (Dimension::Speed, 1.0),
        _ => return None,
    };
    Some((dimension, factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Dimension, f64)]) {
        let found: Vec<(Dimension, f64)> = measures(text)
            .into_iter()
            .map(|measure| (measure.dimension, (measure.value * 1000.0).round() / 1000.0))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn quantities_are_read_as_written_and_kept_in_one_unit() {
        use Dimension::*;
        check("Перфоратор SDS-Plus 800 Вт 2,6 Дж", &[(Power, 800.0), (Energy, 2.6)]);
        check("насос 5кВт 220В", &[(Power, 5000.0), (Voltage, 220.0)]);
        check(
            "5-kW generator, 1-1/2 in. hose, 5/8\" bit",
            &[(Power, 5000.0), (Length, 38.1), (Length, 15.875)],
        );
        check("бак 1 200 л, 0,5 м3", &[(Volume, 1200.0), (Volume, 500.0)]);
        check("подача 3 м3/ч, 2800 об/мин, 10 м²", &[(Flow, 50.0), (Speed, 2800.0), (Area, 10.0)]);
        check("12V7Ah", &[(Voltage, 12.0)]);
        check("1 1/4 in x 10 ft", &[(Length, 31.75), (Length, 3048.0)]);
    }

    #[test]
    fn codes_and_counts_are_no_quantities() {
        check("RH-10537, Т91204, 3 шт, 1/0, 5/0 м", &[]);
        check("винт M8x20", &[]);
        check("5320-1001171-СМ, 236-1003210-В5 и 238-1005115-Л", &[]);
        check("4L60E, коробка 5HP19, 1001171-СМ", &[]);
        check("", &[]);
    }
}
