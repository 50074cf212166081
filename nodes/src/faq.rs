//! `faq`: a quick answer to a question that many clients ask.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    effect::{Outgoing, QueryOutcome, ScoredLabel},
    kind::{Example, Exit, Fault, Kind, Node, NodeInput, NodeOutcome, Transition},
    resources::Answers,
    scope::Scope,
    span::Spanned,
    turn_context::TurnContext,
};

use crate::buttons::{self, FlowButton};

/// Gives the quick answer whose question is nearest to the client's words. The answers are a file of their own,
/// `faq/NAME.yaml`, so that they can be kept by those who know them. Exits: `hit` after an answer, `miss` when no
/// question is near enough.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faq {
    /// The file of answers: `general` is `faq/general.yaml`.
    #[schemars(extend("x-names" = "answers"))]
    from: Spanned<String>,
    /// How likely (0 to 1) it must be that the client asks this question.
    #[serde(default = "default_confidence")]
    #[schemars(range(min = 0.0, max = 1.0))]
    min_confidence: Spanned<f32>,
    /// Buttons under the answer.
    #[serde(default)]
    buttons: Vec<FlowButton>,
}

fn default_confidence() -> Spanned<f32> {
    Spanned::new(0.6, Default::default())
}

impl Kind for Faq {
    const NAME: &'static str = "faq";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("hit", "an answer was given"), ("miss", "no question is near enough")];
    const EXAMPLE: &'static str = "\
flow: example
start: quick
nodes:
  quick:
    faq: { from: general, min_confidence: 0.7 }
    next: { hit: wait, miss: other }
  other:
    say: { text: { ru: Спросите менеджера., en: Please ask a manager. } }
";
    const EXAMPLE_FILES: &'static [(&'static str, &'static str)] = &[(
        "faq/general.yaml",
        "- questions: [есть ли парковка, is there parking]\n  answer: { ru: 'Да, бесплатная.', en: 'Yes, free of charge.' }\n",
    )];
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["Есть ли парковка?"], &["quick"]);
}

impl Node for Faq {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("hit"), Exit::required("miss")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.answers(&self.from);
        scope.probability("min_confidence", &self.min_confidence);
        buttons::check(&self.buttons, scope);
    }

    fn transitions(&self) -> Vec<Transition> {
        buttons::transitions(&self.buttons)
    }

    fn examples(&self, answers: &Answers) -> Vec<Example> {
        let entries = answers.get(&self.from.value).into_iter().flatten().enumerate();
        let questions = entries.flat_map(|(at, entry)| {
            let label = at.to_string();
            entry.questions.iter().map(move |text| Example { label: label.clone(), text: text.value.clone() })
        });
        questions.collect()
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        let labels = match input {
            NodeInput::Outcome(QueryOutcome::Classify { labels }) => labels,
            NodeInput::Outcome(QueryOutcome::Failed { reason }) => {
                turn.note(format!("failed: {reason}"));
                return Ok(NodeOutcome::exit("miss"));
            }
            NodeInput::Outcome(other) => {
                return Err(Fault(format!("an outcome of another query: {other:?}")));
            }
            _ => {
                let text = turn.message().trim().to_owned();
                let asked = turn.example(&text).and_then(|example| example.label.parse().ok());
                return match asked {
                    _ if text.is_empty() => Ok(NodeOutcome::exit("miss")),
                    Some(entry) => self.answer(turn, entry),
                    None => Ok(NodeOutcome::Query(turn.classify(&text))),
                };
            }
        };
        let Some(ScoredLabel { label, score, example }) = labels.into_iter().next() else {
            return Ok(NodeOutcome::exit("miss"));
        };
        turn.note(format!("nearest: «{example}» {score:.2}, {:.2} is needed", self.min_confidence.value));
        match label.parse() {
            Ok(entry) if score >= self.min_confidence.value => self.answer(turn, entry),
            _ => Ok(NodeOutcome::exit("miss")),
        }
    }
}

impl Faq {
    fn answer(&self, turn: &mut TurnContext<'_>, entry: usize) -> Result<NodeOutcome, Fault> {
        let answers = &turn.resources().answers;
        let entry = answers.get(&self.from.value).and_then(|entries| entries.get(entry));
        let entry = entry.ok_or_else(|| Fault(format!("faq/{}.yaml has no such answer", self.from.value)))?;
        let text = turn.render(&entry.answer)?;
        let buttons = buttons::render(&self.buttons, turn)?;
        turn.send(Outgoing { text, buttons, ..Outgoing::default() });
        Ok(NodeOutcome::exit("hit"))
    }
}
