//! Texts of others without characters that cannot be seen but change what is read: a name that ends in «gpj.exe» because
//! the reading direction was turned round, a word with an invisible character in it that no rule finds.
//!
//! What comes from clients, price lists, models and other systems passes here where it enters. Texts of flows and of staff
//! do not.

use std::borrow::Cow;

use serde_json::Value;

/// The text without invisible characters. Line breaks and tabs stay, and so do the joiners of emoji and scripts (U+200C,
/// U+200D).
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) || !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect())
}

/// Removes invisible characters from a text in place.
pub fn make_visible(text: &mut String) {
    if let Cow::Owned(visible) = visible(text) {
        *text = visible;
    }
}

/// Removes invisible characters from every text inside a JSON value; names of fields stay as they are.
pub fn make_json_visible(value: &mut Value) {
    match value {
        Value::String(text) => make_visible(text),
        Value::Array(items) => items.iter_mut().for_each(make_json_visible),
        Value::Object(fields) => fields.values_mut().for_each(make_json_visible),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a character shows nothing and is no white space: controls, marks of the reading direction (Unicode Standard
/// Annex 9), zero-width characters, annotations and tags.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{0}'..='\u{8}'
            | '\u{b}'
            | '\u{c}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'..='\u{84}'
            | '\u{86}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_reading_direction_cannot_be_turned_round() {
        for mark in (0x202a..=0x202e).chain(0x2066..=0x2069).chain([0x200e, 0x200f, 0x061c]) {
            let mark = char::from_u32(mark).unwrap();
            assert_eq!(visible(&format!("счёт{mark}fdp.exe")), "счётfdp.exe", "{mark:?}");
        }
        assert_eq!(visible("\u{feff}на\u{ad}со\u{200b}с\u{1b}[31m\u{0}"), "насос[31m");
    }

    #[test]
    fn what_can_be_seen_stays() {
        for text in [
            "",
            "две строки\r\n\tи знак",
            "😀👨\u{200d}👩\u{200d}👧",
            "1\u{a0}990\u{202f}₽ — «насос»",
            "שלום",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn texts_inside_json_are_made_visible() {
        let mut value = json!({ "a": ["x\u{202e}y", 5], "b": { "c": "\u{2066}z" } });
        make_json_visible(&mut value);
        assert_eq!(value, json!({ "a": ["xy", 5], "b": { "c": "z" } }));
    }
}
