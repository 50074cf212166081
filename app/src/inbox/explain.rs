//! A turn explained: run again from its record, with what each node cost and what models were asked.

use serde::Serialize;
use tolmach_engine::{
    effect::{GenerateRequest, LlmClassifyRequest, Query, QueryOutcome, Utterance},
    event::Event,
    trace::Trace,
};
use tolmach_nodes::contact;
use tolmach_runtime::{
    Record, Runtime, VisitCost,
    ports::{ModelCallQuery, ModelCallRow, Order, Page, StoredTurn, TurnQuery},
};

use super::Error;

/// A turn as it is explained.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// Its `seq`.
    pub seq: i64,
    /// When its event was received, milliseconds since the Unix epoch.
    pub at: i64,
    /// Its event.
    pub event: Event,
    /// The release that it ran on.
    pub release: String,
    /// The trace; more than is stored where the turn replays.
    pub trace: Trace,
    /// What was asked, and what came back.
    pub exchanges: Vec<(Query, QueryOutcome)>,
    /// What models were asked, by the number of the query; `None` for a query that asks no model.
    pub prompts: Vec<Option<Prompt>>,
    /// What each visit of the trace cost; empty where the turn does not replay.
    pub costs: Vec<VisitCost>,
    /// Attempts of model calls.
    pub calls: Vec<ModelCallRow>,
    /// Why it cannot be explained beyond what is stored.
    pub unexplained: Option<String>,
}

/// What a model was asked. Values of personal slots and contacts are replaced, as they were when it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Prompt(pub Vec<(PromptPart, String)>);

/// A part of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptPart {
    /// How to behave, by the author of the flow.
    Instructions,
    /// Labels to choose from.
    Labels,
    /// Products that the reply may name.
    Rows,
    /// Passages that the reply may use.
    Passages,
    /// What was said before.
    History,
    /// The client's words.
    Question,
}

impl PromptPart {
    /// Its name in pages.
    pub const fn name(self) -> &'static str {
        match self {
            PromptPart::Instructions => "instructions",
            PromptPart::Labels => "labels",
            PromptPart::Rows => "rows",
            PromptPart::Passages => "passages",
            PromptPart::History => "history",
            PromptPart::Question => "question",
        }
    }
}

impl Prompt {
    /// What a query asks a model; `None` if it asks none.
    pub(crate) fn of(query: &Query) -> Option<Prompt> {
        let (parts, language) = match query {
            Query::Generate(request) => {
                let GenerateRequest { instructions, question, facts, passages, history, language, .. } =
                    request;
                let rows = facts.iter().map(|row| format!("{} {}", row.article, row.name.get(*language)));
                let passages = passages.iter().map(|passage| format!("{}\n{}", passage.title, passage.text));
                let parts = vec![
                    (PromptPart::Instructions, instructions.clone()),
                    (PromptPart::Rows, lines(rows, "\n")),
                    (PromptPart::Passages, lines(passages, "\n\n")),
                    (PromptPart::History, said(history)),
                    (PromptPart::Question, question.clone()),
                ];
                (parts, *language)
            }
            Query::LlmClassify(LlmClassifyRequest { text, labels, history, language, .. }) => {
                let labels = labels.iter().map(|label| format!("{}: {}", label.name, label.description));
                let parts = vec![
                    (PromptPart::Labels, lines(labels, "\n")),
                    (PromptPart::History, said(history)),
                    (PromptPart::Question, text.clone()),
                ];
                (parts, *language)
            }
            Query::Classify(_) | Query::Search(_) | Query::Http(_) => return None,
        };
        let filled = parts.into_iter().filter(|(_, text)| !text.trim().is_empty());
        Some(Prompt(filled.map(|(part, text)| (part, contact::masked(&text, language))).collect()))
    }
}

fn lines(texts: impl Iterator<Item = String>, between: &str) -> String {
    texts.map(|text| text.trim().to_owned()).collect::<Vec<_>>().join(between)
}

fn said(history: &[Utterance]) -> String {
    let line = |said: &Utterance| {
        let who = serde_json::to_value(said.who).ok();
        format!("{}: {}", who.as_ref().and_then(|who| who.as_str()).unwrap_or_default(), said.text)
    };
    lines(history.iter().map(line), "\n")
}

