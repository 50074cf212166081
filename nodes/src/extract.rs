//! Value extraction from messages, without a model: numbers, prices, sizes, phones, e-mails, dates, yes and no.
//!
//! One file per kind of value, for Russian and English. An uncertain value is `None`, because asking again costs less than
//! a wrong order. Bounds on quantities in a search are read by `bounds`.

mod agreement;
mod calendar;
mod contacts;
mod dates;
mod forms;
mod leaving;
mod manner;
mod mask;
mod money;
mod names;
pub(crate) mod numbers;
mod phone_length;
mod polarity;
mod sizes;
mod speech;
mod times;
pub(crate) mod units;
mod words;

#[cfg(test)]
mod tests;

use regex::Regex;
use serde_json::{Value, json};

pub(crate) use self::{
    agreement::{is_cancel, is_refusal, yes_or_no},
    contacts::{
        email, every_contact, masked_with, phone, take_phones, without_contact, without_refused_contacts,
    },
    dates::{date, past_day},
    forms::same_word,
    leaving::{is_goodbye, is_nothing, is_open},
    manner::{is_of_contacts, manner},
    mask::{holds_placeholder, mask},
    money::{currency, is_of_cents, price_bounds},
    names::{Name, Sign, is_only_a_name, name},
    numbers::{either, number},
    phone_length::{Misfit, misfit},
    polarity::{refuses, wanted},
    sizes::{in_unit, sizes},
    speech::{Disowned, agreement, disowned, is_question, is_request, refuses_form},
    times::{duration, time},
    words::{Token, What, first_chars, folded, last_chars, tokens},
};

/// The values of all numbers of a text, in digits and in words.
pub(crate) fn numbers_in(text: &str) -> Vec<f64> {
    numbers::find(text).into_iter().map(|number| number.value).collect()
}

/// A constant pattern. An invalid one fails the tests of this crate.
#[expect(clippy::expect_used, reason = "patterns are constants, and tests use each of them")]
pub(crate) fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// Whole numbers stay whole, so that a template shows 10000 and not 10000.0.
pub(crate) fn whole_or_not(value: f64) -> Value {
    // Beyond 2^53 a float is no longer exact, and the conversion would lie.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        json!(value as i64)
    } else {
        json!(value)
    }
}
