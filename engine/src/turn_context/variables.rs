//! The values of a turn that texts and conditions read: the client's, the slots', the company's, and the moment.

use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

use super::TurnContext;
use crate::{
    calendar::Calendar,
    language::Language,
    personal::{self, masked_slots},
    phrases, slot,
    typed::Typed,
    vars::VariableSource,
};

impl VariableSource for TurnContext<'_> {
    fn root(&self, name: &str) -> Value {
        match name {
            "client" => self.some(CLIENT, |field| self.of_client(field)),
            "message" => json!({ "text": self.message() }),
            "slots" => self.slots().map_or_else(|| json!({}), |slots| self.tagged(slots.clone())),
            "session" => json!({ "language": self.language().code(), "flow": self.flow }),
            "results" => match self.results() {
                Some(slot) => self.slot(slot).clone(),
                None => json!({ "query": "", "total": 0, "items": [] }),
            },
            "context" => self.session.context.variables(self.language()),
            "company" => self.company().cloned().map_or_else(|| json!({}), Value::Object),
            "now" => self.moment(),
            "labels" => {
                let labels = self.resources.labels.get(self.flow).into_iter().flatten();
                self.some(labels.map(|(slot, _)| slot), |slot| self.label(slot))
            }
            _ => Value::Null,
        }
    }

    fn fields(&self, root: &str, fields: &[String]) -> Value {
        match root {
            "client" => self.some(fields, |field| self.of_client(field)),
            "slots" => self.some(fields, |slot| {
                let value = self.slots()?.get(slot)?;
                Some(tagged(self.declarations.get(slot), value).unwrap_or_else(|| value.clone()))
            }),
            "results" => match self.results().map(|slot| self.slot(slot)) {
                Some(Value::Object(found)) => self.some(fields, |field| found.get(field).cloned()),
                _ => self.root(root),
            },
            "company" => self.some(fields, |key| self.company()?.get(key).cloned()),
            "now" => {
                let (at, calendar) = (self.now(), &self.resources.calendar);
                self.some(fields, |field| of_moment(field, at, calendar))
            }
            "labels" => self.some(fields, |slot| self.label(slot)),
            _ => self.root(root),
        }
    }

    fn language(&self) -> Language {
        self.session.language
    }
}

const CLIENT: [&str; 3] = ["first_name", "last_name", "username"];

impl TurnContext<'_> {
    /// Those of these fields that there are.
    fn some<S: AsRef<str>>(
        &self,
        names: impl IntoIterator<Item = S>,
        value: impl Fn(&str) -> Option<Value>,
    ) -> Value {
        let known = names.into_iter().filter_map(|name| {
            let name = name.as_ref();
            Some((name.to_owned(), value(name)?))
        });
        Value::Object(known.collect())
    }

    /// A field of the client; `null` where the channel does not tell it.
    fn of_client(&self, field: &str) -> Option<Value> {
        let client = &self.session.client;
        let text = match field {
            "first_name" => &client.first_name,
            "last_name" => &client.last_name,
            "username" => &client.username,
            _ => return None,
        };
        Some(if text.trim().is_empty() { Value::Null } else { Value::String(text.clone()) })
    }

    /// Slots with their types, as [`Typed::tag`] gives them.
    fn tagged(&self, mut slots: Map<String, Value>) -> Value {
        for (name, value) in &mut slots {
            if let Some(tagged) = tagged(self.declarations.get(name), value) {
                *value = tagged;
            }
        }
        Value::Object(slots)
    }

    /// The slot that holds the last search results.
    fn results(&self) -> Option<&str> {
        self.session.frames.last()?.results.as_deref()
    }

    /// The values of company.yaml in the client's language.
    fn company(&self) -> Option<&Map<String, Value>> {
        self.resources.company.get(&self.session.language)
    }

    /// What the choice in a slot is called in the client's language; `null` for a value that is none of them.
    fn label(&self, slot: &str) -> Option<Value> {
        let choices = self.resources.labels.get(self.flow)?.get(slot)?;
        let label = self.slot(slot).as_str().and_then(|value| choices.get(value));
        let label = label.and_then(|label| self.render(label).ok());
        Some(label.map_or(Value::Null, Value::String))
    }

    /// The moment of the turn, with what the company's calendar says of it.
    fn moment(&self) -> Value {
        let (at, calendar) = (self.now(), &self.resources.calendar);
        let mut moment = Typed::DateTime(at).tag();
        if let Value::Object(fields) = &mut moment {
            for field in CALENDAR {
                fields.extend(of_moment(field, at, calendar).map(|value| (field.to_owned(), value)));
            }
        }
        moment
    }
}

/// The value of a slot with its type, where the type is one of [`Typed`].
fn tagged(declaration: Option<&slot::Declaration>, value: &Value) -> Option<Value> {
    let kind = declaration?.kind;
    kind.is_typed().then(|| Typed::tag_stored(kind, value))
}

/// What the company's calendar says of a moment.
const CALENDAR: [&str; 4] = ["working", "workday", "opens", "next_workday"];

/// A field of the moment of the turn.
fn of_moment(field: &str, at: DateTime, calendar: &Calendar) -> Option<Value> {
    Some(match field {
        "working" => json!(calendar.is_open(at)),
        "workday" => json!(calendar.is_workday(at.date())),
        "opens" => calendar.opens(at).map_or(Value::Null, |at| Typed::DateTime(at).tag()),
        "next_workday" => calendar.next_workday(at.date()).map_or(Value::Null, |day| Typed::Date(day).tag()),
        "date" => Typed::Date(at.date()).tag(),
        "time" => Typed::Time(at.time()).tag(),
        "year" | "month" | "day" | "weekday" => return Typed::Date(at.date()).tag().get(field).cloned(),
        "hour" | "minute" => return Typed::Time(at.time()).tag().get(field).cloned(),
        field => return Typed::DateTime(at).identity(field),
    })
}

/// The values of a turn as a language model may see them.
pub(super) struct ForModel<'c, 'a>(pub(super) &'c TurnContext<'a>);

impl VariableSource for ForModel<'_, '_> {
    fn root(&self, name: &str) -> Value {
        let turn = self.0;
        match name {
            "slots" => {
                let slots = turn.slots().map(|slots| masked_slots(turn.declarations, slots, turn.language()));
                turn.tagged(slots.unwrap_or_default())
            }
            "results" => match turn.results() {
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
