//! `call`: another flow, with arguments and results.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    condition::{Expression, fits},
    diagnostic::Code,
    kind::{Call as Called, Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    span::Spanned,
    turn_context::TurnContext,
};

/// Runs another flow of the bundle. It has slots of its own: `with` sets some of them before it begins, `into` takes
/// some of them when it leads to `return`, or when it is left for good in another way; a slot whose value did not come back
/// keeps its own. While it runs, its messages enter at its own `start`; commands and intents
/// that it does not know itself are those of the calling flow.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The flow to run.
    #[schemars(extend("x-names" = "flow"))]
    flow: Spanned<String>,
    /// Values (CEL expressions over this flow's slots) for slots of the called flow.
    #[serde(default)]
    with: BTreeMap<Spanned<String>, Expression>,
    /// Slots of this flow, and the slots of the called flow whose values they take.
    #[serde(default)]
    #[schemars(extend("x-keys" = "slot"))]
    into: BTreeMap<Spanned<String>, Spanned<String>>,
}

impl Kind for Call {
    const NAME: &'static str = "call";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "the called flow returned")];
    const EXAMPLE: &'static str = "\
flow: example
entry: true
start: measure
slots:
  area: { type: number }
nodes:
  measure:
    call: { flow: room, with: { height: '3' }, into: { area: square } }
    next: tell
  tell:
    say: { text: '{{#if slots.area}}{{slots.area}} m²{{else}}?{{/if}}' }
";
    const EXAMPLE_FILES: &'static [(&'static str, &'static str)] = &[(
        "room.yaml",
        "\
flow: room
start: width
slots:
  height: { type: number }
  width: { type: number }
  square: { type: number }
nodes:
  width:
    ask: { text: { ru: Какая ширина?, en: How wide? }, into: width }
    next: { done: count, cancelled: return, gave_up: return }
  count:
    branch:
      - { when: slots.width != null && slots.height != null, to: multiply }
      - { else: return }
  multiply:
    set: { square: slots.width * slots.height }
    next: return
",
    )];
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["посчитайте", "20"], &["measure", "width", "count", "multiply", "measure", "tell"]);
}

impl Node for Call {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        for expression in self.with.values() {
            scope.expression(expression);
        }
        for (slot, expression) in &self.with {
            let Some(theirs) = scope.slot_type_in(&self.flow, slot) else { continue };
            if let Some(kind) = scope.kind_of(expression).filter(|kind| !fits(*kind, theirs)) {
                let message = format!(
                    "`{}` is a {}, but the slot `{}` of the flow `{}` is of type {}",
                    expression.source(),
                    kind.name(),
                    slot.value,
                    self.flow.value,
                    theirs.name()
                );
                let help = format!("give a value of that type; {}", theirs.how());
                scope.report(Code::WrongSlotType, expression.span(), message, help);
            }
        }
        scope.call(&self.call_of());
    }

    fn call(&self) -> Option<Called<'_>> {
        Some(self.call_of())
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        if let NodeInput::FlowReturned(slots) = input {
            for (slot, of) in &self.into {
                // What did not come back takes nothing away.
                if let Some(value) = slots.get(&of.value).filter(|value| !value.is_null()) {
                    turn.set_slot(slot, value.clone())?;
                }
            }
            return Ok(NodeOutcome::exit("done"));
        }
        let mut slots = Vec::with_capacity(self.with.len());
        for (slot, expression) in &self.with {
            slots.push((slot.value.clone(), turn.value(expression)?));
        }
        Ok(NodeOutcome::Call { flow: self.flow.value.clone(), slots })
    }
}

impl Call {
    fn call_of(&self) -> Called<'_> {
        Called {
            flow: &self.flow,
            arguments: self.with.iter().collect(),
            results: self.into.iter().collect(),
        }
    }
}
