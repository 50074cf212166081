//! Runs the queries of a turn against the ports. Whatever happens there, the engine gets an outcome.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tolmach_engine::effect::{Outcome, Query};

use crate::{
    intents::Intents,
    ports::{self, Catalog, Embedder, Http, Llm},
};

/// What the engine's queries are answered by.
#[derive(Clone)]
pub struct World {
    /// Products.
    pub catalog: Arc<dyn Catalog>,
    /// Other systems.
    pub http: Arc<dyn Http>,
    /// Texts to vectors.
    pub embedder: Arc<dyn Embedder>,
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
            Err(_) => failed(format!("{}: its time is used up (limits.turn, limits.llm_call)", query.name())),
        }
    }

    async fn ask(&self, query: &Query, intents: &Intents) -> ports::Result<Outcome> {
        match query {
            Query::Nearest(request) => intents.nearest(request, &*self.embedder).await,
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
