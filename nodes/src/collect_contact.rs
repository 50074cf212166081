//! `collect_contact`: how to reach the client.

mod fields;
mod phone;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tolmach_engine::{
    diagnostic::Code,
    effect::Outgoing,
    event::EventKind,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    language::Language,
    phrases::Phrase,
    scope::{Scope, Sets},
    slot::{Declaration, Type},
    span::Spanned,
    text::{Text, shorten},
    turn_context::TurnContext,
    wording,
};

use self::fields::{Field, Require};
pub(crate) use self::phone::not_a_phone;
use crate::{
    ask::{CANCELLED, cancel_button},
    extract::{self, Disowned, Sign},
    phrases,
};

/// Collects name, phone and e-mail, all in one message or one by one and in any order, with a button that shares the
/// client's own contact where the channel has one. A name may stand alone or in a sentence; a value that is said to be wrong is
/// replaced or asked for again; a question in between is answered and the form goes on. What is written here stays out of the
/// history that models see.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectContact {
    /// What to ask for, in the order of asking.
    #[serde(default = "all_fields")]
    fields: Vec<Spanned<Field>>,
    /// What must be given: `all`, or `one_of(phone, email)`. Without it, one of phone and e-mail.
    #[serde(default)]
    require: Require,
    /// The question; the default one names the fields.
    #[serde(default)]
    text: Option<Text>,
    /// A prompt file with the personal-data notice, shown under the question.
    #[serde(default)]
    #[schemars(extend("x-names" = "prompt"))]
    consent: Option<Spanned<String>>,
    /// The slot for the contact.
    #[schemars(extend("x-names" = "slot"))]
    into: Spanned<String>,
    /// How many messages without anything usable end in `gave_up`.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    attempts: Spanned<u32>,
    /// Ask for nothing that is not required; what the client gives beside it is kept. Without it, a name that is among the
    /// fields and not required is asked for once.
    #[serde(default)]
    only_required: bool,
    /// Begin with what the slot holds: what the client gives replaces it field by field.
    #[serde(default)]
    update: bool,
    /// A text slot for what is said beside the contact of how to call or write («только звоните после шести»); kept as it is
    /// where nothing is said.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    remark: Option<Spanned<String>>,
    /// Keep what was given in the slot also where the form is cancelled or given up.
    #[serde(default)]
    keep_partial: bool,
}

fn all_fields() -> Vec<Spanned<Field>> {
    [Field::Name, Field::Phone, Field::Email].map(|field| Spanned::new(field, Default::default())).to_vec()
}

fn three() -> Spanned<u32> {
    Spanned::new(3, Default::default())
}

/// The most characters of what is said beside contacts.
const LONGEST_REMARK: usize = 400;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    contact: Map<String, Value>,
    /// The field that was asked for by name.
    asked: Option<Field>,
    /// A name that is not required was asked for; it is not asked for again.
    #[serde(default)]
    name_asked: bool,
    failures: u32,
}

/// What a message gives.
#[derive(Debug, Default)]
struct Given {
    fields: Map<String, Value>,
    /// How to call or write.
    remark: Option<String>,
    /// A name whose form alone shows that it is one: taken where nothing else can be meant.
    unsure_name: Option<extract::Name>,
}

