//! `end`: the dialog is over.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    target::Target,
    text::Text,
    turn_context::TurnContext,
};

/// Ends the session: slots and history are forgotten, and the next message begins a new dialog.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    /// A last word.
    #[serde(default)]
    text: Option<Text>,
}

impl Kind for End {
    const NAME: &'static str = "end";
    const EXITS: &'static [(&'static str, &'static str)] = &[];
    const EXAMPLE: &'static str = "\
flow: example
start: bye
nodes:
  bye:
    end:
      text: { ru: До свидания!, en: Goodbye! }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) = (&["пока"], &["bye"]);
}

impl Node for End {
    fn exits(&self) -> Vec<Exit> {
        Vec::new()
    }

    fn check(&self, scope: &mut Scope<'_>) {
        if let Some(text) = &self.text {
            scope.text(text);
        }
    }

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        if let Some(text) = &self.text {
            let text = turn.render(text)?;
            turn.say(text, Vec::new());
        }
        Ok(NodeOutcome::To(Target::End))
    }
}
