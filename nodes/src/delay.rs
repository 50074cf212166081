//! `delay`: waits for a time; restarts do not shorten or lose it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    duration::Duration,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    span::Spanned,
    timers::DELAY,
    turn_context::TurnContext,
};

/// Waits from a minute to weeks; the wait survives restarts. Exits: `done` when the time has come, `message` when the
/// client writes before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delay {
    /// How long: `30m`, `2h`, `3d`, `2w`.
    #[serde(rename = "for")]
    time: Spanned<Duration>,
}

#[derive(Default, Serialize, Deserialize)]
struct State {
    /// Milliseconds since the Unix epoch.
    due: Option<i64>,
}

impl Kind for Delay {
    const NAME: &'static str = "delay";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("done", "the time has come"), ("message", "the client wrote before")];
    const EXAMPLE: &'static str = "\
flow: example
start: thanks
nodes:
  thanks:
    say: { text: { ru: Спасибо за заказ!, en: Thank you for your order! } }
    next: later
  later:
    delay: { for: 3d }
    next: { done: how_is_it, message: thanks }
  how_is_it:
    say: { text: { ru: Как вам покупка?, en: How do you like it? } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["беру"], &["thanks", "later"]);
}

impl Node for Delay {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done"), Exit::required("message")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.waiting_time("for", &self.time);
    }

    fn waits(&self) -> bool {
        true
    }

    fn timer(&self) -> Option<&'static str> {
        Some(DELAY)
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        let now = turn.event().at;
        let due = match (&input, turn.state::<State>().due) {
            (NodeInput::TimerFired, _) => return Ok(NodeOutcome::exit("done")),
            (NodeInput::Reply, _) => {
                turn.cancel_timer(DELAY);
                return Ok(NodeOutcome::exit("message"));
            }
            // The delay was interrupted: it continues, or has ended meanwhile.
            (NodeInput::Resumed | NodeInput::HandoffEnded, Some(due)) if due <= now => {
                return Ok(NodeOutcome::exit("done"));
            }
            (NodeInput::Resumed | NodeInput::HandoffEnded, Some(due)) => due,
            _ => now.saturating_add(self.time.0),
        };
        turn.set_state(&State { due: Some(due) })?;
        turn.start_timer(DELAY, due.saturating_sub(now));
        Ok(NodeOutcome::Wait)
    }
}
