//! Everything that reads a client's text, as a list, and everything that evaluates the sources inside a flow: what fuzzing,
//! the tests of linearity and the bench run on a text.
//!
//! A new extractor is added here too, so that a hostile text is tried on it.

use jiff::civil::Date;
use serde_json::{Value, json};
use tolmach_engine::{
    condition::{Expression, FilterExpression},
    effect::{GenerateRequest, Passage},
    language::Language,
    measure,
    span::Span,
    text::Template,
    vars::VariableSource,
    wording,
};

use crate::{
    bounds,
    choices::{self, Beside},
    extract, grounded, refer, tone, wishes,
};

/// A name and a reader whose result is dropped.
pub type Reader = (&'static str, fn(&str));

/// Every reader.
pub const READERS: &[Reader] = &[
    ("phone", |text| unused(extract::phone(text))),
    ("email", |text| unused(extract::email(text))),
    ("name", |text| unused(extract::name(text))),
    ("name alone", |text| unused(extract::is_only_a_name(text))),
    ("of contacts", |text| unused((extract::is_of_contacts(text), extract::manner(text)))),
    ("refused contacts", |text| unused(extract::without_refused_contacts(text))),
    ("left open", |text| unused((extract::is_open(text), extract::is_goodbye(text)))),
    ("digits of a phone", |text| unused(extract::misfit(text))),
    ("kind of speech", |text| {
        unused((
            extract::is_request(text),
            extract::refuses_form(text),
            extract::disowned(text),
            extract::agreement(text),
        ))
    }),
    ("choice", |text| {
        unused(choices::read(
            text,
            &[vec!["Утро".to_owned()], vec!["После обеда".to_owned()]],
            Beside::Anything,
            true,
        ))
    }),
    ("contacts removed", |text| unused(extract::without_contact(text))),
    ("contacts masked", |text| unused(extract::mask(text, Language::Ru))),
    ("contacts found", |text| unused(extract::every_contact(text))),
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
    ("of rows, a list", |text| unused(refer::read_both(text))),
    ("wishes", |text| unused((wishes::parts(text), wishes::alternatives(text)))),
    ("tone", |text| unused(tone::of(&wording::normalized(text)))),
    ("refusal of a thing", |text| unused(extract::refuses(text))),
    ("sentences", |text| unused(grounded::keep_grounded(text, &asked(text)))),
];

/// A request for a reply to a client's text.
fn asked(text: &str) -> GenerateRequest {
    let delivery = "Доставляем по всей России за 2 дня, скидок не даём.".to_owned();
    GenerateRequest {
        role: String::new(),
        instructions: String::new(),
        question: text.to_owned(),
        language: Language::Ru,
        facts: Vec::new(),
        passages: vec![Passage { id: String::new(), title: "Доставка".to_owned(), text: delivery }],
        history: Vec::new(),
        temperature: 0.0,
        max_tokens: 1,
    }
}

/// Texts that are slow to read where they are repeated: found so once, or made to be.
pub const HOSTILE: &[&str] = &[
    "1 2 3 4 5 6 7 8 9 0 ",
    "до10",
    "5\"",
    "тысяч ",
    "тысяч за ",
    "миллиард миллион тысяч сотня десяток ",
    "111 111 ",
    "1.1",
    "1a",
    "+7 1 2 3 4 5 6 7 8 9 0 1 2 3 4 ",
    "+1234567",
    "8 1 2 3 4 5 6 7 8 9 0 ",
    "a@",
    "a@b.ru ",
    "a/",
    "x@y.z-",
    "a dot ",
    "a at b dot ru ",
    "5 a ",
    "(((",
    "за за за 5 ",
    "да ",
    "через 999 рабочих дней ",
    "1.1 ",
    "5в ",
    "15 марта ",
    "5-",
    "1 метр ",
    "длина 1 ",
    "1,",
    "1/2 ",
    "это ",
    "И. ",
    "Анна ",
    "не надо ",
    "а а ",
    "как ",
    "8-8 ",
    "второй ",
    "не не ",
    "без ",
    "2 шт ",
    "дрель 2 шт\n",
    "1. болт - 5\n",
    " и ",
    "хочу и хочу ",
    " или ",
    "а,",
    "не звоните ",
    "подешевле ",
    "5-7 кВт ",
    "срочно ",
];

/// Runs every reader on a text.
pub fn read_all(text: &str) {
    READERS.iter().for_each(|(_, read)| read(text));
}

/// Compiles a source as an expression, as a filter, as a text and as an address, and runs each with the same values. None
/// of it ends in a panic, and each runs within its bounds.
pub fn evaluate_all(source: &str) {
    let here = Span::default();
    let expression = Expression::compile(source.to_owned(), here);
    unused((expression.value(&Values), expression.error().is_some(), expression.unknown_function()));
    unused(FilterExpression::compile(source.to_owned(), here).resolve(&Values));
    unused(Template::compile(source.to_owned(), here).render(&Values));
    unused(Template::for_address(source.to_owned(), here).render(&Values));
}

/// A value of each type, and lists inside lists.
struct Values;

impl VariableSource for Values {
    fn root(&self, name: &str) -> Value {
        match name {
            "slots" => {
                let item = |n: u32| json!({ "name": "насос", "n": n, "tags": ["a", "b"] });
                let items: Vec<Value> = (0..20).map(item).collect();
                json!({ "n": 3, "name": "насос ".repeat(100), "list": items, "yes": true, "unset": null })
            }
            "message" => json!({ "text": "нужен насос" }),
            _ => json!({}),
        }
    }
}

/// Keeps a reading from being optimised away.
fn unused<T>(value: T) {
    std::hint::black_box(value);
}
