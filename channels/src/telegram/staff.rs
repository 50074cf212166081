//! Staff chats: a reply to one of the bot's notices goes to the client whom the notice is about.
//!
//! The last line of a notice is the client's chat address. Only messages written by this bot are trusted as notices.
//! Any other message in a staff chat is ignored and starts no dialog.

use std::collections::BTreeSet;

use super::units::fitting;
use teloxide_core::types::{Message, Update, UpdateKind};
use tolmach_engine::{
    effect::{Outgoing, paragraphs},
    event::{Client, EventKind, StaffAction},
    language::Language,
};
use tolmach_runtime::ports::{Address, Inbound};

/// Commands that return a chat to the bot.
const RETURN: [&str; 2] = ["/return", "/вернуть"];
/// Commands that take over a chat without sending a message.
const TAKE: [&str; 2] = ["/take", "/взять"];

/// Longest text of a notice, in UTF-16 units. With its subject and its last lines the notice then fits into one message,
/// so that a reply quotes the last line, which names the chat.
const TEXT: usize = 3000;
/// Longest subject of a notice, in UTF-16 units.
const SUBJECT: usize = 300;

/// A notice as one text: the subject, the text, how to reply, and as the last line the chat that it is about. `None` for
/// any other message.
pub(super) fn notice(message: &Outgoing) -> Option<String> {
    if message.subject.is_empty() && message.about.is_none() {
        return None;
    }
    let reply = message.about.as_ref().map(|chat| {
        let how = match message.language {
            Language::Ru => "Ответ на это сообщение получит клиент; ответ /return вернёт чат боту.",
            Language::En => {
                "Reply to this message and the client gets it; reply /return and the bot has the chat again."
            }
        };
        format!("{how}\n{chat}")
    });
    let cut = |text: &'_ str, limit| text.split_at(fitting(text, limit)).0.to_owned();
    let (subject, text) = (cut(&message.subject, SUBJECT), cut(&message.text, TEXT));
    Some(paragraphs(&[&subject, &text, &reply.unwrap_or_default()]))
}

/// Whether an update comes from a staff chat.
pub(super) fn is_staff_chat(chats: &BTreeSet<i64>, update: &Update) -> bool {
    let chat = match &update.kind {
        UpdateKind::Message(message) | UpdateKind::EditedMessage(message) => Some(message.chat.id.0),
        UpdateKind::CallbackQuery(query) => {
            query.message.as_ref().map(|message| message.chat().id.0).or(i64::try_from(query.from.id.0).ok())
        }
        _ => None,
    };
    chat.is_some_and(|chat| chats.contains(&chat))
}

/// The staff action in a reply to a notice; `None` if the message is not such a reply.
pub(super) fn read(bot: &str, update: &Update) -> Option<Inbound> {
    let UpdateKind::Message(message) = &update.kind else { return None };
    let by = author(message)?;
    let address = about(bot, message)?;
    let text = message.text().map(str::trim).filter(|text| !text.is_empty())?;
    let word = text.split('@').next().unwrap_or_default().trim().to_lowercase();
    let action = match text.starts_with('/') {
        true if RETURN.contains(&word.as_str()) => StaffAction::Return,
        true if TAKE.contains(&word.as_str()) => StaffAction::Take,
        // An unknown or mistyped command must not reach the client.
        true => return None,
        false => StaffAction::say(text),
    };
    Some(Inbound {
        address,
        key: format!("staff:{bot}:{}", update.id.0),
        client: Client::default(),
        kind: EventKind::Staff { action, by: Some(by) },
        button: None,
        origin: None,
        sent: None,
    })
}

/// Who of the staff wrote a message. An anonymous administrator writes in the group's name, with a signature if they have
/// one.
fn author(message: &Message) -> Option<String> {
    let from = message.from.as_ref()?;
    if !from.is_bot {
        // The number tells two people of one name apart.
        return Some(format!("{} ({})", from.full_name(), from.id.0));
    }
    let group = message.sender_chat.as_ref().filter(|sender| sender.id == message.chat.id)?;
    let signature = message.author_signature().or(group.title()).unwrap_or_default();
    Some(format!("{signature} ({})", group.id.0))
}

