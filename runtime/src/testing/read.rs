//! Reads a test file and checks it: first by itself, then against the flows that it names.

use tolmach_engine::{
    Release, config,
    finding::{Code, Finding},
    place::{At, Place},
    yaml,
};

use super::dialog::{Dialog, Step};

/// Reads a test file. Every mistake is a finding with its place.
pub fn read(file: &str, text: &str) -> (Vec<Dialog>, Vec<Finding>) {
    let mut findings = Vec::new();
    let Some(tree) = config::parse(file, text, &mut findings) else { return (Vec::new(), findings) };
    let dialogs = match &tree.node {
        yaml::Node::Seq(items) => {
            items.iter().filter_map(|item| config::read::<Dialog>(file, item, &mut findings)).collect()
        }
        yaml::Node::Null => Vec::new(),
        _ => {
            let cause = "a test file is a list of tests";
            let mend = "begin each test with `- name: …`";
            findings.push(Finding::new(Code::BadValue, file, tree.place, cause, mend));
            Vec::new()
        }
    };
    for dialog in &dialogs {
        check(file, dialog, &mut findings);
    }
    (dialogs, findings)
}

/// Nodes, flows and slots that a test names and no flow has, each with the nearest name.
pub fn unknown_names(file: &str, dialogs: &[Dialog], release: &Release) -> Vec<Finding> {
    let flows: Vec<&str> = release.flows.keys().map(String::as_str).collect();
    let mut nodes: Vec<&str> =
        release.flows.values().flat_map(|flow| flow.declared.iter().map(String::as_str)).collect();
    let mut slots: Vec<&str> =
        release.flows.values().flat_map(|flow| flow.slots.keys().map(String::as_str)).collect();
    for names in [&mut nodes, &mut slots] {
        names.sort_unstable();
        names.dedup();
    }
    let mut findings = Vec::new();
    let mut look = |code, what: &str, name: &At<String>, known: &[&str]| {
        if !known.contains(&name.as_str()) {
            let cause = match what {
                "flow" => format!("there is no flow `{}`", name.value),
                _ => format!("no flow has a {what} `{}`", name.value),
            };
            let mend = format!("name a {what} of the bundle");
            let finding = Finding::new(code, file, name.place, cause, mend);
            findings.push(finding.near(name, known.iter().copied()));
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
    findings
}

fn check(file: &str, dialog: &Dialog, findings: &mut Vec<Finding>) {
    let mut wrong = |code, place: Place, cause: &str, mend: &str| {
        findings.push(Finding::new(code, file, place, cause, mend));
    };
    if dialog.steps.is_empty() {
        wrong(Code::BadValue, dialog.name.place, "a test without steps shows nothing", "add a step");
    }
    for stub in &dialog.given.http {
        if !(100..=599).contains(&stub.status) {
            wrong(Code::BadValue, stub.place, "a status is 100 to 599", "write one such as 200");
        }
    }
    for step in &dialog.steps {
        if happenings(step) != 1 {
            let cause = "a step is exactly one of client, press, command, contact, staff and after";
            wrong(Code::BadValue, step.place, cause, "write one of them");
        }
        let every = step.expect.cards.as_ref().and_then(|cards| cards.every.as_ref());
        if let Some((filter, error)) = every.and_then(|filter| Some((filter, filter.error()?))) {
            let cause = format!("`{}` is not a filter: {error}", filter.source());
            wrong(Code::BadFilter, filter.place(), &cause, "write one such as price <= 10000");
        }
    }
}

fn happenings(step: &Step) -> usize {
    let has = [
        step.client.is_some(),
        step.press.is_some(),
        step.command.is_some(),
        step.contact.is_some(),
        step.staff.is_some(),
        step.after.is_some(),
    ];
    has.into_iter().filter(|has| *has).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<String> {
        let (_, findings) = read("tests/x.test.yaml", text);
        findings.iter().map(|f| format!("{} {}", f.code.text(), f.place)).collect()
    }

    #[test]
    fn mistakes_in_a_test_have_their_places() {
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
        handed: false
        flow: shop
        ends: true
        fault: away
";
        assert_eq!(check(text), Vec::<String>::new());
        let wrong = "- name: x\n  given: { llm: online }\n  steps: [ { staff: leave }, { client: [] } ]\n";
        assert_eq!(check(wrong), ["bad-value 2:17", "bad-value 3:21", "bad-value 3:40"]);
        let wrong = "- name: x\n  given: { llm: { decde: [a] } }\n  steps: [ { client: a } ]\n";
        assert_eq!(check(wrong), ["bad-value 2:19"]);
        let wrong = "- name: x\n  steps: [ { staff: leave } ]\n";
        assert_eq!(check(wrong), ["bad-value 2:21"]);
    }
}
