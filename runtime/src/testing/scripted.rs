//! Scripted ports of a dialog test: a model that replies from a script, and other systems that reply from stubs.
//!
//! A request that the test does not foresee is refused and recorded as a difference. Nothing here uses a network.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use tolmach_engine::{
    diagnostic::nearest,
    effect::{Classification, GenerateRequest, HttpReply, HttpRequest, LlmClassifyRequest, Reply, Usage},
    span::{Span, Spanned},
};

use super::{
    expect::Difference,
    given::{Given, Model, Stub},
};
use crate::ports::{self, Http, Llm, ModelCall};

/// The model and the other systems of one test. Clones share their state: the runtime sends requests, the test reads
/// what was requested.
#[derive(Clone)]
pub struct Scripted(Arc<Shared>);

struct Shared {
    offline: Arc<dyn Llm>,
    classify: Option<Mutex<VecDeque<Spanned<String>>>>,
    generate: Option<Mutex<VecDeque<Spanned<String>>>>,
    /// The intent that the client means, while a model is played that understands everything.
    meant: Mutex<Option<String>>,
    stubs: Vec<Spanned<Stub>>,
    /// How often each stub was used.
    used: Mutex<Vec<u32>>,
    /// The requests since they were taken last.
    requests: Mutex<Vec<HttpRequest>>,
    calls: AtomicUsize,
    unexpected: Mutex<Vec<Unexpected>>,
}

/// A request that the test did not foresee. Without a span it is reported at its step.
struct Unexpected {
    span: Option<Span>,
    expected: String,
    found: String,
}

impl Scripted {
    /// Builds the ports from the initial state of a test. `offline` answers model calls that have no script.
    pub fn new(given: &Given, offline: Arc<dyn Llm>) -> Scripted {
        let Model { classify, generate } = given.llm.clone();
        let list = |list: Vec<Spanned<String>>| Mutex::new(VecDeque::from(list));
        Scripted(Arc::new(Shared {
            offline,
            classify: classify.map(list),
            generate: generate.map(list),
            meant: Mutex::default(),
            stubs: given.http.clone(),
            used: Mutex::new(vec![0; given.http.len()]),
            requests: Mutex::default(),
            calls: AtomicUsize::new(0),
            unexpected: Mutex::default(),
        }))
    }

    /// The model, for [`crate::QueryPorts`].
    pub fn llm(&self) -> Arc<dyn Llm> {
        Arc::new(self.clone())
    }

    /// The other systems, for [`crate::QueryPorts`].
    pub fn http(&self) -> Arc<dyn Http> {
        Arc::new(self.clone())
    }

    /// From here on the model says that the client means this intent wherever it is asked for one that it knows; with `None`
    /// it is offline.
    pub(super) fn mean(&self, intent: Option<&str>) {
        *lock(&self.0.meant) = intent.map(str::to_owned);
    }

    /// The number of model calls so far.
    pub(super) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// Takes the requests of other systems since the last call.
    pub(super) fn take_requests(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut *lock(&self.0.requests))
    }

    /// Takes the unforeseen requests since the last call, as differences of a step.
    pub(super) fn take_unexpected(&self, step: Span) -> Vec<Difference> {
        let unexpected = std::mem::take(&mut *lock(&self.0.unexpected));
        unexpected
            .into_iter()
            .map(|unexpected| {
                Difference::new(unexpected.span.unwrap_or(step), unexpected.expected, unexpected.found)
            })
            .collect()
    }

    /// Takes the script entries that were not used, as differences.
    pub(super) fn left_over(&self) -> Vec<Difference> {
        let mut left = Vec::new();
        for (what, list) in [("classify", &self.0.classify), ("generate", &self.0.generate)] {
            for entry in list.iter().flat_map(|list| lock(list).drain(..).collect::<Vec<_>>()) {
                let expected = format!("a call of the model for `{what}: {}`", shortened(&entry));
                left.push(Difference::new(entry.span, expected, "the test ended before it".to_owned()));
            }
        }
        left
    }

    /// The next entry of a script; `Ok(None)` where there is no script.
    fn next(
        &self,
        list: &Option<Mutex<VecDeque<Spanned<String>>>>,
        what: &str,
        asked: &str,
    ) -> ports::Result<Option<Spanned<String>>> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let Some(list) = list else { return Ok(None) };
        let Some(entry) = lock(list).pop_front() else {
            self.note_unexpected(
                None,
                format!("no further call of the model: the script of `{what}` is at its end"),
                format!("{what} was asked «{}»", shortened(asked)),
            );
            return Err(ports::Error::unavailable("model", "the test's script is at its end"));
        };
        match entry.value.as_str() {
            "fail" => Err(ports::Error::unavailable("model", "the test's model fails here")),
            // The same error as after a real timeout, without the wait.
            "slow" => Err(ports::Error::unavailable("model", "the turn's time is used up (limits.turn)")),
            _ => Ok(Some(entry)),
        }
    }

    /// The first stub that fits and is not used up; counts the use.
    fn stub(&self, request: &HttpRequest) -> Option<&Stub> {
        let mut used = lock(&self.0.used);
        let (stub, times) = self.0.stubs.iter().zip(used.iter_mut()).find(|(stub, times)| {
            request.url.starts_with(&stub.url)
                && stub.method.is_none_or(|method| method == request.method)
                && stub.times.is_none_or(|most| **times < most)
        })?;
        *times += 1;
        Some(stub)
    }

    fn note_unexpected(&self, span: Option<Span>, expected: String, found: String) {
        lock(&self.0.unexpected).push(Unexpected { span, expected, found });
    }
}

