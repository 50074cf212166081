//! Runs the queries of a turn against the ports. A failure is turned into an outcome, so the engine always gets one.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tolmach_engine::effect::{Query, QueryOutcome};

use crate::{
    intents::{Intents, Trainer},
    ports::{self, Catalog, Http, Llm},
};

/// Timeout of a fallback model, which runs locally.
const FALLBACK_TIMEOUT: Duration = Duration::from_secs(1);

/// The ports that answer the engine's queries.
#[derive(Clone)]
pub struct QueryPorts {
    /// Product search.
    pub catalog: Arc<dyn Catalog>,
    /// Requests to other systems.
    pub http: Arc<dyn Http>,
    /// Trains classifiers on examples and classifies texts.
    pub trainer: Arc<Trainer>,
    /// The model for roles that are not in `roles`.
    pub llm: Arc<dyn Llm>,
    /// Models by role, as prompts name them.
    pub roles: BTreeMap<String, Arc<dyn Llm>>,
}

impl QueryPorts {
    /// Runs a query with the timeout `left`. After a timeout a model's fallback answers; a failure becomes
    /// [`QueryOutcome::Failed`].
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

    /// The answer of a model's fallback; `None` if there is no fallback or it fails too.
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
