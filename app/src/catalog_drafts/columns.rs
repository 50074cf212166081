//! A person's choice of columns on the sheet, as a mapping for the next reading.

use std::collections::BTreeMap;

use tolmach_catalog::import::{ATTRIBUTE, BETWEEN, Column, ColumnMapping, Mapping};

/// The choice by which a column is left out.
pub const NOTHING: &str = "none";

/// A column of a sheet and what a person chose for it: the name of a field, [`ATTRIBUTE`] or [`NOTHING`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The letters of the column.
    pub column: String,
    /// What it is to be.
    pub field: String,
    /// Whether it was confirmed, so that it counts where it is what was understood, too.
    pub confirmed: bool,
}

/// All fields that a column may be chosen for, in the order of a menu.
pub fn fields() -> Vec<&'static str> {
    let mut fields: Vec<&'static str> = Column::ALL.iter().map(|column| column.name()).collect();
    fields.extend([ATTRIBUTE, NOTHING]);
    fields
}

/// What a column is taken for now.
pub fn field_of(column: &ColumnMapping) -> &str {
    column.field.as_deref().unwrap_or(NOTHING)
}

/// The mapping `given` with a person's choices for a sheet whose columns are `columns`. Choices that say what was understood
/// anyway change nothing, unless they are confirmed; unknown columns and fields are left out of account.
pub(super) fn corrected(mut given: Mapping, columns: &[ColumnMapping], choices: &[Choice]) -> Mapping {
    let now: BTreeMap<&str, &str> =
        columns.iter().map(|column| (column.column.as_str(), field_of(column))).collect();
    let before = |choice: &Choice| now.get(choice.column.as_str()).copied().unwrap_or(NOTHING);
    let changed: Vec<&Choice> =
        choices.iter().filter(|choice| choice.confirmed || before(choice) != choice.field).collect();
    for choice in &changed {
        let was = before(choice);
        // A field that no other column was chosen for has none from now on.
        if let Some(was) = column(was).filter(|field| field.name() != choice.field) {
            let elsewhere =
                choices.iter().any(|other| other.column != choice.column && other.field == was.name());
            if !elsewhere {
                given.0.insert(was, "-".to_owned());
            }
        }
        leave_in(&mut given, &choice.column, columns);
    }
    // After those that free a field, so that a field that moves is not lost.
    for choice in &changed {
        let name = named(&choice.column, columns);
        if choice.field == NOTHING {
            let left_out = given.0.entry(Column::Nothing).or_default();
            if !left_out.is_empty() {
                left_out.push(BETWEEN);
            }
            left_out.push_str(&name);
        } else if let Some(field) = column(&choice.field) {
            given.0.insert(field, name);
        }
    }
    given
}

fn column(field: &str) -> Option<Column> {
    Column::ALL.into_iter().find(|column| column.name() == field)
}

/// Takes a column off those that are left out.
fn leave_in(given: &mut Mapping, letters: &str, columns: &[ColumnMapping]) {
    let Some(left_out) = given.0.get_mut(&Column::Nothing) else { return };
    let name = named(letters, columns);
    let kept: Vec<&str> = left_out.split(BETWEEN).filter(|one| *one != letters && *one != name).collect();
    let kept = kept.join(&BETWEEN.to_string());
    if kept.is_empty() {
        given.0.remove(&Column::Nothing);
    } else {
        *left_out = kept;
    }
}

/// How a mapping names a column: by its heading where that is the only one of its kind, which holds for other sheets and later
/// lists as well; else by its letters.
fn named(letters: &str, columns: &[ColumnMapping]) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(found) = columns.iter().find(|column| column.column == letters) else {
        return letters.to_owned();
    };
    let heading = line(&found.header);
    let like = |column: &&ColumnMapping| line(&column.header).to_lowercase() == heading.to_lowercase();
    let plain = heading.len() > 2 && !heading.contains([BETWEEN, ',', '=']);
    if plain && columns.iter().filter(like).count() == 1 { heading } else { letters.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(letters: &str, header: &str, field: Option<&str>) -> ColumnMapping {
        ColumnMapping {
            column: letters.into(),
            header: header.into(),
            field: field.map(str::to_owned),
            confidence: None,
            why: String::new(),
            alternatives: Vec::new(),
            examples: Vec::new(),
        }
    }

    fn sheet() -> Vec<ColumnMapping> {
        vec![
            column("A", "Код", Some("article")),
            column("B", "Товар", Some("name")),
            column("C", "Цена", Some("price")),
            column("D", "Цена", None),
            column("E", "Гар.\nмес", Some("stock")),
            column("F", "Цвет", Some(ATTRIBUTE)),
        ]
    }

    fn check(given: &str, choices: &[(&str, &str)], expected: &str) {
        let given = if given.is_empty() { Mapping::default() } else { given.parse().unwrap() };
        let choices: Vec<Choice> = choices
            .iter()
            .map(|(column, field)| Choice {
                column: (*column).into(),
                field: field.trim_end_matches('!').into(),
                confirmed: field.ends_with('!'),
            })
            .collect();
        let found = corrected(given, &sheet(), &choices).to_string();
        assert_eq!(found, expected, "{choices:?}");
    }

    #[test]
    fn choices_become_a_mapping() {
        check("", &[("A", "article"), ("B", "name"), ("C", "price"), ("E", "stock")], "");
        check("", &[("E", "stock!")], "stock=Гар. мес");
        check("", &[("E", ATTRIBUTE)], "stock=-");
        check("", &[("F", NOTHING)], "none=Цвет");
        check("none=Цвет", &[("E", NOTHING)], "stock=-,none=Цвет|Гар. мес");
        check("none=Цвет", &[("F", "brand")], "brand=Цвет");
        // Two columns of one heading are told apart by their letters; the field moves.
        check("", &[("C", "price"), ("D", "price")], "price=D");
        check("", &[("C", "stock"), ("D", "price"), ("E", ATTRIBUTE)], "price=D,stock=C");
        check("", &[("C", "stock"), ("E", "stock")], "price=-,stock=C");
        check("", &[("Z", "price"), ("B", "nonsense")], "name=-,price=Z");
    }
}
