//! A model on another machine that sees no contacts: every text of a request that a client may have written is masked
//! before the call.
//!
//! The masking stands between the query and the model, so that a query keeps its key and a stored turn replays.
//! Knowledge, rows of the catalogue and labels are the company's own and stay as they are: an answer may name the
//! company's phone number. The instructions are masked too, because an author may put what a client said into them; no
//! number of a prompt may be repeated to a client anyway.

use std::sync::Arc;

use async_trait::async_trait;
use tolmach_engine::{
    effect::{Classification, GenerateRequest, LlmClassifyRequest, Reply, Utterance},
    language::Language,
};
use tolmach_runtime::ports::{Llm, ModelCall, Result};

/// Replaces contacts in a text by placeholders in a language.
pub type Mask = fn(&str, Language) -> String;

/// See the module.
pub struct MaskedLlm {
    inner: Arc<dyn Llm>,
    mask: Mask,
}

impl MaskedLlm {
    /// Asks `inner` with masked texts.
    pub fn new(inner: Arc<dyn Llm>, mask: Mask) -> MaskedLlm {
        MaskedLlm { inner, mask }
    }

    fn history(&self, history: &[Utterance], language: Language) -> Vec<Utterance> {
        let masked = |said: &Utterance| Utterance { who: said.who, text: (self.mask)(&said.text, language) };
        history.iter().map(masked).collect()
    }
}

#[async_trait]
impl Llm for MaskedLlm {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn classify(&self, call: &ModelCall, request: &LlmClassifyRequest) -> Result<Classification> {
        let language = request.language;
        let masked = LlmClassifyRequest {
            role: request.role.clone(),
            text: (self.mask)(&request.text, language),
            labels: request.labels.clone(),
            history: self.history(&request.history, language),
            language,
        };
        self.inner.classify(call, &masked).await
    }

    async fn generate(&self, call: &ModelCall, request: &GenerateRequest) -> Result<Reply> {
        let language = request.language;
        let masked = GenerateRequest {
            role: request.role.clone(),
            instructions: (self.mask)(&request.instructions, language),
            question: (self.mask)(&request.question, language),
            language,
            facts: request.facts.clone(),
            passages: request.passages.clone(),
            history: self.history(&request.history, language),
            temperature: request.temperature,
            max_tokens: request.max_tokens,
        };
        self.inner.generate(call, &masked).await
    }

    fn fallback(&self) -> Option<&dyn Llm> {
        self.inner.fallback()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;
    use tolmach_engine::{
        catalog::Product,
        effect::{Author, Label, Passage, Usage},
    };

    use super::*;
    use crate::{fallback::FallbackLlm, offline::OfflineLlm, test_call::CALL};

    /// A model that keeps what it is asked.
    #[derive(Default)]
    struct Recording(Mutex<Vec<String>>);

    #[async_trait]
    impl Llm for Recording {
        fn name(&self) -> &str {
            "recording"
        }

        async fn classify(&self, _: &ModelCall, request: &LlmClassifyRequest) -> Result<Classification> {
            self.0.lock().unwrap().push(serde_json::to_string(request).unwrap());
            Ok(Classification { label: None, usage: Usage::default() })
        }

        async fn generate(&self, _: &ModelCall, request: &GenerateRequest) -> Result<Reply> {
            self.0.lock().unwrap().push(serde_json::to_string(request).unwrap());
            Ok(Reply { text: "ok".to_owned(), usage: Usage::default() })
        }
    }

    fn mask(text: &str, language: Language) -> String {
        let placeholder = if language == Language::Ru { "[телефон]" } else { "[phone]" };
        text.replace("8 999", placeholder)
    }

    fn said(who: Author) -> Utterance {
        Utterance { who, text: "8 999 says so".to_owned() }
    }

    #[tokio::test]
    async fn every_text_of_a_client_is_masked_and_the_companys_own_are_not() {
        let recording = Arc::new(Recording::default());
        let llm = MaskedLlm::new(Arc::clone(&recording) as Arc<dyn Llm>, mask);
        let history: Vec<Utterance> = [Author::Client, Author::Bot, Author::Staff].map(said).into();
        let labels = vec![Label {
            name: "a".to_owned(),
            description: "b".to_owned(),
            examples: vec!["8 999".to_owned()],
        }];
        let classify = LlmClassifyRequest {
            role: "default".to_owned(),
            text: "call 8 999".to_owned(),
            labels,
            history: history.clone(),
            language: Language::En,
        };
        llm.classify(&CALL, &classify).await.unwrap();
        let passage =
            Passage { id: "a".to_owned(), title: "Phone".to_owned(), text: "Shop: 8 999".to_owned() };
        let generate = GenerateRequest {
            role: "default".to_owned(),
            instructions: "The client said: 8 999".to_owned(),
            question: "звоните 8 999".to_owned(),
            language: Language::Ru,
            facts: vec![Product { article: "8 999".to_owned(), ..Product::default() }],
            passages: vec![passage],
            history,
            temperature: 0.0,
            max_tokens: 5,
        };
        llm.generate(&CALL, &generate).await.unwrap();
        let asked: Vec<serde_json::Value> =
            recording.0.lock().unwrap().iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        assert_eq!(asked[0]["text"], "call [phone]");
        assert_eq!(asked[0]["labels"][0]["examples"][0], "8 999");
        assert_eq!(asked[1]["question"], "звоните [телефон]");
        assert_eq!(asked[1]["instructions"], "The client said: [телефон]");
        assert_eq!(asked[1]["passages"][0]["text"], "Shop: 8 999");
        assert_eq!(asked[1]["facts"][0]["article"], "8 999");
        for (request, shown) in [(&asked[0], "[phone] says so"), (&asked[1], "[телефон] says so")] {
            let texts: Vec<_> =
                request["history"].as_array().unwrap().iter().map(|said| &said["text"]).collect();
            assert_eq!(texts, [&json!(shown), &json!(shown), &json!(shown)]);
        }
    }

    #[tokio::test]
    async fn a_model_in_this_process_sees_the_whole_question() {
        let recording = Arc::new(Recording::default());
        let remote = MaskedLlm::new(Arc::new(OfflineLlm), mask);
        let llm = FallbackLlm::new(Arc::new(remote), Arc::clone(&recording) as Arc<dyn Llm>);
        let classify = LlmClassifyRequest {
            role: "default".to_owned(),
            text: "call 8 999".to_owned(),
            labels: Vec::new(),
            history: Vec::new(),
            language: Language::En,
        };
        llm.fallback().unwrap().classify(&CALL, &classify).await.unwrap();
        assert!(recording.0.lock().unwrap()[0].contains("8 999"));
    }
}
