//! Runs the queries of a turn against the ports. A failure is turned into an outcome, so the engine always gets one.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tolmach_engine::{
    effect::{Query, QueryOutcome, ScoredLabel},
    platform::DEFAULT_ROLE,
};
use uuid::Uuid;

use crate::{
    intents::{Intents, Trainer},
    ports::{self, Catalog, Http, Llm, ModelCall, Purpose},
    shared::Shared,
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
    /// The language models.
    pub models: Shared<Models>,
}

/// The language models of a process.
pub struct Models {
    /// The model of prompts that name no role.
    pub default: Arc<dyn Llm>,
    /// The models of all other roles, as prompts name them.
    pub roles: BTreeMap<String, Arc<dyn Llm>>,
}

impl Models {
    /// One model and no further role.
    pub fn only(model: Arc<dyn Llm>) -> Models {
        Models { default: model, roles: BTreeMap::new() }
    }
}

/// The turn that asks a query.
pub(crate) struct QueryContext<'a> {
    pub(crate) chat: &'a str,
    /// The id of the turn's event.
    pub(crate) turn: Uuid,
    pub(crate) release: &'a str,
    /// The flow and the node that ask.
    pub(crate) at: (&'a str, &'a str),
    pub(crate) intents: &'a Intents,
}

impl QueryContext<'_> {
    fn call(&self, purpose: Purpose, role: &str) -> ModelCall {
        let (flow, node) = self.at;
        ModelCall {
            chat: self.chat.to_owned(),
            turn: self.turn,
            release: self.release.to_owned(),
            flow: flow.to_owned(),
            node: node.to_owned(),
            purpose,
            role: role.to_owned(),
        }
    }
}

impl QueryPorts {
    /// Runs a query for at most `left`; a failure is an outcome too.
    pub(crate) async fn run(
        &self,
        query: &Query,
        context: &QueryContext<'_>,
        left: Duration,
    ) -> QueryOutcome {
        let failed = |reason: String| {
            tracing::warn!(query = query.name(), reason, "a query failed");
            QueryOutcome::Failed { reason }
        };
        match tokio::time::timeout(left, self.ask(query, context)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => failed(error.to_string()),
            Err(_) => match self.fall_back(query, context).await {
                Some(outcome) => outcome,
                None => {
                    failed(format!("{}: its time is used up (limits.turn, limits.llm_call)", query.name()))
                }
            },
        }
    }

    /// What the model's fallback says when the model's time is used up.
    async fn fall_back(&self, query: &Query, context: &QueryContext<'_>) -> Option<QueryOutcome> {
        let answer = async {
            match query {
                Query::LlmClassify(request) => {
                    let call = context.call(Purpose::Classify, &request.role);
                    let model = self.model(&request.role).ok()?;
                    model.fallback()?.classify(&call, request).await.map(QueryOutcome::LlmClassify).ok()
                }
                Query::Generate(request) => {
                    let call = context.call(Purpose::Generate, &request.role);
                    let model = self.model(&request.role).ok()?;
                    model.fallback()?.generate(&call, request).await.map(QueryOutcome::Generate).ok()
                }
                Query::Classify(_) | Query::Search(_) | Query::Http(_) => None,
            }
        };
        tokio::time::timeout(FALLBACK_TIMEOUT, answer).await.ok().flatten()
    }

    async fn ask(&self, query: &Query, context: &QueryContext<'_>) -> ports::Result<QueryOutcome> {
        match query {
            Query::Classify(request) => {
                if let Some(label) = context.intents.article_label(&request.set)
                    && self.catalog.holds_article(request.message.as_deref().unwrap_or(&request.text)).await
                {
                    return Ok(QueryOutcome::Classify { labels: vec![ScoredLabel::of_article(label)] });
                }
                context.intents.nearest(request, &self.trainer).await
            }
            Query::LlmClassify(request) => {
                let call = context.call(Purpose::Classify, &request.role);
                self.model(&request.role)?.classify(&call, request).await.map(QueryOutcome::LlmClassify)
            }
            Query::Generate(request) => {
                let call = context.call(Purpose::Generate, &request.role);
                self.model(&request.role)?.generate(&call, request).await.map(QueryOutcome::Generate)
            }
            Query::Search(request) => self.catalog.search(request).await.map(QueryOutcome::Search),
            Query::Http(request) => self.http.request(request).await.map(QueryOutcome::Http),
        }
    }

    /// The model of a role. A role that is not configured is an error: another model would answer at another price.
    fn model(&self, role: &str) -> ports::Result<Arc<dyn Llm>> {
        let models = self.models.get();
        if role == DEFAULT_ROLE {
            return Ok(Arc::clone(&models.default));
        }
        let unknown = || {
            let why = format!("no model is configured for the role `{role}` ([llm.roles.{role}])");
            ports::Error::refused("language model", why)
        };
        models.roles.get(role).map(Arc::clone).ok_or_else(unknown)
    }
}
