//! `collect_contact`: how to reach the client.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value, json};
use tolmach_engine::{
    diagnostic::Code,
    effect::Outgoing,
    event::EventKind,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    phrases::Phrase,
    scope::{Scope, Sets},
    slot::{Declaration, Type},
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
};

use crate::{
    ask::{CANCELLED, cancel_button},
    extract, phrases,
};

/// Collects name, phone and e-mail, all in one message or one by one, with a button that shares the client's own
/// contact where the channel has one. What is written here stays out of the history that models see.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectContact {
    /// What to ask for, in the order of asking.
    #[serde(default = "all_fields")]
    fields: Vec<Spanned<Field>>,
    /// What must be given: `all`, or `one_of(phone, email)`. Without it, one of phone and e-mail.
    #[serde(default)]
    require: Require,
    /// The question; there is one by default.
    #[serde(default)]
    text: Option<Text>,
    /// A prompt file with the personal-data notice, shown under the question.
    #[serde(default)]
    consent: Option<Spanned<String>>,
    /// The slot for the contact.
    into: Spanned<String>,
    /// How many messages without anything usable end in `gave_up`.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    attempts: Spanned<u32>,
}

/// A field of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Field {
    Name,
    Phone,
    Email,
}

impl Field {
    const fn key(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Phone => "phone",
            Field::Email => "email",
        }
    }

    fn parse(name: &str) -> Option<Field> {
        [Field::Name, Field::Phone, Field::Email].into_iter().find(|field| field.key() == name)
    }
}

/// What must be given.
#[derive(Clone, Debug, PartialEq)]
enum Require {
    All,
    OneOf(Vec<Field>),
}

impl Default for Require {
    fn default() -> Require {
        Require::OneOf(vec![Field::Phone, Field::Email])
    }
}

impl JsonSchema for Require {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Require".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^(all|one_of\([a-z, ]+\))$" })
    }
}

impl<'de> Deserialize<'de> for Require {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Require, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "all" {
            return Ok(Require::All);
        }
        let list = text.strip_prefix("one_of(").and_then(|rest| rest.strip_suffix(')'));
        let fields: Option<Vec<Field>> =
            list.and_then(|list| list.split(',').map(|name| Field::parse(name.trim())).collect());
        match fields {
            Some(fields) if !fields.is_empty() => Ok(Require::OneOf(fields)),
            _ => Err(de::Error::custom(format!(
                "`{text}` is not a requirement\nwrite all, or \"one_of(phone, email)\" with its quotes; the fields are name, phone and email"
            ))),
        }
    }
}

fn all_fields() -> Vec<Spanned<Field>> {
    [Field::Name, Field::Phone, Field::Email].map(|field| Spanned::new(field, Default::default())).to_vec()
}

fn three() -> Spanned<u32> {
    Spanned::new(3, Default::default())
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    contact: Map<String, Value>,
    /// The field that was asked for by name.
    asked: Option<Field>,
    failures: u32,
}

impl Kind for CollectContact {
    const NAME: &'static str = "collect_contact";
    const EXITS: &'static [(&'static str, &'static str)] = &[
        ("done", "the contact is complete and in the slot"),
        ("cancelled", "the client wants out of the form"),
        ("gave_up", "too many messages held nothing usable"),
    ];
    const EXAMPLE: &'static str = "\
flow: example
start: contact
slots:
  contact: { type: contact, personal: true }
nodes:
  contact:
    collect_contact:
      fields: [name, phone]
      require: one_of(phone)
      into: contact
    next: { done: thanks, cancelled: wait, gave_up: wait }
  thanks:
    say: { text: { ru: 'Спасибо, {{slots.contact.name}}!', en: 'Thank you, {{slots.contact.name}}!' } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["перезвоните", "Анна, 8 999 123-45-67"], &["contact", "thanks"]);
}

