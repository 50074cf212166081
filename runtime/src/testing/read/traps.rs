//! Texts of a test file that YAML may read otherwise than they look.

use super::read;

/// The message about a step with this line.
fn check(step: &str, message: &str, mended: &str) {
    let (_, found) = read("tests/x.test.yaml", &format!("- name: x\n  steps:\n    - {step}\n"));
    let first = found.first().unwrap_or_else(|| panic!("nothing is said of {step}"));
    for one in &found {
        let said = format!("{} {}", one.message, one.help);
        for word in ["enum ", "struct ", "newtype", "tuple", "variant", "StaffStep", "expected a"] {
            assert!(!said.contains(word), "{step}: {said}");
        }
    }
    assert_eq!(first.message, message, "{step}");
    assert!(first.help.contains(mended), "{step}: {}", first.help);
}

#[test]
fn the_sign_that_is_to_blame_is_named() {
    for (step, message, mended) in [
        (
            "staff: { say: Добрый день, это я }",
            "a comma ends a value here, which is `Добрый день` alone",
            "staff: { say: 'Добрый день, это я' }",
        ),
        (
            "{ client: Привет, как дела?, expect: { ends: true } }",
            "a comma ends a value here, which is `Привет` alone",
            "{ client: 'Привет, как дела?', expect: { ends: true } }",
        ),
        (
            "client: Вопрос: сколько",
            "a colon with a space after it begins a value, and this text is one already",
            "client: 'Вопрос: сколько'",
        ),
        (
            "client: \"Да\" и всё",
            "the text ends at this `\"`, and `и всё` follows it",
            "client: '\"Да\" и всё'",
        ),
        (
            "client: Мне #5 пожалуйста",
            "` #` begins a comment: the text ends before it, as `Мне`",
            "'Мне #5 пожалуйста'",
        ),
        ("staff: leave", "`leave` is none of the words that fit here", "say, take, return"),
        ("staff: [take]", "found a list where one word belongs", "say, take, return"),
        (
            "staff: { say: hi, take: 1 }",
            "found a map of `say`, `take` where one word belongs",
            "say, take, return",
        ),
    ] {
        check(step, message, mended);
    }
}
