use super::*;

fn bundle(text: &str) -> Bundle {
    Bundle { files: [("shop.yaml".to_owned(), text.to_owned())].into() }
}

fn check_fixed(before: &str, expected: &str) {
    let fixed = fixed(&bundle(before), &tolmach_nodes::platform());
    let after = fixed.files.get("shop.yaml").map_or(before, |(_, after)| after);
    assert_eq!(after, expected, "{:#?}", fixed.changes);
}

const HEAD: &str = "flow: shop\nstart: a\nslots: { budget: { type: number, default: 1 } }\nnodes:\n";

#[test]
fn certain_mends_are_made() {
    for (before, after) in [
        // A comma, a colon, a quote, in braces and outside.
        (
            "  a: { say: { text: { ru: Здравствуйте, чем помочь?, en: Hello } } }\n",
            "  a: { say: { text: { ru: 'Здравствуйте, чем помочь?', en: Hello } } }\n",
        ),
        ("  a: { say: { text: Часы: 9, до 18 } }\n", "  a: { say: { text: 'Часы: 9, до 18' } }\n"),
        ("  a:\n    say: { text: 'it's fine' }\n", "  a:\n    say: { text: \"it's fine\" }\n"),
        ("  a:\n    say:\n      text: @manager\n", "  a:\n    say:\n      text: '@manager'\n"),
        ("  a:\n    say:\n      text: 88001234567\n", "  a:\n    say:\n      text: \"88001234567\"\n"),
        ("  a:\n    say:\n      text:Привет\n", "  a:\n    say:\n      text: Привет\n"),
        // Names.
        ("  a: { sya: { text: '{{slots.budget}}' } }\n", "  a: { say: { text: '{{slots.budget}}' } }\n"),
        ("  a: { sey: { text: '{{slots.budget}}' } }\n", "  a: { sey: { text: '{{slots.budget}}' } }\n"),
        ("  a: { say: { txt: '{{slots.budget}}' } }\n", "  a: { say: { text: '{{slots.budget}}' } }\n"),
        ("  a: { say: { text: '{{budget}}' } }\n", "  a: { say: { text: '{{slots.budget}}' } }\n"),
        ("  a: { say: { text: '{{slots.budgt}}' } }\n", "  a: { say: { text: '{{slots.budget}}' } }\n"),
        (
            "  a: { say: { text: hi }, next: thanx }\n  thanks: { say: { text: hi } }\n",
            "  a: { say: { text: hi }, next: thanx }\n  thanks: { say: { text: hi } }\n",
        ),
        (
            "  a: { say: { text: hi }, next: thank }\n  thanks: { say: { text: hi } }\n",
            "  a: { say: { text: hi }, next: thanks }\n  thanks: { say: { text: hi } }\n",
        ),
    ] {
        check_fixed(&format!("{HEAD}{before}"), &format!("{HEAD}{after}"));
    }
}

#[test]
fn several_mends_of_one_line_and_one_behind_another_are_all_made() {
    check_fixed(
        &format!("{HEAD}  a: {{ say: {{ txt: Привет, друг, buttns: [] }} }}\n"),
        &format!("{HEAD}  a: {{ say: {{ text: 'Привет, друг', buttons: [] }} }}\n"),
    );
    check_fixed(
        &format!("{HEAD}  a:\n    sey: {{ text: a: b }}\n    nxt: wait\n"),
        &format!("{HEAD}  a:\n    sey: {{ text: 'a: b' }}\n    next: wait\n"),
    );
}

#[test]
fn what_may_be_meant_otherwise_is_left() {
    for text in [
        "  a: { say: { text: hi }, next: c }\n  b1: { say: { text: hi }, next: a }\n  b2: { say: { text: hi } }\n",
        "  a:\n    say: { text: \"never closed }\n",
        "  a:\n     say: { text: hi }\n    next: wait\n",
    ] {
        check_fixed(&format!("{HEAD}{text}"), &format!("{HEAD}{text}"));
    }
}

#[test]
fn a_mend_that_brings_an_error_is_not_made() {
    let platform = tolmach_nodes::platform();
    let text =
        format!("{HEAD}  a: {{ say: {{ text: hi }}, next: thank }}\n  thanks: {{ say: {{ text: hi }} }}\n");
    let bundle = bundle(&text);
    let before = check(&bundle, &platform).diagnostics;
    let mut wrong = before.iter().find(|one| one.fix.is_some()).unwrap().clone();
    assert!(attempt(&bundle, &platform, &wrong, &before).is_some());
    for replacement in ["nowhere", "[", "thanks, nxt: x"] {
        wrong.fix.as_mut().unwrap().replacement = replacement.to_owned();
        assert!(attempt(&bundle, &platform, &wrong, &before).is_none(), "{replacement}");
    }
}

#[test]
fn files_are_written_whole_and_not_over_a_change_of_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.yaml");
    let text = format!("{HEAD}  a: {{ say: {{ txt: '{{{{slots.budget}}}}' }} }}\n");
    let fixed = fixed(&bundle(&text), &tolmach_nodes::platform());
    assert_eq!(fixed.changes.len(), 1);
    fs::write(&path, format!("{text}# somebody else\n")).unwrap();
    let left = fixed.write(folder.path()).unwrap();
    assert_eq!((left.written.len(), left.changed_meanwhile.as_slice()), (0, &["shop.yaml".to_owned()][..]));
    // Line ends of Windows and a byte order mark stay.
    fs::write(&path, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    assert_eq!(fixed.write(folder.path()).unwrap().written, ["shop.yaml"]);
    let expected = format!("\u{feff}{}", text.replace("txt", "text").replace('\n', "\r\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no partial file is left");
}
