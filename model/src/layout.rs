//! Words that were typed on the other keyboard layout.

const LATIN_KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const RUSSIAN_KEYS: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";

/// A text as the same keys write it on the other layout, Russian for Latin letters and the reverse; in lower case. `None` when
/// it has letters of both or of neither. Signs that are letters on one layout only stay what they are before digits and spaces.
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