impl Given {
    fn has_contact(&self) -> bool {
        self.fields.contains_key("phone") || self.fields.contains_key("email")
    }
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
        if self.keep_partial {
            scope.sets(&self.into, &[Type::Contact], Sets::Maybe);
        }
        if let Some(remark) = &self.remark {
            scope.sets(remark, &[Type::Text], Sets::Maybe);
        }
        if let Some(text) = &self.text {
            scope.text(text);
        }
        if let Some(consent) = &self.consent {
            scope.prompt(consent);
        }
        let one_of_enough = matches!(self.require, Require::OneOf(_)) && !self.required().is_empty();
        let named = match &self.require {
            Require::OneOf(fields) => fields.clone(),
            Require::All => Vec::new(),
        };
        for required in named {
            if !one_of_enough && !self.wants(required) {
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

    fn collects(&self) -> bool {
        true
    }

    fn takes_contact(&self, event: &EventKind) -> bool {
        match event {
            EventKind::Contact { .. } => true,
            EventKind::Message { text } => self.is_contact(text) || self.is_broken_phone(text),
            _ => false,
        }
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::ButtonPressed(value) if value == CANCELLED => self.leave(turn, "cancelled"),
            NodeInput::Reply if extract::is_cancel(turn.message()) => self.leave(turn, "cancelled"),
            NodeInput::Reply => self.take(turn, true),
            NodeInput::NotAnswered => self.take(turn, false),
            // An interrupted form is asked again, and what was given stays given.
            NodeInput::Resumed | NodeInput::HandoffEnded => self.begin(turn),
            input => {
                let interrupted: State = turn.interrupted_state().unwrap_or_default();
                let known = match turn.slot(&self.into) {
                    Value::Object(known) if self.update => known.clone(),
                    _ => Map::new(),
                };
                let contact = known.into_iter().chain(interrupted.contact).collect();
                let state = State { contact, ..State::default() };
                turn.set_state(&state)?;
                // «Перезвоните, 8 999 123-45-67» has answered already; the words beside it are a name only if they are known
                // as one.
                if input == NodeInput::Enter {
                    let mut given = self.read(turn, None);
                    // «беру первый. Анна, 8 999 123-45-67»: the contact is a part of the message that was read as a wish.
                    if !given.has_contact()
                        && let Some(wish) = turn.take_wish(|wish| self.is_contact(wish))
                    {
                        given = self.read_beside(turn, &wish, None);
                    }
                    if given.has_contact() {
                        turn.forget_message();
                        if let Some(consent) = &self.consent {
                            let notice = self.notice(turn, consent)?;
                            turn.say(notice, Vec::new());
                        }
                        self.keep_remark(turn, given.remark.take())?;
                        return self.keep(turn, state, given.fields);
                    }
                    if self.is_broken_phone(turn.message()) {
                        turn.forget_message();
                        turn.set_state(&State { asked: Some(Field::Phone), ..state })?;
                        let mut text = not_a_phone(turn, turn.message());
                        if let Some(consent) = &self.consent {
                            text = format!("{text}\n\n{}", self.notice(turn, consent)?);
                        }
                        return self.question(turn, text);
                    }
                }
                self.begin(turn)
            }
        }
    }
}

impl CollectContact {
    /// The form's question, or the one for what is missing where something was given.
    fn begin(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        let state: State = turn.state();
        if !state.contact.is_empty() {
            let phrase = self.missing(&state.contact).map_or(phrases::NAME, |missing| self.asks_for(missing));
            return self.question(turn, turn.phrase(phrase).to_owned());
        }
        let mut text = match &self.text {
            Some(text) => turn.render(text)?,
            None => self.default_question(turn),
        };
        if let Some(consent) = &self.consent {
            text.push_str("\n\n");
            text.push_str(&self.notice(turn, consent)?);
        }
        self.question(turn, text)
    }

