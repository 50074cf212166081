//! The transcript of a test, shown beside a failure.

use serde::Serialize;
use tolmach_engine::effect::Outgoing;

use super::{
    dialog::Step,
    step::{PhotoStep, StaffStep, VoiceStep},
};

/// One message or event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its author.
    pub who: Who,
    /// In whose chat, in a test with several clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// Its text; may have several lines.
    pub text: String,
}

/// The author of a transcript entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The client.
    Client,
    /// The bot.
    Bot,
    /// A staff member.
    Staff,
    /// No author: time passes.
    Time,
}

impl Line {
    /// The entries of a step; none for an empty step.
    pub(super) fn of_step(step: &Step) -> Vec<Line> {
        let one = |who, text: String| Line { who, chat: step.who().map(str::to_owned), text };
        let line = |who, text: String| vec![one(who, text)];
        match step {
            Step { client: Some(texts), .. } => {
                texts.0.iter().map(|text| one(Who::Client, text.clone())).collect()
            }
            Step { edit: Some(edit), .. } => line(Who::Client, format!("✎ {}", edit.text)),
            Step { press: Some(press), .. } => {
                vec![one(Who::Client, format!("[{}]", press.label)); press.times]
            }
            Step { photo: Some(PhotoStep { caption }), .. } => line(
                Who::Client,
                format!("(photo) {}", caption.as_deref().unwrap_or_default()).trim().to_owned(),
            ),
            Step { voice: Some(VoiceStep { transcript }), .. } => line(
                Who::Client,
                format!("(voice) {}", transcript.as_deref().unwrap_or_default()).trim().to_owned(),
            ),
            Step { sends: Some(what), .. } => line(Who::Client, format!("({what})")),
            Step { command: Some(command), .. } => {
                line(Who::Client, format!("/{}", command.trim_start_matches('/')))
            }
            Step { contact: Some(contact), .. } => {
                line(Who::Client, format!("{} {}", contact.name, contact.phone).trim().to_owned())
            }
            Step { staff: Some(staff), .. } => line(
                Who::Staff,
                match staff {
                    StaffStep::Say(text) => text.clone(),
                    StaffStep::Take => "takes the chat".to_owned(),
                    StaffStep::Return => "gives the chat back".to_owned(),
                },
            ),
            Step { after: Some(after), .. } => line(Who::Time, format!("{after} later")),
            _ => Vec::new(),
        }
    }

    /// The entry of a message: text, photo, cards as name and price, buttons as labels. `None` if it has none of them.
    pub(super) fn of_message(chat: Option<&str>, message: &Outgoing) -> Option<Line> {
        let mut parts: Vec<String> = Vec::new();
        if !message.text.is_empty() {
            parts.push(message.text.clone());
        }
        parts.extend(message.photo.iter().map(|photo| format!("[{photo}]")));
        parts.extend(message.cards.iter().map(|card| format!("• {} — {}", card.name, card.price)));
        if !message.buttons.is_empty() {
            let labels: Vec<String> =
                message.buttons.iter().map(|button| format!("[{}]", button.label)).collect();
            parts.push(labels.join(" "));
        }
        (!parts.is_empty()).then(|| Line {
            who: Who::Bot,
            chat: chat.map(str::to_owned),
            text: parts.join("\n"),
        })
    }
}
