//! Runs the queries of a turn against the ports. Whatever happens there, the engine gets an outcome.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tolmach_engine::effect::{Outcome, Query};

use crate::{
    intents::{Intents, Trainer},
    ports::{self, Catalog, Http, Llm},
};

/// For whoever stands in for a model: it works on this machine.
const STAND_IN: Duration = Duration::from_secs(1);

/// What the engine's queries are answered by.
#[derive(Clone)]
pub struct World {
    /// Products.
    pub catalog: Arc<dyn Catalog>,
    /// Other systems.
    pub http: Arc<dyn Http>,
    /// Learns examples, and places texts among them.
    pub trainer: Arc<Trainer>,
    /// The model for every role that has none of its own.
    pub llm: Arc<dyn Llm>,
    /// Models by role, as prompts name them.
    pub roles: BTreeMap<String, Arc<dyn Llm>>,
}

impl World {
    /// Runs a query for at most `left`; a failure is an outcome too.
    pub(crate) async fn run(&self, query: &Query, intents: &Intents, left: Duration) -> Outcome {
        let failed = |reason: String| {
            tracing::warn!(query = query.name(), reason, "a query failed");
            Outcome::Failed { reason }
        };
        match tokio::time::timeout(left, self.ask(query, intents)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => failed(error.to_string()),
            Err(_) => match self.in_place(query).await {
                Some(outcome) => outcome,
                None => {
                    failed(format!("{}: its time is used up (limits.turn, limits.llm_call)", query.name()))
                }
            },
        }
    }

    /// What whoever stands in for a model says when its time is used up.
    async fn in_place(&self, query: &Query) -> Option<Outcome> {
        let answer = async {
            match query {
                Query::Decide(request) => {
                    self.model(&request.role).stand_in()?.decide(request).await.map(Outcome::Decide).ok()
                }
                Query::Answer(request) => {
                    self.model(&request.role).stand_in()?.answer(request).await.map(Outcome::Answer).ok()
                }
                Query::Nearest(_) | Query::Search(_) | Query::Http(_) => None,
            }
        };
        tokio::time::timeout(STAND_IN, answer).await.ok().flatten()
    }

    async fn ask(&self, query: &Query, intents: &Intents) -> ports::Result<Outcome> {
        match query {
            Query::Nearest(request) => intents.nearest(request, &self.trainer).await,
            Query::Decide(request) => self.model(&request.role).decide(request).await.map(Outcome::Decide),
            Query::Answer(request) => self.model(&request.role).answer(request).await.map(Outcome::Answer),
            Query::Search(request) => self.catalog.search(request).await.map(Outcome::Search),
            Query::Http(request) => self.http.request(request).await.map(Outcome::Http),
        }
    }

    fn model(&self, role: &str) -> &dyn Llm {
        &**self.roles.get(role).unwrap_or(&self.llm)
    }
}
