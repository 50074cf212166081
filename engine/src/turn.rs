//! What a node may see and do while it runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    catalog::Product,
    condition::{Expression, FilterExpression},
    effect::{Action, Author, Button, Card, Choice, Command, Effect, Outgoing, Press, Query},
    event::{Event, EventKind},
    flow::Flow,
    kind::Fault,
    language::Language,
    phrases,
    release::Release,
    session::{Frame, Session, Waiting},
    slot,
    text::{Text, money, shorten},
    trace::Trace,
    vars,
};

/// A turn in progress.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnState {
    pub(crate) event: Event,
    /// The node being run, with what it remembers.
    pub(crate) current: Waiting,
    pub(crate) visited: u32,
    pub(crate) model_calls: u32,
    /// Tokens that models were allowed to write.
    pub(crate) tokens: u32,
    /// A node of this flow only shows a further page; the dialog stays where it is.
    pub(crate) detour: Option<String>,
    /// The client is silent: what this turn interrupts stands as it stood.
    pub(crate) quiet: bool,
    /// The query asked is whether the client's words are an intent that may interrupt.
    pub(crate) listening: bool,
    /// The dialog has come to its end.
    pub(crate) ended: bool,
    /// The error path has been taken.
    pub(crate) failed: bool,
    pub(crate) buttons: u32,
    pub(crate) effects: Vec<Effect>,
    pub(crate) trace: Trace,
}

impl TurnState {
    pub(crate) fn new(event: Event) -> TurnState {
        TurnState {
            event,
            current: Waiting::default(),
            visited: 0,
            model_calls: 0,
            tokens: 0,
            detour: None,
            quiet: false,
            listening: false,
            ended: false,
            failed: false,
            buttons: 0,
            effects: Vec::new(),
            trace: Trace::default(),
        }
    }
}

/// A node's view of the turn.
#[derive(Debug)]
pub struct Turn<'a> {
    pub(crate) release: &'a Release,
    pub(crate) flow: &'a Flow,
    pub(crate) session: &'a mut Session,
    pub(crate) turn_state: &'a mut TurnState,
}

/// What `search` leaves in a slot of type `products`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// What was searched for.
    pub query: String,
    /// Rows that match in all.
    pub total: u64,
    /// The first of them.
    pub items: Vec<Product>,
    /// The request, so that the next page can be asked for.
    pub request: crate::catalog::SearchRequest,
}

