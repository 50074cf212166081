//! What an editor underlines: the text under the span of each diagnostic.

use std::fmt::Write as _;

use tolmach_engine::{compile, diagnostic::Diagnostic};

use crate::support::bundle;

/// A flow that compiles, with a slot and a node that say `slots` and `nodes`.
fn flow(slots: &str, nodes: &str) -> String {
    format!(
        "flow: shop\nstart: hello\nslots:\n  budget: {{ type: number, default: 5 }}\n{slots}nodes:\n{nodes}"
    )
}

/// The underlined text of each diagnostic of a bundle, with its code; of several lines only the first.
fn underlined(files: &[(&str, &str)]) -> Vec<String> {
    let shown = |diagnostic: &Diagnostic| {
        let text = files.iter().find(|(path, _)| *path == diagnostic.file).map_or("", |(_, text)| *text);
        let line = text.lines().nth((diagnostic.span.line as usize).wrapping_sub(1)).unwrap_or_default();
        let width = diagnostic.span.width(line);
        let shown: String =
            line.chars().skip((diagnostic.span.column as usize).saturating_sub(1)).take(width).collect();
        format!("{} {shown}", diagnostic.code.text())
    };
    compile(&bundle(files), &tolmach_nodes::platform()).diagnostics.iter().map(shown).collect()
}

#[test]
fn a_diagnostic_underlines_the_text_that_it_is_about() {
    let say = |text: &str| format!("  hello:\n    say: {{ text: {text}, buttons: [] }}\n");
    let cases: Vec<(String, &[&str])> = vec![
        (flow("", &say("'{{slots.budgt}}{{slots.budget}}'")), &["unknown-slot slots.budgt"]),
        (flow("", &say("'{{shout slots.budget}}'")), &["bad-template shout"]),
        (flow("", &say("'{{slots.budget}} {{slots.budget'")), &["bad-template {{slots.budget"]),
        (flow("", &say("{ ru: '{{slots.budget}}' }")), &["missing-translation '{{slots.budget}}'"]),
        (
            flow(
                "",
                "  hello:\n    say:\n      text: |\n        one\n        {{slots.nothing}} {{slots.budget}}\n",
            ),
            &["unknown-slot slots.nothing"],
        ),
        (flow("  unused: { type: text }\n", &say("'{{slots.budget}}'")), &["unused-slot unused"]),
        (flow("  size: { tipe: text }\n", &say("'{{slots.budget}}'")), &["unknown-field tipe"]),
        (
            flow("", "  hello:\n    say: { text: '{{slots.budget}}' }\n    next: gone\n"),
            &["unknown-target gone"],
        ),
        (
            flow("", "  hello:\n    say: { text: '{{slots.budget}}' }\n    next: { dome: wait }\n"),
            &["unknown-exit dome"],
        ),
        (
            flow("", "  hello:\n    ask: { text: 'How many?', into: budget }\n    next: { done: wait }\n"),
            &["missing-exit hello"],
        ),
        (flow("", "  hello:\n    sya: { text: hi }\n"), &["unused-slot budget", "unknown-kind sya"]),
        (flow("", "  hello:\n    say: [x] # a list\n"), &["unused-slot budget", "bad-value [x]"]),
        (
            flow("", "  hello:\n    say: { buttons: [] }\n"),
            &["unused-slot budget", "missing-field { buttons: [] }"],
        ),
        (flow("", "  hello:\n    set: { budget: slots.bidget + 1 }\n"), &["unknown-slot slots.bidget"]),
        (
            flow(
                "",
                "  hello:\n    branch: [{ when: \"sizes(slots.budget) > 1\", to: wait }, { else: wait }]\n",
            ),
            &["bad-condition sizes"],
        ),
        (flow("", "  hello:\n    say: { text: hi\n"), &["bad-yaml {"]),
        (flow("", "  hello:\n    say: { text: hi }\n  hello:\n    say: { text: hi }\n"), &["bad-yaml hello"]),
    ];
    let mut wrong = String::new();
    for (text, expected) in cases {
        let found = underlined(&[("shop.yaml", &text)]);
        if found != expected {
            let _ = writeln!(wrong, "{text}\n  {found:?}\n  {expected:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_diagnostic_of_a_prompt_underlines_it_there() {
    let flow = flow(
        "",
        "  hello:\n    answer: { prompt: sell, knowledge: [] }\n    next: { done: wait, failed: wait }\n",
    );
    let prompt = "---\ntemperature: 3\n---\n\nBe kind to {{client.first_nam}} with {{slots.budget}}.\n";
    let found = underlined(&[("shop.yaml", &flow), ("prompts/sell.md", prompt)]);
    assert_eq!(found, ["bad-value 3", "unknown-variable client.first_nam"]);
}
