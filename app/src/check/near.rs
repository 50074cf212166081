//! Examples of two intents that the built-in classifier cannot part, because their vectors are nearly the same: a message
//! like one of them is placed by chance.
//!
//! Not done by the compiler: it takes half a millisecond for each example.

use std::collections::BTreeMap;

use tolmach_engine::{
    Release,
    diagnostic::{Code, Diagnostic},
    resources::example_set,
    span::Span,
    wording::normalized,
};
use tolmach_runtime::ports::{self, Embedder};

/// Cosine similarity from which two examples are the same to the classifier: word forms and word order apart.
const SAME: f32 = 0.97;
/// The largest set that is looked at; the time is quadratic in it.
const MOST: usize = 3_000;
/// The most that are told of one node.
const MOST_TOLD: usize = 10;

/// A warning for each example that is nearly the same as one of another intent.
///
/// # Errors
/// The embedder fails.
pub async fn near_examples(release: &Release, embedder: &dyn Embedder) -> ports::Result<Vec<Diagnostic>> {
    let mut found = Vec::new();
    for flow in release.flows.values() {
        let text = release.bundle.files.get(&flow.file).map(String::as_str).unwrap_or_default();
        for (name, entry) in flow.nodes.iter().filter(|(_, entry)| entry.kind.name == "classify") {
            let Some(examples) = release.resources.examples.get(&example_set(&flow.id, name)) else {
                continue;
            };
            if examples.len() > MOST {
                continue;
            }
            let texts: Vec<String> = examples.iter().map(|example| example.text.clone()).collect();
            let vectors = embedder.embed(&texts).await?;
            let words: Vec<String> = texts.iter().map(|text| normalized(text)).collect();
            let next =
                flow.nodes.values().map(|other| other.span.line).filter(|line| *line > entry.span.line);
            let whole = Span { end_line: next.min().unwrap_or(u32::MAX), end_column: 1, ..entry.span };
            let mut told: BTreeMap<usize, ()> = BTreeMap::new();
            for (at, later) in examples.iter().enumerate() {
                let nearest = examples.iter().enumerate().take(at).find(|(before, earlier)| {
                    earlier.label != later.label
                        && words[*before] != words[at]
                        && dot(&vectors[*before], &vectors[at]) >= SAME
                });
                let Some((_, earlier)) = nearest else { continue };
                if told.len() >= MOST_TOLD || told.insert(at, ()).is_some() {
                    break;
                }
                let narrowed = whole.narrowed(text, &later.text);
                let span = if narrowed == whole { entry.span } else { narrowed };
                let message = format!(
                    "node `{name}`: the examples `{}` of `{}` and `{}` of `{}` mean the same to the classifier",
                    later.text, later.label, earlier.text, earlier.label
                );
                let help = "keep one of the two, or write what tells the intents apart";
                found.push(Diagnostic::new(Code::NearExample, &flow.file, span, message, help));
            }
        }
    }
    Ok(found)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use tolmach_engine::{bundle::Bundle, compile};
    use tolmach_llm::embedder::MeaningEmbedder;

    use super::*;

    async fn check(intents: &str, expected: &[&str]) {
        let flow = format!(
            "flow: shop\nstart: a\nnodes:\n  a:\n    classify:\n      intents:\n{intents}    next: wait\n"
        );
        let bundle = Bundle { files: [("shop.yaml".to_owned(), flow)].into() };
        let release = compile(&bundle, &tolmach_nodes::platform()).release.unwrap();
        let found = near_examples(&release, &MeaningEmbedder).await.unwrap();
        let shown: Vec<String> = found.iter().map(|one| format!("{} {}", one.span, one.message)).collect();
        assert_eq!(shown, expected);
    }

    /// The code's own example raises it, and the mended one does not.
    #[tokio::test]
    async fn the_explanation_holds() {
        let explanation = Code::NearExample.explanation();
        for (files, expected) in [(&explanation.broken, 1), (&explanation.mended, 0)] {
            let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
            let bundle = Bundle { files: files.collect() };
            let release = compile(&bundle, &tolmach_nodes::platform()).release.unwrap();
            let found = near_examples(&release, &MeaningEmbedder).await.unwrap();
            assert_eq!(found.len(), expected, "{found:?}");
        }
    }

    #[tokio::test]
    async fn examples_that_differ_in_nothing_that_is_read_are_told() {
        check(
            "        price: { examples: [сколько стоит насос, цена] }\n        order: { examples: [сколько стоит насос то, купить] }\n",
            &["7:29 node `a`: the examples `сколько стоит насос` of `price` and `сколько стоит насос то` of `order` mean the same to the classifier"],
        )
        .await;
        check(
            "        price: { examples: [сколько стоит насос, цена] }\n        order: { examples: [купить насос, цены] }\n",
            &[],
        )
        .await;
    }
}
