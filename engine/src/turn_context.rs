//! The interface of a running node to its turn.

mod effects;
mod explained;
mod message;
mod queries;
mod variables;

use std::{cell::RefCell, collections::BTreeMap};

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    catalog::{Filter, SearchRequest},
    condition::{Expression, FilterExpression},
    context::Context,
    event::Event,
    fault::Fault,
    header::Limits,
    image::{self, Image},
    intents::InterruptingIntents,
    language::Language,
    personal::PersonalValues,
    phrases::Phrase,
    resources::Resources,
    results::Found,
    session::{Frame, Session},
    slot,
    text::{Template, Text, shorten},
    turn_state::TurnState,
    vars,
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

    /// The client's language.
    pub fn language(&self) -> Language {
        self.session.language
    }

    /// A sentence in the client's language: the bundle's, or the program's own.
    pub fn phrase(&self, phrase: Phrase) -> &'a str {
        self.resources.phrases.get(phrase, self.language())
    }

    /// The prompts, answers and knowledge of the release that runs.
    pub fn resources(&self) -> &'a Resources {
        self.resources
    }

    /// Renders a text in the client's language.
    ///
    /// # Errors
    /// A variable that the text shows is unset.
    pub fn render(&self, text: &Text) -> Result<String, Fault> {
        self.template(text.in_language(self.language()))
    }

    /// The address of a picture that a text names: for `images/<name>` that of the release's image. `None`, with a note of the
    /// visit, for an image that the release does not have: a name that is put together may be any.
    pub fn picture(&self, named: String) -> Option<String> {
        if !named.starts_with(image::FOLDER) {
            return Some(named);
        }
        let found = self.resources.images.get(&named).map(Image::address);
        if found.is_none() {
            let fault =
                format!("fault: there is no image `{}`; the message goes without it", shorten(&named, 80));
            self.text_faults.borrow_mut().push(fault);
        }
        found
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
        self.rendered(template, &variables::ForModel(self))
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
