//! Renders a message as parts within Telegram's limits: each has Telegram HTML and a plain-text fallback.
//!
//! Lengths are UTF-16 code units after entity parsing, as in core.telegram.org/bots/api#sendmessage.

use super::{CAPABILITIES, staff::notice, units::fitting};
use teloxide_core::types::{
    ButtonRequest, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, KeyboardMarkup, ReplyMarkup,
};
use tolmach_engine::{
    effect::{Action, Button, Card, Outgoing, SentFile},
    language::Language,
};

/// Longest text, in UTF-16 units.
const TEXT: usize = CAPABILITIES.max_text as usize;
/// Longest photo caption, in UTF-16 units.
const CAPTION: usize = CAPABILITIES.max_caption as usize;
/// Longest callback data of a button, in bytes.
const DATA: usize = CAPABILITIES.max_callback_data as usize;
/// Most buttons under one message; a message with more would be refused as a whole.
const BUTTONS: usize = CAPABILITIES.max_buttons as usize;

/// One message to send: a text, or a photo or a file with a caption.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    /// Address of a photo. The texts are then its caption and may be empty.
    pub(super) photo: Option<String>,
    /// A file of the staff. The texts are then its caption and may be empty.
    pub(super) file: Option<SentFile>,
    pub(super) html: String,
    pub(super) plain: String,
    pub(super) markup: Option<ReplyMarkup>,
}

/// The parts of a message, in order; empty if the message has no content.
pub(super) fn parts(message: &Outgoing) -> Vec<Part> {
    let mut text = notice(message).unwrap_or_else(|| message.text.trim().to_owned());
    // Telegram's URL buttons do not accept `tel:` and `mailto:`. As plain text, phone numbers and addresses become
    // links.
    for button in &message.buttons {
        if let Action::Open { url } = &button.action
            && let Some(rest) = url.strip_prefix("tel:").or_else(|| url.strip_prefix("mailto:"))
        {
            text.push_str(&format!("\n{}: {rest}", button.label));
        }
    }
    let text = text.trim();
    let mut parts = Vec::new();
    match &message.photo {
        Some(photo) if units(text) <= CAPTION => parts.push(Part::photo(photo, text)),
        Some(photo) => {
            parts.push(Part::photo(photo, ""));
            parts.extend(split(text, TEXT).into_iter().map(Part::text));
        }
        // A short text belongs to the file that it comes with.
        None if message.cards.is_empty() && !message.files.is_empty() && units(text) <= CAPTION => {}
        None => parts.extend(split(text, TEXT).into_iter().map(Part::text)),
    }
    parts.extend(message.cards.iter().map(card));
    let captioned = parts.is_empty();
    parts.extend(message.files.iter().enumerate().map(|(number, file)| Part {
        file: Some(file.clone()),
        ..Part::text(if captioned && number == 0 { text } else { "" })
    }));
    attach(message, &mut parts);
    parts
}

impl Part {
    fn text(text: impl AsRef<str>) -> Part {
        let plain = text.as_ref().to_owned();
        Part { photo: None, file: None, html: escape(&plain), plain, markup: None }
    }

    fn photo(photo: &str, caption: &str) -> Part {
        Part { photo: Some(photo.to_owned()), ..Part::text(caption) }
    }
}

/// Attaches the keyboards to the last parts. A Telegram message has room for one keyboard, so two keyboards need two
/// parts.
fn attach(message: &Outgoing, parts: &mut Vec<Part>) {
    let inline = inline(&message.buttons);
    let share = message.share_contact.as_ref().map(|label| share(label));
    if inline.is_none() && share.is_none() {
        return;
    }
    // This also covers a photo without a caption: if the photo is rejected, the keyboard still needs a text.
    if parts.last().is_none_or(|part| part.plain.is_empty()) {
        let choose = Part::text(match message.language {
            Language::Ru => "Выберите:",
            Language::En => "Choose:",
        });
        match parts.last_mut() {
            Some(part) => *part = Part { photo: part.photo.take(), file: part.file.take(), ..choose },
            None => parts.push(choose),
        }
    }
    let both = inline.is_some() && share.is_some();
    if both && parts.len() < 2 {
        parts.push(Part::text(match message.language {
            Language::Ru => "Или:",
            Language::En => "Or:",
        }));
    }
    let last = parts.len() - 1;
    if let (true, Some(part)) = (both, parts.get_mut(last - usize::from(both))) {
        part.markup.clone_from(&share);
    }
    if let Some(part) = parts.get_mut(last) {
        part.markup = inline.or(share);
    }
}

