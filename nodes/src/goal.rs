//! `goal`: a conversion, for analytics.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    condition::Expression,
    diagnostic::Code,
    effect::{Command, Goal as Reached},
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    slot::Type,
    span::Spanned,
    turn_context::TurnContext,
};

/// Marks that the client got where they should: an order, a lead, an answer that helped. `tolmach goals` counts them,
/// also by arm of every experiment that the client is in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Goal {
    /// The goal's name.
    name: Spanned<String>,
    /// What it is worth: a number, or a CEL expression such as `slots.budget`.
    #[serde(default)]
    value: Option<Expression>,
}

impl Kind for Goal {
    const NAME: &'static str = "goal";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "the goal is noted")];
    const EXAMPLE: &'static str = "\
flow: example
start: ordered
slots:
  budget: { type: number, default: 5000 }
nodes:
  ordered:
    goal: { name: order, value: slots.budget }
    next: thanks
  thanks:
    say: { text: { ru: Спасибо!, en: Thank you! } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["беру"], &["ordered", "thanks"]);
}

impl Node for Goal {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.name("goal", &self.name);
        if let Some(value) = &self.value {
            scope.expression(value);
            if scope.kind_of(value).is_some_and(|kind| kind != Type::Number) {
                let message = format!("the value of a goal is a number, and `{}` is none", value.source());
                scope.report(
                    Code::WrongSlotType,
                    value.span(),
                    message,
                    "write a number or a slot of type number",
                );
            }
        }
    }

    fn goal(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        let value = match &self.value {
            Some(value) => match turn.value(value)? {
                serde_json::Value::Null => None,
                number => match number.as_f64() {
                    Some(number) => Some(number),
                    None => return Err(Fault(format!("the value of the goal is {number}, not a number"))),
                },
            },
            None => None,
        };
        let arms = turn.arms().clone();
        turn.command(Command::Goal(Reached { name: self.name.value.clone(), value, arms }));
        Ok(NodeOutcome::exit("done"))
    }
}
