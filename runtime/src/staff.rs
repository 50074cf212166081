//! Notices to staff: turns a notice to a group into one message per recipient. How a notice reads in a channel, and how
//! it is answered there, is the channel's own wording, added at delivery.

use std::collections::BTreeMap;

use tolmach_engine::{
    effect::{Command, Effect, Notice, Outgoing},
    language::Language,
};

use crate::ports::{Address, ChatKey, NoticeRow};

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
            message: message(notice, chat),
        }));
    }
    rows
}

fn message(notice: &Notice, chat: &str) -> Outgoing {
    let russian =
        [&notice.subject, &notice.text].iter().any(|text| text.chars().any(|c| ('а'..='я').contains(&c)));
    Outgoing {
        subject: notice.subject.clone(),
        text: notice.text.clone(),
        about: notice.about_chat.then(|| chat.to_owned()),
        language: if russian { Language::Ru } else { Language::En },
        ..Outgoing::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipient_gets_the_notice_itself() {
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
        let to: Vec<_> = rows.iter().map(|row| (row.effect.as_str(), row.chat.as_str())).collect();
        assert_eq!(to, [("e.1.0", "telegram:-100"), ("e.1.1", "email:sales@example.com")]);
        for row in rows {
            let Outgoing { subject, text, about, language, .. } = row.message;
            assert_eq!((subject.as_str(), text.as_str()), ("Новая заявка", "Анна ищет насос"));
            assert_eq!((about.as_deref(), language), (Some("web:7"), Language::Ru));
        }
        assert_eq!(notices(&staff, &"web:7".to_owned(), &[notice("night", false)]), []);
        let silent = notices(&staff, &"web:7".to_owned(), &[notice("default", false)]);
        assert!(silent.iter().all(|row| row.message.about.is_none()), "{silent:?}");
    }
}
