//! Operators, functions and macros of expressions, with what they do and examples that are evaluated in tests.
//!
//! A function exists for authors if it has an entry here: the compiler knows its name, the reference shows it.

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A sign between or before values.
    Operator,
    /// A call, of a value or on its own.
    Function,
    /// A call that is rewritten before it is evaluated: it names its items itself.
    Macro,
}

/// An operator, a function or a macro.
#[derive(Debug)]
pub(crate) struct Function {
    /// What it is.
    pub sort: Sort,
    /// Its name in an expression; the sign of an operator.
    pub name: &'static str,
    /// How it is written, with the types of its values and of its result.
    pub signature: &'static str,
    /// What it does, in a sentence or two.
    pub about: &'static str,
    /// Expressions over the sample values, each with its value as JSON, or with `fault: ` and a part of the error.
    pub examples: &'static [(&'static str, &'static str)],
}

impl Function {
    /// A call that an author writes by its name.
    fn is_call(&self) -> bool {
        self.sort != Sort::Operator
    }
}

/// The names of everything that is called, as the compiler suggests them.
pub(super) fn names() -> &'static [&'static str] {
    static NAMES: std::sync::LazyLock<Vec<&'static str>> = std::sync::LazyLock::new(|| {
        FUNCTIONS.iter().filter(|function| function.is_call()).map(|function| function.name).collect()
    });
    &NAMES
}

const fn operator(
    name: &'static str,
    signature: &'static str,
    about: &'static str,
    examples: &'static [(&'static str, &'static str)],
) -> Function {
    Function { sort: Sort::Operator, name, signature, about, examples }
}

const fn function(
    name: &'static str,
    signature: &'static str,
    about: &'static str,
    examples: &'static [(&'static str, &'static str)],
) -> Function {
    Function { sort: Sort::Function, name, signature, about, examples }
}

const fn rewritten(
    name: &'static str,
    signature: &'static str,
    about: &'static str,
    examples: &'static [(&'static str, &'static str)],
) -> Function {
    Function { sort: Sort::Macro, name, signature, about, examples }
}

