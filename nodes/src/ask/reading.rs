//! Reads an answer: the choice that it names, or a value of the slot's type.

use serde_json::{Value, json};
use tolmach_engine::{
    event::EventKind,
    kind::Fault,
    language::Language,
    phrases::Phrase,
    slot::Type,
    text::Text,
    turn_context::TurnContext,
    typed::{Money, Typed, show},
    wording,
};

use super::{
    Ask, Pattern, State,
    moments::{self, Half, Moment},
};
use crate::{
    choices::{self, Beside, Reading},
    collect_contact::not_a_phone,
    extract, phrases,
};

/// What a message answers.
pub(super) enum Answer {
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
    /// Two numbers, between which the client is asked to choose.
    Either([f64; 2]),
    /// Understood, and beyond what is taken: what to say of it.
    Beyond(String),
    /// No answer: what to say of it.
    Unfit(String),
}

impl Answer {
    fn of(value: Option<Value>, problem: Phrase, turn: &TurnContext<'_>) -> Answer {
        value.map_or_else(
            || Answer::Unfit(turn.phrase(problem).to_owned()),
            |value| Answer::Value { value, remark: None },
        )
    }
}

impl Ask {
    /// Whether the question takes any words.
    pub(super) fn is_open(&self, turn: &TurnContext<'_>) -> Result<bool, Fault> {
        let kind = turn.slot_declaration(&self.into)?.kind;
        Ok(kind == Type::Text && self.choices.is_empty() && self.pattern.is_none())
    }

    /// Whether a message to an open question may want something else: it is an example of an intent, word for word, or has
    /// the form of a question or a request.
    pub(super) fn is_doubted(&self, turn: &TurnContext<'_>) -> bool {
        let text = turn.message();
        let contact =
            || extract::phone(text).is_some() && extract::is_only_a_name(&extract::without_contact(text));
        !self.any_words && (turn.interrupts() || extract::is_request(text)) || contact()
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
        let mut labels = labels(turn, self.choices.iter().map(|choice| &choice.label))?;
        for (labels, choice) in labels.iter_mut().zip(&self.choices) {
            for word in &choice.also.0 {
                labels.push(turn.render(word)?);
            }
        }
        let at = match choices::read(&text, &labels, Beside::Anything, true) {
            Reading::One(at, how) => {
                turn.note(format!("the choice {} by {how}", at + 1));
                at
            }
            Reading::Any => say_first(turn, &labels),
            Reading::Cancel => return Ok(Answer::Cancel),
            Reading::Several(several) => return Ok(Answer::Between(between(turn, &labels, &several))),
            Reading::None => return Ok(Answer::Unfit(turn.phrase(phrases::NOT_A_CHOICE).to_owned())),
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
        let both = |phrase: Phrase| {
            let own = Language::ALL.map(|language| phrase.get(language).to_owned());
            own.into_iter().chain([turn.phrase(phrase).to_owned()]).collect::<Vec<_>>()
        };
        match choices::read(text, &[both(phrases::YES), both(phrases::NO)], Beside::Nothing, true) {
            Reading::One(at, _) => Answer::Value { value: Value::Bool(at == 0), remark: None },
            Reading::Cancel => Answer::Cancel,
            _ => Answer::Unfit(turn.phrase(phrases::NOT_YES_OR_NO).to_owned()),
        }
    }

    /// The answer as a value of the slot's type, or what to say of it.
    pub(super) fn read(&self, turn: &mut TurnContext<'_>) -> Result<Answer, Fault> {
        if !self.choices.is_empty() {
            return self.choose(turn);
        }
        let text = turn.message().trim();
        let shared = match &turn.event().kind {
            EventKind::Contact { phone, .. } => Some(phone.as_str()),
            _ => None,
        };
        let kind = turn.slot_declaration(&self.into)?.kind;
        if matches!(kind, Type::Date | Type::DateTime)
            && let Some(complaint) = self.past(turn, kind, text)?
        {
            return Ok(Answer::Beyond(complaint));
        }
        if kind == Type::Number
            && self.unit.is_none()
            && let Some(either) = extract::either(text)
        {
            return Ok(Answer::Either(either));
        }
        let (value, problem) = match kind {
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
                // Of a question with a `max` alone a past day is an answer: «когда купили?»
                let day = extract::date(text, turn.today());
                let day = day.or_else(|| extract::past_day(text, turn.today()));
                (day.map(|day| json!(day.to_string())), phrases::NOT_A_DATE)
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
                None => return Ok(Answer::Unfit(not_a_phone(turn, text))),
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
        if value.is_none() && problem == phrases::NOT_A_NUMBER {
            let example = self.limits().example(turn, turn.slot_declaration(&self.into)?)?;
            return Ok(Answer::Unfit(turn.phrase(problem).replace("{}", &example)));
        }
        Ok(Answer::of(value, problem, turn))
    }

    /// What to say of a day that is past, where days ahead are asked for: with a `min` that it breaks, or without limits.
    fn past(&self, turn: &TurnContext<'_>, kind: Type, text: &str) -> Result<Option<String>, Fault> {
        let Some(day) = extract::past_day(text, turn.today()) else { return Ok(None) };
        if self.min.is_some() {
            let value = match kind {
                Type::Date => Typed::Date(day),
                _ => Typed::DateTime(day.at(0, 0, 0, 0)),
            };
            return self.limits().broken(turn, kind, &value.stored());
        }
        let today = Typed::Date(turn.today()).stored();
        let today = show(&Typed::tag_stored(Type::Date, &today), turn.language()).unwrap_or_default();
        Ok(self.max.is_none().then(|| turn.phrase(phrases::NOT_BEFORE_DAY).replace("{}", &today)))
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
    turn.say(turn.phrase(phrases::TAKES_FIRST).replace("{}", &label), Vec::new());
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
    turn.phrase(phrases::BETWEEN).replace("{}", &named.join(or))
}
