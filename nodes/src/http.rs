//! `http`: calls another system.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tolmach_engine::{
    condition::Expression,
    diagnostic::Code,
    duration::Duration,
    effect::{HttpReply, HttpRequest, Method, Query, QueryOutcome},
    kind::{Cost, Costs, Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::{Scope, Sets},
    slot::Type,
    span::Spanned,
    text::{Address, Text},
    turn_context::TurnContext,
};

/// Asks another system over HTTP and puts parts of its JSON reply into slots. Only hosts on the configuration's list
/// are asked, never addresses of a private network; redirects are not followed; credentials are the configuration's.
/// Exits: `ok` for a status from 200 to 299 whose parts fit the slots, `failed` for everything else. The flow is not told which
/// status it was: that stands in the trace. A system that knows no such booking is best asked so that it says it in a reply.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Http {
    /// The address, beginning with https://. Values in it are made safe for an address.
    url: Address,
    /// What to do.
    #[serde(default)]
    method: Method,
    /// Further headers, as templates.
    #[serde(default)]
    headers: BTreeMap<String, Text>,
    /// What to send, as JSON: fields with CEL expressions.
    #[serde(default)]
    body: BTreeMap<String, Expression>,
    /// Slots, and where their values stand in the reply: a JSON pointer such as `/items/0/price`; an empty text is the
    /// whole reply. With a `?` behind it, as in `/extras?`, the part may be missing or null, and the slot is unset then. An
    /// amount of money is a text with its currency (`"8100 RUB"`) or `{ "amount": 8100, "currency": "RUB" }`; a date is
    /// `2026-12-08`.
    #[serde(default)]
    #[schemars(extend("x-keys" = "slot"))]
    into: BTreeMap<Spanned<String>, Spanned<String>>,
    /// How long to wait for the reply.
    #[serde(default = "five_seconds")]
    deadline: Spanned<Duration>,
    /// The longest reply, in kilobytes.
    #[serde(default = "some_kilobytes")]
    #[schemars(range(min = 1, max = 4096))]
    max_kb: Spanned<u32>,
}

fn five_seconds() -> Spanned<Duration> {
    Spanned::new(Duration::seconds(5), Default::default())
}

fn some_kilobytes() -> Spanned<u32> {
    Spanned::new(256, Default::default())
}

impl Kind for Http {
    const NAME: &'static str = "http";
    const EXITS: &'static [(&'static str, &'static str)] =
        &[("ok", "status 200 to 299, and every part fits its slot"), ("failed", "anything else")];
    const EXAMPLE: &'static str = "\
flow: example
start: stock
slots:
  left: { type: number }
nodes:
  stock:
    http:
      url: 'https://stock.example.com/items/{{message.text}}'
      into: { left: /left }
      deadline: 3s
    next: { ok: tell, failed: sorry }
  tell:
    say: { text: { ru: 'Осталось {{slots.left}}', en: '{{slots.left}} left' } }
  sorry:
    say: { text: { ru: Склад не отвечает., en: The warehouse does not answer. } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["RH-10537"], &["stock", "sorry"]);
}

