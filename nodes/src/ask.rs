//! `ask`: a question, and a validated answer in a slot.

mod limits;
mod moments;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use tolmach_engine::{
    condition::Expression,
    diagnostic::Code,
    effect::{Button, Choice},
    event::EventKind,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    language::Language,
    measure::{self, Dimension},
    phrases::Phrase,
    scope::{Scope, Sets},
    slot::{Declaration, Type},
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
    typed::{Money, Typed},
    wording,
};

use self::{
    limits::{Limits, Only},
    moments::{Half, Moment},
};
use crate::{
    choices::{self, Beside, Reading},
    collect_contact::not_a_phone,
    extract::{self, Sign},
    labels, phrases,
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
    /// The slot for the answer. Its type says what fits: text, number («15 тысяч», «десяток», "two hundred"), boolean (yes or
    /// no), date («завтра», «15 марта», "next Friday"; a time of day is passed over), time («в шесть вечера»), datetime («завтра в
    /// 10»; a day or a time alone is asked to be completed), duration («полтора часа»), money («5 тысяч»), phone, email, size
    /// («50х30х20 см»).
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
    /// For a date, a time or a datetime: only `workdays` or `working_hours` of company.yaml.
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
    name_into: Option<Spanned<String>>,
    /// For a boolean slot or choices: a text slot for what the answer says beside them («да, только после шести»); it is unset
    /// where the answer says no more.
    #[serde(default)]
    remark: Option<Spanned<String>>,
    /// Whether the client may leave it open («не срочно», «не знаю», "no rush"): that leaves by `done` with the slot unset.
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
        scope.text(&self.text);
        scope.sets(&self.into, &ANSWERS, if self.optional { Sets::Maybe } else { Sets::OnExits(&["done"]) });
        scope.buttons(self.choices.len() + 1, self.text.span());
        if let Some(name) = &self.name_into {
            scope.sets(name, &[Type::Contact], Sets::Maybe);
        }
        if let Some(remark) = &self.remark {
            scope.sets(remark, &[Type::Text], Sets::Maybe);
            if self.choices.is_empty()
                && scope.slot_type(&self.into).is_some_and(|kind| kind != Type::Boolean)
            {
                let message = "`remark` is for choices and for slots of type boolean".to_owned();
                scope.report(Code::BadValue, remark.span, message, "remove the field, or add `choices`");
            }
        }
        if let Some(error) = &self.error {
            scope.text(error);
        }
        labels::check(self.choices.iter().map(|choice| &choice.label), scope);
        for choice in &self.choices {
            scope.label(&choice.label);
        }
        if let Some(Pattern(source, regex)) = &self.pattern
            && let Err(why) = &regex.value
        {
            let message = format!("`{source}` is not a regular expression: {why}");
            let help = "fix the expression; a `\\` before a bracket or a dot takes it as it is written";
            scope.report(Code::BadValue, regex.span, message, help);
        }
        if scope.slot_type(&self.into).is_some_and(|kind| kind != Type::Text) {
            let wrong = self.choices.first().map(|choice| ("choices", choice.value.span));
            let wrong = wrong.or(self.pattern.as_ref().map(|pattern| ("pattern", pattern.1.span)));
            if let Some((field, span)) = wrong {
                let message = format!(
                    "`{field}` is for slots of type text, and the slot `{}` is of another",
                    self.into.value
                );
                scope.report(
                    Code::WrongSlotType,
                    span,
                    message,
                    "use a slot of type text, or remove the field",
                );
            }
        }
        self.check_unit(scope);
        self.limits().check(&self.into, scope);
        for (i, choice) in self.choices.iter().enumerate() {
            if self.choices[..i].iter().any(|before| before.value == choice.value) {
                let message = format!("the choice `{}` is there twice", choice.value.value);
                scope.report(
                    Code::BadValue,
                    choice.value.span,
                    message,
                    "give each choice a value of its own",
                );
            }
        }
        scope.count("attempts", &self.attempts, 1..=10);
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
            NodeInput::Reply if self.is_left(turn)? => Answer::Cancel,
            NodeInput::Reply if self.optional && extract::is_open(turn.message()) => {
                turn.note("left open".to_owned());
                turn.set_slot(&self.into, Value::Null)?;
                return Ok(NodeOutcome::exit("done"));
            }
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
                Answer::Unfit(phrases::BACK_TO_QUESTION.get(turn.language()).replace("{}", &question))
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
                    phrases::OUT_OF_RANGE.get(turn.language()).to_owned()
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
                let question = question.get(turn.language()).to_owned();
                return self.question(turn, question);
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

/// What may be asked for.
const ANSWERS: [Type; 11] = [
    Type::Text,
    Type::Number,
    Type::Boolean,
    Type::Date,
    Type::Time,
    Type::DateTime,
    Type::Duration,
    Type::Money,
    Type::Phone,
    Type::Email,
    Type::Size,
];

/// What a message answers.
enum Answer {
    Value {
        value: Value,
        /// What it says beside the answer.
        remark: Option<String>,
    },
    /// The client wants out.
    Cancel,
    /// Several choices fit: what to ask back.
    Between(String),
    /// A day without its time, or a time without its day, and the question for the rest.
    Half(Half, Phrase),
    /// No answer: what to say of it.
    Unfit(String),
}

impl Answer {
    fn of(value: Option<Value>, problem: Phrase, turn: &TurnContext<'_>) -> Answer {
        value.map_or_else(
            || Answer::Unfit(problem.get(turn.language()).to_owned()),
            |value| Answer::Value { value, remark: None },
        )
    }
}

/// The value of the button that leaves a question.
pub(crate) const CANCELLED: &str = Choice::CANCELLED;

/// The button that leaves a question.
pub(crate) fn cancel_button(turn: &mut TurnContext<'_>) -> Button {
    let label = phrases::CANCEL.get(turn.language()).to_owned();
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
                let label = phrase.get(turn.language()).to_owned();
                buttons.push(turn.button(label, Choice::Answer { value: value.to_string() }));
            }
        }
        buttons.push(cancel_button(turn));
        turn.say(text, buttons);
        Ok(NodeOutcome::Wait)
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

    fn check_unit(&self, scope: &mut Scope<'_>) {
        let Some(unit) = &self.unit else { return };
        if scope.slot_type(&self.into) == Some(Type::Money) {
            if let Err(why) = Money::new(0.0, unit) {
                scope.report(Code::BadValue, unit.span, why, "write the code of a currency: RUB, USD, EUR");
            }
            return;
        }
        let Some((dimension, _)) = measure::unit_of(unit) else {
            let message = format!("`{}` is no unit", unit.value);
            let help = "write one of mm, cm, m, in, kg, g, l, m3, W, kW, V, A, bar, or its Russian name";
            scope.report(Code::BadValue, unit.span, message, help);
            return;
        };
        let kind = scope.slot_type(&self.into);
        if kind == Some(Type::Size) && dimension != Dimension::Length {
            let message = format!("a size has sides, and `{}` is no unit of length", unit.value);
            scope.report(Code::BadValue, unit.span, message, "write mm, cm, m or in");
        } else if kind.is_some_and(|kind| !matches!(kind, Type::Number | Type::Size)) {
            let message = format!(
                "`unit` is for slots of type number, size or money, and the slot `{}` is of another",
                self.into.value
            );
            scope.report(
                Code::WrongSlotType,
                unit.span,
                message,
                "use a slot of type number, or remove the field",
            );
        }
    }

    /// Whether the question takes any words.
    fn is_open(&self, turn: &TurnContext<'_>) -> Result<bool, Fault> {
        let kind = turn.slot_declaration(&self.into)?.kind;
        Ok(kind == Type::Text && self.choices.is_empty() && self.pattern.is_none())
    }

    /// Whether a message to an open question may want something else: it is an example of an intent, word for word, or has
    /// the form of a question or a request.
    fn is_doubted(&self, turn: &TurnContext<'_>) -> bool {
        let text = turn.message();
        let contact =
            || extract::phone(text).is_some() && extract::is_only_a_name(&extract::without_contact(text));
        !self.any_words && (turn.interrupts() || extract::is_request(text)) || contact()
    }

    /// The answer behind a button.
    fn pressed(&self, turn: &TurnContext<'_>, value: String) -> Result<Answer, Fault> {
        let boolean = turn.slot_declaration(&self.into)?.kind == Type::Boolean;
        let value = if boolean { Value::Bool(value == "true") } else { Value::String(value) };
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

    /// The choice that a message names.
    fn choose(&self, turn: &mut TurnContext<'_>) -> Result<Answer, Fault> {
        let text = turn.message().trim().to_owned();
        let by_value = self
            .choices
            .iter()
            .find(|choice| wording::normalized(&choice.value) == turn.words() && !choice.value.is_empty());
        if let Some(choice) = by_value {
            return Ok(Answer::Value { value: json!(choice.value.value), remark: None });
        }
        let labels = labels(turn, self.choices.iter().map(|choice| &choice.label))?;
        let at = match choices::read(&text, &labels, Beside::Anything, true) {
            Reading::One(at, how) => {
                turn.note(format!("the choice {} by {how}", at + 1));
                at
            }
            Reading::Any => say_first(turn, &labels),
            Reading::Cancel => return Ok(Answer::Cancel),
            Reading::Several(several) => return Ok(Answer::Between(between(turn, &labels, &several))),
            Reading::None => return Ok(Answer::Unfit(phrases::NOT_A_CHOICE.get(turn.language()).to_owned())),
        };
        let value = self.choices.get(at).map(|choice| json!(choice.value.value));
        let more = labels.get(at).is_some_and(|labels| {
            labels
                .iter()
                .all(|label| wording::normalized(label).split(' ').count() < turn.words().split(' ').count())
        });
        Ok(Answer::Value { value: value.unwrap_or_default(), remark: more.then_some(text) })
    }

    /// Yes or no in words, or by the number of the button.
    fn agree(turn: &TurnContext<'_>) -> Answer {
        let text = turn.message().trim();
        if let Some((value, remark)) = extract::agreement(text) {
            return Answer::Value { value: Value::Bool(value), remark };
        }
        let both = |phrase: Phrase| Language::ALL.map(|language| phrase.get(language).to_owned()).to_vec();
        match choices::read(text, &[both(phrases::YES), both(phrases::NO)], Beside::Nothing, true) {
            Reading::One(at, _) => Answer::Value { value: Value::Bool(at == 0), remark: None },
            Reading::Cancel => Answer::Cancel,
            _ => Answer::Unfit(phrases::NOT_YES_OR_NO.get(turn.language()).to_owned()),
        }
    }

    /// The answer as a value of the slot's type, or what to say of it.
    fn read(&self, turn: &mut TurnContext<'_>) -> Result<Answer, Fault> {
        if !self.choices.is_empty() {
            return self.choose(turn);
        }
        let text = turn.message().trim();
        let shared = match &turn.event().kind {
            EventKind::Contact { phone, .. } => Some(phone.as_str()),
            _ => None,
        };
        let (value, problem) = match turn.slot_declaration(&self.into)?.kind {
            Type::Boolean => return Ok(Ask::agree(turn)),
            Type::Number => {
                let number = match &self.unit {
                    Some(unit) => extract::in_unit(text, unit),
                    None => extract::number(text),
                };
                (number.map(extract::whole_or_not), phrases::NOT_A_NUMBER)
            }
            Type::Size => {
                let side = |side: Option<f64>| side.map_or(Value::Null, extract::whole_or_not);
                let unit = self.unit.as_ref().map_or("mm", |unit| unit.value.as_str());
                let size = extract::sizes(text, unit).map(|size| {
                    json!({
                        "length": side(size.length), "width": side(size.width), "height": side(size.height),
                    })
                });
                (size, phrases::NOT_A_SIZE)
            }
            Type::Date => {
                (extract::date(text, turn.today()).map(|day| json!(day.to_string())), phrases::NOT_A_DATE)
            }
            Type::Time => {
                let calendar = &turn.resources().calendar;
                let usual = |time| !calendar.is_known() || calendar.is_usual(time);
                let time = extract::time(text, usual);
                (time.map(|time| Typed::Time(time).stored()), phrases::NOT_A_TIME)
            }
            Type::DateTime => match moments::read(turn, text, &turn.state::<State>().half) {
                Moment::Whole(moment) => (Some(moment.stored()), phrases::NOT_A_MOMENT),
                Moment::Half(half, question) => return Ok(Answer::Half(half, question)),
                Moment::None => (None, phrases::NOT_A_MOMENT),
            },
            Type::Duration => {
                let length = extract::duration(text);
                (length.map(|length| Typed::Period(length).stored()), phrases::NOT_A_DURATION)
            }
            Type::Money => {
                let wanted = self.unit.as_ref().map(|unit| unit.value.as_str());
                // An amount in another currency than the one that is asked for does not fit.
                let named = extract::currency(text);
                let currency = named.or(wanted).unwrap_or("RUB");
                let fits = wanted.is_none_or(|wanted| Money::new(0.0, wanted) == Money::new(0.0, currency));
                let money = extract::number(text).filter(|_| fits && !extract::is_of_cents(text));
                let money = money.and_then(|amount| Money::new(amount, currency).ok());
                (money.map(|money| Typed::Money(money).stored()), phrases::NOT_A_NUMBER)
            }
            Type::Phone => match extract::phone(shared.unwrap_or(text)) {
                Some((phone, _)) => (Some(json!(phone)), phrases::NOT_A_PHONE),
                None => return Ok(Answer::Unfit(not_a_phone(text, turn.language()))),
            },
            Type::Email => (extract::email(text).map(|(email, _)| json!(email)), phrases::NOT_AN_EMAIL),
            _ => {
                let fits = match &self.pattern {
                    Some(Pattern(_, regex)) => regex.value.as_ref().is_ok_and(|regex| regex.is_match(text)),
                    None => !text.is_empty(),
                };
                (fits.then(|| json!(text)), phrases::NOT_FITTING)
            }
        };
        Ok(Answer::of(value, problem, turn))
    }
}

