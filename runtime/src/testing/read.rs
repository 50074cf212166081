//! Reads a test file and validates it, first by itself, then against the flows that it refers to.

use tolmach_engine::{
    Release, config,
    diagnostic::{Code, Diagnostic},
    event::EventKind,
    or_none::OrNone,
    span::{Span, Spanned},
    yaml,
};

use super::{
    dialog::{Dialog, HAPPENINGS},
    given::Catalogue,
    step::MOST_EARLIER,
};

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
    for (at, dialog) in dialogs.iter().enumerate() {
        if dialogs.iter().take(at).any(|other| other.name.value == dialog.name.value) {
            let message = format!("two tests of this file have the name `{}`", dialog.name.value);
            let help = "give each a name of its own: a failure is told by it";
            diagnostics.push(Diagnostic::new(Code::BadValue, file, dialog.name.span, message, help));
        }
        check_given(file, dialog, &mut diagnostics);
        check_steps(file, dialog, &mut diagnostics);
    }
    (dialogs, diagnostics)
}

/// Diagnostics for the nodes, kinds, intents, flows and slots that tests name and no flow has, each with the nearest known name.
pub fn unknown_names(file: &str, dialogs: &[Dialog], release: &Release) -> Vec<Diagnostic> {
    let flows: Vec<&str> = release.flows.keys().map(String::as_str).collect();
    let images: Vec<&str> = release.resources.images.keys().map(String::as_str).collect();
    let mut nodes: Vec<&str> =
        release.flows.values().flat_map(|flow| flow.declared.iter().map(String::as_str)).collect();
    let mut slots: Vec<&str> =
        release.flows.values().flat_map(|flow| flow.slots.keys().map(String::as_str)).collect();
    let entries = || release.flows.values().flat_map(|flow| flow.nodes.values());
    let mut goals: Vec<&str> = entries().filter_map(|entry| entry.node.goal()).collect();
    let mut kinds: Vec<&str> = entries().map(|entry| entry.kind.name).collect();
    let classify = entries().filter(|entry| entry.kind.name == "classify");
    let exits: Vec<String> = classify.flat_map(|entry| entry.node.exits()).map(|exit| exit.name).collect();
    let mut intents: Vec<&str> = exits.iter().map(String::as_str).collect();
    for names in [&mut nodes, &mut slots, &mut kinds, &mut intents, &mut goals] {
        names.sort_unstable();
        names.dedup();
    }
    let mut diagnostics = Vec::new();
    let mut look = |code, what: &str, name: &Spanned<String>, known: &[&str]| {
        if !known.contains(&name.as_str()) {
            let message = match what {
                "flow" => format!("there is no flow `{}`", name.value),
                "image" => format!("there is no image `{}`", name.value),
                "goal" => format!("no `goal` node marks the goal `{}`", name.value),
                "kind" => format!("no node of the bundle is of the kind `{}`", name.value),
                "intent" => format!("no `classify` node has an intent `{}`", name.value),
                _ => format!("no flow has a {what} `{}`", name.value),
            };
            let article = if ["intent", "image"].contains(&what) { "an" } else { "a" };
            let help = format!("name {article} {what} of the bundle");
            let diagnostic = Diagnostic::new(code, file, name.span, message, help);
            diagnostics.push(diagnostic.near(name, known.iter().copied()));
        }
    };
    for expect in dialogs.iter().flat_map(|dialog| &dialog.steps).map(|step| &step.expect) {
        let path = expect.path.iter().flat_map(|path| path.nodes());
        let absent = expect.path.iter().flat_map(|path| path.absent());
        let absent = absent.chain(expect.not_path.iter().flat_map(|nodes| nodes.iter()));
        let waiting = expect.waits_at.iter().filter(|name| name.value != "none");
        let traced = expect.trace.iter().filter_map(|note| note.node.as_ref());
        for name in path.chain(absent).chain(waiting).chain(traced) {
            look(Code::UnknownTarget, "node", name, &nodes);
        }
        for kind in expect.trace.iter().filter_map(|note| note.kind.as_ref()) {
            look(Code::UnknownTarget, "kind", kind, &kinds);
        }
        for intent in expect.understood.iter().filter_map(|understood| understood.intent.as_ref()) {
            look(Code::UnknownTarget, "intent", intent, &intents);
        }
        let set = expect.understood.iter().flat_map(|understood| understood.sets.keys());
        for name in expect.slots.keys().chain(set) {
            look(Code::UnknownSlot, "slot", name, &slots);
        }
        if let Some(expected) = &expect.goal {
            for name in expected.0.iter().filter(|name| *name != "none") {
                look(Code::UnknownTarget, "goal", &Spanned::new(name.clone(), expected.span), &goals);
            }
        }
        if let Some((OrNone::Some(photo), span)) =
            expect.photo.as_ref().map(|photo| (&photo.value, photo.span))
            && photo.starts_with(tolmach_engine::image::FOLDER)
        {
            look(Code::UnknownImage, "image", &Spanned::new(photo.clone(), span), &images);
        }
        if let Some(flow) = expect.flow.as_ref().filter(|name| name.value != "none") {
            look(Code::UnknownTarget, "flow", flow, &flows);
        }
    }
    diagnostics
}

