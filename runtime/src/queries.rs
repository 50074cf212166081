//! Runs the queries of a turn against the ports. Whatever happens there, the engine gets an outcome.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tolmach_engine::effect::{Query, QueryOutcome};

use crate::{
    intents::{Intents, Trainer},
    ports::{self, Catalog, Http, Llm},
};

/// For whoever stands in for a model: it works on this machine.
const FALLBACK_TIMEOUT: Duration = Duration::from_secs(1);

/// What the engine's queries are answered by.
#[derive(Clone)]
pub struct QueryPorts {
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

impl QueryPorts {
    /// Runs a query for at most `left`; a failure is an outcome too.
    pub(crate) async fn run(&self, query: &Query, intents: &Intents, left: Duration) -> QueryOutcome {
        let failed = |reason: String| {
            tracing::warn!(query = query.name(), reason, "a query failed");
            QueryOutcome::Failed { reason }
        };
        match tokio::time::timeout(left, self.ask(query, intents)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => failed(error.to_string()),
            Err(_) => match self.fall_back(query).await {
                Some(outcome) => outcome,
                None => {
                    failed(format!("{}: its time is used up (limits.turn, limits.llm_call)", query.name()))
                }
            },
        }
    }

    /// What whoever stands in for a model says when its time is used up.
    async fn fall_back(&self, query: &Query) -> Option<QueryOutcome> {
        let answer = async {
            match query {
                Query::LlmClassify(request) => self
                    .model(&request.role)
                    .fallback()?
                    .classify(request)
                    .await
                    .map(QueryOutcome::LlmClassify)
                    .ok(),
                Query::Generate(request) => self
                    .model(&request.role)
                    .fallback()?
                    .generate(request)
                    .await
                    .map(QueryOutcome::Generate)
                    .ok(),
                Query::Classify(_) | Query::Search(_) | Query::Http(_) => None,
            }
        };
        tokio::time::timeout(FALLBACK_TIMEOUT, answer).await.ok().flatten()
    }

    async fn ask(&self, query: &Query, intents: &Intents) -> ports::Result<QueryOutcome> {
        match query {
            Query::Classify(request) => intents.nearest(request, &self.trainer).await,
            Query::LlmClassify(request) => {
                self.model(&request.role).classify(request).await.map(QueryOutcome::LlmClassify)
            }
            Query::Generate(request) => {
                self.model(&request.role).generate(request).await.map(QueryOutcome::Generate)
            }
            Query::Search(request) => self.catalog.search(request).await.map(QueryOutcome::Search),
            Query::Http(request) => self.http.request(request).await.map(QueryOutcome::Http),
        }
    }

    fn model(&self, role: &str) -> &dyn Llm {
        &**self.roles.get(role).unwrap_or(&self.llm)
    }
}
