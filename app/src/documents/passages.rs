//! Passages: a document in parts that each answer something.

use tolmach_engine::text::shorten;

use super::Block;

/// From how many characters a passage without headings of its own is split between paragraphs.
const LONG: usize = 1_500;
/// The longest title that is made of a passage's own words, in characters.
const TITLE: usize = 60;

/// A passage.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Passage {
    /// Its title.
    pub title: String,
    /// Its text, paragraph by paragraph.
    pub text: String,
}

/// Splits a document: a heading begins a passage, and so does a paragraph that would make one too long. `name` is the title of what stands
/// before the first heading.
pub fn passages(blocks: &[Block], name: &str) -> Vec<Passage> {
    let mut all: Vec<Passage> = Vec::new();
    let mut title: Option<String> = None;
    let mut current: Option<Passage> = None;
    let mut number = 1;
    for block in blocks {
        match block {
            Block::Heading(text) => {
                all.extend(current.take());
                title = Some(text.clone());
                number = 1;
            }
            Block::Text(text) => {
                let full = current
                    .as_ref()
                    .is_some_and(|passage| passage.text.chars().count() + text.chars().count() > LONG);
                if full {
                    all.extend(current.take());
                    number += 1;
                }
                let passage = current.get_or_insert_with(|| Passage {
                    title: match (&title, number) {
                        (Some(title), 1) => title.clone(),
                        (Some(title), number) => format!("{title} ({number})"),
                        (None, 1) => name.to_owned(),
                        // Without headings its own first words tell what it is about.
                        (None, _) => shorten(text.lines().next().unwrap_or_default(), TITLE).to_owned(),
                    },
                    text: String::new(),
                });
                if !passage.text.is_empty() {
                    passage.text.push('\n');
                    // Items of a list and rows of a table stand close.
                    if !(text.starts_with("- ") || text.contains(" | ")) {
                        passage.text.push('\n');
                    }
                }
                passage.text.push_str(text);
            }
        }
    }
    all.extend(current);
    all
}

/// The passages as a file of knowledge.
pub fn markdown(passages: &[Passage]) -> String {
    let mut text = String::new();
    for passage in passages {
        if !text.is_empty() {
            text.push('\n');
        }
        // A line of the document that looks like a heading of ours is none.
        let body: Vec<String> = passage
            .text
            .lines()
            .map(|line| if line.starts_with('#') { format!("\\{line}") } else { line.to_owned() })
            .collect();
        text.push_str(&format!("## {}\n{}\n", passage.title, body.join("\n")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Block {
        Block::Text(text.to_owned())
    }

    #[test]
    fn headings_begin_passages_and_long_ones_are_split_between_paragraphs() {
        let blocks = [
            text("О нас."),
            Block::Heading("Доставка".to_owned()),
            text("По городу."),
            text("- быстро"),
            text("- дёшево"),
            Block::Heading("Пусто".to_owned()),
            Block::Heading("Гарантия".to_owned()),
            text(&"а".repeat(1_000)),
            text(&"б".repeat(1_000)),
            text("# не заголовок"),
        ];
        let found = passages(&blocks, "Компания");
        let titles: Vec<&str> = found.iter().map(|passage| passage.title.as_str()).collect();
        assert_eq!(titles, ["Компания", "Доставка", "Гарантия", "Гарантия (2)"]);
        assert_eq!(found[1].text, "По городу.\n- быстро\n- дёшево");
        let text = markdown(&found);
        assert!(text.starts_with("## Компания\nО нас.\n\n## Доставка\n"), "{text}");
        assert!(text.ends_with("\n\n\\# не заголовок\n"), "{text}");
    }

    #[test]
    fn a_document_without_headings_is_split_by_itself() {
        let blocks: Vec<Block> =
            (0..5).map(|n| text(&format!("Абзац {n}. {}", "слово ".repeat(150)))).collect();
        let found = passages(&blocks, "Компания");
        assert_eq!(found.len(), 5);
        assert_eq!(found[0].title, "Компания");
        assert!(found[1].title.starts_with("Абзац 1."), "{}", found[1].title);
        assert!(passages(&[], "x").is_empty());
    }
}