impl Node for Http {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("ok"), Exit::required("failed")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        let (url, span) = (self.url.0.source(), self.url.0.span());
        scope.template(&self.url.0);
        match self.authority() {
            None => {
                let message = format!("`{}` does not begin with https://", url);
                scope.report(Code::BadValue, span, message, "write the whole address, with https://");
            }
            Some(host) if host.is_empty() || host.contains(['{', ' ']) => {
                let message = format!("the host of `{}` is not written out", url);
                let help = "write the host itself; templates may stand in the path and the query";
                scope.report(Code::BadValue, span, message, help);
            }
            Some(_) => {}
        }
        for (name, value) in &self.headers {
            let taken =
                ["host", "authorization", "cookie", "content-length", "content-type", "idempotency-key"];
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if taken.contains(&name.to_lowercase().as_str()) || name.is_empty() || !name.chars().all(fits) {
                let (message, help) = if name.is_empty() || !name.chars().all(fits) {
                    (
                        format!("`{name}` is no name for a header"),
                        "write Latin letters, digits and -, such as X-Client",
                    )
                } else {
                    let help = "remove it; credentials belong into the configuration ([http.hosts])";
                    (format!("the header `{name}` cannot be set by a flow"), help)
                };
                scope.report(Code::BadValue, value.span(), message, help);
            }
            scope.text(value);
        }
        if self.method == Method::Get && !self.body.is_empty() {
            let message = "a GET request has no body";
            scope.report(Code::BadValue, span, message, "write `method: POST`, or remove `body`");
        }
        for expression in self.body.values() {
            scope.expression(expression);
        }
        let values: Vec<Type> = Type::PLAIN.into_iter().chain([Type::List]).collect();
        for (slot, pointer) in &self.into {
            let (_, optional) = part(pointer);
            scope.sets(slot, &values, if optional { Sets::Maybe } else { Sets::OnExits(&["ok"]) });
            if !pointer.is_empty() && !pointer.starts_with('/') {
                let message = format!("`{}` is no path into a reply: it begins with `/`", pointer.value);
                scope.report(Code::BadValue, pointer.span, message, format!("write /{}", pointer.value));
            }
        }
        if !(100..=60_000).contains(&self.deadline.0) {
            let message = format!("`deadline` is {}; it is 1s to 60s", self.deadline.value);
            scope.report(Code::BadValue, self.deadline.span, message, "write a shorter time, such as 5s");
        }
        scope.count("max_kb", &self.max_kb, 1..=4096);
    }

    fn host(&self) -> Option<&str> {
        self.authority()?.split(':').next()
    }

    fn cost(&self, _: &Costs<'_>) -> Cost {
        Cost { millis: self.deadline.0, ..Cost::default() }
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::Outcome(QueryOutcome::Http(reply)) => self.take(turn, reply),
            NodeInput::Outcome(QueryOutcome::Failed { reason }) => {
                turn.note(format!("failed: {reason}"));
                Ok(NodeOutcome::exit("failed"))
            }
            NodeInput::Outcome(other) => Err(Fault(format!("an outcome of another query: {other:?}"))),
            _ => self.ask(turn),
        }
    }
}

/// Where a part of the reply stands, and whether it may be missing.
fn part(pointer: &str) -> (&str, bool) {
    pointer.strip_suffix('?').map_or((pointer, false), |pointer| (pointer, true))
}

impl Http {
    /// The host, with a port if one is written.
    fn authority(&self) -> Option<&str> {
        self.url.0.source().strip_prefix("https://")?.split(['/', '?', '#']).next()
    }

    fn ask(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        let url = turn.template(&self.url.0)?;
        let mut headers = BTreeMap::new();
        for (name, value) in &self.headers {
            // A line break in a value would begin another header.
            headers.insert(name.clone(), turn.render(value)?.replace(['\r', '\n'], " "));
        }
        if self.method == Method::Post {
            // A turn that is repeated after a crash sends the same key.
            headers.insert("Idempotency-Key".to_owned(), turn.effect_key());
        }
        let mut body = serde_json::Map::new();
        for (field, expression) in &self.body {
            body.insert(field.clone(), turn.value(expression)?);
        }
        Ok(NodeOutcome::Query(Query::Http(HttpRequest {
            method: self.method,
            url,
            headers,
            body: (self.method == Method::Post).then_some(Value::Object(body)),
            deadline: u64::try_from(self.deadline.0).unwrap_or(5000),
            max_bytes: u64::from(self.max_kb.value) * 1024,
        })))
    }

    fn take(&self, turn: &mut TurnContext<'_>, reply: HttpReply) -> Result<NodeOutcome, Fault> {
        turn.note(format!("status {}", reply.status));
        if !(200..300).contains(&reply.status) {
            return Ok(NodeOutcome::exit("failed"));
        }
        let mut values = Vec::with_capacity(self.into.len());
        let mut wrong = Vec::new();
        for (slot, pointer) in &self.into {
            let (pointer, optional) = part(pointer);
            // What another system sends is checked like what a client types: a surprise is an exit, not a fault.
            match reply.body.pointer(pointer) {
                None | Some(Value::Null) if optional => values.push((slot, Value::Null)),
                None => wrong.push(format!("the reply has nothing at `{pointer}`")),
                Some(Value::Null) => {
                    wrong.push(format!("`{pointer}` is null; write `{pointer}?` if it may be"))
                }
                Some(value) => match turn.slot_declaration(slot)?.accept(value.clone()) {
                    Ok(_) => values.push((slot, value.clone())),
                    Err(why) => {
                        wrong.push(format!("`{pointer}` does not fit the slot `{}`: {why}", slot.value))
                    }
                },
            }
        }
        if !wrong.is_empty() {
            wrong.into_iter().for_each(|why| turn.note(why));
            return Ok(NodeOutcome::exit("failed"));
        }
        for (slot, value) in values {
            turn.set_slot(slot, value)?;
        }
        Ok(NodeOutcome::exit("ok"))
    }
}