#[async_trait]
impl Llm for Scripted {
    fn name(&self) -> &str {
        "script"
    }

    async fn classify(
        &self,
        call: &ModelCall,
        request: &LlmClassifyRequest,
    ) -> ports::Result<Classification> {
        let Some(entry) = self.next(&self.0.classify, "classify", &request.text)? else {
            let meant = lock(&self.0.meant).clone();
            if let Some(label) = meant.filter(|meant| request.labels.iter().any(|label| label.name == *meant))
            {
                return Ok(Classification { label: Some(label), usage: usage() });
            }
            return self.0.offline.classify(call, request).await;
        };
        if entry.value == "none" {
            return Ok(Classification { label: None, usage: usage() });
        }
        let labels: Vec<&str> = request.labels.iter().map(|label| label.name.as_str()).collect();
        if !labels.contains(&entry.as_str()) {
            let mut expected = format!("one of the labels that were asked about: {}", labels.join(", "));
            if let Some(near) = nearest(&entry, labels.iter().copied()) {
                expected.push_str(&format!("; did you mean {near}?"));
            }
            self.note_unexpected(Some(entry.span), expected, format!("the script decides `{}`", entry.value));
            return Err(ports::Error::refused("model", "the test's script decides a label that is none"));
        }
        Ok(Classification { label: Some(entry.value), usage: usage() })
    }

    async fn generate(&self, call: &ModelCall, request: &GenerateRequest) -> ports::Result<Reply> {
        match self.next(&self.0.generate, "generate", &request.question)? {
            Some(entry) => Ok(Reply { text: entry.value, usage: usage() }),
            None => self.0.offline.generate(call, request).await,
        }
    }
}

#[async_trait]
impl Http for Scripted {
    async fn request(&self, request: &HttpRequest) -> ports::Result<HttpReply> {
        lock(&self.0.requests).push(request.clone());
        let Some(stub) = self.stub(request) else {
            let found = format!("the request {} {}", request.method.name(), request.url);
            self.note_unexpected(None, "a stub in `given: http` for every request".to_owned(), found);
            return Err(ports::Error::refused("http", "the test has no stub for this request"));
        };
        if stub.fail {
            return Err(ports::Error::unavailable("http", "the test's stub does not reply"));
        }
        let bytes = if stub.json.is_null() { 0 } else { stub.json.to_string().len() as u64 };
        if bytes > request.max_bytes {
            let why = format!("the reply has {bytes} bytes, {} are allowed", request.max_bytes);
            return Err(ports::Error::refused("http", why));
        }
        Ok(HttpReply { status: stub.status, body: stub.json.clone() })
    }
}

fn usage() -> Usage {
    Usage { model: "script".to_owned(), ..Usage::default() }
}

fn shortened(text: &str) -> String {
    tolmach_engine::text::shorten(text, 80)
}