fn check_given(file: &str, dialog: &Dialog, diagnostics: &mut Vec<Diagnostic>) {
    let mut wrong = |span: Span, message: String, help: &str| {
        diagnostics.push(Diagnostic::new(Code::BadValue, file, span, message, help));
    };
    let given = &dialog.given;
    for stub in &given.http {
        if !(100..=599).contains(&stub.status) {
            wrong(stub.span, "a status is 100 to 599".to_owned(), "write one such as 200");
        }
    }
    if let Some(client) = &given.client
        && !given.clients.is_empty()
    {
        let message = "`client` is of a test with one client, and here are `clients`".to_owned();
        wrong(client.span, message, "move it into `clients`, under the name of that client");
    }
    if let Catalogue::Rows(rows) = &given.catalogue {
        for (at, row) in rows.iter().enumerate() {
            if row.name.0.is_empty() {
                wrong(row.span, "a row has no name".to_owned(), "write what it is called: { name: Pump }");
            }
            let number =
                |number: Option<f64>| number.is_none_or(|number| number.is_finite() && number >= 0.0);
            if !number(row.price) || !number(row.stock) {
                wrong(row.span, "a price or a stock is less than nothing".to_owned(), "write 0 or more");
            }
            let same =
                |other: &&tolmach_engine::span::Spanned<super::rows::Row>| other.article == row.article;
            if !row.article.is_empty() && rows.iter().take(at).any(|other| same(&other)) {
                let message = format!("two rows have the article `{}`", row.article);
                wrong(row.span, message, "give each row an article of its own, or leave it out");
            }
        }
    }
}

fn check_steps(file: &str, dialog: &Dialog, diagnostics: &mut Vec<Diagnostic>) {
    let mut wrong = |code, span: Span, message: &str, help: &str| {
        diagnostics.push(Diagnostic::new(code, file, span, message, help));
    };
    if dialog.steps.is_empty() {
        wrong(Code::BadValue, dialog.name.span, "a test without steps shows nothing", "add a step");
    }
    for step in &dialog.steps {
        if step.happenings() != 1 {
            let message = format!("a step is exactly one of {}", HAPPENINGS.join(", "));
            wrong(
                Code::BadValue,
                step.span,
                &message,
                "write one of them; what comes next is a step of its own",
            );
        }
        if step
            .command_text()
            .is_some_and(|text| !matches!(EventKind::from_text(&text), EventKind::Command { .. }))
        {
            let message = "a command's name is made of Latin letters, digits and underscores";
            wrong(Code::BadValue, step.span, message, "write one such as `command: start`");
        }
        if let Some(edit) = step.edit.as_ref().filter(|edit| !(1..=MOST_EARLIER).contains(&edit.of.value)) {
            let message = format!("`of` is 1 to {MOST_EARLIER}");
            wrong(
                Code::BadValue,
                edit.of.span,
                &message,
                "write 1 for the client's last message, 2 for the one before",
            );
        }
        let every = step.expect.cards.as_ref().and_then(|cards| cards.every.as_ref());
        let understood = step.expect.understood.as_ref();
        let filters = understood.and_then(|understood| understood.filters.as_ref());
        for filter in every.into_iter().chain(filters.iter().flat_map(|filters| filters.iter())) {
            if let Some(error) = filter.error() {
                let message = format!("`{}` is not a filter: {error}", filter.source());
                wrong(Code::BadFilter, filter.span(), &message, "write one such as price <= 10000");
            }
        }
        if let Some(least) = understood.and_then(|understood| understood.confidence.as_ref())
            && !(0.0..=1.0).contains(&least.value)
        {
            wrong(Code::BadValue, least.span, "a confidence is 0 to 1", "write one such as 0.6");
        }
    }
    check_clients(file, dialog, diagnostics);
}

