//! Notices to staff: turns a notice to a group into one message per recipient.

use std::collections::BTreeMap;

use tolmach_engine::effect::{Command, Effect, Notice, Outgoing};

use crate::ports::{Address, ChatKey, NoticeRow};

/// The channel whose messages have a subject.
const EMAIL: &str = "email";
/// The channel in which staff can reply to a notice.
const TELEGRAM: &str = "telegram";
/// Maximum length of a notice text, UTF-16 units. With its subject and footer the notice then fits into one Telegram
/// message, so that a reply quotes the last line, which names the chat.
const LONGEST: usize = 3000;

/// Recipients by the name of their group.
pub type Staff = BTreeMap<String, Vec<Address>>;

/// The messages to staff for the notices of a turn.
pub(crate) fn notices(staff: &Staff, chat: &ChatKey, effects: &[Effect]) -> Vec<NoticeRow> {
    let mut rows = Vec::new();
    for effect in effects {
        let Command::Notify(notice) = &effect.command else { continue };
        let people = staff.get(&notice.group).map(Vec::as_slice).unwrap_or_default();
        if people.is_empty() {
            tracing::warn!(
                group = notice.group,
                "a notice has no recipients; name them in the configuration under [staff.{}]",
                notice.group
            );
        }
        rows.extend(people.iter().enumerate().map(|(number, to)| NoticeRow {
            effect: format!("{}.{number}", effect.id),
            chat: to.to_string(),
            message: message(notice, chat, to),
        }));
    }
    rows
}

fn message(notice: &Notice, chat: &str, to: &Address) -> Outgoing {
    let about = if notice.about_chat { about(notice, chat, to) } else { String::new() };
    let (subject, first) = match to.channel.as_str() {
        EMAIL => (notice.subject.clone(), String::new()),
        _ => (String::new(), cut(&notice.subject, LONGEST / 10).to_owned()),
    };
    let text = if to.channel == TELEGRAM { cut(&notice.text, LONGEST) } else { &notice.text };
    let parts = [first.as_str(), text, &about];
    let text: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    Outgoing { subject, text: text.join("\n\n"), ..Outgoing::default() }
}

/// Instructions for replying, in the language of the notice. They end with the key of the chat.
fn about(notice: &Notice, chat: &str, to: &Address) -> String {
    let russian =
        [&notice.subject, &notice.text].iter().any(|text| text.chars().any(|c| ('а'..='я').contains(&c)));
    match (to.channel.as_str(), russian) {
        (TELEGRAM, true) => {
            format!("Ответ на это сообщение получит клиент; ответ /return вернёт чат боту.\n{chat}")
        }
        (TELEGRAM, false) => {
            format!(
                "Reply to this message and the client gets it; reply /return and the bot has the chat again.\n{chat}"
            )
        }
        (EMAIL, true) => {
            format!(
                "Ответить клиенту, вернуть чат боту:\ntolmach handoff say {chat} \"…\"\ntolmach handoff return {chat}"
            )
        }
        (EMAIL, false) => {
            format!(
                "To answer the client, to give the chat back to the bot:\ntolmach handoff say {chat} \"…\"\ntolmach handoff return {chat}"
            )
        }
        _ => chat.to_owned(),
    }
}

/// The longest prefix of at most `most` UTF-16 units.
fn cut(text: &str, most: usize) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > most
    });
    end.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipient_gets_a_notice_in_the_form_of_the_channel() {
        let people = vec![Address::new("telegram", "-100"), Address::new("email", "sales@example.com")];
        let staff: Staff = [("default".to_owned(), people)].into();
        let notice = |group: &str, about_chat| Effect {
            id: "e.1".to_owned(),
            command: Command::Notify(Notice {
                group: group.to_owned(),
                subject: "Новая заявка".to_owned(),
                text: "Анна ищет насос".to_owned(),
                about_chat,
            }),
        };
        let rows = notices(&staff, &"web:7".to_owned(), &[notice("default", true)]);
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.effect.as_str(),
                    row.chat.as_str(),
                    row.message.subject.as_str(),
                    row.message.text.as_str(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (
                    "e.1.0",
                    "telegram:-100",
                    "",
                    "Новая заявка\n\nАнна ищет насос\n\nОтвет на это сообщение получит клиент; ответ /return вернёт \
                     чат боту.\nweb:7"
                ),
                (
                    "e.1.1",
                    "email:sales@example.com",
                    "Новая заявка",
                    "Анна ищет насос\n\nОтветить клиенту, вернуть чат боту:\ntolmach handoff say web:7 \"…\"\ntolmach \
                     handoff return web:7"
                ),
            ]
        );
        assert_eq!(notices(&staff, &"web:7".to_owned(), &[notice("night", false)]), []);
        let silent = notices(&staff, &"web:7".to_owned(), &[notice("default", false)]);
        assert!(silent.iter().all(|row| row.message.text.ends_with("Анна ищет насос")), "{silent:?}");
    }

    #[test]
    fn a_long_notice_is_one_message_that_ends_with_the_chat() {
        let text = "😀".repeat(4000);
        let long = Notice { group: String::new(), subject: text.clone(), text, about_chat: true };
        let message = message(&long, "web:7", &Address::new("telegram", "1"));
        assert!(message.text.ends_with("again.\nweb:7"), "{}", message.text);
        assert!(message.text.encode_utf16().count() < 4000);
    }
}