/// Everything that an expression may use, in the order of the reference.
pub(crate) const FUNCTIONS: &[Function] = &[
    operator(
        "==",
        "a == b",
        "Whether two values are equal. `null` is an unset slot.",
        &[("slots.count == 3", "true"), ("slots.city == null", "true")],
    ),
    operator("!=", "a != b", "Whether two values differ.", &[("slots.city != null", "false")]),
    operator(
        "<",
        "a < b",
        "Whether a number, a length of time or an amount is less, a date or time earlier, a text earlier by its letters. Both are \
         of one type; a text that is written out may stand for a date or a time.",
        &[
            ("slots.budget < 10000", "true"),
            ("now.date < slots.day", "true"),
            ("slots.day < '2026-03-05'", "true"),
            ("slots.city < 5", "fault: "),
        ],
    ),
    operator("<=", "a <= b", "Less or equal.", &[("slots.count <= 3", "true")]),
    operator(
        ">",
        "a > b",
        "Greater, or later.",
        &[("slots.count > 3", "false"), ("slots.price > money(5000, 'RUB')", "false")],
    ),
    operator(">=", "a >= b", "Greater or equal.", &[("now.hour >= 9", "true")]),
    operator(
        "&&",
        "boolean && boolean",
        "Both. The right side is not looked at where the left one is false.",
        &[
            ("slots.urgent && slots.count > 1", "true"),
            ("slots.city != null && slots.city.contains('a')", "false"),
        ],
    ),
    operator("||", "boolean || boolean", "One or both.", &[("slots.count > 5 || slots.urgent", "true")]),
    operator("!", "!boolean", "Not.", &[("!slots.urgent", "false")]),
    operator(
        "? :",
        "boolean ? a : b",
        "The first value where the condition holds, else the second.",
        &[("slots.budget > 5000 ? 'high' : 'low'", "\"high\"")],
    ),
    operator(
        "+",
        "number + number, text + text, list + list, date + duration, time + duration, datetime + duration, date + time, duration + \
         duration, money + money",
        "The sum, both one after the other, or a moment so much later. A date takes whole days and months.",
        &[
            ("slots.day + days(2)", "\"2026-03-06\""),
            ("slots.at + slots.length", "\"2026-03-04T11:30\""),
            ("slots.day + '1w'", "\"2026-03-11\""),
            ("slots.price + money(500, 'RUB')", "{\"amount\": 5000, \"currency\": \"RUB\"}"),
            ("slots.price + money(5, 'USD')", "fault: different currencies"),
            ("slots.day + hours(2)", "fault: whole days"),
            ("slots.budget + 500", "10000"),
            ("slots.name + '!'", "\"Anna!\""),
            ("[1, 2] + [3]", "[1, 2, 3]"),
        ],
    ),
    operator(
        "-",
        "number - number, -number, date - date, time - time, datetime - datetime, date - duration, money - money",
        "The difference (of two moments a length of time), an earlier moment, or the number with the other sign.",
        &[
            ("slots.day - now.date", "\"2d\""),
            ("(slots.at - now).hours", "43.5"),
            ("now - minutes(30)", "\"2026-03-02T14:00\""),
            ("slots.budget - 500", "9000"),
            ("-slots.count", "-3"),
        ],
    ),
    operator(
        "*",
        "number * number, money * number, duration * number",
        "The product; an amount of money is rounded to hundredths.",
        &[
            ("slots.count * 1.5", "4.5"),
            ("slots.price * 2", "{\"amount\": 9000, \"currency\": \"RUB\"}"),
            ("slots.length * 2", "\"3h\""),
        ],
    ),
    operator(
        "/",
        "number / number, money / number, money / money, duration / number, duration / duration",
        "The quotient, not rounded.",
        &[
            ("slots.count / 2", "1.5"),
            ("slots.price / money(1000, 'RUB')", "4.5"),
            ("slots.count / 0", "fault: "),
        ],
    ),
    operator(
        "%",
        "whole % whole",
        "The rest of a division of whole numbers; slots are made whole by `int`.",
        &[("int(slots.count) % 2", "1")],
    ),
    operator(
        "in",
        "a in list, text in map",
        "Whether a list has a value, or a map a key.",
        &[
            ("'sale' in slots.tags", "true"),
            ("session.language in ['ru', 'en']", "true"),
            ("'phone' in slots.contact", "true"),
        ],
    ),
    operator(
        "[ ]",
        "list[number], map[text]",
        "An item by its position from 0, or a field by its name.",
        &[
            ("slots.tags[0]", "\"new\""),
            ("slots.goods[0].name", "\"Pump\""),
            ("slots.contact['name']", "\"Anna\""),
            ("slots.tags[9]", "fault: "),
        ],
    ),
    function(
        "size",
        "size(text), size(list), size(map), also value.size()",
        "The number of characters, items or fields.",
        &[("size(slots.tags)", "3"), ("slots.name.size()", "4")],
    ),
    function(
        "contains",
        "text.contains(text)",
        "Whether a text has another inside it; upper and lower case differ.",
        &[("slots.name.contains('nn')", "true"), ("slots.name.contains('NN')", "false")],
    ),
    function(
        "startsWith",
        "text.startsWith(text)",
        "Whether a text begins with another.",
        &[("slots.name.startsWith('An')", "true")],
    ),
    function(
        "endsWith",
        "text.endsWith(text)",
        "Whether a text ends with another.",
        &[("slots.name.endsWith('na')", "true")],
    ),
    function(
        "matches",
        "text.matches('pattern')",
        "Whether a part of a text is as a regular expression says. The pattern is a text in quotes, known when the flow is \
         compiled; `^` and `$` are the ends of the text.",
        &[("slots.name.matches('^[A-Z][a-z]+$')", "true"), ("'RH-10628'.matches('[0-9]{6}')", "false")],
    ),
    function(
        "min",
        "min(a, b, …), min(list)",
        "The least of up to eight values of one type, or of a list: numbers, dates, times, money.",
        &[("min(slots.count, 2)", "2"), ("min(slots.day, now.date)", "\"2026-03-02\"")],
    ),
    function(
        "max",
        "max(a, b, …), max(list)",
        "The greatest of up to eight values of one type, or of a list.",
        &[
            ("max(slots.goods.map(item, item.price))", "12000"),
            ("max(slots.price, money(5000, 'RUB'))", "{\"amount\": 5000, \"currency\": \"RUB\"}"),
        ],
    ),
    function(
        "round",
        "round(number), round(number, digits), round(money)",
        "Rounded to so many digits after the point, halves away from zero.",
        &[("round(4990.5)", "4991"), ("round(2.345, 2)", "2.35"), ("round(slots.price / 7).amount", "643")],
    ),
    function(
        "floor",
        "floor(number), floor(number, digits), floor(money)",
        "Rounded down.",
        &[("floor(4990.9)", "4990"), ("floor(2.349, 2)", "2.34")],
    ),
    function("ceil", "ceil(number), ceil(number, digits), ceil(money)", "Rounded up.", &[("ceil(2.1)", "3")]),
    function(
        "abs",
        "abs(number), abs(money), abs(duration)",
        "Without its sign.",
        &[("abs(2 - slots.count)", "1"), ("abs(now.date - slots.day)", "\"2d\"")],
    ),
    function(
        "date",
        "date('2026-12-31'), date(datetime)",
        "A date out of a text in this form, or the date of a moment.",
        &[
            ("date('2026-12-31')", "\"2026-12-31\""),
            ("date(now)", "\"2026-03-02\""),
            ("date('31.12.2026')", "fault: "),
        ],
    ),
    function(
        "time",
        "time('14:30'), time(datetime)",
        "A time of day out of a text, or that of a moment.",
        &[("time('9:05')", "\"09:05\""), ("now.time > time('14:00')", "true")],
    ),
    function(
        "datetime",
        "datetime('2026-12-31 14:30'), datetime(date, time)",
        "A moment on the company's clock.",
        &[
            ("datetime('2026-12-31 14:30')", "\"2026-12-31T14:30\""),
            ("datetime(slots.day, time('9:00'))", "\"2026-03-04T09:00\""),
        ],
    ),
    function(
        "duration",
        "duration('2h30m')",
        "A length of time. Units are y, mo, w, d, h, m, s; a day is 24 hours, months are those of the calendar.",
        &[
            ("duration('90m')", "\"1h30m\""),
            ("duration('1y6mo')", "\"1y6mo\""),
            ("duration('1h') < slots.length", "true"),
        ],
    ),
    function("minutes", "minutes(number)", "So many minutes.", &[("minutes(90)", "\"1h30m\"")]),
    function("hours", "hours(number)", "So many hours.", &[("hours(slots.count)", "\"3h\"")]),
    function("days", "days(number)", "So many days of 24 hours.", &[("days(2)", "\"2d\"")]),
    function("weeks", "weeks(number)", "So many weeks.", &[("slots.day + weeks(1)", "\"2026-03-11\"")]),
    function(
        "months",
        "months(number)",
        "So many months of the calendar; a day that a month lacks is its last.",
        &[("date('2026-01-31') + months(1)", "\"2026-02-28\"")],
    ),
    function("years", "years(number)", "So many years.", &[("slots.day + years(1)", "\"2027-03-04\"")]),
    function(
        "money",
        "money(number, 'RUB'), money('4500 RUB')",
        "An amount of money. Its fields are `amount` and `currency`.",
        &[
            ("money(slots.budget, 'RUB')", "{\"amount\": 9500, \"currency\": \"RUB\"}"),
            ("money('4 500 ₽').amount", "4500"),
            ("money(5, 'tugriks')", "fault: no currency"),
        ],
    ),
    function(
        "int",
        "int(number), int(text)",
        "A whole number; what stands behind the point is left out.",
        &[("int(4990.5)", "4990"), ("int('12')", "12"), ("int('twelve')", "fault: ")],
    ),
    function(
        "double",
        "double(text), double(number)",
        "A number out of a text.",
        &[("double('2.5') * 2", "5"), ("double('2,5')", "fault: ")],
    ),
    function(
        "string",
        "string(number), string(boolean)",
        "A value as a text. Dates, times and money become texts in texts alone, where the language is known.",
        &[("'n' + string(slots.count)", "\"n3\""), ("string(slots.urgent)", "\"true\"")],
    ),
    function("bool", "bool(text)", "A truth value out of `true` or `false`.", &[("bool('true')", "true")]),
    rewritten(
        "has",
        "has(value.field)",
        "Whether a map has a field.",
        &[("has(slots.contact.phone)", "true"), ("has(slots.contact.city)", "false")],
    ),
    rewritten(
        "exists",
        "list.exists(item, condition)",
        "Whether the condition holds for an item.",
        &[
            ("slots.goods.exists(item, item.stock == 0)", "true"),
            ("slots.tags.exists(tag, tag == 'old')", "false"),
        ],
    ),
    rewritten(
        "all",
        "list.all(item, condition)",
        "Whether the condition holds for every item.",
        &[("slots.goods.all(item, item.price < 20000)", "true")],
    ),
    rewritten(
        "exists_one",
        "list.exists_one(item, condition)",
        "Whether the condition holds for exactly one item.",
        &[("slots.goods.exists_one(item, item.stock == 0)", "true")],
    ),
    rewritten(
        "filter",
        "list.filter(item, condition)",
        "The items for which the condition holds.",
        &[("slots.goods.filter(item, item.stock > 0).size()", "2")],
    ),
    rewritten(
        "map",
        "list.map(item, value), list.map(item, condition, value)",
        "A value for each item, or for each item for which the condition holds.",
        &[
            ("slots.goods.map(item, item.name)", "[\"Pump\", \"Hose\", \"Drill\"]"),
            ("slots.goods.map(item, item.stock > 0, item.name)", "[\"Pump\", \"Drill\"]"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::{condition::Expression, sample_values::SampleValues, span::Span};

    #[test]
    fn every_entry_is_documented_and_its_examples_have_the_values_that_they_say() {
        let values = SampleValues::new();
        let mut names = BTreeSet::new();
        for function in FUNCTIONS {
            let name = function.name;
            assert!(names.insert(name), "{name} stands twice in the table");
            assert!(
                function.signature.contains(name.trim_end_matches(" ]").trim_end_matches(" :")),
                "{name}"
            );
            assert!(function.about.ends_with('.'), "{name} is not documented");
            assert!(!function.examples.is_empty(), "{name} has no example");
            for (source, expected) in function.examples {
                let expression = Expression::compile((*source).to_owned(), Span::default());
                assert_eq!(expression.error(), None, "{source}");
                assert_eq!(expression.unknown_function(), None, "{source}");
                match (expression.value(&values), expected.strip_prefix("fault: ")) {
                    (Ok(value), None) => {
                        assert_eq!(value, serde_json::from_str::<Value>(expected).unwrap(), "{source}");
                    }
                    (Err(why), Some(part)) => assert!(why.contains(part), "{source}: {why}"),
                    (found, _) => panic!("{source}: {found:?}, not {expected}"),
                }
            }
            let shown =
                |source: &&(&str, &str)| source.0.contains(name.split(' ').next().unwrap_or_default());
            assert!(function.examples.iter().all(|example| shown(&example)), "{name} is not in its example");
        }
    }

    /// A name that the evaluator knows and the table does not would be a function without documentation.
    #[test]
    fn what_is_not_in_the_table_is_unknown() {
        for source in [
            "uint(1)",
            "bytes('a')",
            "type(1)",
            "dyn(1)",
            "slots.tags.join(',')",
            "getHours(1)",
            "my_own2(1)",
        ] {
            let expression = Expression::compile(source.to_owned(), Span::default());
            assert!(expression.unknown_function().is_some(), "{source}");
        }
    }
}
