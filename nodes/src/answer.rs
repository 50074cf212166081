//! `answer`: a reply written from rows and knowledge, by a language model or without one.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    effect::{GenerateRequest, Outgoing, Query, QueryOutcome},
    kind::{Cost, Costs, Exit, Fault, Kind, Node, NodeInput, NodeOutcome, Transition},
    scope::Scope,
    slot::Type,
    span::Spanned,
    turn_context::TurnContext,
};

use crate::{
    buttons::{self, FlowButton},
    cards::{self, Shown},
    grounded,
};

/// Answers from catalogue rows, knowledge and what was said before. Whoever writes the words, rows are named by the
/// engine. A sentence is dropped when its numbers and links do not all stand in one row or passage, or when it promises
/// or agrees to something (discounts, refunds, delivery, terms, payment) that no passage says. The prompt and the client's
/// words are no sources. Exits: `done`, and `failed` when there is nothing to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// The prompt: how to answer.
    #[schemars(extend("x-names" = "prompt"))]
    prompt: Spanned<String>,
    /// A slot with search results that the reply may name.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    facts: Option<Spanned<String>>,
    /// Knowledge files to answer from.
    #[serde(default)]
    #[schemars(extend("x-names" = "knowledge"))]
    knowledge: Vec<Spanned<String>>,
    /// A slot with search results, shown as cards with further pages.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    cards: Option<Spanned<String>>,
    /// Buttons under the reply.
    #[serde(default)]
    buttons: Vec<FlowButton>,
}

impl Kind for Answer {
    const NAME: &'static str = "answer";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("done", "a reply was given"), ("failed", "there is nothing to say that a source holds")];
    const EXAMPLE: &'static str = "\
flow: example
start: about
nodes:
  about:
    answer: { prompt: about, knowledge: [company] }
    next: { done: wait, failed: sorry }
  sorry:
    say: { text: { ru: Не знаю., en: I do not know. } }
";
    const EXAMPLE_FILES: &'static [(&'static str, &'static str)] = &[
        ("prompts/about.md", "Answer questions about the company in one or two sentences.\n"),
        ("knowledge/company.md", "## Delivery\nWe deliver everywhere.\n"),
    ];
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["есть ли доставка?"], &["about", "sorry"]);
}

impl Node for Answer {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done"), Exit::required("failed")]
    }

    fn cost(&self, costs: &Costs<'_>) -> Cost {
        let variants = costs.prompts.get(&self.prompt.value);
        let tokens = variants.and_then(|variants| variants.values().map(|prompt| prompt.max_tokens).max());
        Cost { model_calls: 1, tokens: tokens.unwrap_or_default(), millis: costs.model_call }
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.prompt(&self.prompt);
        for slot in [&self.facts, &self.cards].into_iter().flatten() {
            scope.slot(slot, &[Type::Products]);
        }
        for knowledge in &self.knowledge {
            scope.knowledge(knowledge);
        }
        buttons::check(&self.buttons, scope);
    }

    fn transitions(&self) -> Vec<Transition> {
        buttons::transitions(&self.buttons)
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::NextPage(request) => cards::ask_for_more(turn, request),
            NodeInput::Outcome(outcome @ QueryOutcome::Search(_)) => cards::show_more(turn, outcome),
            NodeInput::Outcome(QueryOutcome::Generate(reply)) => {
                self.reply(turn, &reply.text, &reply.usage.model)
            }
            NodeInput::Outcome(QueryOutcome::Failed { reason }) => {
                turn.note(format!("failed: {reason}"));
                Ok(NodeOutcome::exit("failed"))
            }
            NodeInput::Outcome(other) => Err(Fault(format!("an outcome of another query: {other:?}"))),
            _ => Ok(NodeOutcome::Query(Query::Generate(self.request(turn)?))),
        }
    }
}

impl Answer {
    fn request(&self, turn: &TurnContext<'_>) -> Result<GenerateRequest, Fault> {
        let language = turn.language();
        let prompt = turn.resources().prompts.get(&self.prompt.value).and_then(|prompt| prompt.get(language));
        let prompt = prompt.ok_or_else(|| Fault(format!("there is no prompt `{}`", self.prompt.value)))?;
        let passages = self
            .knowledge
            .iter()
            .filter_map(|name| turn.resources().knowledge.get(&name.value)?.get(language));
        Ok(GenerateRequest {
            role: prompt.model.clone(),
            instructions: turn.template_for_model(&prompt.body)?,
            question: turn.message().to_owned(),
            language,
            facts: self
                .facts
                .as_ref()
                .filter(|slot| !turn.is_personal(slot))
                .and_then(|slot| turn.found(slot))
                .map(|found| found.items)
                .unwrap_or_default(),
            passages: passages.flatten().cloned().collect(),
            history: turn.history(),
            temperature: prompt.temperature,
            max_tokens: prompt.max_tokens,
        })
    }

    fn reply(&self, turn: &mut TurnContext<'_>, text: &str, model: &str) -> Result<NodeOutcome, Fault> {
        // The sources are what the request held; nothing changed since it was made.
        let request = self.request(turn)?;
        let (text, dropped) = grounded::keep_grounded(text, &request);
        turn.note(format!("by {model}"));
        if dropped > 0 {
            turn.note(format!(
                "{dropped} sentences dropped: no row or passage says what they state or promise"
            ));
        }
        if text.is_empty() {
            return Ok(NodeOutcome::exit("failed"));
        }
        let mut shown = Shown::of_slot(turn, self.cards.as_ref().map(|slot| slot.value.as_str()));
        let text = shown.with_remark(text);
        let mut buttons: Vec<_> = shown.more.into_iter().collect();
        buttons.extend(buttons::render(&self.buttons, turn)?);
        turn.send(Outgoing { text, cards: shown.cards, buttons, ..Outgoing::default() });
        Ok(NodeOutcome::exit("done"))
    }
}
