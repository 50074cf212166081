//! `ask`: a question, and a validated answer in a slot.

mod check;
mod limits;
mod moments;
mod reading;

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Value, json};
use tolmach_engine::{
    condition::Expression,
    effect::{Button, Choice},
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    language::Language,
    scope::Scope,
    slot::{Declaration, Type},
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
};

pub(crate) use self::reading::{between, labels, say_first};
use self::{
    limits::{Limits, Only},
    moments::Half,
    reading::Answer,
};
use crate::{
    extract::{self, Sign},
    phrases,
};

/// Asks a question, waits, checks the answer and puts it into a slot. An answer that does not fit is asked for again. A
/// choice may be named by a part or a form of its label, by its number or its place; a question of yes or no has its buttons. A
/// question that takes any words does not take a question or a request of the client's: that may interrupt (`on.intent`), and
/// the question is asked again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The question.
    text: Text,
    /// The slot for the answer. Its type says what fits: text, number («15 тысяч», «десяток», "two hundred"; of two, «3 или 4»,
    /// the client is asked which), boolean (yes or no), date («завтра», «15 марта»; "next Friday" and «в следующую пятницу» are
    /// the Friday of the next calendar week, Monday to Sunday; a time of day is passed over), time («в шесть вечера»), datetime
    /// («завтра в 10»; a day or a time alone is asked to be completed). An hour that may be of the morning or the evening («в 5») is
    /// the one in working hours of company.yaml, or from 8 to 20 without them; `5:00` in a Russian message and `05:00` are of the
    /// morning. A past day («вчера») fits where only `max` is given. Duration («полтора часа»), money («5 тысяч»), phone, email, size
    /// («50х30х20 см»).
    #[schemars(extend("x-names" = "slot"))]
    into: Spanned<String>,
    /// For a text slot: the only answers that fit, offered as buttons.
    #[serde(default)]
    choices: Vec<AskChoice>,
    /// For a text slot: a regular expression that the whole answer must match.
    #[serde(default)]
    pattern: Option<Pattern>,
    /// For a number or size slot: the unit of an answer that names none, such as cm, kW or л. A number is kept in it: with
    /// cm, «полметра» is 50. A size is kept in millimetres whatever the unit, and is taken to be written in them without one.
    /// For a money slot: the currency; an answer in another does not fit. Without it an answer may name its currency, and is
    /// in RUB where it does not.
    #[serde(default)]
    unit: Option<Spanned<String>>,
    /// The least answer that fits, an expression: `1`, `now.date`, `now + hours(2)`. For numbers, dates, times, lengths of
    /// time and money.
    #[serde(default)]
    min: Option<Expression>,
    /// The most, as `min`: `now.date + days(30)`.
    #[serde(default)]
    max: Option<Expression>,
    /// For a date, a time or a datetime: only `workdays` or `working_hours` of company.yaml. A workday is one with working hours
    /// that is no holiday; a refusal shows the working hours.
    #[serde(default)]
    only: Option<Spanned<Only>>,
    /// What to say when an answer does not fit; the question follows.
    #[serde(default)]
    error: Option<Text>,
    /// For a text slot: take any words, also a question or a request of the client's. Without it these may interrupt.
    #[serde(default)]
    any_words: bool,
    /// For a text slot: a contact slot that gets the name that the answer gives, beside what it holds.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    name_into: Option<Spanned<String>>,
    /// For a boolean slot or choices: a text slot for what the answer says beside them («да, только после шести»); it is unset
    /// where the answer says no more.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    remark: Option<Spanned<String>>,
    /// Whether the client may leave it open («не срочно», «не знаю», "no rush"; to a question for words also «нет», «не надо»,
    /// "no", "nothing"): that leaves by `done` with the slot unset.
    #[serde(default)]
    optional: bool,
    /// How many answers that are not understood or do not fit the slot end in `gave_up`; those beyond `min`, `max` and `only`
    /// do not count.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 10))]
    attempts: Spanned<u32>,
}

