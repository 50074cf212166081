//! Decodes the text of delimited, HTML and XML files.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1250, WINDOWS_1251};

/// Bytes at the beginning in which a declaration of the encoding is looked for.
const DECLARATION: usize = 2048;

/// Decodes by byte order mark, by what an XML or HTML file declares, as UTF-8, or else as Windows-1251 or 1250, whichever
/// gives words of one script. Returns the name of an encoding that is a guess.
pub(super) fn decode(bytes: &[u8]) -> (String, Option<&'static str>) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding.decode(bytes).0.into_owned(), None);
    }
    // UTF-16 without a mark: `<` and a zero.
    for (start, encoding) in [(b"<\0", encoding_rs::UTF_16LE), (b"\0<", encoding_rs::UTF_16BE)] {
        if bytes.starts_with(start) {
            return (encoding.decode_without_bom_handling(bytes).0.into_owned(), None);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), None);
    }
    if let Some(encoding) = declared(bytes).filter(|encoding| *encoding != UTF_8) {
        return (encoding.decode_without_bom_handling(bytes).0.into_owned(), None);
    }
    let cyrillic = WINDOWS_1251.decode_without_bom_handling(bytes).0.into_owned();
    if has_words_of_two_scripts(&cyrillic) {
        return (WINDOWS_1250.decode_without_bom_handling(bytes).0.into_owned(), Some("Windows-1250"));
    }
    (cyrillic, Some("Windows-1251"))
}

/// The encoding that `encoding="…"` of an XML declaration or `charset=…` of an HTML page names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start =
        String::from_utf8_lossy(bytes.get(..DECLARATION.min(bytes.len())).unwrap_or_default()).to_lowercase();
    if !start.trim_start().starts_with('<') {
        return None;
    }
    let at = ["encoding=", "charset="].iter().find_map(|key| Some(start.find(key)? + key.len()))?;
    let rest = start.get(at..)?.trim_start_matches(['"', '\'', ' ']);
    let label = rest.split(['\"', '\'', ' ', '>', '?', ';', '/']).next()?;
    Encoding::for_label(label.as_bytes())
}

/// Whether Polish or German was read as Russian: most words with Cyrillic letters also have Latin ones («GrцЯe»).
fn has_words_of_two_scripts(text: &str) -> bool {
    let (mut mixed, mut pure) = (0_usize, 0_usize);
    for word in text.split(|c: char| !c.is_alphabetic()).take(100_000) {
        let cyrillic = word.chars().filter(|c| crate::words::is_cyrillic(*c)).count();
        let latin = word.chars().any(|c| c.is_ascii_alphabetic());
        if cyrillic > 0 && latin {
            mixed += 1;
        } else if cyrillic > 1 {
            pure += 1;
        }
    }
    mixed > pure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_encoding() {
        let check = |bytes: &[u8], text: &str, guess: Option<&str>| {
            assert_eq!(
                decode(bytes),
                (
                    text.to_owned(),
                    guess.map(|guess| match guess {
                        "Windows-1250" => "Windows-1250",
                        _ => "Windows-1251",
                    })
                )
            );
        };
        check("Насос".as_bytes(), "Насос", None);
        check(&WINDOWS_1251.encode("Насос;Цена").0, "Насос;Цена", Some("Windows-1251"));
        check(&WINDOWS_1250.encode("Wąż;Größe;śruba").0, "Wąż;Größe;śruba", Some("Windows-1250"));
        let page = "<meta charset=windows-1251><td>Болт</td>";
        check(&WINDOWS_1251.encode(page).0, page, None);
        let wide: Vec<u8> = "<a>Ж</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&wide, "<a>Ж</a>", None);
    }
}
