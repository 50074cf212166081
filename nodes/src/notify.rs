//! `notify`: a message to the staff.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    diagnostic::Code,
    effect::{Command, Notice},
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
};

use crate::tone;

/// Tells a group of the staff something, on Telegram and by e-mail. Who belongs to the group is set in the
/// configuration (`[staff.NAME]`), not in the flow. The dialog continues at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notify {
    /// The group: lower-case letters, digits, `-` and `_`.
    #[serde(default = "everybody")]
    to: Spanned<String>,
    /// The subject line of the e-mail.
    #[serde(default)]
    subject: Option<Text>,
    /// What to tell.
    text: Text,
}

/// The group that is told where the flow names none.
pub(crate) fn everybody() -> Spanned<String> {
    Spanned::new(Notice::EVERYBODY.to_owned(), Default::default())
}

impl Kind for Notify {
    const NAME: &'static str = "notify";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "the notice is on its way")];
    const EXAMPLE: &'static str = "\
flow: example
start: tell
nodes:
  tell:
    notify:
      to: sales
      subject: { ru: Вопрос клиента, en: A client's question }
      text: '{{#if client.first_name}}{{client.first_name}}: {{/if}}{{message.text}}'
    next: thanks
  thanks:
    say: { text: { ru: Передал., en: I have passed it on. } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["нужна смета"], &["tell", "thanks"]);
}

impl Node for Notify {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        group(&self.to, scope);
        if let Some(subject) = &self.subject {
            scope.text(subject);
        }
        scope.text(&self.text);
    }

    fn staff_group(&self) -> Option<&Spanned<String>> {
        Some(&self.to)
    }

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        let subject = self.subject.as_ref().map(|subject| turn.render(subject)).transpose()?;
        let text = turn.render(&self.text)?;
        turn.command(Command::Notify(Notice {
            group: self.to.value.clone(),
            subject: subject.unwrap_or_default(),
            text: tone::told(turn, text),
            about_chat: true,
        }));
        Ok(NodeOutcome::exit("done"))
    }
}

/// A group's name must be one that a configuration file and a variable can hold.
pub(crate) fn group(name: &Spanned<String>, scope: &mut Scope<'_>) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(fits) {
        let message = match name.as_str() {
            "" => "the name of the staff's group is empty".to_owned(),
            name => format!("`{name}` is not a name for a group of the staff"),
        };
        scope.report(
            Code::BadValue,
            name.span,
            message,
            "write small Latin letters, digits, - and _, such as sales",
        );
    }
}