    /// Reads the contact out of the message. A message that holds none and does not look like a failed attempt may
    /// interrupt the form, if `may_interrupt` is set.
    fn take(&self, turn: &mut TurnContext<'_>, may_interrupt: bool) -> Result<NodeOutcome, Fault> {
        let mut state: State = turn.state();
        let mut given = self.read(turn, state.asked);
        if !given.has_contact() {
            if given.fields.is_empty() && self.is_refused(turn, &state) {
                // Who gave what is needed refuses only the rest.
                return match self.missing(&state.contact) {
                    None if !state.contact.is_empty() => self.finish(turn, state),
                    _ => self.leave(turn, "cancelled"),
                };
            }
            if let Some(field) = self.disowned(turn, &state) {
                turn.note(format!("the client says that the {} is wrong", field.key()));
                state.contact.remove(field.key());
                state.asked = Some(field);
                turn.set_state(&state)?;
                return self.question(turn, turn.phrase(self.asks_for(field)).to_owned());
            }
            // An unknown name may as well be a request; only when nothing claims it is it taken for a name.
            let asked = state.asked == Some(Field::Name);
            if let Some(name) = given.unsure_name.take().filter(|name| asked || name.sign == Sign::Capitals) {
                if may_interrupt {
                    return Ok(NodeOutcome::NotAnswered);
                }
                given.fields.insert("name".to_owned(), json!(name.text));
            }
        }
        self.keep_remark(turn, given.remark.take())?;
        let helped = !given.fields.is_empty();
        let text = turn.message();
        let attempt = text.contains('@') || longest_number(text) >= 5;
        let asks = helped && !given.has_contact() && (turn.interrupts() || extract::is_request(text));
        if may_interrupt && (!helped && !attempt || asks) {
            // «Анна. А сколько ждать?» gives a name all the same.
            state.contact.extend(given.fields);
            turn.set_state(&state)?;
            return Ok(NodeOutcome::NotAnswered);
        }
        if !helped {
            state.failures += 1;
            turn.note(format!("message {} of {} held no contact", state.failures, self.attempts.value));
        }
        self.keep(turn, state, given.fields)
    }

    fn keep_remark(&self, turn: &mut TurnContext<'_>, remark: Option<String>) -> Result<(), Fault> {
        if let (Some(slot), Some(remark)) = (&self.remark, remark) {
            turn.note("beside the contact it is said how to call or write".to_owned());
            let before = turn.slot(slot).as_str().unwrap_or_default().to_owned();
            let known = before.contains(&remark);
            let all = if before.is_empty() || known {
                before + if known { "" } else { &remark }
            } else {
                format!("{before}; {remark}")
            };
            turn.set_slot(slot, json!(shorten(&all, LONGEST_REMARK)))?;
        }
        Ok(())
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
        if let Some(mut missing) = self.missing(&state.contact) {
            // What is wrong with a number is said before anything else is asked for.
            if missing == Field::Name
                && !state.contact.contains_key("phone")
                && self.is_phone_attempt(turn.message())
            {
                missing = Field::Phone;
            }
            if state.failures >= self.attempts.value {
                turn.set_state(&state)?;
                return self.leave(turn, "gave_up");
            }
            let complaint = self.complaint(turn, missing);
            state.asked = Some(missing);
            turn.set_state(&state)?;
            return self.question(turn, complaint);
        }
        let wants_name = self.wants(Field::Name) && !self.only_required;
        // A state that an earlier version stored says it by `asked` alone.
        let name_asked = state.name_asked || state.asked == Some(Field::Name);
        if wants_name && !state.contact.contains_key("name") && !name_asked {
            state.asked = Some(Field::Name);
            state.name_asked = true;
            turn.set_state(&state)?;
            return self.question(turn, turn.phrase(phrases::NAME).to_owned());
        }
        self.finish(turn, state)
    }

    fn finish(&self, turn: &mut TurnContext<'_>, state: State) -> Result<NodeOutcome, Fault> {
        turn.set_slot(&self.into, Value::Object(state.contact))?;
        Ok(NodeOutcome::exit("done"))
    }

    /// Leaves without a complete contact.
    fn leave(&self, turn: &mut TurnContext<'_>, exit: &str) -> Result<NodeOutcome, Fault> {
        let state: State = turn.state();
        if self.keep_partial && !state.contact.is_empty() {
            turn.set_slot(&self.into, Value::Object(state.contact))?;
        }
        Ok(NodeOutcome::exit(exit))
    }

