//! Texts and flows that are expensive to read.

/// Characters of a message; the page takes no more.
pub const LENGTH: usize = 4000;

/// Motifs whose repetition is, or once was, slow to read: numbers, phone numbers, addresses, prices, sizes, dates, words.
pub const MOTIFS: &[&str] = &[
    "1 2 3 4 5 6 7 8 9 0 ",
    "+7 1 2 3 4 5 6 7 8 9 0 1 2 3 4 ",
    "a@b.ru ",
    "a at b dot ru ",
    "до10",
    "тысяч за ",
    "миллиард миллион тысяч сотня десяток ",
    "5\" ",
    "через 999 рабочих дней ",
    "15 марта ",
    "длина 1 метр ",
    "насос ",
    "ghbdtn ",
    "а",
    "((((",
    "🙂\u{200d}",
];

/// A message of one motif.
pub fn poison(motif: &str) -> String {
    motif.chars().cycle().take(LENGTH).collect()
}

/// Flows that a recursive reader cannot read, or that no turn could evaluate, each with the diagnostic that refuses it.
pub fn flows() -> Vec<(String, &'static str)> {
    let flow = |condition: &str, text: &str| {
        format!(
            "flow: shop\nstart: which\nslots: {{ a: {{ type: text }} }}\nnodes:\n  which:\n    branch:\n      - {{ when: \
             {condition}, to: tell }}\n      - {{ else: tell }}\n  tell:\n    say: {{ text: {text} }}\n"
        )
    };
    let sum = format!("'1{} > 0'", " + 1".repeat(5000));
    let brackets = format!("'{}1{} > 0'", "(".repeat(5000), ")".repeat(5000));
    let list = format!("'size({}1{}) > 0'", "[".repeat(5000), "]".repeat(5000));
    let not = format!("'{}true'", "!".repeat(5000));
    let blocks = format!("'{}{}'", "{{#if slots.a}}".repeat(2000), "{{/if}}".repeat(2000));
    let yaml = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    vec![
        (flow(&sum, "да"), "too-complex"),
        (flow(&brackets, "да"), "too-complex"),
        (flow(&list, "да"), "too-complex"),
        (flow(&not, "да"), "too-complex"),
        (flow("'true'", &blocks), "too-complex"),
        (flow("'true'", &yaml), "bad-yaml"),
    ]
}
