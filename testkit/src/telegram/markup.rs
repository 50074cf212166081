//! Telegram's validation of message markup and buttons.

use serde_json::Value;

use super::{Refusal, bad};

/// Checks an inline keyboard as Telegram does.
///
/// # Errors
/// The error that Telegram would return.
pub(super) fn check_markup(markup: &Value) -> Result<(), Refusal> {
    for button in
        markup["inline_keyboard"].as_array().into_iter().flatten().filter_map(Value::as_array).flatten()
    {
        if button["text"].as_str().is_none_or(str::is_empty) {
            return Err(bad("can't parse inline keyboard button: text is empty"));
        }
        if let Some(data) = button["callback_data"].as_str()
            && !(1..=64).contains(&data.len())
        {
            return Err(bad("BUTTON_DATA_INVALID"));
        }
        if let Some(url) = button["url"].as_str()
            && !url.starts_with("http")
        {
            return Err(bad("BUTTON_URL_INVALID"));
        }
    }
    Ok(())
}

/// The text without its HTML markup.
///
/// # Errors
/// The parse error that Telegram would describe.
pub(super) fn visible(html: &str) -> Result<String, String> {
    let (mut text, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(at) = rest.find(['<', '&']) {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        if after.starts_with('&') {
            let entity = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
            let (name, c) =
                entity.into_iter().find(|(name, _)| after.starts_with(name)).unwrap_or(("&", '&'));
            text.push(c);
            rest = after.strip_prefix(name).unwrap_or_default();
            continue;
        }
        let (tag, after) = after.split_once('>').ok_or("Unclosed start tag")?;
        let tag = tag.trim_start_matches('<');
        match tag.strip_prefix('/') {
            Some(name) if open.pop() == Some(name) => {}
            Some(name) => return Err(format!("Unexpected end tag \"{name}\"")),
            None if ["b", "i", "u", "s", "code", "pre"].contains(&tag) => open.push(tag),
            None => return Err(format!("Unsupported start tag \"{tag}\"")),
        }
        rest = after;
    }
    text.push_str(rest);
    open.pop().map_or(Ok(text), |tag| Err(format!("Can't find end tag corresponding to start tag \"{tag}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fake_is_as_strict_as_telegram() {
        assert_eq!(visible("<b>a</b> &lt;&amp;").as_deref(), Ok("a <&"));
        for broken in ["<b>a", "a</b>", "<b><i>a</b></i>", "<div>a</div>", "a < b"] {
            assert!(visible(broken).is_err(), "{broken}");
        }
    }
}