fn inline(buttons: &[Button]) -> Option<ReplyMarkup> {
    let rows: Vec<[InlineKeyboardButton; 1]> =
        buttons.iter().filter_map(button).take(BUTTONS).map(|button| [button]).collect();
    (!rows.is_empty()).then(|| ReplyMarkup::InlineKeyboard(InlineKeyboardMarkup::new(rows)))
}

fn button(button: &Button) -> Option<InlineKeyboardButton> {
    match &button.action {
        Action::Press { id, .. } if (1..=DATA).contains(&id.len()) => {
            Some(InlineKeyboardButton::callback(&button.label, id))
        }
        Action::Press { id, .. } => {
            tracing::error!(bytes = id.len(), "a button's id does not fit Telegram; the button is left out");
            None
        }
        Action::Open { url } => {
            let url = reqwest::Url::parse(url)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && is_anonymous(url))?;
            Some(InlineKeyboardButton::url(&button.label, url))
        }
    }
}

/// Whether an address holds no user name and no password.
pub(super) fn is_anonymous(url: &reqwest::Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

fn share(label: &str) -> ReplyMarkup {
    let button = KeyboardButton::new(label).request(ButtonRequest::Contact);
    ReplyMarkup::Keyboard(KeyboardMarkup::new([[button]]).resize_keyboard().one_time_keyboard())
}

fn card(card: &Card) -> Part {
    let limit = if card.photo.is_some() { CAPTION } else { TEXT };
    let name = shorten(&card.name, 256);
    let article = shorten(&card.article, 64);
    let brand = shorten(&card.brand, 64);
    let price = shorten(&card.price, 64);
    let stock = shorten(&card.stock, 64);
    let mut lines = vec![(format!("<b>{}</b>", escape(&name)), name)];
    match (brand.is_empty(), article.is_empty()) {
        (true, true) => {}
        (true, false) => lines.push((code(&article), article)),
        (false, true) => lines.push((escape(&brand), brand)),
        (false, false) => {
            lines.push((format!("{} · {}", escape(&brand), code(&article)), format!("{brand} · {article}")));
        }
    }
    let mut cost = (format!("<b>{}</b>", escape(&price)), price);
    if !stock.is_empty() {
        cost = (format!("{} · {}", cost.0, escape(&stock)), format!("{} · {stock}", cost.1));
    }
    if !card.description.is_empty() {
        let taken: usize = lines.iter().chain([&cost]).map(|(_, plain)| units(plain) + 1).sum();
        let description = shorten(&card.description, limit.saturating_sub(taken));
        lines.push((escape(&description), description));
    }
    lines.push(cost);
    let (html, plain): (Vec<String>, Vec<String>) = lines.into_iter().unzip();
    Part {
        photo: card.photo.clone(),
        file: None,
        html: html.join("\n"),
        plain: plain.join("\n"),
        markup: None,
    }
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// Escapes the three characters that are markup in Telegram's HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Length in UTF-16 code units.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Shortens a text to at most `limit` units, with an ellipsis if anything was cut.
fn shorten(text: &str, limit: usize) -> String {
    let text = text.trim();
    if units(text) <= limit {
        return text.to_owned();
    }
    let head = text.split_at(fitting(text, limit.saturating_sub(1))).0;
    format!("{}…", head.trim_end())
}

/// Splits a text into pieces of at most `limit` units: at a paragraph, line or sentence end in the second half of the
/// piece, or else between words, or else anywhere.
fn split(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while units(rest) > limit {
        let head = rest.split_at(fitting(rest, limit)).0;
        let sentence = || {
            let ends = head.char_indices().zip(head.chars().skip(1));
            let ends =
                ends.filter(|((_, c), next)| matches!(c, '.' | '!' | '?' | '…') && next.is_whitespace());
            ends.map(|((at, c), _)| at + c.len_utf8()).last()
        };
        let far = |end: &usize| *end * 2 >= head.len();
        let end = head
            .rfind("\n\n")
            .filter(far)
            .or_else(|| head.rfind('\n').filter(far))
            .or_else(|| sentence().filter(far))
            .or_else(|| head.rfind(char::is_whitespace).filter(|end| *end > 0))
            .unwrap_or(head.len());
        let (piece, after) = rest.split_at(end);
        pieces.push(piece.trim_end().to_owned());
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        pieces.push(rest.to_owned());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, limit: usize, expected: &[&str]) {
        assert_eq!(split(text, limit), expected, "{text:?}");
    }

    #[test]
    fn splits_at_paragraphs_sentences_and_words() {
        check("", 10, &[]);
        check("раз два", 7, &["раз два"]);
        check("раз два", 6, &["раз", "два"]);
        check("Раз два. Три четыре", 12, &["Раз два.", "Три четыре"]);
        check("один\nдва\n\nтри четыре", 14, &["один\nдва", "три четыре"]);
        check("абвгдежз", 3, &["абв", "где", "жз"]);
        // An emoji is two units and must not be split.
        check("🦀🦀🦀", 5, &["🦀🦀", "🦀"]);
        check(" \n раз \n ", 10, &["раз"]);
    }

    #[test]
    fn splitting_keeps_all_text_and_the_limit() {
        let text = "Слово за словом. И <ещё> одно & другое!\n".repeat(500);
        let pieces = split(&text, TEXT);
        assert!(
            pieces.iter().all(|piece| units(piece) <= TEXT && units(piece) > TEXT / 2
                || piece == pieces.last().expect("one"))
        );
        let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(joined(&pieces.join(" ")), joined(&text));
    }

    #[test]
    fn a_card_fits_its_caption() {
        let long = Card {
            name: "Насос <погружной> & другие ".repeat(50),
            article: "0042/<1>".to_owned(),
            brand: "Вихрь & Ко".to_owned(),
            price: "12 990 ₽".to_owned(),
            stock: "в наличии".to_owned(),
            description: "Очень хороший. ".repeat(200),
            photo: Some("https://example.com/1.jpg".to_owned()),
            ..Card::default()
        };
        let part = card(&long);
        assert!(units(&part.plain) <= CAPTION, "{}", units(&part.plain));
        assert!(
            part.html.contains("<code>0042/&lt;1&gt;</code>")
                && part.html.ends_with("<b>12 990 ₽</b> · в наличии")
        );
    }

    #[test]
    fn two_keyboards_take_two_parts() {
        let message = Outgoing {
            text: "Оставьте контакт".to_owned(),
            share_contact: Some("Поделиться".to_owned()),
            buttons: vec![Button {
                label: "Сайт".to_owned(),
                action: Action::Open { url: "https://example.com".to_owned() },
            }],
            ..Outgoing::default()
        };
        let parts = parts(&message);
        assert_eq!(parts.len(), 2);
        assert!(matches!(parts[0].markup, Some(ReplyMarkup::Keyboard(_))));
        assert!(matches!(parts[1].markup, Some(ReplyMarkup::InlineKeyboard(_))));
    }

    #[test]
    fn phone_buttons_become_text_and_an_empty_message_has_no_parts() {
        let open = |url: &str| Button {
            label: "Позвонить".to_owned(),
            action: Action::Open { url: url.to_owned() },
        };
        let buttons =
            vec![open("tel:+78000000000"), open("javascript:alert(1)"), open("https://a:b@example.com")];
        let parts_of =
            |text: &str, buttons| parts(&Outgoing { text: text.to_owned(), buttons, ..Outgoing::default() });
        let found = parts_of("Звоните", buttons);
        assert_eq!(found, [Part::text("Звоните\nПозвонить: +78000000000")]);
        assert_eq!(parts_of("  ", vec![]), []);
    }
}