/// An answer that fits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AskChoice {
    /// What the slot gets.
    value: Spanned<String>,
    /// The button's label; typed, it means the same, also in a form of it or with words around it.
    label: Text,
    /// Further words that mean it: `[кошечка, кот]`, or by language, `{ ru: [кошечка, кот], en: [kitty] }`.
    #[serde(default)]
    also: Words,
}

/// Words that mean a choice beside its label, of every language.
#[derive(Debug, Default)]
struct Words(Vec<Text>);

impl JsonSchema for Words {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let list = json!({ "type": "array", "items": { "type": "string" } });
        schemars::json_schema!({
            "anyOf": [
                list,
                { "type": "object", "properties": { "ru": list, "en": list }, "additionalProperties": false }
            ]
        })
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Words, D::Error> {
        struct WordsVisitor;

        impl<'de> de::Visitor<'de> for WordsVisitor {
            type Value = Vec<Text>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of words, or lists by language such as { ru: [кот], en: [kitty] }")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Text>, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(words)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<Text>, A::Error> {
                let mut words = Vec::new();
                while let Some((_, of_language)) = map.next_entry::<Language, Vec<Text>>()? {
                    words.extend(of_language);
                }
                Ok(words)
            }
        }

        deserializer.deserialize_any(WordsVisitor).map(Words)
    }
}

/// A regular expression, anchored at both ends.
#[derive(Debug)]
struct Pattern(String, Spanned<Result<regex::Regex, String>>);

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
        let source = Spanned::<String>::deserialize(deserializer)?;
        let regex = regex::Regex::new(&format!("^(?:{})$", source.value));
        let regex = regex.map_err(|error| {
            error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .trim_start_matches("error: ")
                .to_owned()
        });
        Ok(Pattern(source.value, Spanned::new(regex, source.span)))
    }
}

fn three() -> Spanned<u32> {
    Spanned::new(3, Default::default())
}

impl Kind for Ask {
    const NAME: &'static str = "ask";
    const EXITS: &'static [(&'static str, &'static str)] = &[
        ("done", "the answer fits and is in the slot"),
        ("cancelled", "the client wants out of the question"),
        ("gave_up", "too many answers did not fit"),
    ];
    const EXAMPLE: &'static str = "\
flow: example
start: how_much
slots:
  budget: { type: number, min: 1 }
nodes:
  how_much:
    ask:
      text: { ru: На какую сумму рассчитываете?, en: What is your budget? }
      into: budget
    next: { done: thanks, cancelled: wait, gave_up: wait }
  thanks:
    say: { text: '{{slots.budget}}' }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["привет", "15 тысяч"], &["how_much", "thanks"]);
}