impl Turn<'_> {
    /// The event that started the turn.
    pub fn event(&self) -> &Event {
        &self.turn_state.event
    }

    /// What the client wrote, or the label that they pressed; empty for other events.
    pub fn message(&self) -> &str {
        match &self.turn_state.event.kind {
            EventKind::Message { text } => text,
            EventKind::Press { label, .. } => label,
            EventKind::Command { rest, .. } => rest,
            _ => "",
        }
    }

    /// The client's language.
    pub fn language(&self) -> Language {
        self.session.language
    }

    /// What was said lately, oldest first, without the message that started this turn.
    pub fn history(&self) -> Vec<crate::effect::Utterance> {
        let mut history: Vec<_> = self.session.history.iter().cloned().collect();
        // The current message is the question itself; a model gets it apart.
        let message = shorten(self.message(), 500);
        if let Some(at) = history.iter().rposition(|said| said.who == Author::Client && said.text == message)
        {
            history.truncate(at);
        }
        history
    }

    /// The release that runs.
    pub fn release(&self) -> &Release {
        self.release
    }

    /// The name of this node's set of examples.
    pub fn example_set(&self) -> String {
        Release::example_set(&self.flow.id, &self.turn_state.current.node)
    }

    /// A text in the client's language.
    pub fn render(&self, text: &Text) -> Result<String, Fault> {
        self.template(text.in_language(self.language()))
    }

    /// A template with its values.
    pub fn template(&self, template: &crate::text::Template) -> Result<String, Fault> {
        template.render(self).map_err(|why| Fault(format!("template at {}: {why}", template.span())))
    }

    /// An expression's value.
    pub fn value(&self, expression: &Expression) -> Result<Value, Fault> {
        expression.value(self).map_err(|why| Fault(format!("`{}`: {why}", expression.source())))
    }

    /// Whether a condition holds.
    pub fn holds(&self, condition: &Expression) -> Result<bool, Fault> {
        condition.holds(self).map_err(|why| Fault(format!("`{}`: {why}", condition.source())))
    }

    /// A filter's clauses; clauses whose value is unset are dropped and noted in the trace.
    pub fn filters(&mut self, filter: &FilterExpression) -> Result<Vec<crate::catalog::Filter>, Fault> {
        let resolved = filter.resolve(self);
        let (kept, dropped) = resolved.map_err(|why| Fault(format!("`{}`: {why}", filter.source())))?;
        for field in dropped {
            self.note(format!(
                "filter on {} dropped: its value is unset",
                format!("{field:?}").to_lowercase()
            ));
        }
        Ok(kept)
    }

    /// A slot's value; `null` when unset.
    pub fn slot(&self, name: &str) -> &Value {
        self.slots().and_then(|slots| slots.get(name)).unwrap_or(&Value::Null)
    }

    /// What `search` left in a slot, if anything.
    pub fn found(&self, slot: &str) -> Option<Found> {
        Found::deserialize(self.slot(slot)).ok()
    }

    /// Sets a slot. A value that does not fit the slot's type or bounds is a fault.
    pub fn set_slot(&mut self, name: &str, value: Value) -> Result<(), Fault> {
        let declaration = self.slot_declaration(name)?;
        let value = declaration.accept(value).map_err(|why| Fault(format!("slot `{name}`: {why}")))?;
        self.frame_mut().slots.insert(name.to_owned(), value);
        Ok(())
    }

    /// Remembers which slot holds the last search results, for `results` in templates.
    pub fn set_results(&mut self, slot: &str) {
        self.frame_mut().results = Some(slot.to_owned());
    }

    /// How a slot is declared.
    pub fn slot_declaration(&self, name: &str) -> Result<&slot::Declaration, Fault> {
        self.flow.slots.get(name).ok_or_else(|| Fault(format!("there is no slot `{name}`")))
    }

    /// The day of the turn in the company's time zone.
    pub fn today(&self) -> jiff::civil::Date {
        let timestamp = jiff::Timestamp::from_millisecond(self.turn_state.event.at).unwrap_or_default();
        timestamp.to_zoned(self.release.time_zone.clone()).date()
    }

    /// What this node remembers since it was entered; the default before anything was stored.
    pub fn state<T: Default + for<'de> Deserialize<'de>>(&self) -> T {
        T::deserialize(&self.turn_state.current.state).unwrap_or_default()
    }

    /// Remembers something until the node is left.
    pub fn set_state<T: Serialize>(&mut self, state: &T) -> Result<(), Fault> {
        self.turn_state.current.state = serde_json::to_value(state).map_err(|why| Fault(why.to_string()))?;
        Ok(())
    }

    /// Adds a line of explanation to the trace. No personal data.
    pub fn note(&mut self, note: String) {
        if let Some(visit) = self.turn_state.trace.visits.last_mut() {
            visit.notes.push(note);
        }
    }

    /// Sends a text with buttons.
    pub fn say(&mut self, text: String, buttons: Vec<Button>) {
        self.send(Outgoing { text, buttons, ..Outgoing::default() });
    }

    /// Sends a message; its language is set here.
    pub fn send(&mut self, message: Outgoing) {
        send(self.session, self.turn_state, message);
    }

    /// Adds a command to the turn.
    pub fn command(&mut self, command: Command) {
        push(self.turn_state, command);
    }

    /// Lets this node's timer fall due after so many milliseconds; replaces an earlier one of the same name.
    pub fn start_timer(&mut self, name: &str, after: i64) {
        let due = self.turn_state.event.at.saturating_add(after);
        self.command(Command::StartTimer { name: name.to_owned(), due });
    }

    /// Forgets a timer.
    pub fn cancel_timer(&mut self, name: &str) {
        self.command(Command::CancelTimer { name: name.to_owned() });
    }

    /// A name for what this visit asks of the outside: the same turn, repeated, gives the same one.
    pub fn effect_key(&self) -> String {
        format!("{}-{}", self.turn_state.event.id.simple(), self.turn_state.trace.visits.len())
    }

    /// Hands the chat to a person: the bot is silent until it is given back or `timeout` milliseconds have passed
    /// since the person's last word.
    pub fn hand_off(&mut self, reason: String, timeout: i64) {
        self.session.handed = Some(self.turn_state.event.at);
        self.session.timeout = Some(timeout);
        self.command(Command::HandOff { reason });
        self.start_timer(crate::step::HANDOFF, timeout);
    }

    /// The client's arm in an experiment, if they were put into one.
    pub fn arm(&self, experiment: &str) -> Option<&str> {
        self.session.arms.get(experiment).map(String::as_str)
    }

    /// Puts the client into an arm for good.
    pub fn set_arm(&mut self, experiment: &str, arm: &str) {
        self.session.arms.insert(experiment.to_owned(), arm.to_owned());
        self.command(Command::Arm { experiment: experiment.to_owned(), arm: arm.to_owned() });
    }

    /// All arms of the client, by experiment.
    pub fn arms(&self) -> &std::collections::BTreeMap<String, String> {
        &self.session.arms
    }

    /// A number from 0 up to 1 that is the same for this client and name for ever, and evenly spread over clients.
    pub fn share(&self, name: &str) -> f64 {
        let hash = blake3::hash(format!("{name}\0{}", self.session.chat).as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_bytes()[..8]);
        // 53 bits are what a double holds exactly.
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The client chose a language: messages no longer change it.
    pub fn choose_language(&mut self, language: Language) {
        self.session.language = language;
        self.session.language_known = true;
        self.session.language_chosen = true;
        self.session.language_doubt = None;
    }

    /// Whether the client's words are exactly those of an intent that may interrupt: even a question that takes any
    /// text should not take these for its answer.
    pub fn interrupts(&self) -> bool {
        matches!(self.turn_state.event.kind, EventKind::Message { .. })
            && crate::step::exactly(self.release, self.session, self.message()).is_some()
    }

    /// Takes the client's message out of the history that models see: it turned out to hold personal data.
    pub fn forget_message(&mut self) {
        let message = shorten(self.message(), crate::session::UTTERANCE);
        self.session.history.retain(|said| said.who != Author::Client || said.text != message);
    }

    /// A button that comes back as a press of this node.
    pub fn button(&mut self, label: String, choice: Choice) -> Button {
        let node = self.turn_state.current.node.clone();
        button(self.release, &self.flow.id, &node, self.turn_state, label, choice)
    }

    /// Products as cards in the client's language.
    pub fn cards(&self, products: &[Product]) -> Vec<Card> {
        products.iter().map(|product| card(product, self.language())).collect()
    }

    /// The button for the page after `found`'s items, where there is one.
    pub fn more_button(&mut self, found: &Found) -> Option<Button> {
        let shown = u64::from(found.request.offset) + found.items.len() as u64;
        if shown >= found.total || found.items.is_empty() {
            return None;
        }
        let mut request = found.request.clone();
        request.offset = u32::try_from(shown).unwrap_or(u32::MAX);
        let label = phrases::MORE.get(self.language()).to_owned();
        Some(self.button(label, Choice::More { request: Box::new(request) }))
    }

    pub(crate) fn query_allowed(&mut self, query: &Query) -> Result<(), Fault> {
        if query.calls_model() {
            self.turn_state.model_calls += 1;
            let limits = self.release.limits(self.session);
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

    fn slots(&self) -> Option<&Map<String, Value>> {
        self.session.frames.last().map(|frame| &frame.slots)
    }

    fn frame_mut(&mut self) -> &mut Frame {
        if self.session.frames.is_empty() {
            self.session.frames.push(Frame::new(self.flow));
        }
        let last = self.session.frames.len() - 1;
        &mut self.session.frames[last]
    }
}

impl vars::Source for Turn<'_> {
    fn root(&self, name: &str) -> Value {
        match name {
            "client" => json!({
                "first_name": self.session.client.first_name,
                "last_name": self.session.client.last_name,
                "username": self.session.client.username,
            }),
            "message" => json!({ "text": self.message() }),
            "slots" => Value::Object(self.slots().cloned().unwrap_or_default()),
            "session" => json!({ "language": self.language().code(), "flow": self.flow.id }),
            "results" => match self.session.frames.last().and_then(|frame| frame.results.as_ref()) {
                Some(slot) => self.slot(slot).clone(),
                None => json!({ "query": "", "total": 0, "items": [] }),
            },
            "company" => {
                Value::Object(self.release.company.get(&self.language()).cloned().unwrap_or_default())
            }
            "now" => now(self.turn_state.event.at, &self.release.time_zone),
            _ => Value::Null,
        }
    }
}

/// Sends a message in the client's language and remembers it as said.
pub(crate) fn send(session: &mut Session, turn_state: &mut TurnState, mut message: Outgoing) {
    message.language = session.language;
    let mut said = message.text.clone();
    for card in &message.cards {
        said.push_str(&format!("\n• {} — {}", card.name, card.price));
    }
    session.remember(Author::Bot, &said);
    push(turn_state, Command::Send(message));
}

/// A button that comes back as a press of a node.
pub(crate) fn button(
    release: &Release,
    flow: &str,
    node: &str,
    turn_state: &mut TurnState,
    label: String,
    choice: Choice,
) -> Button {
    let id = format!("{}.{}", turn_state.event.id.simple(), turn_state.buttons);
    turn_state.buttons += 1;
    let press = Press { release: release.id.clone(), flow: flow.to_owned(), node: node.to_owned(), choice };
    Button { label, action: Action::Press { id, press } }
}

pub(crate) fn push(turn_state: &mut TurnState, command: Command) {
    let id = format!("{}.{}", turn_state.event.id.simple(), turn_state.effects.len());
    turn_state.effects.push(Effect { id, command });
}

fn now(at: i64, zone: &jiff::tz::TimeZone) -> Value {
    let Ok(timestamp) = jiff::Timestamp::from_millisecond(at) else { return Value::Null };
    let local = timestamp.to_zoned(zone.clone());
    json!({
        "date": local.strftime("%d.%m.%Y").to_string(),
        "time": local.strftime("%H:%M").to_string(),
        "hour": local.hour(),
        // Monday is 1, as in ISO 8601.
        "weekday": local.weekday().to_monday_one_offset(),
        "iso": timestamp.to_string(),
    })
}

/// A row as the client sees it.
pub fn card(product: &Product, language: Language) -> Card {
    let price = product.price.map(|price| money(price, &product.currency));
    let stock = match product.stock {
        Some(count) if count > 0.0 => {
            format!(
                "{}: {} {}",
                phrases::IN_STOCK.get(language),
                number(count),
                unit(&product.unit, language)
            )
        }
        Some(_) => phrases::OUT_OF_STOCK.get(language).to_owned(),
        None => String::new(),
    };
    Card {
        id: product.id.clone(),
        name: product.name.get(language).to_owned(),
        article: product.article.clone(),
        brand: product.brand.clone(),
        price: price.unwrap_or_else(|| phrases::ON_REQUEST.get(language).to_owned()),
        stock: stock.trim_end().to_owned(),
        description: shorten(product.description.get(language), 300),
        photo: product.photo.clone(),
    }
}

/// A unit of sale in the client's language, where the price list writes a common one in the other.
fn unit(written: &str, language: Language) -> &str {
    const UNITS: [(&str, &str); 6] =
        [("шт", "pcs"), ("компл", "sets"), ("пара", "pairs"), ("м", "m"), ("кг", "kg"), ("л", "l")];
    let plain = written.trim_end_matches('.').to_lowercase();
    let known = UNITS.iter().find(|(ru, en)| *ru == plain || *en == plain);
    known.map_or(written, |(ru, en)| match language {
        Language::Ru => ru,
        Language::En => en,
    })
}

fn number(count: f64) -> String {
    money(count, "")
}