/// The labels of choices in every language, the client's first.
pub(crate) fn labels<'l>(
    turn: &TurnContext<'_>,
    texts: impl Iterator<Item = &'l Text>,
) -> Result<Vec<Vec<String>>, Fault> {
    texts
        .map(|text| {
            let mut labels = vec![turn.render(text)?];
            for language in Language::ALL.into_iter().filter(|language| *language != turn.language()) {
                labels.extend(turn.template(text.in_language(language)).ok());
            }
            Ok(labels)
        })
        .collect()
}

/// The client leaves the choice open: they are told that the first is taken.
pub(crate) fn say_first(turn: &mut TurnContext<'_>, labels: &[Vec<String>]) -> usize {
    let label = labels.first().and_then(|labels| labels.first()).cloned().unwrap_or_default();
    turn.note("any choice will do: the first".to_owned());
    turn.say(phrases::TAKES_FIRST.get(turn.language()).replace("{}", &label), Vec::new());
    0
}

/// The question between choices that fit alike; at most three are named.
pub(crate) fn between(turn: &TurnContext<'_>, labels: &[Vec<String>], several: &[usize]) -> String {
    let (open, close, or) = match turn.language() {
        Language::Ru => ("«", "»", " или "),
        Language::En => ("\"", "\"", " or "),
    };
    let named = several.iter().filter_map(|at| labels.get(*at)?.first()).take(3);
    let named: Vec<String> = named.map(|label| format!("{open}{label}{close}")).collect();
    phrases::BETWEEN.get(turn.language()).replace("{}", &named.join(or))
}