impl Node for CollectContact {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done"), Exit::required("cancelled"), Exit::required("gave_up")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.sets(&self.into, &[Type::Contact], Sets::OnExits(&["done"]));
        if let Some(text) = &self.text {
            scope.text(text);
        }
        if let Some(consent) = &self.consent {
            scope.prompt(consent);
        }
        let one_of_enough = matches!(self.require, Require::OneOf(_))
            && self
                .required()
                .iter()
                .any(|required| self.fields.iter().any(|field| field.value == *required));
        for required in self.required() {
            if !one_of_enough && !self.fields.iter().any(|field| field.value == required) {
                let message = format!("`{}` is required but not among the fields", required.key());
                scope.report(
                    Code::BadValue,
                    self.into.span,
                    message,
                    "add it to `fields`, or leave it out of `require`",
                );
            }
        }
        scope.count("attempts", &self.attempts, 1..=10);
    }

    fn waits(&self) -> bool {
        true
    }

    fn collects_personal_data(&self, _: &BTreeMap<String, Declaration>) -> bool {
        true
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::ButtonPressed(value) if value == CANCELLED => Ok(NodeOutcome::exit("cancelled")),
            NodeInput::Reply if extract::is_cancel(turn.message()) || extract::is_refusal(turn.message()) => {
                Ok(NodeOutcome::exit("cancelled"))
            }
            NodeInput::Reply => self.take(turn, true),
            NodeInput::NotAnswered => self.take(turn, false),
            input => {
                // An interrupted form is asked again, and what was given stays given.
                if input != NodeInput::Resumed && input != NodeInput::HandoffEnded {
                    turn.set_state(&State::default())?;
                }
                // «Перезвоните, 8 999 123-45-67» has answered already; the words beside it are hardly a name.
                if input == NodeInput::Enter {
                    let mut found = self.read(turn, None);
                    found.remove("name");
                    if !found.is_empty() {
                        turn.forget_message();
                        if let Some(consent) = &self.consent {
                            let notice = self.notice(turn, consent)?;
                            turn.say(notice, Vec::new());
                        }
                        return self.keep(turn, State::default(), found);
                    }
                }
                let mut text = match &self.text {
                    Some(text) => turn.render(text)?,
                    None => phrases::CONTACT.get(turn.language()).to_owned(),
                };
                if let Some(consent) = &self.consent {
                    text.push_str("\n\n");
                    text.push_str(&self.notice(turn, consent)?);
                }
                self.question(turn, text)
            }
        }
    }
}

impl CollectContact {
    /// Reads the contact out of the message. A message that holds none and does not look like a failed attempt may
    /// interrupt the form, if `may_interrupt` is set.
    fn take(&self, turn: &mut TurnContext<'_>, may_interrupt: bool) -> Result<NodeOutcome, Fault> {
        let mut state: State = turn.state();
        let found = self.read(turn, state.asked);
        let helped = !found.is_empty();
        let attempt =
            turn.message().contains('@') || turn.message().chars().filter(char::is_ascii_digit).count() >= 5;
        if may_interrupt && (!helped && !attempt || helped && !found_contact(&found) && turn.interrupts()) {
            return Ok(NodeOutcome::NotAnswered);
        }
        if !helped {
            state.failures += 1;
            turn.note(format!("message {} of {} held no contact", state.failures, self.attempts.value));
        }
        self.keep(turn, state, found)
    }

    /// Adds what was found and asks for what is still missing.
    fn keep(
        &self,
        turn: &mut TurnContext<'_>,
        mut state: State,
        found: Map<String, Value>,
    ) -> Result<NodeOutcome, Fault> {
        // A shared or corrected value replaces the old one.
        state.contact.extend(found);
        if let Some(missing) = self.missing(&state.contact) {
            if state.failures >= self.attempts.value {
                return Ok(NodeOutcome::exit("gave_up"));
            }
            let complaint = self.complaint(turn, missing);
            state.asked = Some(missing);
            turn.set_state(&state)?;
            return self.question(turn, complaint.get(turn.language()).to_owned());
        }
        let wants_name = self.fields.iter().any(|field| field.value == Field::Name);
        if wants_name && !state.contact.contains_key("name") && state.asked != Some(Field::Name) {
            state.asked = Some(Field::Name);
            turn.set_state(&state)?;
            return self.question(turn, phrases::NAME.get(turn.language()).to_owned());
        }
        turn.set_slot(&self.into, Value::Object(state.contact))?;
        Ok(NodeOutcome::exit("done"))
    }