/// Checks that steps say whose chat they are in where a test has several clients, and only there.
fn check_clients(file: &str, dialog: &Dialog, diagnostics: &mut Vec<Diagnostic>) {
    let names: Vec<&str> = dialog.given.clients.keys().map(|name| name.value.as_str()).collect();
    for step in &dialog.steps {
        let found = match &step.who {
            Some(who) if names.is_empty() => {
                let message = "`who` names a client, and the test has only one".to_owned();
                let help = "remove it, or name the clients: `given: { clients: { anna: {}, boris: {} } }`";
                Some(Diagnostic::new(Code::BadValue, file, who.span, message, help))
            }
            Some(who) if !names.contains(&who.value.as_str()) => {
                let message = format!("`given.clients` has no client `{}`", who.value);
                let help = format!("use one of: {}", names.join(", "));
                let found = Diagnostic::new(Code::BadValue, file, who.span, message, help);
                Some(found.near(&who.value, names.iter().copied()))
            }
            None if !names.is_empty() && (step.after.is_none() || !step.expect.is_empty()) => {
                let message = "the test has several clients, and this step does not say whose chat it is in";
                let help = format!("add `who:` with one of: {}", names.join(", "));
                Some(Diagnostic::new(Code::BadValue, file, step.span, message, help))
            }
            _ => None,
        };
        diagnostics.extend(found);
    }
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

    #[test]
    fn two_tests_of_a_file_have_two_names() {
        let one = "- name: x\n  steps: [ { client: a } ]\n";
        assert_eq!(check(one), Vec::<String>::new());
        assert_eq!(check(&format!("{one}{one}")), ["bad-value 3:9"]);
    }

    #[test]
    fn nothing_may_be_expected_of_leads_and_notices() {
        let test =
            |expect: &str| format!("- name: x\n  steps: [ {{ client: a, expect: {{ {expect} }} }} ]\n");
        for expect in ["lead: none", "notifies: null", "lead: null, notifies: none", "lead: { source: chat }"]
        {
            let (dialogs, diagnostics) = read("tests/x.test.yaml", &test(expect));
            assert_eq!(diagnostics, [], "{expect}");
            let expect = &dialogs[0].steps[0].expect;
            assert!(expect.lead.is_some() || expect.notifies.is_some(), "{expect:?}");
        }
        assert_eq!(check(&test("lead: nobody")), ["bad-value 2:41"]);
        assert_eq!(check(&test("notifies: { grop: sales }")), ["unknown-field 2:47"]);
    }

    /// Checks the only diagnostic of a test: its code, and what stands where it points.
    fn points_at(given: &str, steps: &str, code: &str, at: &str) {
        let text = format!("- name: x\n  given: {given}\n  steps: [{steps}]\n");
        let (_, diagnostics) = read("tests/x.test.yaml", &text);
        let found: Vec<(&str, &str)> = diagnostics
            .iter()
            .map(|found| {
                let line = text.lines().nth(found.span.line as usize - 1).unwrap();
                (found.code.text(), &line[found.span.column as usize - 1..])
            })
            .collect();
        assert!(
            matches!(found.as_slice(), [(told, rest)] if *told == code && rest.starts_with(at)),
            "{given} {steps}: {found:?}"
        );
        assert!(diagnostics.iter().all(|found| !found.help.is_empty()), "{diagnostics:?}");
    }

    #[test]
    fn wrong_combinations_have_their_spans() {
        let plain = "{ client: a }";
        points_at("{}", "{ client: a, who: ann }", "bad-value", "ann");
        points_at("{ clients: { ann: {}, bob: {} } }", plain, "bad-value", "{ client: a }");
        points_at("{ clients: { ann: {}, bob: {} } }", "{ client: a, who: an }", "bad-value", "an }");
        points_at(
            "{ clients: { ann: {} } }",
            "{ after: 5m, expect: { ends: true } }",
            "bad-value",
            "{ after",
        );
        points_at(
            "{ clients: { ann: {} }, client: { first_name: Bob } }",
            "{ client: a, who: ann }",
            "bad-value",
            "{ first_name",
        );
        points_at("{ client: { firstname: Bob } }", plain, "unknown-field", "firstname");
        points_at("{ now: 2026-03-02 }", plain, "bad-value", "2026-03-02");
        points_at("{ catalogue: some }", plain, "bad-value", "some");
        points_at("{ catalogue: [{ name: '' }] }", plain, "bad-value", "{ name");
        points_at("{ catalogue: [{ name: a, price: -1 }] }", plain, "bad-value", "{ name");
        points_at(
            "{ catalogue: [{ name: a, article: b }, { name: c, article: b }] }",
            plain,
            "bad-value",
            "{ name: c",
        );
        points_at("{ catalogue: [{ name: a, prise: 5 }] }", plain, "unknown-field", "prise");
        points_at("{}", "{ edit: { text: a, of: 0 } }", "bad-value", "0");
        points_at("{}", "{ press: { label: a, of: 1, under: b } }", "bad-value", "{ label");
        points_at("{}", "{ press: { label: a, times: 6 } }", "bad-value", "{ label");
        points_at("{}", "{ client: a, photo: {} }", "bad-value", "{ client");
        points_at("{}", "{ client: a, expect: { path: {} } }", "bad-value", "{}");
        let expect = |expect: &str| format!("{{ client: a, expect: {{ {expect} }} }}");
        points_at("{}", &expect("understood: { confidence: 2 }"), "bad-value", "2");
        points_at("{}", &expect("understood: { filters: [prise < 3] }"), "bad-filter", "prise");
        points_at("{}", &expect("trace: [{ nod: a }]"), "unknown-field", "nod");
        let fine =
            "{ who: ann, client: a }, { after: 5m }, { who: ann, staff: take }, { who: ann, voice: {} }";
        let text = format!(
            "- name: x\n  given: {{ clients: {{ ann: {{}} }}, now: 2026-03-02 10:00 }}\n  steps: [{fine}]\n"
        );
        assert_eq!(check(&text), Vec::<String>::new());
    }
}
