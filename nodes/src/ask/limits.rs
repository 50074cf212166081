//! The limits on an answer: the least and the most, and only days or hours on which the company works.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tolmach_engine::{
    condition::{Expression, fits},
    diagnostic::Code,
    kind::Fault,
    language::Language,
    scope::Scope,
    slot::{Declaration, Type},
    span::Spanned,
    turn_context::TurnContext,
    typed::{Typed, show},
};

use crate::phrases;

/// What an answer must be beside of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Only {
    /// A day on which the company works.
    Workdays,
    /// A time at which the company works.
    WorkingHours,
}

/// Types whose values have an order.
const ORDERED: [Type; 6] =
    [Type::Number, Type::Date, Type::Time, Type::DateTime, Type::Duration, Type::Money];

/// Limits on an answer.
#[derive(Debug, Default)]
pub(super) struct Limits<'a> {
    pub(super) min: Option<&'a Expression>,
    pub(super) max: Option<&'a Expression>,
    pub(super) only: Option<&'a Spanned<Only>>,
}

impl Limits<'_> {
    pub(super) fn check(&self, into: &Spanned<String>, scope: &mut Scope<'_>) {
        let of = scope.slot_type(into);
        for (field, bound) in [("min", self.min), ("max", self.max)] {
            let Some(bound) = bound else { continue };
            scope.expression(bound);
            let Some(of) = of else { continue };
            if !ORDERED.contains(&of) {
                let message = format!(
                    "`{field}` limits numbers, dates, times and money, and the slot `{}` is {}",
                    into.value,
                    of.told()
                );
                scope.report(
                    Code::WrongSlotType,
                    bound.span(),
                    message,
                    "remove the field, or use another slot",
                );
            } else if let Some(kind) = scope.kind_of(bound).filter(|kind| !fits(*kind, of)) {
                let message =
                    format!("`{field}` is {}, and the slot `{}` is {}", kind.told(), into.value, of.told());
                let help = format!("write a limit such as {}", limit_of(of));
                scope.report(Code::WrongType, bound.span(), message, help);
            } else if let Some(limit) = bound.literal_number() {
                let (least, most) = scope.slot_limits(into);
                let nothing = match field {
                    "min" => most.is_some_and(|most| limit > most),
                    _ => least.is_some_and(|least| limit < least),
                };
                if nothing {
                    let message = format!(
                        "no answer fits: `{field}` is {limit}, and the slot `{}` takes {}",
                        into.value,
                        taken(least, most)
                    );
                    scope.report(Code::BadValue, bound.span(), message, "change one of the limits");
                }
            }
        }
        if let (Some(min), Some(max), Some(of)) = (self.min, self.max, of)
            && let (Some(least), Some(most)) = (scope.constants(min), scope.constants(max))
            && least
                .iter()
                .zip(&most)
                .all(|((_, least), (_, most))| order(of, least, most) == Some(Ordering::Greater))
        {
            let message = format!(
                "no answer fits: the least is `{}`, and the most is `{}`, which is less",
                min.source(),
                max.source()
            );
            scope.report(Code::BadValue, max.span(), message, "change one of the limits");
        }
        if let Some(only) = self.only {
            let (name, types): (_, &[Type]) = match only.value {
                Only::Workdays => ("workdays", &[Type::Date, Type::DateTime]),
                Only::WorkingHours => ("working_hours", &[Type::Time, Type::DateTime]),
            };
            if of.is_some_and(|of| !types.contains(&of)) {
                let types: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
                let message = format!("`only: {name}` is for slots of type {}", types.join(" and "));
                scope.report(
                    Code::WrongSlotType,
                    only.span,
                    message,
                    "remove the field, or use another slot",
                );
            }
            if !scope.has_working_hours() {
                let message = format!("`only: {name}` needs to know when the company works");
                let help = "write into company.yaml: `working_hours: { mon-fri: 09:00-18:00 }`";
                scope.report(Code::MissingField, only.span, message, help);
            }
        }
    }

    /// What to say of an answer that is beyond the limits; `None` for one that fits.
    pub(super) fn broken(
        &self,
        turn: &TurnContext<'_>,
        kind: Type,
        value: &Value,
    ) -> Result<Option<String>, Fault> {
        let language = turn.language();
        for (bound, wrong, of_time, of_amount) in [
            (self.min, Ordering::Less, [phrases::NOT_BEFORE_DAY, phrases::NOT_BEFORE], phrases::NOT_LESS),
            (self.max, Ordering::Greater, [phrases::NOT_AFTER_DAY, phrases::NOT_AFTER], phrases::NOT_MORE),
        ] {
            let Some(bound) = bound else { continue };
            let limit = turn.value(bound)?;
            let order = order(kind, value, &limit)
                .ok_or_else(|| Fault(format!("`{}` is no {}", bound.source(), kind.name())))?;
            if order == wrong {
                let shown = show(&Typed::tag_stored(kind, &limit), language).unwrap_or_default();
                let [of_day, of_time] = of_time;
                let phrase = match kind {
                    Type::Date => of_day,
                    Type::Time | Type::DateTime => of_time,
                    _ => of_amount,
                };
                return Ok(Some(turn.phrase(phrase).replace("{}", &shown)));
            }
        }
        let Some(only) = self.only else { return Ok(None) };
        let calendar = &turn.resources().calendar;
        let (works, phrase) = match (only.value, Typed::read(kind, value)) {
            (Only::Workdays, Some(Typed::Date(day))) => (calendar.is_workday(day), phrases::NOT_A_WORKDAY),
            (Only::Workdays, Some(Typed::DateTime(at))) => {
                (calendar.is_workday(at.date()), phrases::NOT_A_WORKDAY)
            }
            (Only::WorkingHours, Some(Typed::Time(time))) => {
                (calendar.is_usual(time), phrases::NOT_WORKING_HOURS)
            }
            (Only::WorkingHours, Some(Typed::DateTime(at))) => {
                (calendar.is_open(at), phrases::NOT_WORKING_HOURS)
            }
            _ => return Ok(None),
        };
        Ok((!works).then(|| turn.phrase(phrase).replace("{}", &calendar.shown(language))))
    }
}

