//! A day with a time, which clients name in one message or in two.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};
use tolmach_engine::{phrases::Phrase, turn_context::TurnContext, typed::Typed};

use crate::{extract, phrases};

/// The half of the answer that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Half {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    day: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<Time>,
}

/// What a message makes of a question for a day with a time.
pub(super) enum Moment {
    /// Both are known.
    Whole(Typed),
    /// One of them is; the question for the other.
    Half(Half, Phrase),
    /// Neither is.
    None,
}

/// Reads a message together with what is known.
pub(super) fn read(turn: &TurnContext<'_>, text: &str, known: &Half) -> Moment {
    let calendar = &turn.resources().calendar;
    let usual =
        |time| if calendar.is_known() { calendar.is_usual(time) } else { (8..20).contains(&time.hour()) };
    // «15» is a day of the month, unless the day is known.
    let lone = text.trim().parse::<u8>().is_ok();
    let day = extract::date(text, turn.today()).filter(|_| !(lone && known.day.is_some()));
    let time = extract::time(text, usual).filter(|_| !(lone && day.is_some()));
    if day.is_none() && time.is_none() {
        return Moment::None;
    }
    match (day.or(known.day), time.or(known.time)) {
        (Some(day), Some(time)) => Moment::Whole(Typed::DateTime(day.to_datetime(time))),
        (day, time) => {
            let missing = if day.is_some() { phrases::WHAT_TIME } else { phrases::WHAT_DAY };
            Moment::Half(Half { day, time }, missing)
        }
    }
}
