//! The YAML form of a dialog test: its initial state and its steps.
//!
//! The initial state is in `given`, the forms of what happens in `step`, expectations in `expectation`.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{duration::Duration, event::EventKind, span::Spanned};

use super::{
    expectation::Expect,
    given::Given,
    step::{EditStep, PhotoStep, PressStep, SharedContact, StaffStep, VoiceStep},
    texts::Texts,
};

/// One test: a dialog from its first message to its last.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dialog {
    /// What the test shows.
    pub name: Spanned<String>,
    /// The habit of clients that it is about, a word: `tolmach test --report` counts by it.
    #[serde(default)]
    pub kind: Option<Spanned<String>>,
    /// The initial state.
    #[serde(default)]
    pub given: Given,
    /// The steps, in order; at least one.
    pub steps: Vec<Spanned<Step>>,
}

/// One step: exactly one thing that happens, and the expectations after it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = one_happening()))]
pub struct Step {
    /// The client writes. Several texts are received together, like messages in quick succession. A text of the form
    /// `/name rest` is a command.
    #[serde(default)]
    pub client: Option<Texts>,
    /// The client edits one of their messages, as in Telegram: `{ text: … }` for the last one, `{ text: …, of: 2 }` for the
    /// one before, and so on.
    #[serde(default)]
    pub edit: Option<EditStep>,
    /// The client presses a button: its label, or a part of the label that no other has. Of the last step that showed any; with
    /// `{ label: …, of: 2 }` of the one before, with `{ label: …, under: … }` of the message with this text; `times: 2`
    /// presses it twice at once.
    #[serde(default)]
    pub press: Option<PressStep>,
    /// The client sends a command: its name, with or without the slash, and what follows it.
    #[serde(default)]
    pub command: Option<String>,
    /// The client shares their contact.
    #[serde(default)]
    pub contact: Option<SharedContact>,
    /// The client sends a photo: `{}`, or with a caption.
    #[serde(default)]
    pub photo: Option<PhotoStep>,
    /// The client sends a voice message: `{}`, or with its transcript.
    #[serde(default)]
    pub voice: Option<VoiceStep>,
    /// The client sends something else that the dialog cannot read, by the channel's word for it: `sticker`, `location`.
    #[serde(default)]
    pub sends: Option<String>,
    /// A staff member acts: `take`, `return`, or `{ say: … }`.
    #[serde(default)]
    pub staff: Option<StaffStep>,
    /// Time passes. Timers that become due fire at their own times.
    #[serde(default)]
    pub after: Option<Duration>,
    /// Whose chat it is, one of `given.clients`: whoever writes or presses, or the client to whom staff write.
    #[serde(default)]
    pub who: Option<Spanned<String>>,
    /// The intent that the client means, for `tolmach test --report`: what a model that understands everything says when it is
    /// asked. Other runs do not read it.
    #[serde(default)]
    pub means: Option<Spanned<String>>,
    /// What has to hold after the step.
    #[serde(default)]
    pub expect: Expect,
}

/// What a step can be, in the order of its fields.
pub(super) const HAPPENINGS: [&str; 10] =
    ["client", "edit", "press", "command", "contact", "photo", "voice", "sends", "staff", "after"];

/// The part of the schema that says that a step is exactly one of them.
fn one_happening() -> Vec<serde_json::Value> {
    HAPPENINGS.iter().map(|name| serde_json::json!({ "required": [name] })).collect()
}

impl Step {
    /// How many of [`HAPPENINGS`] it has.
    pub(super) fn happenings(&self) -> usize {
        let has = [
            self.client.is_some(),
            self.edit.is_some(),
            self.press.is_some(),
            self.command.is_some(),
            self.contact.is_some(),
            self.photo.is_some(),
            self.voice.is_some(),
            self.sends.is_some(),
            self.staff.is_some(),
            self.after.is_some(),
        ];
        has.into_iter().filter(|has| *has).count()
    }

    /// Whose chat it is.
    pub(super) fn who(&self) -> Option<&str> {
        self.who.as_ref().map(|who| who.value.as_str())
    }

    /// The text that a client would write for the step's command: the command with its slash.
    pub(super) fn command_text(&self) -> Option<String> {
        let command = self.command.as_ref()?;
        Some(format!("/{}", command.trim().trim_start_matches('/')))
    }

    /// What a photo, a voice message or something else is to the dialog.
    pub(super) fn media(&self) -> Option<EventKind> {
        let unread = |what: &str| Some(EventKind::Unsupported { what: what.to_owned() });
        match self {
            Step { voice: Some(VoiceStep { transcript: Some(said) }), .. } => {
                Some(EventKind::Message { text: said.clone() })
            }
            Step { voice: Some(_), .. } => unread("voice"),
            Step { photo: Some(_), .. } => unread("photo"),
            Step { sends: Some(what), .. } => unread(what),
            _ => None,
        }
    }

    /// Whether the client does something in it.
    pub(super) fn by_client(&self) -> bool {
        self.staff.is_none() && self.after.is_none()
    }

    /// The step in one line.
    pub(super) fn describe(&self) -> String {
        let what = match self {
            Step { client: Some(texts), .. } => format!("client: {}", texts.0.join(" / ")),
            Step { edit: Some(edit), .. } => format!("edit: {}", edit.text),
            Step { press: Some(press), .. } => format!("press: {}", press.label),
            Step { command: Some(command), .. } => format!("command: {command}"),
            Step { contact: Some(_), .. } => "contact".to_owned(),
            Step { photo: Some(_), .. } => "photo".to_owned(),
            Step { voice: Some(_), .. } => "voice".to_owned(),
            Step { sends: Some(what), .. } => format!("sends: {what}"),
            Step { staff: Some(StaffStep::Say(text)), .. } => format!("staff: say {text}"),
            Step { staff: Some(StaffStep::Take), .. } => "staff: take".to_owned(),
            Step { staff: Some(StaffStep::Return), .. } => "staff: return".to_owned(),
            Step { after: Some(after), .. } => format!("after: {after}"),
            _ => "nothing".to_owned(),
        };
        self.who().map_or(what.clone(), |who| format!("{what} (who: {who})"))
    }
}
