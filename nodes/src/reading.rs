//! Everything that reads a client's text, as a list: what fuzzing, the tests of linearity and the bench run on a text.
//!
//! A new extractor is added here too, so that a hostile text is tried on it.

use jiff::civil::Date;
use tolmach_engine::{language::Language, measure, wording};

use crate::{bounds, extract, grounded};

/// A name and a reader whose result is dropped.
pub type Reader = (&'static str, fn(&str));

/// Every reader.
pub const READERS: &[Reader] = &[
    ("phone", |text| unused(extract::phone(text))),
    ("email", |text| unused(extract::email(text))),
    ("name", |text| unused(extract::name(text))),
    ("contacts removed", |text| unused(extract::without_contact(text))),
    ("phones taken", |text| unused(extract::take_phones(&mut text.to_owned()))),
    ("number", |text| unused(extract::number(text))),
    ("length", |text| unused(extract::in_unit(text, "cm"))),
    ("sizes", |text| unused(extract::sizes(text, "mm"))),
    ("price", |text| unused(extract::price_bounds(text))),
    ("date", |text| unused(extract::date(text, Date::constant(2026, 11, 26)))),
    ("yes or no", |text| unused(extract::yes_or_no(text))),
    ("leaving", |text| unused((extract::is_cancel(text), extract::is_refusal(text)))),
    ("quantities", |text| unused(measure::find(text))),
    ("request", |text| unused(bounds::request_for(text))),
    ("words", |text| unused(wording::normalized(text))),
    ("language", |text| unused(Language::evidence(text))),
    ("sentences", |text| unused(grounded::keep_grounded(text, &[], &[text], Language::Ru))),
];

/// Runs every reader on a text.
pub fn read_all(text: &str) {
    READERS.iter().for_each(|(_, read)| read(text));
}

/// Keeps a reading from being optimised away.
fn unused<T>(value: T) {
    std::hint::black_box(value);
}
