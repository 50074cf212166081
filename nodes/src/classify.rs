//! `classify`: the intent of a message.
//!
//! A cascade, cheapest first: the exact words of an example, then similarity to the examples, then a language model when
//! the similarity is too low, then the exit `unsure`. There is no default intent.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    diagnostic::Code,
    effect::{Label, LlmClassifyRequest, Query, QueryOutcome, ScoredLabel},
    kind::{Cost, Costs, Example, Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    platform::DEFAULT_ROLE,
    resources::Answers,
    scope::Scope,
    span::Spanned,
    turn_context::TurnContext,
};

use crate::extract;

/// Classifies the client's message by intents. Exits: one per intent, and `unsure`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classify {
    /// The intents by name; each is an exit.
    intents: Spanned<BTreeMap<Spanned<String>, Intent>>,
    /// How likely (0 to 1) an intent must be by the examples alone to be taken without asking a language model. Of the messages
    /// that are placed at 0.8, about four in five are placed rightly.
    #[serde(default = "default_confidence")]
    min_confidence: Spanned<f32>,
    /// The configured model to ask when examples are unsure.
    #[serde(default = "default_model")]
    model: Spanned<String>,
}

/// An intent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Intent {
    /// What it means, for a language model.
    #[serde(default)]
    description: String,
    /// What clients write who mean it; the more, the better.
    examples: Vec<String>,
    /// Whether a message that holds an article number of the catalogue means this intent, whatever else it says. One intent
    /// of a node at most.
    #[serde(default)]
    articles: Option<Spanned<bool>>,
}

fn default_confidence() -> Spanned<f32> {
    Spanned::new(0.55, Default::default())
}

fn default_model() -> Spanned<String> {
    Spanned::new(DEFAULT_ROLE.to_owned(), Default::default())
}

impl Kind for Classify {
    const NAME: &'static str = "classify";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("<intent>", "one for each intent"), ("unsure", "no intent is near enough, and no model decided")];
    const EXAMPLE: &'static str = "\
flow: example
start: route
nodes:
  route:
    classify:
      intents:
        product: { description: looks for equipment, examples: [нужен насос, I need a pump] }
        manager: { description: wants a person, examples: [позовите менеджера, call a manager] }
    next: { product: found, manager: called, unsure: found }
  found:
    say: { text: { ru: Ищу., en: Looking. } }
  called:
    say: { text: { ru: Зову., en: Calling. } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["Позовите менеджера!"], &["route", "called"]);
}

/// Labels that the trace names.
const RUNNERS_UP: usize = 2;

#[derive(Default, Serialize, Deserialize)]
struct State {
    /// The nearest label, for the trace of what a model then says.
    nearest: Option<String>,
}

impl Node for Classify {
    fn exits(&self) -> Vec<Exit> {
        let mut exits: Vec<Exit> =
            self.intents.keys().map(|intent| Exit::required(intent.value.clone())).collect();
        exits.push(Exit::required("unsure"));
        exits
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.probability("min_confidence", &self.min_confidence);
        scope.model_role(&self.model);
        if self.intents.value.is_empty() {
            let help = "add one: `intents: { product: { examples: [what a client writes] } }`";
            scope.report(Code::BadValue, self.intents.span, "there are no intents to choose from", help);
        }
        for (name, articles) in self.of_articles().skip(1) {
            let message = format!("`{}` is the second intent of article numbers", name.value);
            scope.report(Code::BadValue, articles.span, message, "keep `articles: true` at one intent");
        }
        for (name, intent) in &self.intents.value {
            if name.value == "unsure" {
                let message = "`unsure` is the exit for messages that fit no intent";
                scope.report(Code::BadValue, name.span, message, "choose another name");
            }
            if intent.examples.is_empty() {
                let message = format!("the intent `{}` has no examples", name.value);
                scope.report(
                    Code::BadValue,
                    name.span,
                    message,
                    "write at least one message of a client who means it",
                );
            }
        }
    }

    fn cost(&self, costs: &Costs<'_>) -> Cost {
        Cost { model_calls: 1, tokens: 0, millis: costs.model_call }
    }