    /// What the event gives, for the fields that are wanted.
    fn read(&self, turn: &TurnContext<'_>, asked: Option<Field>) -> Given {
        if let EventKind::Contact { phone, name } = &turn.event().kind {
            // Channels give numbers without the plus.
            let phone = if phone.starts_with('+') { phone.clone() } else { format!("+{phone}") };
            let mut given = self.read_text(&phone, asked);
            if !name.is_empty() && self.wants(Field::Name) {
                given.fields.insert("name".to_owned(), json!(name));
            }
            return given;
        }
        self.read_beside(turn, turn.message(), asked)
    }

    /// Whether a text is a contact, with a name and words around it at most.
    fn is_contact(&self, text: &str) -> bool {
        let only = extract::is_of_contacts(&extract::without_contact(text));
        only && self.read_text(text, None).has_contact()
    }

    fn read_beside(&self, turn: &TurnContext<'_>, text: &str, asked: Option<Field>) -> Given {
        let mut given = self.read_text(text, asked);
        // Beside a contact stands a name, unless it is a word of what clients ask for: «перфоратор 8 999 123-45-67».
        if given.has_contact()
            && let Some(name) = given.unsure_name.take()
            && !name.text.split(' ').any(|word| is_example_word(turn, word))
            // A name that is known is not replaced by a word that may be one: "oops, 8 999 …".
            && !turn.state::<State>().contact.contains_key("name")
        {
            given.fields.insert("name".to_owned(), json!(name.text));
        }
        given
    }

    fn read_text(&self, text: &str, asked: Option<Field>) -> Given {
        let mut text = extract::without_refused_contacts(text);
        let mut given = Given::default();
        if let Some((email, range)) = extract::email(&text) {
            text.replace_range(range, " ");
            if self.wants(Field::Email) {
                given.fields.insert("email".to_owned(), json!(email));
            }
        }
        // Of several numbers the first is kept; the others are no part of the name either.
        if let Some(phone) = extract::take_phones(&mut text)
            && self.wants(Field::Phone)
        {
            given.fields.insert("phone".to_owned(), json!(phone));
        }
        let name = extract::name(&text).filter(|_| self.wants(Field::Name));
        match name {
            Some(name) if name.sign <= Sign::Known => {
                given.fields.insert("name".to_owned(), json!(name.text));
            }
            // In lower case it is a name beside a contact, or when it was asked for.
            Some(name)
                if name.sign == Sign::Capitals || given.has_contact() || asked == Some(Field::Name) =>
            {
                given.unsure_name = Some(name);
            }
            _ => {}
        }
        if !given.fields.is_empty() {
            given.remark = extract::manner(&extract::without_contact(&text));
        }
        given
    }

    fn wants(&self, field: Field) -> bool {
        self.fields.iter().any(|wanted| wanted.value == field)
    }

