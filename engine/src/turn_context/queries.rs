//! What a running node asks for: classifications, and questions to language models, which see no personal values.

use super::TurnContext;
use crate::{
    effect::{Author, ClassifyRequest, GenerateRequest, LlmClassifyRequest, Query, Utterance},
    fault::Fault,
    phrases,
    resources::{Example, example_set},
    text::cut,
};

impl<'a> TurnContext<'a> {
    /// The example of this node's set that is, word for word, a text.
    pub fn example(&self, text: &str) -> Option<&'a Example> {
        self.resources.examples.get(&self.example_set())?.matching(text, |_| true)
    }

    /// The query that classifies a text by the node's examples.
    pub fn classify(&mut self, text: &str) -> Query {
        self.turn_state.classify(self.example_set(), text)
    }

    /// The query that classifies a text, which is the message without the contacts in it, by the node's examples; the message
    /// itself is looked through for article numbers.
    pub fn classify_message(&mut self, text: &str) -> Query {
        let message = cut(self.message(), ClassifyRequest::MAX_TEXT).to_owned();
        match self.classify(text) {
            Query::Classify(request) if message != text => {
                Query::Classify(ClassifyRequest { message: Some(message), ..request })
            }
            query => query,
        }
    }

    /// The history, oldest first, without the message that started this turn.
    pub fn history(&self) -> Vec<Utterance> {
        let mut history: Vec<_> = self.session.history.iter().cloned().collect();
        // The current message is the question itself; a model gets it apart.
        let current = |said: &Utterance| {
            said.who == Author::Client && Some(&said.text) == self.turn_state.remembered.as_ref()
        };
        if let Some(at) = history.iter().rposition(current) {
            history.truncate(at);
        }
        history
    }

    /// The name of this node's set of examples.
    fn example_set(&self) -> String {
        example_set(self.flow, &self.turn_state.current.node)
    }

    /// Removes the client's message from the history, because it holds personal data.
    pub fn forget_message(&mut self) {
        if let Some(text) = self.turn_state.remembered.take() {
            self.session.history.retain(|said| said.who != Author::Client || said.text != text);
        }
    }

    pub(crate) fn query_allowed(&mut self, query: &Query) -> Result<(), Fault> {
        if query.calls_model() {
            self.turn_state.model_calls += 1;
            let limits = self.limits;
            let limit = limits.llm_calls_per_turn;
            if self.turn_state.model_calls > limit {
                return Err(Fault(format!(
                    "more than {limit} model calls in one turn (limits.llm_calls_per_turn)"
                )));
            }
            if let Query::Generate(request) = query {
                self.turn_state.tokens = self.turn_state.tokens.saturating_add(request.max_tokens);
            }
            let limit = limits.tokens_per_turn;
            if self.turn_state.tokens > limit {
                return Err(Fault(format!(
                    "models may write more than {limit} tokens in one turn (limits.tokens_per_turn)"
                )));
            }
        }
        Ok(())
    }

    /// A text without personal values.
    pub(crate) fn redacted(&self, text: &str) -> String {
        self.personal.redact(text, self.language())
    }

    /// A query whose texts for language models hold no personal values.
    pub(crate) fn without_personal_values(&self, query: Query) -> Query {
        if self.personal.is_empty() {
            return query;
        }
        let message = |text: &str| match self.turn_state.personal_message {
            // The value may be written in any way: nothing of the message is shown.
            true => phrases::PERSONAL.get(self.language()).to_owned(),
            false => self.redacted(text),
        };
        let history = |history: Vec<Utterance>| -> Vec<Utterance> {
            let shown = |said: Utterance| Utterance { text: self.redacted(&said.text), ..said };
            history.into_iter().map(shown).collect()
        };
        match query {
            Query::Generate(request) => Query::Generate(GenerateRequest {
                instructions: self.personal.redact_copies(&request.instructions, self.language()),
                question: message(&request.question),
                history: history(request.history),
                ..request
            }),
            Query::LlmClassify(request) => Query::LlmClassify(LlmClassifyRequest {
                text: message(&request.text),
                history: history(request.history),
                ..request
            }),
            query => query,
        }
    }
}
