//! The products of the sample price list: families of products, each with a few models of several brands.
//!
//! The brands are invented. Texts are written out in both languages, because composing words by rule breaks Russian.

mod machines;
mod power;
mod tools;

/// All families, in the order of the price list.
pub fn families() -> impl Iterator<Item = &'static Family> {
    [power::FAMILIES, machines::FAMILIES, tools::FAMILIES].into_iter().flatten()
}

/// A group of models that share a name pattern and a description.
pub struct Family {
    /// Category, Russian and English.
    pub category: (&'static str, &'static str),
    /// Prefix of the article numbers.
    pub prefix: &'static str,
    /// Name pattern, Russian and English, with the placeholders `{brand}`, `{model}` and `{option}`.
    pub name: (&'static str, &'static str),
    /// Description, Russian and English.
    pub text: (&'static str, &'static str),
    /// Unit of sale.
    pub unit: &'static str,
    /// Brands, each with a price factor.
    pub brands: &'static [(&'static str, f64)],
    /// Models: Russian, English, price in roubles with a factor of 1.
    pub models: &'static [(&'static str, &'static str, f64)],
    /// Options: Russian, English, price factor.
    pub options: &'static [(&'static str, &'static str, f64)],
}

pub const POWER: &[(&str, f64)] =
    &[("Korvund", 1.0), ("Stavrek", 1.18), ("Ormadel", 0.92), ("Velmarq", 1.3), ("Дрекунд", 0.87)];
pub const SITE: &[(&str, f64)] = &[("Тормунд", 0.94), ("Korvund", 1.0), ("Кременд", 0.82), ("Stavrek", 1.16)];
pub const WATER: &[(&str, f64)] = &[("Гидрумак", 1.0), ("Тормунд", 0.9), ("Velmarq", 1.24)];
pub const LIGHT: &[(&str, f64)] = &[("Светунд", 1.0), ("Ormadel", 0.88), ("Velmarq", 1.2)];
pub const GUARD: &[(&str, f64)] = &[("Оберген", 1.0), ("Кременд", 0.84), ("Stavrek", 1.22)];
pub const GAUGE: &[(&str, f64)] = &[("Мерегон", 1.0), ("Ormadel", 0.82), ("Velmarq", 1.28)];

pub const DRILLS: (&str, &str) = ("Дрели и шуруповёрты", "Drills and drivers");
pub const HAMMERS: (&str, &str) = ("Перфораторы и отбойные молотки", "Rotary hammers and breakers");
pub const GRINDERS: (&str, &str) = ("Шлифовальные машины", "Grinders and sanders");
pub const SAWS: (&str, &str) = ("Пилы", "Saws");
pub const WELDING: (&str, &str) = ("Сварочное оборудование", "Welding equipment");
pub const PUMPS: (&str, &str) = ("Насосы", "Pumps");
pub const AIR: (&str, &str) = ("Компрессоры и пневмоинструмент", "Compressors and air tools");
pub const GENERATORS: (&str, &str) = ("Генераторы", "Generators");
pub const CLEANING: (&str, &str) = ("Уборочная техника", "Cleaning equipment");
pub const HAND: (&str, &str) = ("Ручной инструмент", "Hand tools");
pub const MEASURING: (&str, &str) = ("Измерительный инструмент", "Measuring tools");
pub const LIGHTING: (&str, &str) = ("Освещение", "Lighting");
pub const WORKWEAR: (&str, &str) = ("Спецодежда и средства защиты", "Workwear and protection");
pub const BITS: (&str, &str) = ("Расходные материалы", "Consumables");
pub const CONCRETE: (&str, &str) = ("Строительное оборудование", "Construction equipment");

pub const PLAIN: &[(&str, &str, f64)] = &[("", "", 1.0)];
pub const CASE: &[(&str, &str, f64)] = &[("", "", 1.0), (" в кейсе", " in a case", 1.12)];
pub const BATTERIES: &[(&str, &str, f64)] = &[
    (" без аккумулятора", " without battery", 0.68),
    (" с одним аккумулятором", " with one battery", 1.0),
    (" с двумя аккумуляторами в кейсе", " with two batteries in a case", 1.34),
];
pub const SIZES: &[(&str, &str, f64)] = &[
    (", размер M", ", size M", 1.0),
    (", размер L", ", size L", 1.0),
    (", размер XL", ", size XL", 1.0),
    (", размер XXL", ", size XXL", 1.06),
];
