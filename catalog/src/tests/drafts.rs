//! What people see of the catalogue: trials, answers to golden questions, reasons and histories.

use std::fs;

use super::*;
use crate::{HeldWord, Question, Reasons};

fn product(article: &str, name: &str) -> Product {
    catalog_suite::product(article, name, "", 10.0, 1.0)
}

fn question(asked: &str, article: &str) -> Question {
    Question {
        asked: asked.into(),
        request: SearchRequest { limit: 1, ..request(asked) },
        articles: vec![article.into()],
    }
}

#[tokio::test]
async fn a_trial_answers_golden_questions_and_leaves_nothing() {
    let fixture = Fixture::with_tools().await;
    let before = fixture.catalog.manifest();
    let scratch = fixture.folder.path().join("trial");
    let items = vec![product("N-1", "Звонок дверной"), product("N-2", "Звонок велосипедный")];
    let questions = vec![
        question("звонок дверной", "N-1"),
        question("звонок дверной", "N-2"),
        question("звонок дверной", "N-3"),
    ];
    let tried = fixture.catalog.trial(real("new"), items, questions, scratch.clone(), |_| {}).await.unwrap();
    let seen: Vec<_> = tried.iter().map(|one| (one.place, one.skipped, one.fails())).collect();
    assert_eq!(seen, [(Some(1), false, false), (None, false, true), (None, true, false)]);
    assert_eq!(tried[1].to_string(), "«звонок дверной»: N-2 is not among the first 1; found N-1");
    assert_eq!((fixture.catalog.manifest(), scratch.exists()), (before, false));
    assert_eq!(fixture.catalog.kept().unwrap().len(), 1);
    assert!(fixture.articles("звонок").await.is_empty());
    // It runs beside an import, because it writes nothing that an import could see.
    let nothing = fixture.catalog.trial(real("new"), vec![], vec![], scratch.clone(), |_| {}).await;
    assert!(matches!(nothing, Err(Error::NoRows { .. })) && !scratch.exists(), "{nothing:?}");
}

#[tokio::test]
async fn reasons_tell_which_words_a_row_has() {
    let fixture = Fixture::empty();
    let items = vec![product("N-1", "Звонок дверной беспроводной"), product("N-2", "Звонок велосипедный")];
    fixture.catalog.import(real("new"), items, |_| {}).await.unwrap();
    let ids = || vec!["new/N-1".to_owned(), "new/N-2".to_owned(), "new/none".to_owned()];
    let reasons = async |text: &str| fixture.catalog.reasons(&request(text), ids()).await.unwrap();
    let found = reasons("звонки бесправодной").await;
    let held = |typed: &str, taken_for: Option<&str>| HeldWord {
        typed: typed.into(),
        taken_for: taken_for.map(str::to_owned),
    };
    assert_eq!(found.len(), 2);
    let first = &found["new/N-1"];
    assert_eq!(
        (&first.held[0], first.held.len(), first.missing.len()),
        (&held("звонки", None), 2, 0),
        "{first:?}"
    );
    assert!(first.held[1].taken_for.is_some(), "a misspelling is told: {first:?}");
    let second =
        Reasons {
            article: false, held: vec![held("звонки", None)], missing: vec!["бесправодной".into()]
        };
    assert_eq!(found["new/N-2"], second);
    assert!(reasons("N-2").await["new/N-2"].article);
}

#[tokio::test]
async fn a_row_has_a_history_over_the_kept_generations() {
    let fixture = Fixture::empty();
    let priced = |article: &str, price: f64| Product {
        price: Some(price),
        ..product(article, "Звонок \"дверной\"")
    };
    for items in [
        vec![priced("N-1", 1.0)],
        vec![priced("N-10", 5.0), priced("N-1", 2.0)],
        vec![priced("N-10", 5.0), priced("\"N\\1", 7.0)],
    ] {
        fixture.catalog.import(real("new"), items, |_| {}).await.unwrap();
    }
    let prices = async |article: &str| -> Vec<(bool, Option<f64>)> {
        let history = fixture.catalog.history(article).await.unwrap();
        history
            .into_iter()
            .map(|(_, serves, row)| (serves, row.and_then(|(_, product)| product.price)))
            .collect()
    };
    assert_eq!(prices("N-1").await, [(true, None), (false, Some(2.0)), (false, Some(1.0))]);
    assert_eq!(prices("\"N\\1").await[0], (true, Some(7.0)));
    assert_eq!(prices("N").await, [(true, None), (false, None), (false, None)]);
    fs::write(fixture.folder.path().join("catalog/current"), "nothing").unwrap();
    assert!(fixture.catalog.history("N-1").await.is_err());
}
