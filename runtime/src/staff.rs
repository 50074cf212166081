//! Messages to the staff: from a group's name to a message for each of its people.

use std::collections::BTreeMap;

use tolmach_engine::effect::{Command, Effect, Notice, Outgoing};

use crate::ports::{Address, ChatKey, NoticeRow};

/// The channel whose messages have a subject.
const EMAIL: &str = "email";

/// Who is told, by the name of the group.
pub type Staff = BTreeMap<String, Vec<Address>>;

/// The messages that a turn's notices become.
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
    let about = notice.about_chat.then(|| chat.to_owned());
    let (subject, first) = match to.channel.as_str() {
        EMAIL => (notice.subject.clone(), String::new()),
        _ => (String::new(), notice.subject.clone()),
    };
    let parts = [first, notice.text.clone(), about.unwrap_or_default()];
    let text: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    Outgoing { subject, text: text.join("\n\n"), ..Outgoing::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_of_the_group_is_told_in_the_form_of_their_channel() {
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
                ("e.1.0", "telegram:-100", "", "Новая заявка\n\nАнна ищет насос\n\nweb:7"),
                ("e.1.1", "email:sales@example.com", "Новая заявка", "Анна ищет насос\n\nweb:7"),
            ]
        );
        assert_eq!(notices(&staff, &"web:7".to_owned(), &[notice("night", false)]), []);
    }
}
