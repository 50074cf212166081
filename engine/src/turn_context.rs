//! The interface of a running node to its turn.

mod explained;

use std::{cell::RefCell, collections::BTreeMap};

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    calendar::Calendar,
    card::card,
    catalog::{Filter, Product, SearchRequest},
    condition::{Expression, FilterExpression},
    context::Context,
    effect::{
        Author, Button, Card, Choice, ClassifyRequest, Command, GenerateRequest, LlmClassifyRequest,
        Outgoing, Query, Utterance,
    },
    event::{Event, EventKind},
    fault::Fault,
    header::Limits,
    intents::InterruptingIntents,
    language::Language,
    personal::{self, PersonalValues, masked_slots},
    phrases::{self, Phrase},
    resources::{Example, Resources, example_set},
    results::Found,
    session::{Frame, Session},
    slot,
    text::{Template, Text, cut},
    timers,
    turn_state::{TurnState, Wish},
    typed::Typed,
    vars, wording,
};

/// The turn as a node sees it: the event, the slots of its flow, the resources of the release; and what it may do:
/// set slots, send messages, add commands.
///
/// It holds no flow and no release: a node knows nothing of other nodes.
#[derive(Debug)]
pub struct TurnContext<'a> {
    /// The id of the release that runs.
    pub(crate) release: &'a str,
    pub(crate) resources: &'a Resources,
    pub(crate) limits: Limits,
    /// The id of the flow that runs.
    pub(crate) flow: &'a str,
    /// The slots that this flow declares.
    pub(crate) declarations: &'a BTreeMap<String, slot::Declaration>,
    /// The intents that may interrupt the question that waits.
    pub(crate) interrupting: Option<InterruptingIntents<'a>>,
    /// The personal values of all flows that run.
    pub(crate) personal: PersonalValues,
    /// Whether the node that runs asks for personal data.
    pub(crate) collects_personal_data: bool,
    /// Values that the texts of the visit could not show; they become notes of the visit.
    pub(crate) text_faults: RefCell<Vec<String>>,
    pub(crate) session: &'a mut Session,
    pub(crate) turn_state: &'a mut TurnState,
}

impl<'a> TurnContext<'a> {
    /// The event that started the turn.
    pub fn event(&self) -> &Event {
        &self.turn_state.event
    }

    /// What the client wrote, at most [`crate::event::MAX_TEXT`] characters of it, or the label that they pressed; empty
    /// for other events.
    pub fn message(&self) -> &str {
        self.turn_state.event.kind.text()
    }

    /// The message as [`crate::wording::normalized`] words.
    pub fn words(&self) -> &str {
        &self.turn_state.words
    }

    /// Whether a text in the client's language is, word for word, the message. The words of a text without variables are
    /// normalised once a release.
    ///
    /// # Errors
    /// A variable that the text shows is unset.
    pub fn is_said(&self, text: &Text) -> Result<bool, Fault> {
        let template = text.in_language(self.language());
        match template.constant_words() {
            Some(words) => Ok(words == self.words()),
            None => Ok(wording::normalized(&self.template(template)?) == self.words()),
        }
    }

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

    /// The client's language.
    pub fn language(&self) -> Language {
        self.session.language
    }

    /// A sentence in the client's language: the bundle's, or the program's own.
    pub fn phrase(&self, phrase: Phrase) -> &'a str {
        self.resources.phrases.get(phrase, self.language())
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

