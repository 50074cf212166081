use serde_json::json;

use super::*;

struct Fixed(Value);

impl vars::VariableSource for Fixed {
    fn root(&self, name: &str) -> Value {
        self.0[name].clone()
    }
}

fn check(source: &str, expected: Result<&str, &str>) {
    let values = json!({
        "client": { "first_name": "Анна" },
        "slots": { "budget": 1992.6, "n": 3, "list": { "items": [{"name": "a"}, {"name": "b"}] } },
    });
    let template = Template::compile(source.to_owned(), Span::default());
    match (template.render(&Fixed(values)).map(|rendered| rendered.text), expected) {
        (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{source}"),
        (Err(error), Err(part)) => assert!(error.contains(part), "{source}: {error}"),
        (other, _) => panic!("{source}: {other:?}"),
    }
}

#[test]
fn templates_render_strictly() {
    check("Привет, {{client.first_name}}!", Ok("Привет, Анна!"));
    check("{{money slots.budget \"RUB\"}}", Ok("1\u{a0}992,60\u{a0}₽"));
    check("{{slots.n}} {{plural slots.n \"товар\" \"товара\" \"товаров\"}}", Ok("3 товара"));
    check("{{#each slots.list.items}}{{name}};{{/each}}", Ok("a;b;"));
    check("{{#if (gt slots.n 2)}}many{{else}}few{{/if}}", Ok("many"));
    check("<b> & \"", Ok("<b> & \""));
    check("{{slots.nothing}}", Err("nothing"));
    check("{{#if slots.n}}", Err(""));
    check("{{shout slots.n}}", Err("no helper `shout`"));
    check("{{> header}}", Err("not part of the language"));
}

#[test]
fn paths_are_known_at_compile_time() {
    let paths = |source: &str| Template::compile(source.to_owned(), Span::default()).paths().to_vec();
    assert_eq!(paths("{{slots.budget}}"), [["slots", "budget"]]);
    assert_eq!(paths("{{#each slots.list.items}}{{name}}{{/each}}"), [["slots", "list", "items"]]);
    assert_eq!(paths("{{#if client.first_name}}x{{/if}}"), [["client", "first_name"]]);
}

#[test]
fn rendering_has_bounds() {
    let render = |source: &str, items: usize, bytes: usize| {
        let list = vec![json!({ "name": "n".repeat(bytes), "list": vec![1; items] }); items];
        let values = Fixed(json!({ "slots": { "list": list } }));
        Template::compile(source.to_owned(), Span::default()).render(&values).map(|rendered| rendered.text)
    };
    let once = "{{#each slots.list}}{{name}}{{/each}}";
    let twice = "{{#each slots.list}}{{#each list}}{{this}}{{/each}}{{/each}}";
    let silent = "{{#each slots.list}}{{#each list}}{{#if (eq this ../this)}}{{/if}}{{/each}}{{/each}}";
    assert_eq!(render(once, 3, 2), Ok("nnnnnn".to_owned()));
    assert_eq!(render(twice, 2, 1), Ok("1111".to_owned()));
    let refused = |source: &str, items, bytes, part: &str| {
        let why = render(source, items, bytes).err();
        assert!(why.as_ref().is_some_and(|why| why.contains(part)), "{source}: {why:?}");
    };
    refused(once, 50, 4_000, "longer than");
    refused(twice, 1_000, 1, "too much work");
    refused(silent, 100, 4_000, "compared");
}

#[test]
fn amounts_and_cuts() {
    assert_eq!(money(1_234_567.0, "RUB"), "1\u{a0}234\u{a0}567\u{a0}₽");
    assert_eq!(money(0.995, ""), "1");
    assert_eq!(money(999.999, "USD"), "1\u{a0}000\u{a0}$");
    assert_eq!(shorten("one two three", 9), "one two…");
    for (text, kept) in [
        ("one two three", "one two"),
        ("one two  three", "one two "),
        ("ёёёёёёёёёё", "ёёёёёёёё"),
        ("one two", "one two"),
    ] {
        assert_eq!(cut(text, 8), kept, "{text}");
    }
    for (n, word) in
        [(1.0, "one"), (2.0, "few"), (5.0, "many"), (11.0, "many"), (21.0, "one"), (112.0, "many")]
    {
        assert_eq!(russian_plural(n, "one", "few", "many"), word, "{n}");
    }
}
