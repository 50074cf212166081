//! `handoff`: hands the chat over to staff.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    duration::Duration,
    effect::{Command, Notice},
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    span::Spanned,
    text::Text,
    timers::HANDOFF,
    turn_context::TurnContext,
};

use crate::{notify, phrases};

/// Hands the chat over to staff. They are notified, what the client writes is passed on to them, and the bot is silent
/// until they return the chat (`returned`) or have not written for too long (`timeout`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Handoff {
    /// What to tell the client.
    #[serde(default)]
    text: Option<Text>,
    /// The group of the staff to call, as in `notify`.
    #[serde(default = "notify::everybody")]
    to: Spanned<String>,
    /// What the person should know; the client's last message unless something else is said.
    #[serde(default)]
    reason: Option<Text>,
    /// How long after the last message of staff the handoff ends by itself.
    #[serde(default = "eight_hours")]
    timeout: Spanned<Duration>,
}

fn eight_hours() -> Spanned<Duration> {
    Spanned::new(Duration::seconds(8 * 60 * 60), Default::default())
}

impl Kind for Handoff {
    const NAME: &'static str = "handoff";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("returned", "a person gave the chat back"), ("timeout", "no person has written for the timeout")];
    const EXAMPLE: &'static str = "\
flow: example
start: person
nodes:
  person:
    handoff:
      text: { ru: Зову менеджера., en: I am calling a manager. }
      timeout: 2h
    next: { returned: back, timeout: sorry }
  back:
    say: { text: { ru: Снова на связи бот., en: The bot is back. } }
  sorry:
    say: { text: { ru: 'Менеджер занят, оставьте телефон.', en: 'The manager is busy, please leave a phone number.' } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["позовите человека"], &["person"]);
}

impl Node for Handoff {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("returned"), Exit::required("timeout")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        for text in [&self.text, &self.reason].into_iter().flatten() {
            scope.text(text);
        }
        notify::group(&self.to, scope);
        scope.waiting_time("timeout", &self.timeout);
    }

    fn staff_group(&self) -> Option<&Spanned<String>> {
        Some(&self.to)
    }

    fn waits(&self) -> bool {
        true
    }

    fn timer(&self) -> Option<&'static str> {
        Some(HANDOFF)
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::HandoffEnded => return Ok(NodeOutcome::exit("returned")),
            NodeInput::TimerFired => return Ok(NodeOutcome::exit("timeout")),
            _ => {}
        }
        if let Some(text) = &self.text {
            let text = turn.render(text)?;
            turn.say(text, Vec::new());
        }
        let reason = match &self.reason {
            Some(reason) => turn.render(reason)?,
            None => turn.message().to_owned(),
        };
        turn.command(Command::Notify(Notice {
            group: self.to.value.clone(),
            subject: turn.phrase(phrases::CALLS_FOR_PERSON).to_owned(),
            text: reason.clone(),
            about_chat: true,
        }));
        turn.hand_off(&self.to.value, reason, self.timeout.0);
        Ok(NodeOutcome::Wait)
    }
}
