use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Sample {
    name: Spanned<String>,
    #[serde(default)]
    size: Option<u32>,
    #[serde(default)]
    kind: Shape,
    #[serde(default)]
    by_name: BTreeMap<String, Spanned<String>>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Shape {
    #[default]
    Round,
    Square(u32),
}

fn check(text: &str) -> (Option<Sample>, Vec<String>) {
    let tree = yaml::parse(text).unwrap();
    let mut diagnostics = Vec::new();
    let value = read("f.yaml", &tree, &mut diagnostics);
    (value, diagnostics.iter().map(|f| format!("{} {} {}", f.code.text(), f.span, f.message)).collect())
}

#[test]
fn values_come_with_their_places() {
    let (value, diagnostics) = check("name: x\nkind: { square: 3 }\nby_name:\n  a: b\n");
    let value = value.unwrap();
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(value.kind, Shape::Square(3));
    assert_eq!(value.by_name["a"].span, Span::on_line(4, 6, 1));
}

#[test]
fn unknown_fields_are_collected_and_the_rest_is_read() {
    let (value, diagnostics) = check("nme: y\nname: x\nsise: 3\n");
    assert_eq!(value.unwrap().name.value, "x");
    assert_eq!(
        diagnostics,
        ["unknown-field 1:1 there is no field `nme` here", "unknown-field 3:1 there is no field `sise` here"]
    );
}

#[test]
fn errors_stand_at_the_innermost_value() {
    assert_eq!(check("size: 1\n").1, ["missing-field 1:1 the field `name` is missing"]);
    let wrong = check("name: x\nkind: triangle\n").1;
    assert_eq!(wrong, ["bad-value 2:7 `triangle` is none of the words that fit here"]);
    let wrong = check("name: x\nby_name:\n  a: [1]\n").1;
    assert!(wrong[0].starts_with("bad-value 3:6"), "{wrong:?}");
}
