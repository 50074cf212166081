//! Addresses with credentials, as in `https://user:password@host`: they show one host and lead to another, or give a
//! password away. Nothing here resolves or requests an address.

use std::borrow::Cow;

/// Where the credentials of an http(s) address stand, the `@` included; `None` without any.
///
/// The rules are those by which browsers read an address (url.spec.whatwg.org): slashes may lean either way or be missing,
/// and the credentials end with the last `@` before the path.
fn credentials(address: &str) -> Option<std::ops::Range<usize>> {
    let scheme = ["https:", "http:"]
        .into_iter()
        .find(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    let rest = address.get(scheme.len()..)?;
    let start = address.len() - rest.trim_start_matches(['/', '\\']).len();
    let authority = address.get(start..)?.split(['/', '\\', '?', '#']).next()?;
    authority.rfind('@').map(|at| start..start + at + 1)
}

/// Whether an address, or a text with addresses in it, holds credentials.
pub fn has_credentials(text: &str) -> bool {
    addresses(text).any(|(_, address)| credentials(address).is_some())
}

/// The text with the credentials left out of its addresses.
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    let found: Vec<_> = addresses(text)
        .filter_map(|(at, address)| credentials(address).map(|of| at + of.start..at + of.end))
        .collect();
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut plain = text.to_owned();
    found.into_iter().rev().for_each(|range| plain.replace_range(range, ""));
    Cow::Owned(plain)
}

/// What begins like an http(s) address, up to the next white space or quotation mark, with where it begins.
fn addresses(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // Most texts hold no `@`, and of those that do, most hold no address.
    let starts = text.contains('@').then(|| text.match_indices([':']));
    starts.into_iter().flatten().filter_map(|(colon, _)| {
        let before = text.get(..colon)?;
        let letters = before.bytes().rev().take(5).take_while(u8::is_ascii_alphabetic).count();
        let start = ["https", "http"].into_iter().find_map(|scheme| {
            let start = colon.checked_sub(scheme.len())?;
            let fits = letters >= scheme.len() && before.get(start..)?.eq_ignore_ascii_case(scheme);
            fits.then_some(start)
        })?;
        let rest = text.get(start..)?;
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '«' | '»'));
        Some((start, rest.get(..end.unwrap_or(rest.len()))?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_as_browsers_read_them() {
        for address in [
            "https://user:secret@shop.example/a",
            "https://shop.example@evil.example",
            "HTTP://a@b",
            "https:/a@b",
            "https:\\\\a@b",
            "https:a@b",
            "смотрите https://a:b@c.example, там дешевле",
            "x=http://a%3Ab@c",
            "https://a:b@c@d/",
            "https://{{slots.a}}@host/",
        ] {
            assert!(has_credentials(address), "{address}");
            assert!(!has_credentials(&without_credentials(address)), "{address}");
        }
    }

    #[test]
    fn an_at_sign_elsewhere_is_none() {
        for address in [
            "https://shop.example/@anna",
            "https://shop.example?mail=a@b.ru",
            "https://shop.example#a@b",
            "https://shop.example:8443/a",
            "mailto:anna@example.com",
            "пишите на a@b.ru или https://shop.example",
            "",
        ] {
            assert!(!has_credentials(address), "{address}");
            assert!(matches!(without_credentials(address), Cow::Borrowed(same) if same == address));
        }
        assert_eq!(without_credentials("a https://u:p@c/x b http://v@d"), "a https://c/x b http://d");
    }
}
