//! Reads a test file and validates it, first by itself, then against the flows that it refers to.

use tolmach_engine::{
    Release, config,
    diagnostic::{Code, Diagnostic},
    event::EventKind,
    span::{Span, Spanned},
    yaml,
};

use super::dialog::{Dialog, Step};

/// Reads a test file. Every mistake is a diagnostic with its span.
pub fn read(file: &str, text: &str) -> (Vec<Dialog>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let Some(tree) = config::parse(file, text, &mut diagnostics) else { return (Vec::new(), diagnostics) };
    let dialogs = match &tree.node {
        yaml::Node::Seq(items) => {
            items.iter().filter_map(|item| config::read::<Dialog>(file, item, &mut diagnostics)).collect()
        }
        yaml::Node::Null => Vec::new(),
        _ => {
            let message = "a test file is a list of tests";
            let help = "begin each test with `- name: …`";
            diagnostics.push(Diagnostic::new(Code::BadValue, file, tree.span, message, help));
            Vec::new()
        }
    };
    for dialog in &dialogs {
        check(file, dialog, &mut diagnostics);
    }
    (dialogs, diagnostics)
}

/// Diagnostics for the nodes, flows and slots that tests name and no flow has, each with the nearest known name.
pub fn unknown_names(file: &str, dialogs: &[Dialog], release: &Release) -> Vec<Diagnostic> {
    let flows: Vec<&str> = release.flows.keys().map(String::as_str).collect();
    let mut nodes: Vec<&str> =
        release.flows.values().flat_map(|flow| flow.declared.iter().map(String::as_str)).collect();
    let mut slots: Vec<&str> =
        release.flows.values().flat_map(|flow| flow.slots.keys().map(String::as_str)).collect();
    for names in [&mut nodes, &mut slots] {
        names.sort_unstable();
        names.dedup();
    }
    let mut diagnostics = Vec::new();
    let mut look = |code, what: &str, name: &Spanned<String>, known: &[&str]| {
        if !known.contains(&name.as_str()) {
            let message = match what {
                "flow" => format!("there is no flow `{}`", name.value),
                _ => format!("no flow has a {what} `{}`", name.value),
            };
            let help = format!("name a {what} of the bundle");
            let diagnostic = Diagnostic::new(code, file, name.span, message, help);
            diagnostics.push(diagnostic.near(name, known.iter().copied()));
        }
    };
    for expect in dialogs.iter().flat_map(|dialog| &dialog.steps).map(|step| &step.expect) {
        let path = expect.path.iter().flat_map(|path| path.nodes());
        let absent = expect.not_path.iter().flat_map(|nodes| nodes.iter());
        let waiting = expect.waits_at.iter().filter(|name| name.value != "none");
        for name in path.chain(absent).chain(waiting) {
            look(Code::UnknownTarget, "node", name, &nodes);
        }
        for name in expect.slots.keys() {
            look(Code::UnknownSlot, "slot", name, &slots);
        }
        if let Some(flow) = expect.flow.as_ref().filter(|name| name.value != "none") {
            look(Code::UnknownTarget, "flow", flow, &flows);
        }
    }
    diagnostics
}

fn check(file: &str, dialog: &Dialog, diagnostics: &mut Vec<Diagnostic>) {
    let mut wrong = |code, span: Span, message: &str, help: &str| {
        diagnostics.push(Diagnostic::new(code, file, span, message, help));
    };
    if dialog.steps.is_empty() {
        wrong(Code::BadValue, dialog.name.span, "a test without steps shows nothing", "add a step");
    }
    for stub in &dialog.given.http {
        if !(100..=599).contains(&stub.status) {
            wrong(Code::BadValue, stub.span, "a status is 100 to 599", "write one such as 200");
        }
    }
    for step in &dialog.steps {
        if happenings(step) != 1 {
            let message = "a step is exactly one of client, edit, press, command, contact, staff and after";
            wrong(Code::BadValue, step.span, message, "write one of them");
        }
        if step
            .command_text()
            .is_some_and(|text| !matches!(EventKind::from_text(&text), EventKind::Command { .. }))
        {
            let message = "a command's name is made of Latin letters, digits and underscores";
            wrong(Code::BadValue, step.span, message, "write one such as `command: start`");
        }
        let every = step.expect.cards.as_ref().and_then(|cards| cards.every.as_ref());
        if let Some((filter, error)) = every.and_then(|filter| Some((filter, filter.error()?))) {
            let message = format!("`{}` is not a filter: {error}", filter.source());
            wrong(Code::BadFilter, filter.span(), &message, "write one such as price <= 10000");
        }
    }
}

fn happenings(step: &Step) -> usize {
    let has = [
        step.client.is_some(),
        step.edit.is_some(),
        step.press.is_some(),
        step.command.is_some(),
        step.contact.is_some(),
        step.staff.is_some(),
        step.after.is_some(),
    ];
    has.into_iter().filter(|has| *has).count()
}

#[cfg(test)]
mod traps;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<String> {
        let (_, diagnostics) = read("tests/x.test.yaml", text);
        diagnostics.iter().map(|f| format!("{} {}", f.code.text(), f.span)).collect()
    }

    #[test]
    fn mistakes_in_a_test_have_their_spans() {
        let found = check(
            "\
- name: one
  steps:
    - client: hi
      press: too
    - clent: hi
      expect: { cards: { every: prise < 3 }, pth: [a] }
",
        );
        assert_eq!(
            found,
            ["unknown-field 5:7", "unknown-field 6:46", "bad-value 3:7", "bad-value 5:7", "bad-filter 6:33"]
        );
    }

    #[test]
    fn every_form_of_a_step_and_of_a_script_is_read() {
        let text = "\
- name: all
  given:
    llm: { decide: [manager, none, fail], answer: [one, slow] }
    http: [ { url: \"https://a.example/\", method: GET, json: { left: 3 } }, { url: \"https://b.example/\", fail: true } ]
  steps:
    - client: [one, two]
    - staff: take
    - staff: { say: hello }
    - staff: return
    - after: 5m
      expect:
        path: { contains: [a, b] }
        not_path: [c]
        goal: [x, y]
        notifies: { group: sales, contains: phone }
        model_calls: 2
        taken_over: false
        flow: shop
        ends: true
        fault: away
";
        assert_eq!(check(text), Vec::<String>::new());
        let wrong = "- name: x\n  given: { llm: online }\n  steps: [ { staff: leave }, { client: [] } ]\n";
        assert_eq!(check(wrong), ["bad-value 2:17", "bad-value 3:21", "bad-value 3:40"]);
        let wrong = "- name: x\n  given: { llm: { decde: [a] } }\n  steps: [ { client: a } ]\n";
        assert_eq!(check(wrong), ["bad-value 2:19"]);
        let wrong = "- name: x\n  steps: [ { command: start now }, { command: начать } ]\n";
        assert_eq!(check(wrong), ["bad-value 2:36"]);
        let wrong = "- name: x\n  steps: [ { staff: leave } ]\n";
        assert_eq!(check(wrong), ["bad-value 2:21"]);
    }
}
