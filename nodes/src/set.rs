//! `set`: sets slots to the values of expressions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    condition::{Expression, fits},
    diagnostic::Code,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    language::Language,
    scope::{Scope, Sets},
    slot::Type,
    span::Spanned,
    turn_context::TurnContext,
};

/// Sets slots to the values of CEL expressions. All expressions see the slots as they were before. The name
/// `session.language` stands for the dialog's language: set to `'ru'` or `'en'`, it no longer follows the messages; set to
/// `null`, it follows them again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-keys" = "slot"))]
pub(crate) struct Set(BTreeMap<Spanned<String>, Expression>);

impl Kind for Set {
    const NAME: &'static str = "set";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "the slots are set")];
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

/// What is set like a slot, but is the dialog's language.
const LANGUAGE: &str = "session.language";

impl Node for Set {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        for (slot, expression) in &self.0 {
            scope.expression(expression);
            let kind = scope.kind_of(expression);
            if slot.value == LANGUAGE {
                let text = expression.literal_text();
                if kind.is_some_and(|kind| kind != Type::Text)
                    || text.is_some_and(|text| Language::from_code(text).is_none())
                {
                    let message = format!("`{}` is no language", expression.source());
                    let help = "write \"'ru'\" or \"'en'\", or null to follow the client again";
                    scope.report(Code::BadValue, expression.span(), message, help);
                }
                continue;
            }
            let when = if expression.is_null() { Sets::Clears } else { Sets::Always };
            scope.sets(slot, &Type::ALL, when);
            let (least, most) = scope.slot_limits(slot);
            if let Some(number) = expression.literal_number()
                && (least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most))
            {
                let message = format!("{number} is outside of the limits of the slot `{}`", slot.value);
                let help = "set it within `min` and `max` of the slot, or change them";
                scope.report(Code::BadValue, expression.span(), message, help);
            }
            if let (Some(kind), Some(holds)) = (kind, scope.slot_type(slot))
                && !fits(kind, holds)
            {
                let message = format!(
                    "`{}` is {}, but the slot `{}` holds {}",
                    expression.source(),
                    kind.told(),
                    slot.value,
                    holds.told()
                );
                let help = format!("change the expression or the slot's type; {}", holds.how());
                scope.report(Code::WrongSlotType, expression.span(), message, help);
            }
        }
    }

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        let mut values = Vec::with_capacity(self.0.len());
        for (slot, expression) in &self.0 {
            values.push((slot, turn.value(expression)?));
        }
        for (slot, value) in values {
            if slot.value == LANGUAGE {
                if value.is_null() {
                    turn.free_language();
                    continue;
                }
                let language = value.as_str().and_then(Language::from_code);
                let language =
                    language.ok_or_else(|| Fault(format!("{value} is no language; ru and en are")))?;
                turn.choose_language(language);
                continue;
            }
            turn.set_slot(slot, value)?;
        }
        Ok(NodeOutcome::exit("done"))
    }
}