impl Node for Ask {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done"), Exit::required("cancelled"), Exit::required("gave_up")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        self.check_fields(scope);
    }

    fn waits(&self) -> bool {
        true
    }

    fn choices(&self) -> Option<(&str, Vec<(&str, &Text)>)> {
        let choices = self.choices.iter().map(|choice| (choice.value.value.as_str(), &choice.label));
        (!self.choices.is_empty()).then(|| (self.into.value.as_str(), choices.collect()))
    }

    fn collects_personal_data(&self, slots: &BTreeMap<String, Declaration>) -> bool {
        let personal = |slot: &str| slots.get(slot).is_some_and(|slot| slot.personal);
        personal(&self.into) || self.name_into.as_ref().is_some_and(|slot| personal(slot))
    }

    fn collects(&self) -> bool {
        true
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        let reading = match input {
            NodeInput::ButtonPressed(value) if value == CANCELLED => Answer::Cancel,
            NodeInput::ButtonPressed(value) => self.pressed(turn, value)?,
            NodeInput::Reply if self.is_left_open(turn)? => {
                turn.note("left open".to_owned());
                turn.set_slot(&self.into, Value::Null)?;
                return Ok(NodeOutcome::exit("done"));
            }
            NodeInput::Reply if self.is_left(turn)? => Answer::Cancel,
            // Any words may answer an open question, except those that plainly want something else.
            NodeInput::Reply if self.is_open(turn)? && self.is_doubted(turn) => {
                return Ok(NodeOutcome::NotAnswered);
            }
            // The rest is an answer, unless it is plainly something else («перфоратор» where a city was asked for).
            NodeInput::Reply if self.is_open(turn)? && !self.any_words => {
                turn.require_confidence(PLAINLY);
                return Ok(NodeOutcome::NotAnswered);
            }
            NodeInput::Reply => match self.read(turn)? {
                Answer::Unfit(_) => return Ok(NodeOutcome::NotAnswered),
                answer => answer,
            },
            NodeInput::NotAnswered
                if self.is_open(turn)? && !self.any_words && extract::is_question(turn.message()) =>
            {
                let question = turn.render(&self.text)?;
                Answer::Unfit(turn.phrase(phrases::BACK_TO_QUESTION).replace("{}", &question))
            }
            NodeInput::NotAnswered => self.read(turn)?,
            _ => {
                let question = turn.render(&self.text)?;
                return self.question(turn, question);
            }
        };
        let problem = match reading {
            Answer::Cancel => return Ok(NodeOutcome::exit("cancelled")),
            Answer::Value { value, remark } => {
                let declaration = turn.slot_declaration(&self.into)?;
                let kind = declaration.kind;
                if declaration.accept(value.clone()).is_err() {
                    turn.phrase(phrases::OUT_OF_RANGE).to_owned()
                } else if let Some(broken) = self.limits().broken(turn, kind, &value)? {
                    // It was understood: whoever looks for a free hour is not sent away after three of them.
                    turn.note(format!("read as {value}, which is beyond the limits"));
                    let complaint = match &self.error {
                        Some(error) => turn.render(error)?,
                        None => broken,
                    };
                    return self.question(turn, complaint);
                } else {
                    self.keep_name(turn)?;
                    turn.set_slot(&self.into, value)?;
                    self.keep_remark(turn, remark)?;
                    return Ok(NodeOutcome::exit("done"));
                }
            }
            Answer::Half(half, question) => {
                let failures = turn.state::<State>().failures;
                turn.note("half of the answer is known".to_owned());
                turn.set_state(&State { failures, half })?;
                let question = turn.phrase(question).to_owned();
                return self.question(turn, question);
            }
            Answer::Beyond(complaint) => {
                turn.note("understood, and beyond the limits".to_owned());
                let complaint = match &self.error {
                    Some(error) => turn.render(error)?,
                    None => complaint,
                };
                return self.question(turn, complaint);
            }
            Answer::Either(numbers) => {
                turn.note("two numbers: asked which is meant".to_owned());
                return self.ask_which(turn, numbers);
            }
            Answer::Between(complaint) | Answer::Unfit(complaint) => complaint,
        };
        let failures = turn.state::<State>().failures + 1;
        turn.note(format!("answer {failures} of {} did not fit", self.attempts.value));
        if failures >= self.attempts.value {
            return Ok(NodeOutcome::exit("gave_up"));
        }
        turn.set_state(&State { failures, half: Half::default() })?;
        let complaint = match &self.error {
            Some(error) => turn.render(error)?,
            None => problem,
        };
        self.question(turn, complaint)
    }
}

/// The confidence with which an intent takes a message from an open question to which it would be an answer by its form. Of
/// thirty-five names of places the surest was 0.74 for an intent of the demo that interrupts, of bare requests the least sure 0.99.
const PLAINLY: f32 = 0.95;

/// What the question remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// How many answers did not fit.
    failures: u32,
    /// Of a day with a time, what is known.
    #[serde(flatten)]
    half: Half,
}

/// The value of the button that leaves a question.
pub(crate) const CANCELLED: &str = Choice::CANCELLED;

/// The button that leaves a question.
pub(crate) fn cancel_button(turn: &mut TurnContext<'_>) -> Button {
    let label = turn.phrase(phrases::CANCEL).to_owned();
    turn.button(label, Choice::Answer { value: CANCELLED.to_owned() })
}

