//! The transcript of a test, shown beside a failure.

use serde::Serialize;
use tolmach_engine::effect::Outgoing;

use super::dialog::{StaffStep, Step};

/// One message or event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its author.
    pub who: Who,
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
        let line = |who, text: String| vec![Line { who, text }];
        match step {
            Step { client: Some(texts), .. } => {
                texts.0.iter().map(|text| Line { who: Who::Client, text: text.clone() }).collect()
            }
            Step { edit: Some(edit), .. } => line(Who::Client, format!("✎ {}", edit.text)),
            Step { press: Some(press), .. } => line(Who::Client, format!("[{}]", press.label)),
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
    pub(super) fn of_message(message: &Outgoing) -> Option<Line> {
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
        (!parts.is_empty()).then(|| Line { who: Who::Bot, text: parts.join("\n") })
    }
}