    /// The required fields among those that are wanted.
    fn required(&self) -> Vec<Field> {
        match &self.require {
            Require::OneOf(fields) => fields.iter().copied().filter(|field| self.wants(*field)).collect(),
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

    /// Whether the client will not answer. «Нет» refuses where nothing that was given may be meant by it.
    fn is_refused(&self, turn: &TurnContext<'_>, state: &State) -> bool {
        let text = turn.message();
        let no = extract::yes_or_no(text) == Some(false) && self.disowned(turn, state).is_none();
        // «пока не звоните, лучше напишите в ватсап» says how to write, and refuses no form.
        if extract::manner(&extract::without_contact(text)).is_some() {
            return false;
        }
        no || extract::is_refusal(text) || extract::refuses_form(text) || extract::is_goodbye(text)
    }

    /// The field that was given and that the client says is wrong.
    fn disowned(&self, turn: &TurnContext<'_>, state: &State) -> Option<Field> {
        let field = match extract::disowned(turn.message())? {
            Disowned::Name => Field::Name,
            Disowned::Phone => Field::Phone,
            Disowned::Email => Field::Email,
        };
        state.contact.contains_key(field.key()).then_some(field)
    }

    /// The question for the fields and what is required of them.
    fn default_question(&self, turn: &TurnContext<'_>) -> String {
        let language = turn.language();
        let required = self.required();
        let one_of = matches!(self.require, Require::OneOf(_)) && required.len() > 1;
        let (or, and) = match language {
            Language::Ru => (" или ", " и "),
            Language::En => (" or ", " and "),
        };
        let asked = self.fields.iter().map(|field| field.value);
        let asked: Vec<Field> = asked
            .filter(|field| required.contains(field) || *field == Field::Name && !self.only_required)
            .collect();
        let mut items: Vec<String> = Vec::new();
        let mut either: Option<usize> = None;
        for field in &asked {
            let phrase = field.phrase().get(language);
            let in_group = one_of && required.contains(field);
            match either.filter(|_| in_group).and_then(|at| items.get_mut(at)) {
                Some(group) => group.extend([or, phrase]),
                None => {
                    if in_group {
                        either = Some(items.len());
                    }
                    items.push(phrase.to_owned());
                }
            }
        }
        if let [only] = asked.as_slice() {
            return turn.phrase(self.asks_for(*only)).to_owned();
        }
        let list = match items.split_last() {
            Some((last, before)) if !before.is_empty() => format!("{}{and}{last}", before.join(", ")),
            _ => items.concat(),
        };
        turn.phrase(phrases::CONTACT).replace("{}", &list)
    }

    /// The question for a missing field.
    fn asks_for(&self, missing: Field) -> Phrase {
        let required = self.required();
        let either = matches!(self.require, Require::OneOf(_))
            && required.contains(&Field::Phone)
            && required.contains(&Field::Email);
        match missing {
            Field::Phone | Field::Email if either => phrases::PHONE_OR_EMAIL,
            Field::Name => phrases::NAME,
            Field::Phone => phrases::PHONE,
            Field::Email => phrases::EMAIL,
        }
    }

    /// What to say where a field is missing: what was wrong with an attempt, or the question.
    fn complaint(&self, turn: &TurnContext<'_>, missing: Field) -> String {
        let text = turn.message();
        let wanted = self.required();
        if text.contains('@') && wanted.contains(&Field::Email) && missing != Field::Name {
            return turn.phrase(phrases::NOT_AN_EMAIL).to_owned();
        }
        if self.is_phone_attempt(text) && missing != Field::Name {
            return not_a_phone(turn, text);
        }
        turn.phrase(self.asks_for(missing)).to_owned()
    }

    fn notice(&self, turn: &TurnContext<'_>, name: &Spanned<String>) -> Result<String, Fault> {
        let prompt = turn.resources().prompts.get(&name.value).and_then(|prompt| prompt.get(turn.language()));
        let prompt = prompt.ok_or_else(|| Fault(format!("there is no prompt `{}`", name.value)))?;
        turn.template(&prompt.body)
    }

    fn question(&self, turn: &mut TurnContext<'_>, text: String) -> Result<NodeOutcome, Fault> {
        let shares = self.wants(Field::Phone);
        let share_contact = shares.then(|| turn.phrase(phrases::SHARE_CONTACT).to_owned());
        let buttons = vec![cancel_button(turn)];
        turn.send(Outgoing { text, buttons, share_contact, ..Outgoing::default() });
        Ok(NodeOutcome::Wait)
    }
}

/// The most digits of a text between which only the signs of phone numbers stand.
fn longest_number(text: &str) -> usize {
    let between = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '+' | '.');
    let runs = text.split(|c: char| !between(c));
    runs.map(|run| run.chars().filter(char::is_ascii_digit).count()).max().unwrap_or_default()
}

/// Whether a word is one of those by which the interrupting intents are recognised.
fn is_example_word(turn: &TurnContext<'_>, word: &str) -> bool {
    let word = wording::normalized(word);
    turn.any_example_word(|known| extract::same_word(known, &word))
}
