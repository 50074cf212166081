//! `ask`: a question, and a validated answer in a slot.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tolmach_engine::{
    diagnostic::Code,
    effect::{Button, Choice},
    event::EventKind,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    measure::{self, Dimension},
    phrases::Phrase,
    scope::{Scope, Sets},
    slot::{Declaration, Type},
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
    wording,
};

use crate::{extract, phrases};

/// Asks a question, waits, checks the answer and puts it into a slot. An answer that does not fit is asked for again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// The question.
    text: Text,
    /// The slot for the answer. Its type says what fits: text, number («15 тысяч», «десяток», "two hundred"), boolean (yes or
    /// no), date («завтра», «15 марта», "next Friday"; a time of day is passed over), phone, email, size («50х30х20 см»).
    into: Spanned<String>,
    /// For a text slot: the only answers that fit, offered as buttons.
    #[serde(default)]
    choices: Vec<AskChoice>,
    /// For a text slot: a regular expression that the whole answer must match.
    #[serde(default)]
    pattern: Option<Pattern>,
    /// For a number or size slot: the unit of an answer that names none, such as cm, kW or л. A number is kept in it: with
    /// cm, «полметра» is 50. A size is kept in millimetres whatever the unit, and is taken to be written in them without one.
    #[serde(default)]
    unit: Option<Spanned<String>>,
    /// What to say when an answer does not fit; the question follows.
    #[serde(default)]
    error: Option<Text>,
    /// How many unfitting answers end in `gave_up`.
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
    /// The button's label; typed, it means the same.
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
        scope.sets(
            &self.into,
            &[Type::Text, Type::Number, Type::Boolean, Type::Date, Type::Phone, Type::Email, Type::Size],
            Sets::OnExits(&["done"]),
        );
        scope.buttons(self.choices.len() + 1, self.text.span());
        if let Some(error) = &self.error {
            scope.text(error);
        }
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

    fn collects_personal_data(&self, slots: &BTreeMap<String, Declaration>) -> bool {
        slots.get(self.into.as_str()).is_some_and(|slot| slot.personal)
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        let answer = match input {
            NodeInput::ButtonPressed(value) if value == CANCELLED => {
                return Ok(NodeOutcome::exit("cancelled"));
            }
            NodeInput::ButtonPressed(value) => Ok(Value::String(value)),
            NodeInput::Reply if self.is_left(turn)? => return Ok(NodeOutcome::exit("cancelled")),
            // Any words may answer an open question, except those that plainly want something else.
            NodeInput::Reply if self.is_open(turn)? && turn.interrupts() => {
                return Ok(NodeOutcome::NotAnswered);
            }
            NodeInput::Reply => match self.read(turn)? {
                Err(_) => return Ok(NodeOutcome::NotAnswered),
                fits => fits,
            },
            NodeInput::NotAnswered => self.read(turn)?,
            _ => {
                let question = turn.render(&self.text)?;
                return self.question(turn, question);
            }
        };
        let problem = match answer {
            Ok(value) => match turn.slot_declaration(&self.into)?.accept(value.clone()) {
                Ok(_) => {
                    turn.set_slot(&self.into, value)?;
                    return Ok(NodeOutcome::exit("done"));
                }
                Err(_) => phrases::OUT_OF_RANGE,
            },
            Err(problem) => problem,
        };
        let failures: u32 = turn.state::<u32>() + 1;
        turn.note(format!("answer {failures} of {} did not fit", self.attempts.value));
        if failures >= self.attempts.value {
            return Ok(NodeOutcome::exit("gave_up"));
        }
        turn.set_state(&failures)?;
        let complaint = match &self.error {
            Some(error) => turn.render(error)?,
            None => problem.get(turn.language()).to_owned(),
        };
        self.question(turn, complaint)
    }
}

/// The value of the button that leaves a question.
pub(crate) const CANCELLED: &str = "\u{0}cancel";

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

    fn check_unit(&self, scope: &mut Scope<'_>) {
        let Some(unit) = &self.unit else { return };
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
                "`unit` is for slots of type number or size, and the slot `{}` is of another",
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

    /// The answer as a value of the slot's type, or what to say of it.
    fn read(&self, turn: &TurnContext<'_>) -> Result<Result<Value, Phrase>, Fault> {
        let text = turn.message().trim();
        if !self.choices.is_empty() {
            for choice in &self.choices {
                if turn.is_said(&choice.label)? || wording::normalized(&choice.value) == turn.words() {
                    return Ok(Ok(Value::String(choice.value.value.clone())));
                }
            }
            return Ok(Err(phrases::NOT_A_CHOICE));
        }
        let shared = match &turn.event().kind {
            EventKind::Contact { phone, .. } => Some(phone.as_str()),
            _ => None,
        };
        Ok(match turn.slot_declaration(&self.into)?.kind {
            Type::Number => match &self.unit {
                Some(unit) => extract::in_unit(text, unit),
                None => extract::number(text),
            }
            .map(extract::whole_or_not)
            .ok_or(phrases::NOT_A_NUMBER),
            Type::Size => {
                let side = |side: Option<f64>| side.map_or(Value::Null, extract::whole_or_not);
                let unit = self.unit.as_ref().map_or("mm", |unit| unit.value.as_str());
                extract::sizes(text, unit)
                    .map(|size| {
                        json!({
                            "length": side(size.length), "width": side(size.width), "height": side(size.height),
                        })
                    })
                    .ok_or(phrases::NOT_A_SIZE)
            }
            Type::Boolean => extract::yes_or_no(text).map(Value::Bool).ok_or(phrases::NOT_YES_OR_NO),
            Type::Date => {
                extract::date(text, turn.today()).map(|day| json!(day.to_string())).ok_or(phrases::NOT_A_DATE)
            }
            Type::Phone => extract::phone(shared.unwrap_or(text))
                .map(|(phone, _)| json!(phone))
                .ok_or(phrases::NOT_A_PHONE),
            Type::Email => extract::email(text).map(|(email, _)| json!(email)).ok_or(phrases::NOT_AN_EMAIL),
            _ => {
                let fits = match &self.pattern {
                    Some(Pattern(_, regex)) => regex.value.as_ref().is_ok_and(|regex| regex.is_match(text)),
                    None => !text.is_empty(),
                };
                if fits { Ok(json!(text)) } else { Err(phrases::NOT_FITTING) }
            }
        })
    }
}
