//! `delay`: waits for a time; restarts do not shorten or lose it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    condition::Expression,
    diagnostic::Code,
    duration::Duration,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    slot::Type,
    span::Spanned,
    timers::DELAY,
    turn_context::TurnContext,
    typed::Typed,
};

/// Waits from a minute to weeks, or until a moment; the wait survives restarts. A message of the client ends it by the exit
/// `message`, unless `on_message: wait` says that the dialog goes on meanwhile: then `done` is the only exit, and what it
/// leads to comes whatever the client did. A wait ends with its flow and with the dialog (`end`,
/// `/start`), and begins anew when the node is reached again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delay {
    /// How long: `30m`, `2h`, `3d`, `2w`.
    #[serde(rename = "for", default)]
    time: Option<Spanned<Duration>>,
    /// Until which moment, an expression: `slots.visit - hours(24)`. One that is past is over at once.
    #[serde(default)]
    until: Option<Expression>,
    /// What a message of the client does: `leave` by the exit `message`, or `wait` on while it is answered.
    #[serde(default)]
    on_message: OnMessage,
}

/// What a message does to a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OnMessage {
    /// Ends it.
    #[default]
    Leave,
    /// Nothing: the dialog goes on, and so does the wait.
    Wait,
}

/// The longest wait, milliseconds.
const YEAR: i64 = 366 * 86_400_000;

#[derive(Default, Serialize, Deserialize)]
struct State {
    /// Milliseconds since the Unix epoch.
    due: Option<i64>,
}

impl Kind for Delay {
    const NAME: &'static str = "delay";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("done", "the time has come"), ("message", "the client wrote before; not with `on_message: wait`")];
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
        match self.on_message {
            OnMessage::Leave => vec![Exit::required("done"), Exit::required("message")],
            OnMessage::Wait => vec![Exit::required("done")],
        }
    }

    fn check(&self, scope: &mut Scope<'_>) {
        if let Some(time) = &self.time {
            scope.waiting_time("for", time);
        }
        if let Some(until) = &self.until {
            scope.expression(until);
            if let Some(kind) = scope.kind_of(until).filter(|kind| *kind != Type::DateTime) {
                let message = format!("`until` is a {}, not a moment", kind.name());
                let help =
                    "write a datetime, such as slots.visit - hours(24) or datetime(slots.day, time('9:00'))";
                scope.report(Code::WrongType, until.span(), message, help);
            } else if let Some(moments) = scope.constants(until)
                && moments.iter().all(|(now, at)| {
                    matches!(Typed::read(Type::DateTime, at), Some(Typed::DateTime(at)) if at <= *now)
                })
            {
                let message = format!("`{}` is past whenever the dialog comes here", until.source());
                scope.report(Code::BadValue, until.span(), message, "name a moment that is to come");
            }
        }
        match (&self.time, &self.until) {
            (Some(_), Some(until)) => {
                scope.report(
                    Code::BadValue,
                    until.span(),
                    "a wait has both `for` and `until`",
                    "remove one of them",
                );
            }
            (None, None) => scope.report_here(
                Code::MissingField,
                "a wait has no end",
                "write `for: 3d`, or `until: slots.visit`",
            ),
            _ => {}
        }
    }

    fn waits(&self) -> bool {
        true
    }

    fn timer(&self) -> Option<&'static str> {
        Some(DELAY)
    }

    fn lasts(&self) -> bool {
        self.on_message == OnMessage::Wait
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
            _ => match (&self.time, &self.until) {
                (Some(time), _) => now.saturating_add(time.value.0),
                (None, Some(until)) => {
                    let value = turn.value(until)?;
                    let Some(Typed::DateTime(at)) = Typed::read(Type::DateTime, &value) else {
                        return Err(Fault(format!("`{}` is no moment", until.source())));
                    };
                    let due = turn.millis_of(at);
                    if due <= now {
                        turn.note("the moment is past".to_owned());
                        return Ok(NodeOutcome::exit("done"));
                    }
                    due.min(now.saturating_add(YEAR))
                }
                (None, None) => return Err(Fault("a wait without an end".to_owned())),
            },
        };
        turn.set_state(&State { due: Some(due) })?;
        if self.lasts() {
            turn.start_lasting_timer(due);
        } else {
            turn.start_timer(DELAY, due.saturating_sub(now));
        }
        Ok(NodeOutcome::Wait)
    }
}
