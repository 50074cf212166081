use super::*;

const FLOW: &str = "\
flow: shop
start: hello
slots:
  budget: { type: money }
  found: { type: products }
nodes:
  hello:
    say: { text: { ru: Привет, en: Hello } }
    next: find
  find:
    search: { query: \"{{message.text}}\", into: found }
    next: { found: hello, empty: wait }
";

fn bundle(file: &str, text: &str) -> Bundle {
    let mut files = std::collections::BTreeMap::new();
    files.insert("shop.yaml".to_owned(), FLOW.to_owned());
    files.insert("company.yaml".to_owned(), "phone: \"+7 900 000-00-00\"\nprice: 4500 RUB\n".to_owned());
    files.insert("prompts/offer.ru.md".to_owned(), "Ответь.".to_owned());
    files.insert(
        "images/warehouse.png".to_owned(),
        "tolmach-image 0123456789abcdef0123456789abcdef image/png 9 3x2\n".to_owned(),
    );
    files.insert("faq/general.yaml".to_owned(), "[]\n".to_owned());
    files.insert(file.to_owned(), text.to_owned());
    Bundle { files }
}

/// Labels of what is proposed at the mark of a text, and what they would replace.
fn proposed(file: &str, marked: &str) -> (Vec<String>, String) {
    let at = marked.find('¦').unwrap();
    let text = marked.replace('¦', "");
    let bundle = bundle(file, &text);
    let platform = tolmach_nodes::platform();
    let typed = Typed { bundle: &bundle, file, platform: &platform };
    let found = complete(&typed, units_at(&text, at));
    let from = byte_at(&text, found.from);
    (found.items.into_iter().map(|item| item.label).collect(), text[from..at].to_owned())
}

/// The flow with something typed in place of a part of it.
fn flow(from: &str, to: &str) -> String {
    assert!(FLOW.contains(from), "{from}");
    FLOW.replace(from, to)
}

#[test]
fn fields_kinds_and_names_are_proposed() {
    let (top, _) = proposed("shop.yaml", &flow("slots:\n", "¦\nslots:\n"));
    for field in ["flow", "start", "nodes", "on", "limits"] {
        assert!(top.contains(&field.to_owned()), "{field}: {top:?}");
    }
    let (kinds, word) = proposed("shop.yaml", &flow("    search: {", "    sear¦: {"));
    assert_eq!((kinds.as_slice(), word.as_str()), (["search".to_owned()].as_slice(), "sear"));
    let (kinds, _) = proposed("shop.yaml", &format!("{FLOW}  more:\n    ¦"));
    assert!(kinds.contains(&"classify".to_owned()) && kinds.contains(&"next".to_owned()), "{kinds:?}");
    let (fields, _) = proposed("shop.yaml", &flow("query: \"{{message.text}}\", into: found", "qu¦"));
    assert!(fields.contains(&"query".to_owned()), "{fields:?}");
    let (slots, word) = proposed("shop.yaml", &flow("into: found", "into: fo¦"));
    assert_eq!((slots, word), (vec!["found".to_owned()], "fo".to_owned()));
    let (targets, _) = proposed("shop.yaml", &flow("next: find", "next: ¦"));
    assert_eq!(targets, ["find", "hello", "wait", "end", "return"]);
    let (targets, _) = proposed("shop.yaml", &flow("found: hello,", "found: ¦,"));
    assert!(targets.contains(&"hello".to_owned()), "{targets:?}");
    let (exits, _) = proposed("shop.yaml", &flow("{ found: hello, empty: wait }", "{ ¦"));
    assert!(exits.is_empty() || exits.contains(&"empty".to_owned()), "{exits:?}");
    let (exits, _) = proposed(
        "shop.yaml",
        &flow("next: { found: hello, empty: wait }", "next:\n      found: hello\n      e¦"),
    );
    assert_eq!(exits, ["few", "empty"]);
    let (start, _) = proposed("shop.yaml", &flow("start: hello", "start: ¦"));
    assert_eq!(start, ["find", "hello"]);
    let (types, _) = proposed("shop.yaml", &flow("{ type: money }", "{ type: mo¦ }"));
    assert_eq!(types, ["money"]);
    let (prompts, _) = proposed("shop.yaml", &format!("{FLOW}  more:\n    answer: {{ prompt: ¦"));
    assert_eq!(prompts, ["offer"]);
    for typed in ["photo: ¦", "photo: images/w¦", "photo: { en: ware¦"] {
        let (images, _) = proposed("shop.yaml", &format!("{FLOW}  more:\n    say: {{ text: x, {typed}"));
        assert_eq!(images, ["images/warehouse.png"], "{typed}");
    }
    let (answers, _) = proposed("shop.yaml", &format!("{FLOW}  more:\n    faq: {{ from: ¦"));
    assert_eq!(answers, ["general"]);
}

#[test]
fn variables_helpers_and_functions_are_proposed() {
    let (roots, word) = proposed("shop.yaml", &flow("en: Hello", "en: \"{{co¦"));
    assert_eq!((roots, word), (vec!["context".to_owned(), "company".to_owned()], "co".to_owned()));
    let (slots, word) = proposed("shop.yaml", &flow("en: Hello", "en: \"{{slots.b¦}}\""));
    assert_eq!((slots, word), (vec!["budget".to_owned()], "b".to_owned()));
    let (keys, _) = proposed("shop.yaml", &flow("en: Hello", "en: \"{{money company.¦}}\""));
    assert!(keys.contains(&"price".to_owned()) && keys.contains(&"phone".to_owned()), "{keys:?}");
    let (helpers, _) = proposed("shop.yaml", &flow("en: Hello", "en: \"{{mon¦}}\""));
    assert_eq!(helpers, ["money"]);
    let (fields, _) =
        proposed("shop.yaml", &flow("into: found }", "into: found, filter: \"price <= slots.¦\" }"));
    assert_eq!(fields, ["budget", "found"]);
    let case = format!("{FLOW}  more:\n    branch:\n      - when: has¦\n        to: hello\n");
    assert_eq!(proposed("shop.yaml", &case).0, ["has"]);
    let (slots, _) = proposed("prompts/offer.ru.md", "Ответь на «{{slots.¦".trim_end());
    assert_eq!(slots, ["budget", "found"]);
    assert!(proposed("prompts/offer.ru.md", "Ответь ¦").0.is_empty());
}

#[test]
fn names_are_proposed_where_nothing_parses() {
    let broken =
        format!("{}  more:\n    say: {{ text: [[ }}\n    next: h¦", FLOW.replace("en: Hello }", "en: Hello"));
    let (targets, _) = proposed("shop.yaml", &broken);
    assert!(targets.contains(&"hello".to_owned()), "{targets:?}");
}

#[test]
fn proposals_write_what_fits_their_place() {
    let text = format!("{FLOW}  more:\n    ");
    let bundle = bundle("shop.yaml", &text);
    let platform = tolmach_nodes::platform();
    let typed = Typed { bundle: &bundle, file: "shop.yaml", platform: &platform };
    let found = complete(&typed, units_at(&text, text.len()));
    let ask = found.items.iter().find(|item| item.label == "ask").unwrap();
    assert_eq!((ask.apply.as_str(), ask.kind), ("ask:\n      ", "kind"));
    assert!(ask.doc.starts_with("Asks a question"), "{}", ask.doc);
    let next = found.items.iter().find(|item| item.label == "next").unwrap();
    assert_eq!((next.apply.as_str(), next.kind), ("next: ", "field"));
}

fn meant(marked: &str) -> Option<(String, String)> {
    let at = marked.find('¦').unwrap();
    let text = marked.replace('¦', "");
    let bundle = bundle("shop.yaml", &text);
    let platform = tolmach_nodes::platform();
    let typed = Typed { bundle: &bundle, file: "shop.yaml", platform: &platform };
    meaning(&typed, units_at(&text, at)).map(|found| {
        let word = text[byte_at(&text, found.from)..byte_at(&text, found.to)].to_owned();
        (word, format!("{} | {}", found.title, found.doc))
    })
}

#[test]
fn words_are_explained() {
    let (word, said) = meant(&flow("    search: {", "    sea¦rch: {")).unwrap();
    assert_eq!(word, "search");
    assert!(said.contains("Searches the catalogue"), "{said}");
    let (_, said) = meant(&flow("into: found", "in¦to: found")).unwrap();
    assert!(said.starts_with("into: slot | The slot for the results"), "{said}");
    assert_eq!(meant(&flow("into: found", "into: fo¦und")).unwrap().1, "slot found: products | ");
    assert_eq!(meant(&flow("next: find", "next: fi¦nd")).unwrap().1, "node find: search | ");
    assert_eq!(meant(&flow("en: Hello", "en: \"{{slots.bud¦get}}\"")).unwrap().1, "budget: money | ");
    assert!(
        meant(&flow("en: Hello", "en: \"{{mon¦ey slots.budget}}\"")).unwrap().1.starts_with("money: {{money")
    );
    let (_, said) =
        meant(&flow("into: found }", "into: found, filter: \"price <= slots.bud¦get\" }")).unwrap();
    assert_eq!(said, "budget: money | ");
    assert_eq!(meant(&flow("en: Hello", "en: He¦llo")), None);
}

#[test]
fn problems_have_the_places_of_browsers() {
    // Two UTF-16 units each: columns are counted in characters, browsers count in units.
    let text = FLOW.replace("ru: Привет", "ru: \"😀😀\"").replace("into: found", "into: fond");
    let text = text.replace("say: { text", "say: { txt: \"😀\", text");
    let bundle = bundle("shop.yaml", &text);
    let found = findings(&bundle, &tolmach_nodes::platform());
    let wrong =
        |code: &str| found.iter().find(|one| one.code == code).unwrap_or_else(|| panic!("{found:#?}"));
    let unknown = wrong("unknown-slot");
    assert_eq!(&text[byte_at(&text, unknown.from)..byte_at(&text, unknown.to)], "fond");
    let fix = unknown.fix.as_ref().unwrap();
    assert_eq!((fix.edits[0].text.as_str(), fix.edits[0].from), ("found", unknown.from));
    let field = wrong("unknown-field");
    assert_eq!(&text[byte_at(&text, field.from)..byte_at(&text, field.to)], "txt");
}

#[test]
fn nothing_that_is_typed_breaks_anything() {
    let platform = tolmach_nodes::platform();
    for text in [
        FLOW.to_owned(),
        FLOW.replace('}', ""),
        FLOW.replace(':', " "),
        "{[\"'".repeat(50),
        "😀: {{".to_owned(),
    ] {
        let bundle = bundle("shop.yaml", &text);
        let typed = Typed { bundle: &bundle, file: "shop.yaml", platform: &platform };
        for at in (0..=units_at(&text, text.len()) + 2).step_by(3) {
            complete(&typed, at);
            meaning(&typed, at);
        }
        findings(&bundle, &platform);
    }
}