/// A usage hint, with the chat to send it to, for a message in a private staff chat that is not a reply to a notice.
/// Groups get no hint, because people there also talk to each other.
pub(super) fn hint(bot: &str, update: &Update) -> Option<(i64, &'static str)> {
    let UpdateKind::Message(message) = &update.kind else { return None };
    let from = message.from.as_ref().filter(|from| !from.is_bot)?;
    if !message.chat.is_private() || read(bot, update).is_some() {
        return None;
    }
    let language = from.language_code.as_deref().and_then(Language::from_code).unwrap_or_default();
    let text = match language {
        Language::Ru => {
            "Сюда приходят уведомления для сотрудников. Ответьте на уведомление текстом, и его получит клиент; ответ \
             /return вернёт чат боту."
        }
        Language::En => {
            "This chat gets notices for the staff. Reply to a notice with a text and the client gets it; reply /return \
             and the bot has the chat again."
        }
    };
    Some((message.chat.id.0, text))
}

/// The address of the chat that the quoted notice is about.
fn about(bot: &str, message: &Message) -> Option<Address> {
    let notice = message.reply_to_message()?;
    let ours = notice.from.as_ref().is_some_and(|from| from.is_bot && from.id.0.to_string() == bot);
    let last = notice.text().filter(|_| ours)?.trim_end().lines().last()?.trim();
    let plain = !last.contains(char::is_whitespace);
    Address::parse(last).filter(|to| plain && to.channel.chars().all(|c| c.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::telegram::render;

    const BOT: &str = "4242";

    fn update(chat: Value, quoted: Option<(u64, &str)>, text: &str) -> Update {
        let mut message = json!({
            "message_id": 9, "date": 1, "chat": chat, "text": text,
            "from": { "id": 7, "is_bot": false, "first_name": "Пётр", "language_code": "ru" },
        });
        if let Some((author, said)) = quoted {
            message["reply_to_message"] = json!({
                "message_id": 8, "date": 1, "chat": chat, "text": said,
                "from": { "id": author, "is_bot": author != 7, "first_name": "Бот" },
            });
        }
        // teloxide's types deserialize from JSON text only.
        serde_json::from_str(&json!({ "update_id": 5, "message": message }).to_string()).unwrap()
    }

    fn group() -> Value {
        json!({ "id": -100, "type": "group", "title": "Продажи" })
    }

    fn about(subject: &str, text: &str, language: Language) -> Outgoing {
        let (subject, text) = (subject.to_owned(), text.to_owned());
        Outgoing { subject, text, about: Some("web:7".to_owned()), language, ..Outgoing::default() }
    }

    #[test]
    fn a_notice_says_how_to_reply_and_ends_with_the_chat() {
        let message = about("Новая заявка", "Анна ищет насос", Language::Ru);
        let russian = "Новая заявка\n\nАнна ищет насос\n\nОтвет на это сообщение получит клиент; ответ /return вернёт \
                       чат боту.\nweb:7";
        assert_eq!(notice(&message).as_deref(), Some(russian));
        let silent = Outgoing { about: None, ..message };
        assert_eq!(notice(&silent).as_deref(), Some("Новая заявка\n\nАнна ищет насос"));
        let complete = Outgoing { subject: String::new(), text: russian.to_owned(), ..silent };
        assert_eq!(
            notice(&complete),
            None,
            "a message with its wording, stored by an earlier version, stays as it is"
        );
    }

    #[test]
    fn a_long_notice_is_one_message_that_ends_with_the_chat() {
        let long = "😀".repeat(4000);
        let parts = render::parts(&about(&long, &long, Language::En));
        let [part] = parts.as_slice() else { panic!("{} messages", parts.len()) };
        assert!(part.plain.ends_with("again.\nweb:7"), "{}", part.plain);
        assert!(render::units(&part.plain) < 4000);
    }

    #[test]
    fn only_replies_to_notices_of_this_bot_are_for_a_client() {
        let notice = "Клиент ждёт\n\ntelegram:1\n\nОтвет получит клиент.\nweb:ab12";
        let does = |quoted, text| read(BOT, &update(group(), quoted, text));
        let said = does(Some((4242, notice)), "Добрый день!\nЯ Пётр").unwrap();
        assert_eq!((said.address.to_string().as_str(), said.key.as_str()), ("web:ab12", "staff:4242:5"));
        assert_eq!(
            said.kind,
            EventKind::Staff {
                action: StaffAction::say("Добрый день!\nЯ Пётр"),
                by: Some("Пётр (7)".to_owned()),
            }
        );
        assert_eq!(said.client, Client::default(), "the client keeps their name");
        for (text, action) in [
            ("/return", Some(StaffAction::Return)),
            ("/Return@shop_bot", Some(StaffAction::Return)),
            (" /вернуть ", Some(StaffAction::Return)),
            ("/take", Some(StaffAction::Take)),
            ("/retrun", None),
            ("/start", None),
        ] {
            let done = does(Some((4242, notice)), text).map(|inbound| inbound.kind);
            assert_eq!(
                done,
                action.map(|action| EventKind::Staff { action, by: Some("Пётр (7)".to_owned()) }),
                "{text}"
            );
        }
        for (quoted, why) in [
            (None, "no reply"),
            (Some((7, notice)), "a person wrote it"),
            (Some((5, notice)), "another bot wrote it"),
            (Some((4242, "Снова работает")), "no notice about a chat"),
            (Some((4242, "позвоните: web:ab12")), "the chat stands in a sentence"),
            (Some((4242, "https://example.com/:x y")), "no chat"),
        ] {
            assert_eq!(does(quoted, "Добрый день"), None, "{why}");
        }
    }

    #[test]
    fn hints_are_sent_in_private_staff_chats_only() {
        let own = json!({ "id": 7, "type": "private", "first_name": "Пётр" });
        let alone = update(own.clone(), None, "привет");
        let told = hint(BOT, &alone).unwrap();
        assert!(told.0 == 7 && told.1.contains("Ответьте"), "{told:?}");
        assert_eq!(hint(BOT, &update(own, Some((4242, "x\nweb:1")), "да")), None);
        assert_eq!(hint(BOT, &update(group(), None, "привет")), None);
        assert!(is_staff_chat(&[7].into(), &alone) && !is_staff_chat(&[8, -100].into(), &alone));
    }

    #[test]
    fn an_anonymous_administrator_is_answered_in_the_groups_name() {
        let chat = json!({ "id": -100, "type": "supergroup", "title": "Отдел продаж" });
        let quoted = |sender: i64| {
            let notice = json!({
                "message_id": 8, "date": 1, "chat": chat, "text": "Заявка\nweb:1",
                "from": { "id": 4242, "is_bot": true, "first_name": "Бот" },
            });
            let message = json!({
                "message_id": 9, "date": 1, "chat": chat, "text": "Здравствуйте", "reply_to_message": notice,
                "from": { "id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot" },
                "sender_chat": { "id": sender, "type": "supergroup", "title": "Отдел продаж" },
            });
            let update = json!({ "update_id": 5, "message": message }).to_string();
            read(BOT, &serde_json::from_str::<Update>(&update).unwrap())
        };
        let EventKind::Staff { by, .. } = quoted(-100).expect("an action").kind else {
            panic!("another event")
        };
        assert_eq!(by.as_deref(), Some("Отдел продаж (-100)"));
        assert_eq!(quoted(-200), None, "a channel that posts into the group is no administrator");
    }
}