impl Limits<'_> {
    /// A number within the limits of a question and its slot, as an example of an answer.
    pub(super) fn example(&self, turn: &TurnContext<'_>, slot: &Declaration) -> Result<String, Fault> {
        /// From here on amounts of money are asked for rather than things counted.
        const LARGE: f64 = 100_000.0;
        let bound = |bound: Option<&Expression>| -> Result<Option<f64>, Fault> {
            Ok(bound.map(|bound| turn.value(bound)).transpose()?.and_then(|value| value.as_f64()))
        };
        let least = bound(self.min)?.into_iter().chain(slot.min).fold(f64::NEG_INFINITY, f64::max);
        let most = bound(self.max)?.into_iter().chain(slot.max).fold(f64::INFINITY, f64::min);
        let money = slot.kind == Type::Money || most.is_finite() && most >= LARGE;
        let candidates = if money {
            [15_000.0, 1000.0, 100.0, 10.0, 5.0, 2.0, 1.0]
        } else {
            [10.0, 5.0, 3.0, 2.0, 1.0, 100.0, 15_000.0]
        };
        let fits = candidates.into_iter().find(|example| (least..=most).contains(example));
        let example = fits.unwrap_or(if least.is_finite() { least } else { most.min(LARGE) });
        let shown = example.to_string();
        Ok(if turn.language() == Language::Ru { shown.replace('.', ",") } else { shown })
    }
}

fn order(kind: Type, value: &Value, limit: &Value) -> Option<Ordering> {
    if kind == Type::Number {
        return value.as_f64()?.partial_cmp(&limit.as_f64()?);
    }
    Typed::read(kind, value)?.compare(&Typed::read(kind, limit)?).ok()
}

const fn limit_of(kind: Type) -> &'static str {
    match kind {
        Type::Date => "now.date + days(1)",
        Type::DateTime => "now + hours(2)",
        other => other.example(),
    }
}

fn taken(least: Option<f64>, most: Option<f64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} or less"),
        (None, None) => "anything".to_owned(),
    }
}
