//! Helpers of templates, with what they do and examples that are rendered in tests.
//!
//! A helper exists for authors if it has an entry here: the compiler knows its name, the reference shows it.

/// A helper.
#[derive(Debug)]
pub(crate) struct TemplateHelper {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub signature: &'static str,
    /// What it does, in a sentence or two.
    pub about: &'static str,
    /// Templates over the sample values, each with its text, or with `fault: ` and a part of the error.
    pub examples: &'static [(&'static str, &'static str)],
}

const fn helper(
    name: &'static str,
    signature: &'static str,
    about: &'static str,
    examples: &'static [(&'static str, &'static str)],
) -> TemplateHelper {
    TemplateHelper { name, signature, about, examples }
}

/// The names of all helpers, as the compiler suggests them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    HELPERS.iter().map(|helper| helper.name)
}

/// Everything that a template may call, in the order of the reference.
pub(crate) const HELPERS: &[TemplateHelper] = &[
    helper(
        "money",
        "{{money amount \"currency\"}}, {{money money}}",
        "An amount with groups of three digits and the sign of its currency, which an amount of money knows itself; blanks in \
         it do not break.",
        &[
            ("{{money slots.budget \"RUB\"}}", "9\u{a0}500\u{a0}₽"),
            ("{{money slots.price}}", "4\u{a0}500\u{a0}₽"),
            ("{{money slots.name}}", "fault: a text"),
            ("{{money 1992.6 \"USD\"}}", "1\u{a0}992,60\u{a0}$"),
        ],
    ),
    helper(
        "date",
        "{{date value \"style\"}}",
        "A date, or the date of a datetime: `short` (without a style), `day`, `long` or `weekday`.",
        &[
            ("{{date slots.day}}", "04.03.2026"),
            ("{{date slots.day \"day\"}}", "4 марта"),
            ("{{date now \"long\"}}", "2 марта 2026"),
            ("{{date slots.at \"weekday\"}}", "среда, 4 марта"),
        ],
    ),
    helper(
        "time",
        "{{time value}}",
        "A time of day, or that of a datetime.",
        &[("{{time now}}", "14:30"), ("{{time slots.day}}", "fault: a date")],
    ),
    helper(
        "number",
        "{{number value}}",
        "A number with groups of three digits; without the helper digits are not grouped.",
        &[("{{number 12500.5}}", "12\u{a0}500,50"), ("{{number slots.budget}}", "9\u{a0}500")],
    ),
    helper(
        "calc",
        "{{calc \"expression\"}}, (calc \"expression\")",
        "The value of an expression, as conditions have them.",
        &[
            ("{{calc \"slots.day + days(2)\"}}", "06.03.2026"),
            ("{{calc \"slots.price * slots.count\"}}", "13\u{a0}500\u{a0}₽"),
            ("{{#if (calc \"slots.at - now > hours(24)\")}}later{{/if}}", "later"),
            ("{{calc \"slots.city + '!'\"}}", "fault: "),
        ],
    ),
    helper(
        "plural",
        "{{plural number \"one\" \"few\" \"many\"}}, {{plural number \"one\" \"many\"}}",
        "The form of a noun that fits a number: of three forms by Russian rules, of two by English ones.",
        &[
            ("{{slots.count}} {{plural slots.count \"товар\" \"товара\" \"товаров\"}}", "3 товара"),
            ("{{plural 21 \"товар\" \"товара\" \"товаров\"}}", "товар"),
            ("{{plural 1 \"item\" \"items\"}}", "item"),
        ],
    ),
    helper(
        "if",
        "{{#if value}} … {{else}} … {{/if}}",
        "The first part where a value is there: neither unset, false, 0, an empty text nor an empty list.",
        &[
            ("{{#if slots.city}}to {{slots.city}}{{else}}no city{{/if}}", "no city"),
            ("{{#if slots.urgent}}today{{/if}}", "today"),
        ],
    ),
    helper(
        "unless",
        "{{#unless value}} … {{else}} … {{/unless}}",
        "The other way round: the first part where a value is not there.",
        &[("{{#unless slots.city}}where to?{{/unless}}", "where to?")],
    ),
    helper(
        "each",
        "{{#each list}} … {{else}} … {{/each}}",
        "Its part for every item of a list. Inside, names are fields of the item, `this` is the item, `@index` its position from \
         0, `@first` and `@last` say where it stands; a name of the outside begins with `@root.`.",
        &[
            ("{{#each slots.goods}}{{name}}; {{/each}}", "Pump; Hose; Drill; "),
            ("{{#each slots.tags}}{{@index}}{{this}} {{/each}}", "0new 1sale 2pump "),
            ("{{#each slots.tags}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}", "new, sale, pump"),
            ("{{#each results.items}}{{name}}{{else}}nothing{{/each}}", "nothing"),
        ],
    ),
    helper(
        "with",
        "{{#with value}} … {{else}} … {{/with}}",
        "Inside, names are fields of the value; the second part where it is not there.",
        &[("{{#with client}}{{first_name}}{{/with}}", "Анна")],
    ),
    helper(
        "eq",
        "(eq a b)",
        "Whether two values are equal; a text may stand for a date, a time or an amount of money.",
        &[
            ("{{#if (eq slots.day \"2026-03-04\")}}on Wednesday{{/if}}", "on Wednesday"),
            ("{{#if (eq slots.count 3)}}three{{/if}}", "three"),
            ("{{#if (eq session.language \"en\")}}Hi{{else}}Привет{{/if}}", "Привет"),
        ],
    ),
    helper(
        "ne",
        "(ne a b)",
        "Whether two values differ.",
        &[("{{#if (ne slots.name \"Ivan\")}}other{{/if}}", "other")],
    ),
    helper(
        "gt",
        "(gt a b)",
        "Whether a value is greater or later than another of its type; never where one is unset.",
        &[
            ("{{#if (gt slots.count 2)}}many{{/if}}", "many"),
            ("{{#if (gt slots.day now.date)}}ahead{{/if}}", "ahead"),
            ("{{#if (gt slots.city 2)}}many{{else}}none{{/if}}", "none"),
        ],
    ),
    helper("gte", "(gte a b)", "Greater or equal.", &[("{{#if (gte slots.count 3)}}yes{{/if}}", "yes")]),
    helper(
        "lt",
        "(lt a b)",
        "Whether a value is less or earlier than another of its type; never where one is unset.",
        &[("{{#if (lt slots.count 3)}}yes{{else}}no{{/if}}", "no")],
    ),
    helper("lte", "(lte a b)", "Less or equal.", &[("{{#if (lte slots.count 3)}}yes{{/if}}", "yes")]),
    helper(
        "and",
        "(and a b …)",
        "Whether all values are there.",
        &[("{{#if (and slots.urgent slots.name)}}both{{/if}}", "both")],
    ),
    helper(
        "or",
        "(or a b …)",
        "Whether one of the values is there.",
        &[("{{#if (or slots.city slots.name)}}one{{/if}}", "one")],
    ),
    helper(
        "not",
        "(not a)",
        "Whether a value is not there.",
        &[("{{#if (not slots.city)}}none{{/if}}", "none")],
    ),
    helper(
        "len",
        "{{len value}}",
        "The number of items of a list, fields of a map or bytes of a text.",
        &[("{{len slots.tags}}", "3")],
    ),
    helper(
        "lookup",
        "{{lookup value key}}",
        "A field of a map by a name that is a value itself, or an item of a list by its position from 0.",
        &[("{{lookup slots.contact \"name\"}}", "Anna"), ("{{lookup slots.tags 1}}", "sale")],
    ),
    helper(
        "raw",
        "{{{{raw}}}} … {{{{/raw}}}}",
        "Its part as it is written, with its braces.",
        &[("{{{{raw}}}}{{name}}{{{{/raw}}}}", "{{name}}")],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{sample_values::SampleValues, span::Span, text::Template};

    #[test]
    fn every_helper_is_documented_and_its_examples_have_the_texts_that_they_say() {
        let values = SampleValues::new();
        let mut names = BTreeSet::new();
        for helper in HELPERS {
            let name = helper.name;
            assert!(names.insert(name), "{name} stands twice in the table");
            assert!(helper.signature.contains(name), "{name}");
            assert!(helper.about.ends_with('.'), "{name} is not documented");
            assert!(!helper.examples.is_empty(), "{name} has no example");
            for (source, expected) in helper.examples {
                assert!(source.contains(name), "{name} is not in its example");
                let template = Template::compile((*source).to_owned(), Span::default());
                assert_eq!(template.error(), None, "{source}");
                match (template.render(&values), expected.strip_prefix("fault: ")) {
                    (Ok(rendered), None) => {
                        assert_eq!(
                            (rendered.text.as_str(), rendered.faults.len()),
                            (*expected, 0),
                            "{source}"
                        );
                    }
                    (Ok(rendered), Some(part)) => {
                        assert!(
                            rendered.faults.iter().any(|why| why.contains(part)),
                            "{source}: {rendered:?}"
                        );
                        assert!(rendered.text.contains('—'), "{source}: {rendered:?}");
                    }
                    (Err(why), Some(part)) => assert!(why.contains(part), "{source}: {why}"),
                    (found, _) => panic!("{source}: {found:?}, not {expected}"),
                }
            }
        }
    }
}