/// A panic while the lock was held leaves the list intact, so a poisoned lock is still usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tolmach_engine::effect::{Label, Method};

    use super::*;
    use crate::testing::read;

    /// A model that must not be called.
    struct Nobody;

    #[async_trait]
    impl Llm for Nobody {
        fn name(&self) -> &str {
            "nobody"
        }

        async fn classify(&self, _: &ModelCall, _: &LlmClassifyRequest) -> ports::Result<Classification> {
            Err(ports::Error::refused("model", "asked nobody"))
        }

        async fn generate(&self, _: &ModelCall, _: &GenerateRequest) -> ports::Result<Reply> {
            Err(ports::Error::refused("model", "asked nobody"))
        }
    }

    fn scripted(given: &str) -> Scripted {
        let text = format!("- name: x\n  given: {given}\n  steps: [ {{ client: a }} ]\n");
        let (dialogs, diagnostics) = read("x", &text);
        assert_eq!(diagnostics, []);
        Scripted::new(&dialogs[0].given, Arc::new(Nobody))
    }

    async fn classify(scripted: &Scripted) -> Result<Option<String>, String> {
        let label =
            |name: &str| Label { name: name.to_owned(), description: String::new(), examples: Vec::new() };
        let request = LlmClassifyRequest {
            role: "default".to_owned(),
            text: "позовите кого-нибудь".to_owned(),
            labels: vec![label("manager"), label("product")],
            history: Vec::new(),
            language: Default::default(),
        };
        let call = ModelCall {
            chat: "test:1".to_owned(),
            turn: uuid::Uuid::nil(),
            release: "r".to_owned(),
            flow: "shop".to_owned(),
            node: "route".to_owned(),
            purpose: ports::Purpose::Classify,
            role: "default".to_owned(),
        };
        let decision = scripted.classify(&call, &request).await.map_err(|why| why.to_string())?;
        Ok(decision.label)
    }

    async fn request(scripted: &Scripted, method: Method, url: &str, max_bytes: u64) -> Result<u16, String> {
        let request = HttpRequest {
            method,
            url: url.to_owned(),
            headers: Default::default(),
            body: None,
            deadline: 5,
            max_bytes,
        };
        scripted.request(&request).await.map(|reply| reply.status).map_err(|why| why.to_string())
    }

    fn unexpected(scripted: &Scripted) -> Vec<String> {
        let span = Span::on_line(9, 9, 1);
        let line = |one: Difference| format!("{} {} | {}", one.span, one.expected, one.found);
        scripted.take_unexpected(span).into_iter().map(line).collect()
    }

    #[tokio::test]
    async fn a_model_replies_from_its_script_in_order() {
        let model = scripted("{ llm: { classify: [manager, none, fail, slow] } }");
        assert_eq!(classify(&model).await, Ok(Some("manager".to_owned())));
        assert_eq!(classify(&model).await, Ok(None));
        assert!(classify(&model).await.unwrap_err().contains("fails here"));
        assert!(classify(&model).await.unwrap_err().contains("time is used up"));
        assert_eq!((model.calls(), unexpected(&model), model.left_over()), (4, Vec::new(), Vec::new()));
        assert!(classify(&model).await.is_err(), "beyond the script");
        let said = unexpected(&model);
        assert!(
            said.len() == 1 && said[0].starts_with("9:9 no further call") && said[0].contains("кого-нибудь"),
            "{said:?}"
        );
    }

    #[tokio::test]
    async fn an_unknown_label_is_refused_with_the_nearest() {
        let model = scripted("{ llm: { classify: [manger, product] } }");
        assert!(classify(&model).await.is_err());
        let said = unexpected(&model);
        assert!(said[0].starts_with("2:30 ") && said[0].contains("did you mean manager?"), "{said:?}");
        let left = model.left_over();
        assert!(left.len() == 1 && left[0].expected.contains("product"), "{left:?}");
    }

    #[tokio::test]
    async fn calls_without_a_script_go_to_the_offline_composer() {
        let model = scripted("{ llm: { generate: [] } }");
        assert!(classify(&model).await.unwrap_err().contains("asked nobody"));
        assert_eq!(unexpected(&model), Vec::<String>::new());
    }

    #[tokio::test]
    async fn other_systems_reply_from_stubs() {
        let model = scripted(
            "{ http: [ { url: \"https://a.example/stock\", method: GET, status: 404, json: { left: 3 } }, { url: \"https://b.example/\", fail: true } ] }",
        );
        assert_eq!(request(&model, Method::Get, "https://a.example/stock?id=1", 100).await, Ok(404));
        assert!(
            request(&model, Method::Get, "https://a.example/stock", 5)
                .await
                .unwrap_err()
                .contains("10 bytes")
        );
        assert!(
            request(&model, Method::Get, "https://b.example/x", 100)
                .await
                .unwrap_err()
                .contains("does not reply")
        );
        assert_eq!(unexpected(&model), Vec::<String>::new());
        assert!(request(&model, Method::Post, "https://a.example/stock", 100).await.is_err());
        let said = unexpected(&model);
        assert!(said.len() == 1 && said[0].contains("POST https://a.example/stock"), "{said:?}");
    }

    #[tokio::test]
    async fn a_stub_with_times_gives_way_to_the_next() {
        let model = scripted(
            "{ http: [ { url: \"https://a.example/\", status: 503, times: 2 }, { url: \"https://a.example/\", json: 1 } ] }",
        );
        for status in [503, 503, 200, 200] {
            assert_eq!(request(&model, Method::Get, "https://a.example/x", 100).await, Ok(status));
        }
        assert_eq!(model.take_requests().len(), 4);
        assert_eq!(model.take_requests(), []);
    }
}
