//! `experiment`: assigns each client to one arm of an A/B test, for good.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    diagnostic::Code,
    experiment::Arm,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    span::Spanned,
    turn_context::TurnContext,
};

/// Splits clients among arms, to find out which way works better. A client stays in the arm that they were put into,
/// in later dialogs and releases too, as long as the arm exists. Each arm is an exit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Experiment {
    /// The experiment's name: clients are split anew under another one.
    name: Spanned<String>,
    /// The arms with their shares of the clients. Shares are relative: `{ old: 1, new: 3 }` puts three of four into `new`.
    arms: BTreeMap<Spanned<String>, Spanned<u32>>,
}

impl Kind for Experiment {
    const NAME: &'static str = "experiment";
    const EXITS: &'static [(&'static str, &'static str)] = &[("<arm>", "one for each arm")];
    const EXAMPLE: &'static str = "\
flow: example
start: greeting
nodes:
  greeting:
    experiment: { name: greeting-2026, arms: { short: 1, long: 1 } }
    next: { short: hi, long: hello }
  hi:
    say: { text: { ru: Привет!, en: Hi! } }
  hello:
    say: { text: { ru: 'Здравствуйте, рады видеть вас!', en: 'Hello, nice to see you!' } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["привет"], &["greeting", "hi"]);
}

impl Experiment {
    fn shares(&self) -> Vec<Arm<'_>> {
        self.arms.iter().map(|(arm, share)| (arm.as_str(), share.value)).collect()
    }
}

impl Node for Experiment {
    fn exits(&self) -> Vec<Exit> {
        self.arms.keys().map(|arm| Exit::required(arm.value.clone())).collect()
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.name("experiment", &self.name);
        if self.arms.len() < 2 {
            let message = "an experiment needs at least two arms";
            scope.report(Code::BadValue, self.name.span, message, "add an arm: `arms: { old: 1, new: 1 }`");
        }
        for (arm, share) in &self.arms {
            if !(1..=1000).contains(&share.value) {
                let message = format!("the share of the arm `{}` is {}", arm.value, share.value);
                let help = "write 1 to 1000; to close an arm, remove it";
                scope.report(Code::BadValue, share.span, message, help);
            }
        }
    }

    fn experiment(&self) -> Option<(&Spanned<String>, Vec<Arm<'_>>)> {
        Some((&self.name, self.shares()))
    }

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        let known = turn.arm(&self.name).filter(|arm| self.arms.keys().any(|name| name.value == *arm));
        if let Some(arm) = known.map(str::to_owned) {
            return Ok(NodeOutcome::Exit(arm));
        }
        let arm = turn.drawn_arm(&self.name, &self.shares());
        let arm = arm.ok_or_else(|| Fault("an experiment without arms".to_owned()))?.to_owned();
        turn.set_arm(&self.name, &arm);
        Ok(NodeOutcome::Exit(arm))
    }
}
