//! The part of the reference that tells of operators, functions and helpers: from the tables that the compiler reads.

use crate::{
    condition::{FUNCTIONS, Sort},
    sample_values::SampleValues,
    text::HELPERS,
};

/// Operators, functions and macros of expressions, then helpers of texts, each with its examples.
pub(super) fn calls() -> String {
    let mut page = format!(
        "\n## Functions and helpers\n\nThe examples are evaluated by a test; in them the slots are\n\n```yaml\n{}```\n\n\
         and `now` is 2026-03-02T14:30, a Monday. A *fault* is an error of the node, which the trace tells; in a text a dash stands for the \
         value.\n",
        SampleValues::new().page()
    );
    for (sort, title) in [
        (Sort::Operator, "Operators of expressions"),
        (Sort::Function, "Functions of expressions"),
        (Sort::Macro, "Macros of expressions"),
    ] {
        page.push_str(&format!("\n### {title}\n\n| {HEAD}"));
        for function in FUNCTIONS.iter().filter(|function| function.sort == sort) {
            page.push_str(&row(function.signature, function.about, function.examples));
        }
    }
    page.push_str(&format!("\n### Helpers of texts\n\n| {HEAD}"));
    for helper in HELPERS {
        page.push_str(&row(helper.signature, helper.about, helper.examples));
    }
    page
}

const HEAD: &str = "how it is written | what it does | examples |\n|---|---|---|\n";

fn row(signature: &str, about: &str, examples: &[(&str, &str)]) -> String {
    let examples: Vec<String> = examples
        .iter()
        .map(|(source, value)| {
            let value = if value.starts_with("fault: ") { "a fault".to_owned() } else { code(value) };
            format!("{} → {value}", code(source))
        })
        .collect();
    format!("| {} | {about} | {} |\n", code(signature), examples.join("<br>"))
}

/// Code in a cell of a table, whose bars would end the cell.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}
