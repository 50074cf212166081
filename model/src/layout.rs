//! Conversion between the Russian and the Latin keyboard layout.

const LATIN_KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const RUSSIAN_KEYS: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";

/// The text that the same keys produce on the other layout, in lower case: Russian for Latin letters and the reverse.
/// `None` if the text has letters of both layouts or of neither. On the Latin layout, keys such as `,` and `;` are
/// always converted to the Russian letters on them.
pub fn other_layout(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let russian = text.chars().any(|c| RUSSIAN_KEYS.contains(c));
    if russian == text.chars().any(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let (from, to) = if russian { (RUSSIAN_KEYS, LATIN_KEYS) } else { (LATIN_KEYS, RUSSIAN_KEYS) };
    let key = |c: char| from.chars().position(|key| key == c).and_then(|at| to.chars().nth(at));
    Some(text.chars().map(|c| key(c).unwrap_or(c)).collect())
}
