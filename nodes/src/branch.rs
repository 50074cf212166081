//! `branch`: the first condition that holds.

use std::{borrow::Cow, collections::BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    condition::Expression,
    diagnostic::Code,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome, Target, Transition},
    scope::Scope,
    span::Spanned,
    turn_context::TurnContext,
};

/// Goes to the first case whose condition holds. The last case is `else`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Branch(Spanned<Vec<Case>>);

/// A case: `{ when: condition, to: node }` or, at the end, `{ else: node }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Case {
    /// A CEL condition.
    #[serde(default)]
    when: Option<Expression>,
    /// Where to go when it holds.
    #[serde(default)]
    #[schemars(extend("x-names" = "node"))]
    to: Option<Spanned<String>>,
    /// Where to go when nothing held.
    #[serde(default, rename = "else")]
    #[schemars(extend("x-names" = "node"))]
    otherwise: Option<Spanned<String>>,
}

impl Kind for Branch {
    const NAME: &'static str = "branch";
    const EXITS: &'static [(&'static str, &'static str)] = &[];
    const EXAMPLE: &'static str = "\
flow: example
start: gate
slots:
  budget: { type: number, default: 3000 }
nodes:
  gate:
    branch:
      - { when: slots.budget != null && slots.budget < 5000, to: cheap }
      - { else: any }
  cheap:
    say: { text: cheap }
  any:
    say: { text: any }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) = (&["x"], &["gate", "cheap"]);
}

impl Node for Branch {
    fn exits(&self) -> Vec<Exit> {
        Vec::new()
    }

    fn check(&self, scope: &mut Scope<'_>) {
        let span = self.0.span;
        let last = self.0.len().saturating_sub(1);
        if self.0.is_empty() {
            scope.report(Code::BadValue, span, "a branch without cases", "write at least `- { else: node }`");
        }
        for (i, case) in self.0.iter().enumerate() {
            if let Some(when) = &case.when {
                let known = self.0[..i].iter().filter_map(|case| case.when.as_ref());
                let known = known.flat_map(|before| before.slots_set_when(false)).collect();
                scope.condition_knowing(when, &known);
                let words =
                    |source: &Expression| source.source().split_whitespace().collect::<Vec<_>>().join(" ");
                let own = words(when);
                if self.0[..i].iter().filter_map(|case| case.when.as_ref()).any(|before| words(before) == own)
                {
                    let message = format!(
                        "case {} of the branch has the condition of a case above it, which is always taken first",
                        i + 1
                    );
                    let help = "change the condition, or remove the case";
                    scope.report(Code::NeverTaken, when.span(), message, help);
                }
            }
            let fits = match (&case.when, &case.to, &case.otherwise) {
                (Some(_), Some(_), None) => i < last,
                (None, None, Some(_)) => i == last,
                _ => false,
            };
            if !fits {
                let at = case.when.as_ref().map(Expression::span);
                let at =
                    at.or(case.to.as_ref().or(case.otherwise.as_ref()).map(|to| to.span)).unwrap_or(span);
                let case_of = format!("case {} of the branch", i + 1);
                let (message, help) = match (&case.when, &case.to, &case.otherwise) {
                    (_, _, Some(_)) if case.when.is_some() || case.to.is_some() => {
                        (format!("{case_of} has `else` beside `when` or `to`"), "make them two cases")
                    }
                    (None, None, Some(_)) => {
                        let message =
                            format!("{case_of} is `else`, and what comes after it is never looked at");
                        (message, "move `{ else: … }` to the end")
                    }
                    (Some(_), None, None) => {
                        (format!("{case_of} leads nowhere"), "add `to:` with the name of a node")
                    }
                    (None, Some(_), None) => (
                        format!("{case_of} has no condition"),
                        "add `when:`, or write `{ else: … }` as the last case",
                    ),
                    (Some(_), Some(_), None) => {
                        let message = "the last case of the branch is no `else`: it leads nowhere when no condition holds";
                        (message.to_owned(), "add `- { else: node }` at the end")
                    }
                    _ => (
                        format!("{case_of} is empty"),
                        "write `{ when: …, to: … }`, or `{ else: … }` as the last case",
                    ),
                };
                scope.report(Code::BadValue, at, message, help);
            }
        }
    }

    fn transitions(&self) -> Vec<Transition> {
        // A case is only looked at when those before it did not hold.
        let mut set = BTreeSet::new();
        let mut transitions = Vec::with_capacity(self.0.len());
        for case in self.0.iter() {
            let label = case.when.as_ref().map_or("else", Expression::source).to_owned();
            let mut ensures: BTreeSet<String> = set.clone();
            if let Some(when) = &case.when {
                ensures.extend(when.slots_set_when(true));
                set.extend(when.slots_set_when(false));
            }
            if let Some(to) = case.to.as_ref().or(case.otherwise.as_ref()) {
                transitions.push(Transition {
                    label,
                    to: Target::spanned(to),
                    automatic: true,
                    ensures: ensures.into_iter().collect(),
                });
            }
        }
        transitions
    }

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        let mut not = Vec::new();
        for case in self.0.iter() {
            let (holds, to) = match (&case.when, &case.to, &case.otherwise) {
                (Some(when), Some(to), _) => (turn.holds(when)?, to),
                (_, _, Some(to)) => (true, to),
                _ => continue,
            };
            if holds {
                let because = case.when.as_ref().map_or("else".into(), |when| turn.told(when));
                let others =
                    if not.is_empty() { String::new() } else { format!("; not {}", not.join("; not ")) };
                turn.note(format!("case: {because}{others}"));
                return Ok(NodeOutcome::To(Target::parse(to)));
            }
            not.extend(case.when.as_ref().map(|when| negatable(when.source(), turn.told(when))));
        }
        Err(Fault("no case of the branch held".to_owned()))
    }
}

/// A condition as it stands after `not`: in brackets where the word would seem to belong to its first part only.
fn negatable<'e>(source: &str, told: Cow<'e, str>) -> Cow<'e, str> {
    let joins = ["&&", "||", "?"].iter().any(|sign| source.contains(sign));
    if joins { format!("({told})").into() } else { told }
}
