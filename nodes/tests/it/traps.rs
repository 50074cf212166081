//! Texts without quotes that YAML may read otherwise than they look, in every place of a bundle that takes a text: what
//! clients read is what is written, or a diagnostic says so, and a fix makes it what is written.

use tolmach_engine::{
    bundle::Bundle,
    compile,
    diagnostic::{Diagnostic, Fix},
    kind::Example,
};

use crate::support::{Chat, bundle};

const TEXTS: &[&str] = &[
    "Да, конечно",
    "Да, конечно, но позже",
    "Часы: 9-18",
    "Привет: мир, да",
    "Напоминаю, завтра: в 9",
    "Remember, tomorrow: at nine",
    "конец:",
    "Номер #5 тут",
    "Офис #5",
    "#5",
    "# пять",
    "\"Да\" или \"нет\"",
    "\"Да\", сказал он",
    "'Да' и 'нет'",
    "it's so",
    "isn't it, or is it",
    "«Да», сказал",
    "'",
    "\"",
    "*жирно* тут",
    "*жирно*",
    "&акция сегодня",
    "&",
    "!Важно прийти",
    "! прийти",
    "!",
    "%скидка",
    "100%",
    "@manager напишет",
    "`код` тут",
    "[1] сноска",
    "[сноска]",
    "{x} тут",
    "текст [1] тут",
    "текст {1} тут",
    "смайл :]",
    "? что",
    "?что",
    "Что?",
    "|Привет",
    "| Привет",
    "> Привет",
    ">",
    "- пункт",
    "-5 градусов",
    "-",
    ", и ещё",
    "] тут",
    "} тут",
    "88001234567",
    "+79991234567",
    "8 800 123",
    "007",
    "1.10",
    "1,5",
    "10:30",
    "2026-05-01",
    "0x1F",
    "1e3",
    "1_000",
    ".5",
    "+7",
    ".inf",
    "true",
    "False",
    "null",
    "~",
    "yes",
    "no",
    "on",
    "off",
    "n",
    "C:\\дело",
    "\\д",
    "a & b",
    "a|b",
    "5 > 3",
    "--- тут",
    "=5",
    "<<",
    "https://example.com/?a=1,2",
    "e-mail: a@b.c",
    "текст # и заметка",
];

/// A place of a bundle: its name, the files with `TEXT` in place of the text, and how to find what is read.
struct Place {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    read: fn(&Bundle) -> Option<String>,
}

const PLACES: &[Place] = &[
    Place {
        name: "a text on a line",
        files: &[(
            "flow.yaml",
            "flow: flow\nstart: a\nnodes:\n  a:\n    say:\n      text: TEXT\n    next: wait\n",
        )],
        read: said,
    },
    Place {
        name: "a text in braces",
        files: &[("flow.yaml", "flow: flow\nstart: a\nnodes:\n  a: { say: { text: TEXT }, next: wait }\n")],
        read: said,
    },
    Place {
        name: "a text of two languages in braces",
        files: &[(
            "flow.yaml",
            "flow: flow\nstart: a\nnodes:\n  a: { say: { text: { ru: TEXT, en: x } }, next: wait }\n",
        )],
        read: said,
    },
    Place {
        name: "a text of two languages on lines",
        files: &[(
            "flow.yaml",
            "flow: flow\nstart: a\nnodes:\n  a:\n    say:\n      text:\n        ru: TEXT\n        en: x\n",
        )],
        read: said,
    },
    Place {
        name: "a label in a list of braces",
        files: &[(
            "flow.yaml",
            "flow: flow\nstart: a\nnodes:\n  a:\n    say:\n      text: x\n      buttons:\n        - { label: TEXT, to: a }\n",
        )],
        read: label,
    },
    Place {
        name: "an example on a line of a list",
        files: &[(
            "flow.yaml",
            "flow: flow\nstart: a\nnodes:\n  a:\n    classify:\n      intents:\n        x:\n          examples:\n            - TEXT\n            - y\n    next: wait\n",
        )],
        read: example,
    },
    Place {
        name: "a field of company.yaml",
        files: &[
            ("flow.yaml", "flow: flow\nstart: a\nnodes:\n  a: { say: { text: '{{company.name}}' } }\n"),
            ("company.yaml", "name: TEXT\ncity: x\n"),
        ],
        read: said,
    },
    Place {
        name: "a quick answer",
        files: &[
            ("flow.yaml", "flow: flow\nstart: a\nnodes:\n  a: { faq: { from: general }, next: wait }\n"),
            ("faq/general.yaml", "- questions: [привет]\n  answer: { ru: TEXT, en: x }\n"),
        ],
        read: said,
    },
];

