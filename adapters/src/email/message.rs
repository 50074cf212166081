//! Builds the mail for a notice: headers and plain text.

use lettre::{
    Address, Message,
    message::{
        Mailbox, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use tolmach_engine::{
    effect::{Outgoing, paragraphs},
    language::Language,
    visible::visible,
};

/// Longest subject, in characters; mail programs show about as many.
const SUBJECT: usize = 120;

/// The complete mail as it is sent, headers included.
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
        // RFC 3834: keeps auto-responders from replying.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .singlepart(SinglePart::plain(text(&paragraphs(&[&message.text, &about(message)]))))?;
    Ok(mail.formatted())
}

/// How the chat that a notice is about can be answered; empty for any other message.
fn about(message: &Outgoing) -> String {
    let Some(chat) = &message.about else { return String::new() };
    let how = match message.language {
        Language::Ru => "Ответить клиенту, вернуть чат боту:",
        Language::En => "To answer the client, to give the chat back to the bot:",
    };
    format!("{how}\ntolmach handoff say {chat} \"…\"\ntolmach handoff return {chat}")
}

/// The Message-ID. It depends only on the effect and the sender, so every retry from every process has the same one.
fn id(effect: &str, from: &Mailbox) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let local: String = effect.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    // A Message-ID must be ASCII. For any other sender domain the reserved `tolmach.invalid` is used.
    let domain = Some(from.email.domain()).filter(|domain| domain.chars().all(plain));
    format!("<{local}@{}>", domain.unwrap_or("tolmach.invalid"))
}

/// Makes a subject one line. It may contain client text, and a line break would start another header.
fn one_line(text: &str) -> String {
    let spaced: String = visible(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SUBJECT) {
        Some((cut, _)) => format!("{}…", words[..cut].trim_end()),
        None => words,
    }
}

/// Normalises line breaks to LF and removes invisible characters.
fn text(text: &str) -> String {
    let text = visible(text).replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}
