//! The examples of the long explanations: each broken one raises its code, and each mended one nothing at all.

use std::collections::BTreeMap;

use tolmach_engine::{
    compile,
    diagnostic::{Code, Diagnostic},
};

use crate::broken;

/// Codes that `tolmach check` finds beside the compiler; the tests of the use cases compile their examples.
pub const BESIDE: &[Code] = &[Code::NearExample, Code::EmptyGroup];

#[test]
fn every_example_raises_its_code_and_is_mended() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let explanation = code.explanation();
        let mut files: BTreeMap<String, String> = owned(&explanation.broken);
        let found = diagnostics(&files);
        let raised = found.iter().any(|one| one.code == *code);
        if raised == BESIDE.contains(code) {
            wrong.push(format!("{} broken: {}", code.text(), shown(&found)));
        }
        // Nothing else is wrong with the example, so that it shows one thing.
        let others: Vec<Diagnostic> = found.into_iter().filter(|one| one.code != *code).collect();
        if !others.is_empty() && *code != Code::TooManyButtons {
            wrong.push(format!("{} broken, besides: {}", code.text(), shown(&others)));
        }
        files.extend(owned(&explanation.mended));
        let left = diagnostics(&files);
        if !left.is_empty() {
            wrong.push(format!("{} mended: {}", code.text(), shown(&left)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn owned(files: &BTreeMap<&str, &str>) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn diagnostics(files: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    compile(&broken::bundle(files), &tolmach_nodes::platform()).diagnostics
}

fn shown(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
