//! Parses a received mail as a mail program does.

use std::collections::BTreeMap;

/// A parsed mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// Header values, decoded, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded.
    pub text: String,
}

impl Mail {
    /// The Message-ID. A mailbox shows mails with the same one once.
    pub fn id(&self) -> &str {
        &self.headers["message-id"]
    }
}

/// Parses a mail.
///
/// # Errors
/// Says what is malformed.
pub(super) fn read(to: &str, lines: &[Vec<u8>]) -> Result<Mail, String> {
    let mut whole = Vec::new();
    for line in lines {
        let Some(line) = line.strip_suffix(b"\r\n") else { return Err("a bare LF".to_owned()) };
        if line.len() > 998 || line.contains(&b'\r') || !line.is_ascii() {
            return Err(format!("a line of {} bytes, a bare CR or bytes above 127", line.len()));
        }
        whole.push(String::from_utf8(line.to_vec()).map_err(|why| why.to_string())?);
    }
    let end = whole.iter().position(String::is_empty).ok_or("no end of the headers")?;
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for line in &whole[..end] {
        if line.starts_with([' ', '\t']) {
            headers.get_mut(&last).ok_or("a header begins with a space")?.push_str(line);
            continue;
        }
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("no header: {line}"))?;
        last = name.to_lowercase();
        if headers.insert(last.clone(), value.to_owned()).is_some() {
            return Err(format!("{name} stands twice"));
        }
    }
    for name in ["from", "to", "date", "message-id", "subject", "mime-version"] {
        if headers.get(name).is_none_or(|value| value.trim().is_empty()) {
            return Err(format!("{name} is missing"));
        }
    }
    if !headers["to"].contains(to) {
        return Err("To names somebody else".to_owned());
    }
    let body = whole[end + 1..].join("\r\n");
    let bytes = match headers.get("content-transfer-encoding").map(String::as_str) {
        Some("base64") => base64(&body),
        Some("quoted-printable") => quoted(&body.replace("=\r\n", "")),
        _ => body.into_bytes(),
    };
    let text = String::from_utf8(bytes).map_err(|why| why.to_string())?;
    headers.values_mut().for_each(|value| *value = words(value));
    Ok(Mail { to: to.to_owned(), headers, text: text.replace("\r\n", "\n").trim_end().to_owned() })
}

/// Decodes encoded words (RFC 2047). A space between two of them is dropped.
fn words(value: &str) -> String {
    let joined = value.replace("?= =?", "?==?");
    let (mut text, mut rest) = (Vec::new(), joined.as_str());
    while let Some((before, after)) = rest.split_once("=?") {
        text.extend_from_slice(before.as_bytes());
        let mut parts = after.splitn(4, '?');
        let (_, how, word, left) = (parts.next(), parts.next(), parts.next(), parts.next());
        let word = word.unwrap_or_default();
        text.extend(match how {
            Some("b" | "B") => base64(word),
            _ => quoted(&word.replace('_', " ")),
        });
        rest = left.and_then(|left| left.strip_prefix('=')).unwrap_or_default();
    }
    text.extend_from_slice(rest.as_bytes());
    String::from_utf8(text).expect("UTF-8")
}

/// Decodes base64; characters that are none of its digits are passed over.
pub fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in text.bytes().filter_map(|c| DIGITS.iter().position(|known| *known == c)) {
        bits = bits << 6 | u32::try_from(digit).expect("small");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}

/// Decodes quoted-printable.
fn quoted(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'=') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => bytes.push(*first),
        }
    }
    bytes
}