    fn examples(&self, _: &Answers) -> Vec<Example> {
        let intents = self.intents.iter();
        intents
            .flat_map(|(name, intent)| {
                // The description says in general what the examples say in particular.
                let texts = std::iter::once(&intent.description)
                    .filter(|text| !text.is_empty())
                    .chain(&intent.examples);
                texts.map(|text| Example { label: name.value.clone(), text: text.clone() })
            })
            .collect()
    }

    fn article_label(&self) -> Option<&str> {
        self.of_articles().next().map(|(name, _)| name.value.as_str())
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        let outcome = match input {
            NodeInput::Outcome(outcome) => outcome,
            _ => return self.begin(turn),
        };
        match outcome {
            // A contact and nothing else, which no model needs to see.
            QueryOutcome::Classify { labels }
                if labels.is_empty() && extract::without_contact(turn.message()).is_empty() =>
            {
                Ok(NodeOutcome::exit("unsure"))
            }
            QueryOutcome::Classify { labels } => {
                if let Some(first) = labels.first() {
                    turn.note(weighed(&labels, self.min_confidence.value));
                    if first.score >= self.min_confidence.value && self.knows(&first.label) {
                        return Ok(NodeOutcome::Exit(first.label.clone()));
                    }
                    turn.set_state(&State { nearest: Some(first.label.clone()) })?;
                }
                Ok(self.ask_model(turn))
            }
            QueryOutcome::LlmClassify(decision) => {
                let label = decision.label.filter(|label| self.knows(label));
                turn.note(match &label {
                    Some(label) => format!("model {}: {label}", decision.usage.model),
                    None => format!("model {}: none", decision.usage.model),
                });
                Ok(NodeOutcome::Exit(label.unwrap_or_else(|| "unsure".to_owned())))
            }
            QueryOutcome::Failed { reason } => {
                turn.note(format!("failed: {reason}"));
                // Without vectors a model may still know; without a model nobody does.
                let asked_model = turn.state::<State>().nearest.is_some();
                if asked_model { Ok(NodeOutcome::exit("unsure")) } else { self.fall_back(turn) }
            }
            other => Err(Fault(format!("an outcome of another query: {other:?}"))),
        }
    }
}

/// What the examples say, for the trace: how likely the likeliest intents are, and by which example.
fn weighed(labels: &[ScoredLabel], bound: f32) -> String {
    let Some(first) = labels.first() else { return "examples: nothing".to_owned() };
    let verdict = if first.score >= bound { "" } else { ", unsure" };
    let runners_up = labels.iter().skip(1).take(RUNNERS_UP);
    let runners_up: String =
        runners_up.map(|label| format!(", {} {:.2}", label.label, label.score)).collect();
    format!("examples: {} {:.2} by «{}»{runners_up}{verdict}", first.label, first.score, first.example)
}

impl Classify {
    fn begin(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        let text = extract::without_contact(turn.message());
        if text.is_empty() && (turn.message().is_empty() || self.article_label().is_none()) {
            return Ok(NodeOutcome::exit("unsure"));
        }
        if let Some(example) = turn.example(&text) {
            turn.note(format!("the words of an example: {}", example.text));
            return Ok(NodeOutcome::Exit(example.label.clone()));
        }
        Ok(NodeOutcome::Query(turn.classify_message(&text)))
    }

    fn fall_back(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        turn.set_state(&State { nearest: Some(String::new()) })?;
        Ok(self.ask_model(turn))
    }

    fn ask_model(&self, turn: &TurnContext<'_>) -> NodeOutcome {
        let labels = self.intents.iter().map(|(name, intent)| Label {
            name: name.value.clone(),
            description: intent.description.clone(),
            examples: intent.examples.iter().take(5).cloned().collect(),
        });
        NodeOutcome::Query(Query::LlmClassify(LlmClassifyRequest {
            role: self.model.value.clone(),
            text: extract::without_contact(turn.message()),
            labels: labels.collect(),
            history: turn.history(),
            language: turn.language(),
        }))
    }

    /// The intents that are meant by article numbers.
    fn of_articles(&self) -> impl Iterator<Item = (&Spanned<String>, &Spanned<bool>)> {
        let marked = self.intents.iter().filter_map(|(name, intent)| Some((name, intent.articles.as_ref()?)));
        marked.filter(|(_, articles)| articles.value)
    }

    fn knows(&self, label: &str) -> bool {
        self.intents.keys().any(|intent| intent.value == label)
    }
}
