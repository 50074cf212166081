//! `menu`: a choice by buttons or by typing.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    diagnostic::Code,
    effect::Choice,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
};

use crate::{
    ask,
    choices::{self, Beside, Reading},
    labels,
};

/// Offers choices as buttons and waits. A typed text that names one of them counts as a press: its label or a part of it, also
/// in another form, its number, its place («второй»), yes or no where a label says that; `message.text` is then the label. Any other text leaves by `other`, and so
/// does one that says more than the choice.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Menu {
    /// What to say above the buttons.
    text: Text,
    /// The choices, in the order of the buttons. Each is an exit.
    choices: Vec<MenuChoice>,
}

/// A choice of a menu.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MenuChoice {
    /// The exit's name.
    exit: Spanned<String>,
    /// The button's label.
    label: Text,
}

impl Kind for Menu {
    const NAME: &'static str = "menu";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("<choice>", "one for each choice"), ("other", "something else was typed")];
    const EXAMPLE: &'static str = "\
flow: example
start: what
nodes:
  what:
    menu:
      text: { ru: Что вам нужно?, en: What do you need? }
      choices:
        - { exit: pumps, label: { ru: Насосы, en: Pumps } }
        - { exit: drills, label: { ru: Дрели, en: Drills } }
    next: { pumps: chosen, drills: chosen, other: what }
  chosen:
    say: { text: { ru: Отлично!, en: Great! } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["привет", "насосы"], &["what", "chosen"]);
}

impl Node for Menu {
    fn exits(&self) -> Vec<Exit> {
        let mut exits: Vec<Exit> =
            self.choices.iter().map(|choice| Exit::required(choice.exit.value.clone())).collect();
        exits.push(Exit::required("other"));
        exits
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.text(&self.text);
        scope.buttons(self.choices.len(), self.text.span());
        if self.choices.is_empty() {
            scope.report(
                Code::BadValue,
                self.text.span(),
                "a menu without choices",
                "add at least one choice",
            );
        }
        labels::check(self.choices.iter().map(|choice| &choice.label), scope);
        for (i, choice) in self.choices.iter().enumerate() {
            scope.label(&choice.label);
            let taken = choice.exit.value == "other"
                || self.choices[..i].iter().any(|before| before.exit == choice.exit);
            if taken {
                let (message, help) = if choice.exit.value == "other" {
                    ("`other` is the exit for texts that are no choice".to_owned(), "choose another name")
                } else {
                    (
                        format!("the exit `{}` is there twice", choice.exit.value),
                        "give each choice an exit of its own",
                    )
                };
                scope.report(Code::BadValue, choice.exit.span, message, help);
            }
        }
    }

    fn waits(&self) -> bool {
        true
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::ButtonPressed(exit) if self.choices.iter().any(|choice| choice.exit.value == exit) => {
                Ok(NodeOutcome::Exit(exit))
            }
            NodeInput::Reply => {
                let labels = ask::labels(turn, self.choices.iter().map(|choice| &choice.label))?;
                let at = match choices::read(turn.message(), &labels, Beside::Nothing, false) {
                    Reading::One(at, how) => {
                        turn.note(format!("the choice {} by {how}", at + 1));
                        at
                    }
                    Reading::Any => ask::say_first(turn, &labels),
                    Reading::Several(several) => {
                        let text = ask::between(turn, &labels, &several);
                        return self.question(turn, text);
                    }
                    Reading::None | Reading::Cancel => return Ok(NodeOutcome::exit("other")),
                };
                // What follows gets the label, as after a press: «2» says nothing to a search.
                if let Some(label) = labels.get(at).and_then(|labels| labels.first()) {
                    turn.take_as_press(label);
                }
                let exit = self.choices.get(at).map_or("other", |choice| choice.exit.value.as_str());
                Ok(NodeOutcome::exit(exit))
            }
            _ => {
                let text = turn.render(&self.text)?;
                self.question(turn, text)
            }
        }
    }
}

impl Menu {
    fn question(&self, turn: &mut TurnContext<'_>, text: String) -> Result<NodeOutcome, Fault> {
        let mut buttons = Vec::with_capacity(self.choices.len());
        for choice in &self.choices {
            let label = turn.render(&choice.label)?;
            buttons.push(turn.button(label, Choice::Answer { value: choice.exit.value.clone() }));
        }
        turn.say(text, buttons);
        Ok(NodeOutcome::Wait)
    }
}