/// Explains a turn of a chat: the stored turn is run again from its record, with the recorded outcomes; nothing is asked. Values
/// of personal slots and contacts are replaced.
///
/// # Errors
/// When there is no such turn, it cannot be read, or the database is unavailable.
pub async fn explain(runtime: &Runtime, chat: &str, seq: i64) -> Result<Explained, Error> {
    let store = runtime.store();
    let query = TurnQuery {
        chat: Some(chat.to_owned()),
        since: None,
        page: Page { limit: 1, after: Some(seq.saturating_sub(1)) },
    };
    let turn = store.turns(&query).await?.into_iter().find(|turn| turn.seq == seq);
    let turn = turn.ok_or_else(|| Error::UnknownTurn(chat.to_owned(), seq))?;
    let record: Record =
        serde_json::from_str(&turn.trace).map_err(|why| Error::Unreadable(why.to_string()))?;
    let run = |release: &tolmach_engine::Release| {
        let explained = record.explained(release, &turn.event);
        let asked = record.exchanges(release, &turn.event);
        let (trace, why) = match explained {
            Ok(trace) => (trace, None),
            Err(why) => (record.trace.clone(), Some(why.to_string())),
        };
        let costs = if why.is_none() { record.costs(release, &turn.event) } else { Vec::new() };
        let shown = Record { trace, ..record.clone() }.redacted(release, &turn.event);
        // Queries hold placeholders since they were asked; what came back gets them now.
        let outcomes = shown.trace.outcomes.iter().cloned();
        let exchanges: Vec<(Query, QueryOutcome)> =
            asked.into_iter().zip(outcomes).map(|((query, _), outcome)| (query, outcome)).collect();
        (shown.trace, exchanges, costs, why)
    };
    let (trace, exchanges, costs, unexplained) =
        match runtime.releases().with_release(&turn.release, run).await? {
            Some(explained) => explained,
            None => {
                // Nobody knows which values are personal: only the way is shown.
                let bare = |visit: &tolmach_engine::trace::Visit| tolmach_engine::trace::Visit {
                    notes: Vec::new(),
                    fault: None,
                    ..visit.clone()
                };
                let visits = record.trace.visits.iter().map(bare).collect();
                let trace = Trace { visits, abandoned: record.trace.abandoned.clone(), ..Trace::default() };
                let why = "its release is not kept, or no longer compiles".to_owned();
                (trace, Vec::new(), Vec::new(), Some(why))
            }
        };
    let calls = ModelCallQuery {
        chat: Some(chat.to_owned()),
        since: Some(turn.at.saturating_sub(1_000)),
        order: Order::OldestFirst,
        page: Page::first(100),
    };
    let mut calls = store.model_calls(&calls).await?;
    calls.retain(|call| call.call.turn == turn.event.id);
    let prompts = exchanges.iter().map(|(query, _)| Prompt::of(query)).collect();
    let StoredTurn { seq, at, event, release, .. } = turn;
    Ok(Explained { seq, at, event, release, trace, exchanges, prompts, costs, calls, unexplained })
}

#[cfg(test)]
mod tests {
    use tolmach_engine::{
        effect::{Author, Label},
        language::Language,
    };

    use super::*;

    #[test]
    fn a_prompt_holds_no_contacts() {
        let query = Query::LlmClassify(LlmClassifyRequest {
            role: "default".to_owned(),
            text: "это Анна, 8 916 555-01-42".to_owned(),
            labels: vec![Label {
                name: "order".to_owned(),
                description: "wants to buy".to_owned(),
                examples: Vec::new(),
            }],
            history: vec![Utterance {
                who: Author::Bot, text: "пишите на anna@example.com".to_owned()
            }],
            language: Language::Ru,
        });
        let Prompt(parts) = Prompt::of(&query).unwrap();
        let of = |part| parts.iter().find(|(one, _)| *one == part).map(|(_, text)| text.as_str()).unwrap();
        assert_eq!(of(PromptPart::Labels), "order: wants to buy");
        assert!(!of(PromptPart::Question).contains("555") && of(PromptPart::Question).contains("это"));
        assert!(of(PromptPart::History).starts_with("bot: ") && !of(PromptPart::History).contains("anna@"));
        assert!(parts.iter().all(|(part, _)| *part != PromptPart::Instructions), "empty parts are left out");
    }
}
