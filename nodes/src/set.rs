//! `set`: slots from expressions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    condition::Expression,
    kind::{Exit, Fault, Go, Input, Kind, Node},
    place::At,
    scope::Scope,
    slot::Type,
    turn::Turn,
};

/// Sets slots to the values of CEL expressions. All expressions see the slots as they were before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Set(BTreeMap<At<String>, Expression>);

impl Kind for Set {
    const NAME: &'static str = "set";
    const EXAMPLE: &'static str = "\
flow: example
start: raise
slots:
  budget: { type: number, default: 1000 }
nodes:
  raise:
    set: { budget: slots.budget * 2 + 1 }
    next: tell
  tell:
    say: { text: 'budget {{slots.budget}}' }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) = (&["x"], &["raise", "tell"]);
}

const ANY: [Type; 9] = [
    Type::Text,
    Type::Number,
    Type::Boolean,
    Type::Date,
    Type::Phone,
    Type::Email,
    Type::Contact,
    Type::Product,
    Type::Products,
];

impl Node for Set {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        for (slot, expression) in &self.0 {
            scope.slot(slot, &ANY);
            scope.expression(expression);
        }
    }

    fn run(&self, turn: &mut Turn<'_>, _: Input) -> Result<Go, Fault> {
        let mut values = Vec::with_capacity(self.0.len());
        for (slot, expression) in &self.0 {
            values.push((slot, turn.value(expression)?));
        }
        for (slot, value) in values {
            turn.set_slot(slot, value)?;
        }
        Ok(Go::exit("done"))
    }
}