    /// The prompts, answers and knowledge of the release that runs.
    pub fn resources(&self) -> &'a Resources {
        self.resources
    }

    /// The name of this node's set of examples.
    fn example_set(&self) -> String {
        example_set(self.flow, &self.turn_state.current.node)
    }

    /// Renders a text in the client's language.
    ///
    /// # Errors
    /// A variable that the text shows is unset.
    pub fn render(&self, text: &Text) -> Result<String, Fault> {
        self.template(text.in_language(self.language()))
    }

    /// Renders a template.
    ///
    /// # Errors
    /// The template goes through something that is unset, or is too long.
    pub fn template(&self, template: &Template) -> Result<String, Fault> {
        self.rendered(template, self)
    }

    fn rendered(&self, template: &Template, source: &dyn vars::VariableSource) -> Result<String, Fault> {
        let rendered = template.render(source);
        let rendered = rendered.map_err(|why| Fault(format!("template at {}: {why}", template.span())))?;
        for why in rendered.faults {
            let fault = format!("fault: in the text at {}, {why}", template.span());
            let mut faults = self.text_faults.borrow_mut();
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        Ok(rendered.text)
    }

    /// The same for a language model: placeholders stand for the values of personal slots.
    ///
    /// # Errors
    /// A value that the template needs and that is unset.
    pub fn template_for_model(&self, template: &Template) -> Result<String, Fault> {
        self.rendered(template, &ForModel(self))
    }

    /// Whether a slot is declared personal.
    pub fn is_personal(&self, slot: &str) -> bool {
        self.declarations.get(slot).is_some_and(|declaration| declaration.personal)
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// The expression has no value, for instance because a slot is unset.
    pub fn value(&self, expression: &Expression) -> Result<Value, Fault> {
        expression.value(self).map_err(|why| Fault(format!("`{}`: {why}", expression.source())))
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// The condition has no value, or one that is neither true nor false.
    pub fn holds(&self, condition: &Expression) -> Result<bool, Fault> {
        condition.holds(self).map_err(|why| Fault(format!("`{}`: {why}", condition.source())))
    }

    /// A filter's clauses. Clauses whose value is unset are dropped and noted in the trace.
    ///
    /// # Errors
    /// A value of the wrong type, or an expression without a value.
    pub fn filters(&mut self, filter: &FilterExpression) -> Result<Vec<Filter>, Fault> {
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

    /// Sets a slot.
    ///
    /// # Errors
    /// There is no such slot, the value does not fit its type or bounds, or the session would become too large.
    pub fn set_slot(&mut self, name: &str, value: Value) -> Result<(), Fault> {
        let declaration = self.slot_declaration(name)?;
        let (personal, kind) = (declaration.personal, declaration.kind);
        let value = declaration.accept(value).map_err(|why| Fault(format!("slot `{name}`: {why}")))?;
        self.session
            .check_room(&value, self.slot(name))
            .map_err(|why| Fault(format!("slot `{name}`: {why}")))?;
        if personal && !value.is_null() {
            self.personal.add_of(kind, &value);
            if self.collects_personal_data {
                self.turn_state.personal_message = true;
                self.forget_message();
            }
        }
        self.frame_mut().slots.insert(name.to_owned(), value);
        Ok(())
    }

    /// What the conversation is about.
    pub fn context(&self) -> &Context {
        &self.session.context
    }

    /// The same, to be changed: what is in focus, the order, the tone.
    pub fn context_mut(&mut self) -> &mut Context {
        &mut self.session.context
    }

    /// Records that the client sees the rows of a search, so that «второй» means the second of them.
    pub fn show(&mut self, found: &Found) {
        self.session.context.show(found, self.turn_state.event.at);
    }

    /// Goes back to the search before the one that was shown last, which is forgotten.
    pub fn earlier_search(&mut self) -> Option<SearchRequest> {
        let earlier = self.session.context.earlier.pop_back()?;
        self.session.context.shown = None;
        Some(earlier)
    }

    /// Whether the node was asked, by `on.refer`, whether the message speaks of what was shown: then
    /// [`crate::kind::NodeOutcome::NotAnswered`] leaves the turn as if it had not been asked.
    pub fn may_decline(&self) -> bool {
        self.turn_state.referring.is_some()
    }

    /// Whether a question waited when the message came.
    pub fn question_waits(&self) -> bool {
        self.turn_state.referring.as_ref().is_some_and(|referring| referring.waited.is_some())
    }

    /// Reads a part of the message from here on, as if it were all that the client wrote.
    pub fn read_as(&mut self, text: &str) {
        self.turn_state.read_as(text.to_owned());
    }

    /// The same for a message that this node then declines: whoever reads it next reads only that.
    pub fn read_on_as(&mut self, text: &str) {
        self.turn_state.read_as(text.to_owned());
        self.turn_state.referred = true;
    }

    /// Adds a part of the message that is a wish of its own: it is answered when the present one is, by an exit of this node
    /// or, without one, from the start of the flow. What does not fit into the turn is answered in a later one.
    pub fn also_wants(&mut self, text: &str, exit: Option<&str>) {
        self.add_wish(text, exit, true);
    }

    /// The same for a wish that the message implies in other words: its answer does not begin with them.
    pub fn also_implies(&mut self, text: &str) {
        self.add_wish(text, None, false);
    }

    fn add_wish(&mut self, text: &str, exit: Option<&str>, said: bool) {
        self.turn_state.wishes.push_back(Wish {
            text: text.to_owned(),
            flow: self.flow.to_owned(),
            node: self.turn_state.current.node.clone(),
            exit: exit.map(str::to_owned),
            said,
        });
    }

    /// Whether a further wish of the message is read, after another was answered.
    pub fn is_further_wish(&self) -> bool {
        self.turn_state.answered > 0
    }

    /// Takes a wish that `takes` accepts out of those that are to be answered next: the node that runs answers it.
    pub fn take_wish(&mut self, takes: impl Fn(&str) -> bool) -> Option<String> {
        let at = self.turn_state.wishes.iter().position(|wish| takes(&wish.text))?;
        self.turn_state.wishes.remove(at).map(|wish| wish.text)
    }

    /// Remembers which slot holds the last search results, for `results` in templates.
    pub fn set_results(&mut self, slot: &str) {
        self.frame_mut().results = Some(slot.to_owned());
    }

    /// The declaration of a slot.
    ///
    /// # Errors
    /// The flow does not declare it.
    pub fn slot_declaration(&self, name: &str) -> Result<&slot::Declaration, Fault> {
        self.declarations.get(name).ok_or_else(|| Fault(format!("there is no slot `{name}`")))
    }

    /// The moment of the turn on the company's clock.
    pub fn now(&self) -> DateTime {
        let timestamp = jiff::Timestamp::from_millisecond(self.turn_state.event.at).unwrap_or_default();
        timestamp.to_zoned(self.resources.time_zone.clone()).datetime()
    }

    /// The day of the turn in the company's time zone.
    pub fn today(&self) -> jiff::civil::Date {
        self.now().date()
    }

    /// Slots with their types, as [`Typed::tag`] gives them.
    fn tagged(&self, mut slots: Map<String, Value>) -> Map<String, Value> {
        for (name, declaration) in self.declarations.iter().filter(|(_, slot)| slot.kind.is_typed()) {
            if let Some(value) = slots.get_mut(name) {
                *value = Typed::tag_stored(declaration.kind, value);
            }
        }
        slots
    }

    /// What the choices in the slots are called in the client's language; `null` for a value that is none of them.
    fn labels(&self) -> Map<String, Value> {
        let labels = self.resources.labels.get(self.flow).into_iter().flatten();
        let shown = labels.map(|(slot, choices)| {
            let label = self.slot(slot).as_str().and_then(|value| choices.get(value));
            let label = label.and_then(|label| self.render(label).ok());
            (slot.clone(), label.map_or(Value::Null, Value::String))
        });
        shown.collect()
    }

    /// The node's state since it was entered; the default before anything was stored.
    pub fn state<T: Default + for<'de> Deserialize<'de>>(&self) -> T {
        T::deserialize(&self.turn_state.current.state).unwrap_or_default()
    }

    /// Stores the node's state, which lasts until the node is left.
    ///
    /// # Errors
    /// The state has no JSON form, or the session would become too large.
    pub fn set_state<T: Serialize>(&mut self, state: &T) -> Result<(), Fault> {
        let state = serde_json::to_value(state).map_err(|why| Fault(why.to_string()))?;
        self.session.check_room(&state, &self.turn_state.current.state).map_err(Fault)?;
        self.turn_state.current.state = state;
        Ok(())
    }

    /// Adds a line of explanation to the trace. Personal values in it are replaced.
    pub fn note(&mut self, note: String) {
        let note = self.redacted(&note);
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
        self.turn_state.send(self.session, &self.personal, message);
    }

    /// Adds a command to the turn.
    pub fn command(&mut self, command: Command) {
        self.turn_state.push(command);
    }

    /// Starts a timer that fires after so many milliseconds. It replaces a running one of the same name.
    pub fn start_timer(&mut self, name: &str, after: i64) {
        let due = self.turn_state.event.at.saturating_add(after);
        self.command(Command::StartTimer { name: name.to_owned(), due });
    }

    /// Starts the timer of this node, which fires at a moment (milliseconds since the Unix epoch) whatever the dialog does
    /// meanwhile; for a node of [`crate::kind::Node::lasts`].
    pub fn start_lasting_timer(&mut self, due: i64) {
        let name = timers::lasting(self.flow, &self.turn_state.current.node);
        self.command(Command::StartTimer { name, due });
    }

    /// When a moment on the company's clock is, in milliseconds since the Unix epoch.
    pub fn millis_of(&self, at: DateTime) -> i64 {
        let zoned = self.resources.time_zone.to_ambiguous_timestamp(at).compatible();
        zoned.map_or(self.turn_state.event.at, |at| at.as_millisecond())
    }

    /// Cancels a timer.
    pub fn cancel_timer(&mut self, name: &str) {
        self.command(Command::CancelTimer { name: name.to_owned() });
    }

    /// An idempotency key for what this visit sends to other systems. A repeated turn has the same one.
    pub fn effect_key(&self) -> String {
        format!("{}-{}", self.turn_state.event.id.simple(), self.turn_state.trace.visits.len())
    }

    /// Starts a handoff to a group of staff: the bot is silent until they end it, or until `timeout` milliseconds after
    /// their last message.
    pub fn hand_off(&mut self, group: &str, reason: String, timeout: i64) {
        self.session.taken_over_at = Some(self.turn_state.event.at);
        self.session.handoff_timeout = Some(timeout);
        self.session.handoff_group = Some(group.to_owned());
        self.command(Command::HandOff { reason });
        self.start_timer(timers::HANDOFF, timeout);
    }

    /// The client's arm in an experiment, if they were put into one.
    pub fn arm(&self, experiment: &str) -> Option<&str> {
        self.session.arms.get(experiment).map(String::as_str)
    }

    /// Assigns the client to an arm of an experiment. The assignment never changes.
    pub fn set_arm(&mut self, experiment: &str, arm: &str) {
        self.session.arms.insert(experiment.to_owned(), arm.to_owned());
        self.command(Command::Arm { experiment: experiment.to_owned(), arm: arm.to_owned() });
    }

    /// All arms of the client, by experiment.
    pub fn arms(&self) -> &BTreeMap<String, String> {
        &self.session.arms
    }

    /// A number from 0 (included) to 1 (excluded) that never changes for this client and name, and is evenly distributed over
    /// clients.
    pub fn fraction(&self, name: &str) -> f64 {
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

    /// The language follows the client's messages again, beginning with the next one.
    pub fn free_language(&mut self) {
        self.session.language_chosen = false;
        self.session.language_known = false;
        self.session.language_doubt = None;
    }

    /// Whether the message is, word for word, an example of an intent that interrupts. A question that takes any text
    /// should not take such a message as its answer.
    pub fn interrupts(&self) -> bool {
        matches!(self.turn_state.event.kind, EventKind::Message { .. })
            && self.interrupting.is_some_and(|intents| intents.matching(self.words()).is_some())
    }

    /// Takes the client's message for a press of the button with this label: from here on the label is the message, for
    /// texts, queries and conditions. The history keeps what was written.
    pub fn take_as_press(&mut self, label: &str) {
        if let EventKind::Message { text } = &mut self.turn_state.event.kind {
            label.clone_into(text);
            self.turn_state.words = wording::normalized(label);
        }
    }

    /// Lets an intent interrupt the question that waits only with this confidence (0 to 1) or more; where the flow's own
    /// bound is higher, that holds. For a node that returns [`crate::kind::NodeOutcome::NotAnswered`] for a message that it
    /// will take as an answer unless it is plainly something else.
    pub fn require_confidence(&mut self, least: f32) {
        self.turn_state.least_confidence = least;
    }

    /// Whether `is` holds of a word in the examples of the intents that may interrupt; words of fewer than four characters
    /// are not asked about.
    pub fn any_example_word(&self, is: impl Fn(&str) -> bool) -> bool {
        self.interrupting.is_some_and(|intents| intents.examples.words().any(is))
    }

    /// What this node remembered when it was interrupted, where its question has not been asked again since.
    pub fn interrupted_state<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        let frame = self.session.frames.last()?;
        let node = &self.turn_state.current.node;
        let interrupted = frame.interrupted.iter().rfind(|interrupted| interrupted.waiting.node == *node)?;
        T::deserialize(&interrupted.waiting.state).ok()
    }

    /// Removes the client's message from the history, because it holds personal data.
    pub fn forget_message(&mut self) {
        if let Some(text) = self.turn_state.remembered.take() {
            self.session.history.retain(|said| said.who != Author::Client || said.text != text);
        }
    }

    /// A button that comes back as a press of this node.
    pub fn button(&mut self, label: String, choice: Choice) -> Button {
        let node = self.turn_state.current.node.clone();
        self.turn_state.button(self.release, self.flow, &node, label, choice)
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
        let label = self.phrase(phrases::MORE).to_owned();
        Some(self.button(label, Choice::More { request: Box::new(request) }))
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

    fn slots(&self) -> Option<&Map<String, Value>> {
        self.session.frames.last().map(|frame| &frame.slots)
    }

    fn frame_mut(&mut self) -> &mut Frame {
        if self.session.frames.is_empty() {
            self.session.frames.push(Frame::new(self.flow, self.declarations));
        }
        let last = self.session.frames.len() - 1;
        &mut self.session.frames[last]
    }
}

impl vars::VariableSource for TurnContext<'_> {
    fn root(&self, name: &str) -> Value {
        match name {
            "client" => {
                let client = &self.session.client;
                let known = |text: &String| Some(text.clone()).filter(|text| !text.trim().is_empty());
                json!({
                    "first_name": known(&client.first_name),
                    "last_name": known(&client.last_name),
                    "username": known(&client.username),
                })
            }
            "message" => json!({ "text": self.message() }),
            "slots" => Value::Object(self.tagged(self.slots().cloned().unwrap_or_default())),
            "session" => json!({ "language": self.language().code(), "flow": self.flow }),
            "results" => match self.session.frames.last().and_then(|frame| frame.results.as_ref()) {
                Some(slot) => self.slot(slot).clone(),
                None => json!({ "query": "", "total": 0, "items": [] }),
            },
            "context" => self.session.context.variables(self.language()),
            "company" => {
                Value::Object(self.resources.company.get(&self.language()).cloned().unwrap_or_default())
            }
            "now" => now(self.now(), self.turn_state.event.at, &self.resources.calendar),
            "labels" => Value::Object(self.labels()),
            _ => Value::Null,
        }
    }

    fn language(&self) -> Language {
        self.session.language
    }
}

/// The values of a turn as a language model may see them.
struct ForModel<'c, 'a>(&'c TurnContext<'a>);

impl vars::VariableSource for ForModel<'_, '_> {
    fn root(&self, name: &str) -> Value {
        let turn = self.0;
        match name {
            "slots" => {
                let slots = turn.slots().map(|slots| masked_slots(turn.declarations, slots, turn.language()));
                Value::Object(turn.tagged(slots.unwrap_or_default()))
            }
            "results" => match turn.session.frames.last().and_then(|frame| frame.results.as_ref()) {
                Some(slot) if turn.is_personal(slot) => {
                    personal::masked(turn.slot(slot), phrases::PERSONAL, turn.language())
                }
                _ => turn.root(name),
            },
            "message" if turn.turn_state.personal_message => {
                json!({ "text": phrases::PERSONAL.get(turn.language()) })
            }
            "message" => json!({ "text": turn.redacted(turn.message()) }),
            _ => turn.root(name),
        }
    }

    fn language(&self) -> Language {
        self.0.session.language
    }
}

/// The moment of the turn, with what the company's calendar says of it.
fn now(at: DateTime, utc: i64, calendar: &Calendar) -> Value {
    let mut now = Typed::DateTime(at).tag();
    if let Value::Object(fields) = &mut now {
        let timestamp = jiff::Timestamp::from_millisecond(utc).unwrap_or_default();
        fields.insert("iso".to_owned(), json!(Typed::DateTime(at).iso()));
        fields.insert("utc".to_owned(), json!(timestamp.to_string()));
        fields.insert("working".to_owned(), json!(calendar.is_open(at)));
        fields.insert("workday".to_owned(), json!(calendar.is_workday(at.date())));
        let opens = calendar.opens(at).map_or(Value::Null, |at| Typed::DateTime(at).tag());
        fields.insert("opens".to_owned(), opens);
        let next = calendar.next_workday(at.date()).map_or(Value::Null, |day| Typed::Date(day).tag());
        fields.insert("next_workday".to_owned(), next);
    }
    now
}