fn said(bundle: &Bundle) -> Option<String> {
    let release = compile(bundle, &tolmach_nodes::platform()).release?;
    Chat::new(release).says("привет").first().map(|message| message.text.clone())
}

fn label(bundle: &Bundle) -> Option<String> {
    let release = compile(bundle, &tolmach_nodes::platform()).release?;
    let messages = Chat::new(release).says("привет");
    Some(messages.first()?.buttons.first()?.label.clone())
}

fn example(bundle: &Bundle) -> Option<String> {
    let release = compile(bundle, &tolmach_nodes::platform()).release?;
    let examples: &[Example] = release.resources.examples.get("flow.a")?;
    Some(examples.first()?.text.clone())
}

/// Words of the reader's and the parser's own language.
const NOT_OF_AUTHORS: &[&str] = &[
    "enum ",
    "struct ",
    "newtype",
    "tuple",
    "variant",
    "invalid type",
    "expected a",
    "u32",
    "scalar",
    "mapping",
    "flow sequence",
    "this is not YAML:",
    "Some(",
    "::",
    "token",
];

#[test]
fn a_text_is_read_as_it_is_written_or_a_diagnostic_says_so() {
    let mut wrong = Vec::new();
    let (mut told, mut mended) = (0, 0);
    for place in PLACES {
        for text in TEXTS {
            let files: Vec<(&str, String)> =
                place.files.iter().map(|(path, file)| (*path, file.replace("TEXT", text))).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(path, file)| (*path, file.as_str())).collect();
            let bundle = bundle(&files);
            let read = (place.read)(&bundle);
            let found = compile(&bundle, &tolmach_nodes::platform()).diagnostics;
            let case = || format!("{}: {text}", place.name);
            for one in &found {
                let said = format!("{}\n{}", one.message, one.help);
                for word in
                    NOT_OF_AUTHORS.iter().filter(|word| said.contains(**word) && !text.contains(**word))
                {
                    wrong.push(format!("{}: «{word}» in\n{one}", case()));
                }
            }
            // There a value has the type that it is written as.
            let typed = ["[сноска]", "2026-05-01", "true", "False"].contains(text);
            if read.as_deref() == Some(*text) || typed && place.name == "a field of company.yaml" {
                continue;
            }
            // A space and a `#` with a space are how comments are written.
            let comment = text.contains("# ") && read.is_some();
            let Some(first) = found.first() else {
                if !comment {
                    wrong.push(format!("{}: read as {read:?}, and nothing is said", case()));
                }
                continue;
            };
            told += 1;
            let mut fixed = bundle.clone();
            if !fix(&mut fixed, first) {
                // What cannot be mended for certain is still shown mended, or told in words.
                if first.help.len() < 15 {
                    wrong.push(format!("{}: no help in {first}", case()));
                }
                continue;
            }
            mended += 1;
            let read = (place.read)(&fixed);
            let own = text.trim_matches('\'').trim_matches('"');
            if read.as_deref() != Some(*text) && read.as_deref() != Some(own) {
                wrong.push(format!("{}: the fix makes it {read:?}:\n{first}\n{:?}", case(), first.fix));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {told}:\n\n{}", wrong.len(), wrong.join("\n\n"));
    // The others are warnings of what may be meant, and signs that may be the beginning of something else.
    assert!(mended * 3 >= told * 2, "{mended} of {told} mistakes have a fix");
}

fn fix(bundle: &mut Bundle, diagnostic: &Diagnostic) -> bool {
    let Some(Fix { span, replacement }) = &diagnostic.fix else { return false };
    let text = bundle.files.get_mut(&diagnostic.file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = &mut lines[span.line as usize - 1];
    assert_eq!(span.line, span.end_line);
    let chars: Vec<char> = line.chars().collect();
    let (before, after) = (&chars[..span.column as usize - 1], &chars[span.end_column as usize - 1..]);
    *line = before.iter().collect::<String>() + replacement + &after.iter().collect::<String>();
    *text = lines.join("\n") + "\n";
    true
}