impl Ask {
    fn question(&self, turn: &mut TurnContext<'_>, text: String) -> Result<NodeOutcome, Fault> {
        let mut buttons = Vec::with_capacity(self.choices.len() + 1);
        for choice in &self.choices {
            let label = turn.render(&choice.label)?;
            buttons.push(turn.button(label, Choice::Answer { value: choice.value.value.clone() }));
        }
        if turn.slot_declaration(&self.into)?.kind == Type::Boolean {
            for (phrase, value) in [(phrases::YES, true), (phrases::NO, false)] {
                let label = turn.phrase(phrase).to_owned();
                buttons.push(turn.button(label, Choice::Answer { value: value.to_string() }));
            }
        }
        buttons.push(cancel_button(turn));
        turn.say(text, buttons);
        Ok(NodeOutcome::Wait)
    }

    /// The question between two numbers, with a button for each.
    fn ask_which(&self, turn: &mut TurnContext<'_>, numbers: [f64; 2]) -> Result<NodeOutcome, Fault> {
        let labels = numbers.map(|number| extract::whole_or_not(number).to_string());
        let text = between(turn, &labels.clone().map(|label| vec![label]), &[0, 1]);
        let mut buttons = Vec::with_capacity(labels.len() + 1);
        for label in labels {
            buttons.push(turn.button(label.clone(), Choice::Answer { value: label }));
        }
        buttons.push(cancel_button(turn));
        turn.say(text, buttons);
        Ok(NodeOutcome::Wait)
    }

    /// Whether the client leaves an optional question open. «Нет» to a question for words says that there are none.
    fn is_left_open(&self, turn: &TurnContext<'_>) -> Result<bool, Fault> {
        let words = turn.slot_declaration(&self.into)?.kind == Type::Text && self.choices.is_empty();
        let text = turn.message();
        Ok(self.optional && (extract::is_open(text) || words && extract::is_nothing(text)))
    }

    /// Whether the client wants out. «Не надо» leaves a question, but answers one of yes or no.
    fn is_left(&self, turn: &TurnContext<'_>) -> Result<bool, Fault> {
        let text = turn.message();
        let answers = turn.slot_declaration(&self.into)?.kind == Type::Boolean;
        Ok(extract::is_cancel(text) || !answers && extract::is_refusal(text))
    }

    fn limits(&self) -> Limits<'_> {
        Limits { min: self.min.as_ref(), max: self.max.as_ref(), only: self.only.as_ref() }
    }

    /// The answer behind a button.
    fn pressed(&self, turn: &TurnContext<'_>, value: String) -> Result<Answer, Fault> {
        let value = match turn.slot_declaration(&self.into)?.kind {
            Type::Boolean => Value::Bool(value == "true"),
            Type::Number => value.parse().map_or(Value::Null, extract::whole_or_not),
            _ => Value::String(value),
        };
        Ok(Answer::Value { value, remark: None })
    }

    /// Adds the name that the answer gives to the contact.
    fn keep_name(&self, turn: &mut TurnContext<'_>) -> Result<(), Fault> {
        let Some(slot) = &self.name_into else { return Ok(()) };
        let name = extract::name(turn.message()).filter(|name| name.sign <= Sign::Known);
        let Some(name) = name else { return Ok(()) };
        let mut contact = turn.slot(slot).as_object().cloned().unwrap_or_default();
        contact.insert("name".to_owned(), json!(name.text));
        turn.set_slot(slot, Value::Object(contact))
    }

    /// Puts what the answer says beside itself into its slot, and into the trace.
    fn keep_remark(&self, turn: &mut TurnContext<'_>, remark: Option<String>) -> Result<(), Fault> {
        if let Some(remark) = &remark {
            turn.note(format!("beside the answer: {remark}"));
        }
        match &self.remark {
            Some(slot) => turn.set_slot(slot, remark.map_or(Value::Null, Value::String)),
            None => Ok(()),
        }
    }
}