    /// What the message gives, for the fields that are wanted.
    fn read(&self, turn: &TurnContext<'_>, asked: Option<Field>) -> Map<String, Value> {
        let (mut text, mut shared_name) = (turn.message().to_owned(), String::new());
        if let EventKind::Contact { phone, name } = &turn.event().kind {
            // Channels give numbers without the plus.
            text = if phone.starts_with('+') { phone.clone() } else { format!("+{phone}") };
            shared_name.clone_from(name);
        }
        let mut found = Map::new();
        let wanted = |field: Field| self.fields.iter().any(|wanted| wanted.value == field);
        if let Some((email, range)) = extract::email(&text) {
            text.replace_range(range, " ");
            if wanted(Field::Email) {
                found.insert("email".to_owned(), json!(email));
            }
        }
        // Of several numbers the first is kept; the others are no part of the name either.
        if let Some(phone) = extract::take_phones(&mut text)
            && wanted(Field::Phone)
        {
            found.insert("phone".to_owned(), json!(phone));
        }
        let name = if shared_name.is_empty() { extract::name(&text) } else { Some(shared_name) };
        // A lone word is a name beside a phone, or when a name was asked for; otherwise it may be anything.
        if let Some(name) = name
            && wanted(Field::Name)
            && (!found.is_empty() || asked == Some(Field::Name))
        {
            found.insert("name".to_owned(), json!(name));
        }
        found
    }

    fn required(&self) -> Vec<Field> {
        match &self.require {
            Require::OneOf(fields) => fields.clone(),
            Require::All => self.fields.iter().map(|field| field.value).collect(),
        }
    }

    /// A field that must still be given.
    fn missing(&self, contact: &Map<String, Value>) -> Option<Field> {
        let required = self.required();
        let lacking = |field: &&Field| !contact.contains_key(field.key());
        let missing = required.iter().find(lacking).copied();
        match self.require {
            Require::OneOf(_) if required.iter().any(|field| contact.contains_key(field.key())) => None,
            _ => missing,
        }
    }

    fn complaint(&self, turn: &TurnContext<'_>, missing: Field) -> Phrase {
        let text = turn.message();
        let either = matches!(&self.require, Require::OneOf(fields) if fields.contains(&Field::Phone) && fields.contains(&Field::Email));
        let digits = text.chars().filter(char::is_ascii_digit).count();
        match missing {
            _ if text.contains('@') => phrases::NOT_AN_EMAIL,
            Field::Phone | Field::Email if digits >= 5 => phrases::NOT_A_PHONE,
            Field::Phone | Field::Email if either => phrases::PHONE_OR_EMAIL,
            Field::Name => phrases::NAME,
            Field::Phone => phrases::PHONE,
            Field::Email => phrases::EMAIL,
        }
    }

    fn notice(&self, turn: &TurnContext<'_>, name: &Spanned<String>) -> Result<String, Fault> {
        let prompt = turn.resources().prompts.get(&name.value).and_then(|prompt| prompt.get(turn.language()));
        let prompt = prompt.ok_or_else(|| Fault(format!("there is no prompt `{}`", name.value)))?;
        turn.template(&prompt.body)
    }

    fn question(&self, turn: &mut TurnContext<'_>, text: String) -> Result<NodeOutcome, Fault> {
        let shares = self.fields.iter().any(|field| field.value == Field::Phone);
        let share_contact = shares.then(|| phrases::SHARE_CONTACT.get(turn.language()).to_owned());
        let buttons = vec![cancel_button(turn)];
        turn.send(Outgoing { text, buttons, share_contact, ..Outgoing::default() });
        Ok(NodeOutcome::Wait)
    }
}

fn found_contact(found: &Map<String, Value>) -> bool {
    found.contains_key("phone") || found.contains_key("email")
}
