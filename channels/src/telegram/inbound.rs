//! Conversion of Telegram updates to events. Most kinds of update are ignored.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;
use teloxide_core::types::{
    CallbackQuery, Contact, InlineKeyboardButtonKind, MaybeInaccessibleMessage, MediaKind, Message,
    MessageKind, Update, UpdateKind, User,
};
use tolmach_engine::{
    event::{Client, EventKind, Sent},
    language::Language,
};
use tolmach_runtime::ports::{Address, Inbound};

use super::NAME;

/// The event in an update; `None` if the bot ignores it.
pub(super) fn read(bot: &str, update: &Update) -> Option<Inbound> {
    let key = format!("{bot}:{}", update.id.0);
    match &update.kind {
        UpdateKind::Message(message) => read_message(key, message),
        UpdateKind::EditedMessage(message) => read_edit(key, message),
        // The id of the query: Telegram may bring one press in several updates.
        UpdateKind::CallbackQuery(query) => read_press(format!("{bot}:press:{}", query.id), query),
        _ => None,
    }
}

/// What is read of an update that the API types cannot parse. Everything else is skipped without looking into it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct BareUpdate {
    #[serde(default)]
    pub(super) update_id: i64,
    #[serde(default, deserialize_with = "or_default")]
    message: Option<BareMessage>,
}

impl BareUpdate {
    /// The id of its chat, if that could be read.
    pub(super) fn chat(&self) -> Option<i64> {
        self.message.as_ref().map(|message| message.chat.id)
    }
}

#[derive(Debug, Default, Deserialize)]
struct BareMessage {
    chat: BareChat,
    #[serde(default)]
    from: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
struct BareChat {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
}

/// A value, or the default where it has another type.
fn or_default<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

/// The event in an update that cannot be parsed: its private chat is still known, so the client gets a reply.
pub(super) fn read_bare(bot: &str, staff: &BTreeSet<i64>, update: &BareUpdate) -> Option<Inbound> {
    let BareMessage { chat, from } = update.message.as_ref()?;
    if chat.kind != "private" || staff.contains(&chat.id) {
        return None;
    }
    let from = from.as_ref().and_then(|from| serde_json::from_str::<User>(from.get()).ok());
    Some(Inbound {
        address: Address::new(NAME, chat.id.to_string()),
        key: format!("{bot}:{}", update.update_id),
        client: from.as_ref().map(client).unwrap_or_default(),
        kind: EventKind::Unsupported { what: "message".to_owned() },
        button: None,
        origin: None,
        sent: None,
    })
}

/// A contact card. The sender's own is a contact; somebody else's is what the client says.
fn shared(contact: &Contact, from: Option<&User>) -> EventKind {
    let name = format!("{} {}", contact.first_name, contact.last_name.as_deref().unwrap_or_default());
    let (name, phone) = (name.trim().to_owned(), contact.phone_number.clone());
    match (contact.user_id, from) {
        (Some(user), Some(from)) if user == from.id => EventKind::Contact { phone, name },
        _ => EventKind::Message { text: format!("{name} {phone}").trim().to_owned() },
    }
}

/// How long after a message was sent its edits are read, seconds: 1 hour. The engine has the same bound by its own clock.
const LONGEST_EDIT: i64 = 60 * 60;

/// The new text of a message. Edits of anything but a text, and of old messages, are ignored. Telegram also reports edits that
/// change nothing that a bot can see; the engine compares the words.
fn read_edit(key: String, message: &Message) -> Option<Inbound> {
    if !message.chat.is_private() {
        return None;
    }
    let ignored = |why| tracing::info!(why, "an edit of a message was ignored");
    let edited = message.edit_date().unwrap_or(&message.date);
    if edited.signed_duration_since(message.date).num_seconds() > LONGEST_EDIT {
        ignored("the message is more than an hour old");
        return None;
    }
    let inbound = read_message(key, message)?;
    match (&inbound.kind, message.text()) {
        (EventKind::Message { .. }, Some(_)) => {
            Some(Inbound { sent: Some(Sent::edited(message.id.0.to_string())), ..inbound })
        }
        _ => {
            ignored("it is not a text");
            None
        }
    }
}

fn read_message(key: String, message: &Message) -> Option<Inbound> {
    if !message.chat.is_private() {
        tracing::info!("a message of a group was left unanswered: this bot talks in private chats only");
        return None;
    }
    let from = message.from.as_ref().filter(|from| !from.is_bot)?;
    let kind = kind(message)?;
    let text = message.text().filter(|_| matches!(kind, EventKind::Message { .. }));
    Some(Inbound {
        address: Address::new(NAME, message.chat.id.0.to_string()),
        key,
        client: client(from),
        kind,
        button: None,
        origin: None,
        sent: text.map(|_| Sent::written(message.id.0.to_string())),
    })
}

fn kind(message: &Message) -> Option<EventKind> {
    let common = match &message.kind {
        MessageKind::Common(common) => common,
        // Content newer than the API types, or without a field that they require (such as a voice message's MIME type).
        MessageKind::Empty {} => return Some(EventKind::Unsupported { what: "message".to_owned() }),
        // Service messages such as a pinned message or a new chat photo.
        _ => return None,
    };
    let what = match &common.media_kind {
        MediaKind::Text(text) => return Some(EventKind::from_text(&text.text)),
        MediaKind::Contact(contact) => return Some(shared(&contact.contact, message.from.as_ref())),
        MediaKind::Animation(_) => "animation",
        MediaKind::Audio(_) => "audio",
        MediaKind::Document(_) => "document",
        MediaKind::Game(_) => "game",
        MediaKind::Venue(_) | MediaKind::Location(_) => "location",
        MediaKind::Photo(_) | MediaKind::PaidMedia(_) => "photo",
        MediaKind::Poll(_) | MediaKind::Checklist(_) => "poll",
        MediaKind::Sticker(_) => "sticker",
        MediaKind::Story(_) => "story",
        MediaKind::Video(_) | MediaKind::VideoNote(_) => "video",
        MediaKind::Voice(_) => "voice",
        MediaKind::Migration(_) => return None,
    };
    Some(EventKind::Unsupported { what: what.to_owned() })
}

fn read_press(key: String, query: &CallbackQuery) -> Option<Inbound> {
    let button = query.data.clone()?;
    let chat = match &query.message {
        Some(message) => {
            let chat = message.chat();
            chat.is_private().then_some(chat.id.0)?
        }
        // The id of a private chat equals the user's id.
        None => i64::try_from(query.from.id.0).ok()?,
    };
    let label = match &query.message {
        Some(MaybeInaccessibleMessage::Regular(message)) => label(message, &button),
        Some(MaybeInaccessibleMessage::Inaccessible(_)) | None => String::new(),
    };
    Some(Inbound {
        address: Address::new(NAME, chat.to_string()),
        key,
        client: client(&query.from),
        kind: EventKind::Press { label, press: None },
        button: Some(button),
        origin: None,
        sent: None,
    })
}

/// The label of the pressed button, found by its callback data.
fn label(message: &Message, data: &str) -> String {
    let buttons =
        message.reply_markup().into_iter().flat_map(|markup| markup.inline_keyboard.iter().flatten());
    buttons
        .filter(
            |button| matches!(&button.kind, InlineKeyboardButtonKind::CallbackData(known) if known == data),
        )
        .map(|button| button.text.clone())
        .next()
        .unwrap_or_default()
}

fn client(user: &User) -> Client {
    Client {
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone().unwrap_or_default(),
        username: user.username.clone().unwrap_or_default(),
        language: user.language_code.as_deref().and_then(Language::from_code),
        entry: None,
    }
}
