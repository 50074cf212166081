//! Lengths as Telegram counts them: in units of UTF-16.

/// Byte length of the longest prefix of at most `limit` units.
pub(super) fn fitting(text: &str, limit: usize) -> usize {
    let mut left = limit;
    for (at, c) in text.char_indices() {
        let Some(rest) = left.checked_sub(c.len_utf16()) else {
            return at;
        };
        left = rest;
    }
    text.len()
}
