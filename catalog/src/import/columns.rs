//! Product fields that a column of a price list may fill, and a person's mapping of fields to columns.
//!
//! Which column of a sheet fills a field is decided in `header`.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A product field that a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The supplier's article number.
    Article,
    /// Product name.
    Name,
    /// English name next to a Russian one.
    NameEn,
    /// Description.
    Description,
    /// English description next to a Russian one.
    DescriptionEn,
    /// Brand or manufacturer.
    Brand,
    /// Category.
    Category,
    /// English category next to a Russian one.
    CategoryEn,
    /// Unit of sale.
    Unit,
    /// Price of one unit.
    Price,
    /// Currency of the price.
    Currency,
    /// Stock, in units of sale.
    Stock,
    /// URL of a photo.
    Photo,
    /// No field: columns that are left out, too, where they would become attributes.
    #[serde(rename = "none")]
    Nothing,
}

impl Column {
    /// All fields, in display order; without [`Column::Nothing`].
    pub const ALL: [Column; 13] = [
        Column::Article,
        Column::Name,
        Column::NameEn,
        Column::Description,
        Column::DescriptionEn,
        Column::Brand,
        Column::Category,
        Column::CategoryEn,
        Column::Unit,
        Column::Price,
        Column::Currency,
        Column::Stock,
        Column::Photo,
    ];

    /// The name used in reports and mappings.
    pub fn name(self) -> &'static str {
        match self {
            Column::Article => "article",
            Column::Name => "name",
            Column::NameEn => "name_en",
            Column::Description => "description",
            Column::DescriptionEn => "description_en",
            Column::Brand => "brand",
            Column::Category => "category",
            Column::CategoryEn => "category_en",
            Column::Unit => "unit",
            Column::Price => "price",
            Column::Currency => "currency",
            Column::Stock => "stock",
            Column::Photo => "photo",
            Column::Nothing => "none",
        }
    }

    fn named(name: &str) -> Option<Column> {
        Column::ALL.into_iter().chain([Column::Nothing]).find(|column| column.name() == name)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// For each field a column as a person named it: by its heading, by its letters, or `-` for no column. [`Column::Nothing`] may
/// name several, with `|` between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<Column, String>);

/// The mapping value for "no column".
pub(super) const NONE: &str = "-";
/// What stands between the columns that are left out.
pub const BETWEEN: char = '|';

impl Mapping {
    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This mapping with the entries of `other` added; for a field in both, `other` wins.
    #[must_use]
    pub fn corrected(mut self, other: &Mapping) -> Mapping {
        self.0.extend(other.0.iter().map(|(column, wanted)| (*column, wanted.clone())));
        self
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (column, wanted)) in self.0.iter().enumerate() {
            write!(f, "{}{column}={wanted}", if place > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for Mapping {
    type Err = String;

    /// Parses `article=product_uid,name=Наименование`. A heading may contain commas: a part without an equals sign
    /// continues the previous heading.
    fn from_str(text: &str) -> Result<Mapping, String> {
        let mut mapping = Mapping::default();
        let mut last: Option<Column> = None;
        for part in text.split(',') {
            let Some((field, heading)) = part.split_once('=') else {
                let Some(heading) = last.and_then(|last| mapping.0.get_mut(&last)) else {
                    return Err(format!(
                        "{:?} names no field; write FIELD=HEADING or FIELD=LETTER, e.g. article=SKU,price=D",
                        part.trim()
                    ));
                };
                heading.push(',');
                heading.push_str(part);
                continue;
            };
            let field = field.trim();
            let Some(column) = Column::named(&field.to_lowercase()) else {
                let names = Column::ALL.map(Column::name);
                let near =
                    nearest(field, names).map_or_else(String::new, |near| format!("; did you mean {near}?"));
                return Err(format!("there is no field {field:?}{near} The fields are {}", names.join(", ")));
            };
            if mapping.0.insert(column, heading.to_owned()).is_some() {
                return Err(format!("the field {column} is named twice"));
            }
            last = Some(column);
        }
        for (column, heading) in &mut mapping.0 {
            *heading = heading.trim().to_owned();
            if heading.is_empty() {
                return Err(format!(
                    "{column}= names no column; write its heading or its letter, or {column}={NONE} for none"
                ));
            }
        }
        Ok(mapping)
    }
}

/// The most similar candidate, ignoring case; `None` if none is close (Jaro-Winkler similarity above 0.75).
pub(super) fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(closeness, _)| *closeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Letters of a column numbered from 0: A, B … Z, AA.
pub(super) fn letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
        if column < 26 {
            return letters.iter().rev().collect();
        }
        column = column / 26 - 1;
    }
}

/// The column number, from 0, of one or two upper-case letters.
pub(super) fn from_letters(text: &str) -> Option<u32> {
    if !(1..=2).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    Some(text.bytes().fold(0, |sum, byte| sum * 26 + u32::from(byte - b'A') + 1) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Column, &str)]) {
        let mapping: Mapping = text.parse().unwrap();
        let expected = expected.iter().map(|(column, heading)| (*column, (*heading).to_owned()));
        assert_eq!(mapping, Mapping(expected.collect()), "{text}");
        assert_eq!(mapping.to_string().parse::<Mapping>().unwrap(), mapping);
    }

    #[test]
    fn parses_mappings_as_people_write_them() {
        check(
            "article=product_uid,name=product_title",
            &[(Column::Article, "product_uid"), (Column::Name, "product_title")],
        );
        check("price=Цена, руб. с НДС, name=B", &[(Column::Price, "Цена, руб. с НДС"), (Column::Name, "B")]);
        check("stock=-", &[(Column::Stock, "-")]);
    }

    #[test]
    fn reports_mistakes_in_mappings() {
        let refused = |text: &str| text.parse::<Mapping>().unwrap_err();
        assert!(refused("artikle=A").contains("did you mean article?"));
        assert!(refused("article").contains("names no field"));
        assert!(refused("article=,name=B").contains("names no column"));
        assert!(refused("name=A,name=B").contains("named twice"));
    }

    #[test]
    fn converts_column_letters_both_ways() {
        for (column, text) in [(0, "A"), (25, "Z"), (26, "AA"), (255, "IV")] {
            assert_eq!((letters(column).as_str(), from_letters(text)), (text, Some(column)));
        }
        assert_eq!([from_letters("a"), from_letters("ABC"), from_letters("")], [None; 3]);
    }
}
