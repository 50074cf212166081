//! Tries settings before they are stored: one short question to a language model, one mail.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tolmach_app::settings::{ModelAnswer, Problem, TestFailure, TestMail, Tested};
use tolmach_engine::{
    effect::{GenerateRequest, Outgoing},
    language::Language,
    platform::DEFAULT_ROLE,
};
use tolmach_llm::openai::OpenAiLlm;
use tolmach_runtime::ports::{Address, Channel, Delivery, Llm, Meter, ModelCall, Purpose, Tokens};
use uuid::Uuid;

use super::apply::model_options;
use crate::{clock::now, config::Config};

/// The longest that a person waits for a test.
const PATIENCE: Duration = Duration::from_secs(20);

/// Characters of an answer that are shown.
const SAID: usize = 80;

/// Causes by the words of whoever failed, with the setting to look at. The first that fits.
const CAUSES: [(&str, &str, &str); 19] = [
    ("the API key is refused", "model_key", "llm.api_key"),
    ("quota is used up", "model_quota", ""),
    ("no such model or address", "model_unknown", "llm.model"),
    ("no answer within the deadline", "model_late", "llm.timeout_seconds"),
    ("no answer in time", "model_late", "llm.timeout_seconds"),
    ("the endpoint cannot be reached", "model_unreachable", "llm.base_url"),
    ("the connection failed", "model_unreachable", "llm.base_url"),
    ("the endpoint redirects", "model_redirects", "llm.base_url"),
    ("the request was refused", "model_refused", "llm.model"),
    ("no model is named", "model_none", "llm.model"),
    ("does not accept the login", "mail_login", "smtp.password"),
    ("wants a login", "mail_wants_login", "smtp.username"),
    ("does not let this sender write", "mail_sender", "smtp.from"),
    ("offers no STARTTLS", "mail_starttls", "smtp.tls"),
    ("cannot be reached", "mail_unreachable", "smtp.host"),
    ("took longer than", "mail_late", "smtp.host"),
    ("is no e-mail address", "mail_address", ""),
    ("does not answer as a mail server does", "mail_protocol", "smtp.port"),
    ("the recipient", "mail_recipient", ""),
];

fn failure(detail: String) -> TestFailure {
    let known = CAUSES.iter().find(|(words, ..)| detail.contains(words));
    let (cause, key) = known.map_or(("other", ""), |(_, cause, key)| (cause, key));
    TestFailure { cause, detail, key }
}

async fn timed<T>(test: impl Future<Output = Result<T, String>>) -> Tested<T> {
    let began = Instant::now();
    let result = test.await.map_err(failure);
    Tested { result, millis: u64::try_from(began.elapsed().as_millis()).unwrap_or_default() }
}

/// Asks the model of a role one short question, metered like every other call.
pub(super) async fn ask_model(
    config: Result<Config, Problem>,
    role: Option<&str>,
    meter: &Arc<dyn Meter>,
) -> Tested<ModelAnswer> {
    let test = async {
        let config = config.map_err(|problem| problem.text)?;
        let mut options = model_options(&config, role).map_err(|why| format!("{why:#}"))?;
        // A person looks at it, so the first failure is what they want to know.
        options.deadline = options.deadline.min(PATIENCE);
        options.retries = 0;
        let model = options.model.clone();
        let llm = OpenAiLlm::new(options, Arc::clone(meter)).map_err(|why| why.to_string())?;
        let role = role.unwrap_or(DEFAULT_ROLE).to_owned();
        let call = ModelCall {
            chat: String::new(),
            turn: Uuid::now_v7(),
            release: String::new(),
            flow: String::new(),
            node: "settings".to_owned(),
            purpose: Purpose::Generate,
            role: role.clone(),
        };
        let request = GenerateRequest {
            role,
            instructions: "This is a test of the connection. Answer with one word: ok.".to_owned(),
            question: "Do you hear me?".to_owned(),
            language: Language::En,
            facts: Vec::new(),
            passages: Vec::new(),
            history: Vec::new(),
            temperature: 0.0,
            max_tokens: 512,
        };
        let reply = llm.generate(&call, &request).await.map_err(|why| why.to_string())?;
        let usage = &reply.usage;
        let tokens = Tokens {
            input: usage.input_tokens.into(),
            cached: usage.cached_tokens.into(),
            output: usage.output_tokens.into(),
        };
        let tokens = (tokens != Tokens::default()).then_some(tokens);
        let prices = config.llm.prices().map_err(|why| format!("{why:#}"))?;
        let cost = tokens.as_ref().and_then(|tokens| Some(prices.of(&model, now())?.of(tokens)));
        Ok(ModelAnswer { model, said: reply.text.trim().chars().take(SAID).collect(), tokens, cost })
    };
    timed(test).await
}

/// Sends one mail over a connection of its own.
pub(super) async fn send_mail(config: Result<Config, Problem>, mail: TestMail<'_>) -> Tested<()> {
    let test = async {
        let config = config.map_err(|problem| problem.text)?;
        let channel = config.email().map_err(|why| format!("{why:#}"))?;
        let channel = channel.ok_or("smtp.host is not set; name the mail server")?;
        let message =
            Outgoing { subject: mail.subject.to_owned(), text: mail.text.to_owned(), ..Outgoing::default() };
        let effect = Uuid::now_v7().to_string();
        match channel.deliver(&Address::new(channel.name(), mail.to), &effect, &message).await {
            Delivery::Done => Ok(()),
            Delivery::Later { why, .. } | Delivery::Gone { why } | Delivery::Refused { why } => Err(why),
        }
    };
    timed(test).await
}
