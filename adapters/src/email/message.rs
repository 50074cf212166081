//! A notice as a mail: headers that say what it is, and its text.

use lettre::{
    Address, Message,
    message::{
        Mailbox, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use tolmach_engine::effect::Outgoing;

/// Characters of a subject; mailboxes show about as many.
const SUBJECT: usize = 120;

/// The whole mail, as it is sent.
pub(super) fn compose(
    from: &Mailbox,
    to: &Address,
    effect: &str,
    message: &Outgoing,
) -> Result<Vec<u8>, lettre::error::Error> {
    let subject = match message.subject.trim() {
        "" => message.text.trim().lines().next().unwrap_or_default(),
        subject => subject,
    };
    let mail = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(subject))
        .message_id(Some(id(effect, from)))
        .date_now()
        // Automatic answers (holidays, robots) must not answer a robot: RFC 3834.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .singlepart(SinglePart::plain(text(&message.text)))?;
    Ok(mail.formatted())
}

/// The same effect has the same id, whichever process sends it.
fn id(effect: &str, from: &Mailbox) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let local: String = effect.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    // A header holds no other alphabets, and a domain that nobody has is as unique as one that is ours.
    let domain = Some(from.email.domain()).filter(|domain| domain.chars().all(plain));
    format!("<{local}@{}>", domain.unwrap_or("tolmach.invalid"))
}

/// What a client wrote may stand in a subject: a line break would begin another header.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SUBJECT) {
        Some((cut, _)) => format!("{}…", words[..cut].trim_end()),
        None => words,
    }
}

/// Line breaks of one kind, and nothing that no text has.
fn text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}
