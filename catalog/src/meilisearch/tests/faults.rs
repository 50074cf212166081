//! Server failures: down, slow, malformed responses, lost data, failing tasks.

use std::{sync::Arc, time::Instant};

use tolmach_testkit::meilisearch::Behaviour;

use super::*;
use crate::meilisearch::MirrorError;

/// Starts a fake server with one published row and the publishing loop running.
async fn kept() -> (Fixture, String) {
    let fixture = Fixture::on_fake().await;
    let generation = fixture.import_here("A1").await;
    let keeper = Arc::clone(&fixture.mirror);
    tokio::spawn(async move { keeper.run().await });
    fixture.until_serving(&generation).await;
    (fixture, generation)
}

#[tokio::test]
async fn the_embedded_catalogue_answers_while_the_server_fails() {
    for mood in [
        Behaviour::Down,
        Behaviour::Hangs,
        Behaviour::Cuts,
        Behaviour::Babbles,
        Behaviour::KeyRefused,
        Behaviour::Overloaded,
    ] {
        let (fixture, generation) = kept().await;
        assert_eq!(fixture.found().await, "A1");
        assert_eq!(fixture.mirror.counts().embedded, 0);
        fixture.fake().set_behaviour(mood);
        let started = Instant::now();
        assert_eq!(fixture.found().await, "A1", "{mood:?}");
        assert!(started.elapsed() < Duration::from_secs(1), "{mood:?} took {:?}", started.elapsed());
        if mood != Behaviour::Overloaded {
            // The server is not contacted again for every search.
            fixture.until(|state| matches!(state, State::Fallback(_))).await;
            let started = Instant::now();
            for _ in 0..20 {
                assert_eq!(fixture.found().await, "A1");
            }
            assert!(started.elapsed() < Duration::from_millis(400), "{mood:?}");
        }
        let State::Fallback(why) = fixture.mirror.state() else {
            assert_eq!(mood, Behaviour::Overloaded);
            continue;
        };
        assert!(!why.contains(KEY) && why.len() > 10, "{why}");
        assert_eq!(why.contains("TOLMACH_MEILISEARCH_API_KEY"), mood == Behaviour::KeyRefused, "{why}");
        // The server is used again as soon as it is back.
        fixture.fake().set_behaviour(Behaviour::Well);
        fixture.until_serving(&generation).await;
        let before = fixture.mirror.counts().server;
        assert_eq!(fixture.found().await, "A1");
        assert_eq!(fixture.mirror.counts().server, before + 1, "{mood:?}");
    }
}

#[tokio::test]
async fn publishes_once_the_server_becomes_available() {
    let fake = Meilisearch::start(KEY).await;
    fake.set_behaviour(Behaviour::Down);
    let options = options(&fake.url, KEY);
    let fixture = Fixture::with(options, Some(fake));
    let keeper = Arc::clone(&fixture.mirror);
    tokio::spawn(async move { keeper.run().await });
    let generation = fixture.import_here("A1").await;
    fixture.until(|state| matches!(state, State::Fallback(_))).await;
    assert_eq!(fixture.found().await, "A1");
    fixture.fake().set_behaviour(Behaviour::Well);
    fixture.until_serving(&generation).await;
    assert_eq!(fixture.found().await, "A1");
    assert_eq!(fixture.mirror.counts().server, 1);
}

#[tokio::test]
async fn republishes_to_a_server_that_lost_its_data() {
    let (fixture, generation) = kept().await;
    fixture.fake().forgets();
    assert_eq!(fixture.found().await, "A1");
    fixture.until_serving(&generation).await;
    assert_eq!(fixture.found().await, "A1");
    assert_eq!(fixture.fake().documents(&fixture.mirror.publisher.live), 2);
}

#[tokio::test]
async fn publishes_imports_and_rollbacks_automatically() {
    let (fixture, first) = kept().await;
    let second = fixture.import_here("A2").await;
    // After the import the old row is never returned.
    assert_eq!(fixture.found().await, "A2");
    fixture.until_serving(&second).await;
    assert_eq!(fixture.found().await, "A2");
    let added =
        |requests: &[String]| requests.iter().filter(|request| request.ends_with("/documents")).count();
    let before = added(&fixture.fake().requests());
    fixture.embedded.roll_back().await.unwrap();
    assert_eq!(fixture.found().await, "A1");
    fixture.until_serving(&first).await;
    assert_eq!(fixture.found().await, "A1");
    assert_eq!(added(&fixture.fake().requests()), before, "going back is a swap and no new publication");
}

#[tokio::test]
async fn a_failed_task_changes_nothing_and_is_retried() {
    for kind in ["indexCreation", "settingsUpdate", "documentAdditionOrUpdate", "indexSwap", "indexDeletion"]
    {
        let fixture = Fixture::on_fake().await;
        let first = fixture.import_here("A1").await;
        fixture.mirror.reconcile().await.unwrap();
        let second = fixture.import_here("A2").await;
        fixture.fake().fails(kind);
        let error_text = fixture.mirror.reconcile().await.unwrap_err();
        assert!(matches!(error_text, MirrorError::Task { .. }), "{kind}: {error_text}");
        assert!(error_text.to_string().contains("internal: An internal error"), "{error_text}");
        assert_eq!(fixture.found().await, "A2", "{kind}");
        assert_eq!(
            fixture.mirror.publisher.live().await.unwrap(),
            Some(super::super::document::marks(&first))
        );
        fixture.mirror.reconcile().await.unwrap();
        assert_eq!(fixture.mirror.state(), State::Serving(second), "{kind}");
        let before = fixture.mirror.counts().server;
        assert_eq!(fixture.found().await, "A2", "{kind}");
        assert_eq!(fixture.mirror.counts().server, before + 1);
    }
}

#[tokio::test]
async fn searches_continue_during_a_slow_publication() {
    let (fixture, _) = kept().await;
    fixture.fake().takes(Duration::from_millis(150));
    let second = fixture.import_here("A2").await;
    fixture.until(|state| matches!(state, State::Publishing(_))).await;
    while fixture.mirror.state() != State::Serving(second.clone()) {
        assert_eq!(fixture.found().await, "A2");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // A task that exceeds its timeout is abandoned and reported.
    fixture.fake().takes(Duration::from_secs(30));
    fixture.import_here("A3").await;
    fixture
        .until(|state| matches!(state, State::Fallback(why) if why.contains("has not ended within")))
        .await;
    assert_eq!(fixture.found().await, "A3");
}

#[tokio::test]
async fn reports_a_payload_that_is_too_large() {
    let fixture = Fixture::on_fake().await;
    fixture.import_here("A1").await;
    fixture.fake().accepts(3000);
    let error_text = fixture.mirror.reconcile().await.unwrap_err();
    assert_eq!(error_text, MirrorError::Refused("payload_too_large".into()));
    assert_eq!(fixture.found().await, "A1");
}

#[tokio::test]
async fn notices_an_index_swapped_by_someone_else() {
    let (fixture, _) = kept().await;
    let second = fixture.import_here("A2").await;
    fixture.until_serving(&second).await;
    let publisher = &fixture.mirror.publisher;
    publisher.swap().await.unwrap();
    // The previous generation's row is not returned, although the live index now contains it.
    assert_eq!(fixture.found().await, "A2");
    fixture.until_serving(&second).await;
    assert_eq!(publisher.live().await.unwrap(), Some(super::super::document::marks(&second)));
}

#[tokio::test]
async fn resumes_or_restarts_an_interrupted_publication() {
    let fixture = Fixture::on_fake().await;
    fixture.import_here("A1").await;
    fixture.fake().fails("indexSwap");
    fixture.mirror.reconcile().await.unwrap_err();
    // The second index is complete but not swapped: it is verified and swapped, not rebuilt.
    let added = || fixture.fake().requests().iter().filter(|request| request.ends_with("/documents")).count();
    let before = added();
    fixture.mirror.reconcile().await.unwrap();
    assert_eq!(added(), before);
    // Rows without a marker: the index is incomplete and must be rebuilt.
    let second = fixture.import_here("A2").await;
    let publisher = &fixture.mirror.publisher;
    let index = publisher.index(&publisher.second);
    let strange = serde_json::json!({ "id": "r-strange", "generation": second, "row": 7, "product": "{}", "_vectors": { "rows": null } });
    let task = index.add_documents(&[strange], Some("id")).await.unwrap();
    publisher.done("adding", task.get_task_uid()).await.unwrap();
    fixture.mirror.reconcile().await.unwrap();
    assert_eq!(fixture.found().await, "A2");
    assert_eq!(fixture.mirror.search(&request("насос")).await.unwrap().total, 1);
}

#[tokio::test]
async fn two_processes_do_not_publish_at_once() {
    let fixture = Fixture::on_fake().await;
    let generation = fixture.import_here("A1").await;
    let other = Mirror::new(embedded(&fixture.folder), fixture.mirror.options.clone()).unwrap();
    fixture.fake().takes(Duration::from_millis(30));
    let (one, two) = tokio::join!(fixture.mirror.reconcile(), other.reconcile());
    let busy = |outcome: &Result<(), MirrorError>| *outcome == Err(MirrorError::AlreadyPublishing);
    assert!(one.is_ok() && busy(&two) || two.is_ok() && busy(&one), "{one:?} {two:?}");
    // Now both find the generation published.
    other.reconcile().await.unwrap();
    fixture.mirror.reconcile().await.unwrap();
    assert_eq!(
        (other.state(), fixture.mirror.state()),
        (State::Serving(generation.clone()), State::Serving(generation))
    );
    let created = fixture.fake().requests().iter().filter(|request| *request == "POST /indexes").count();
    assert_eq!(created, 2, "the second index and the live one");
}

#[tokio::test]
async fn publishes_a_catalogue_without_vectors() {
    let fake = Meilisearch::start("").await;
    let folder = TempDir::new().unwrap();
    let plain = EmbeddedCatalog::open(folder.path().join("catalog"), Arc::new(HashEmbedder)).unwrap();
    let plain = Arc::new(plain.without_vectors().check_every(Duration::ZERO));
    let one = Product {
        id: "A1".into(),
        name: Localized { ru: "Насос".into(), en: String::new() },
        ..Product::default()
    };
    plain.import(source("shop"), vec![one], |_| {}).await.unwrap();
    let mirror = Mirror::new(plain, options(&fake.url, "")).unwrap();
    mirror.reconcile().await.unwrap();
    let found = mirror.search(&SearchRequest { semantic_ratio: 0.5, ..request("насос") }).await.unwrap();
    assert_eq!((found.total, mirror.counts().server), (1, 1));
}

#[test]
fn rejects_invalid_options() {
    let folder = TempDir::new().unwrap();
    let refused = |url: &str, key: &str, index: &str| {
        let options = Options::new(url, Secret::new(key), index);
        let error = Mirror::new(embedded(&folder), options).err().expect("refused").to_string();
        assert!(key.is_empty() || !error.contains(key), "{error}");
        error
    };
    assert!(refused("localhost:7700", "", "tolmach").contains("http://localhost:7700"));
    assert!(refused("http://localhost:7700", "", "a b").contains("meilisearch.index"));
    assert!(refused("http://localhost:7700", "a\u{1}key", "tolmach").contains("copy it again"));
    let shown = format!("{:?}", Options::new("http://localhost:7700", Secret::new(KEY), "tolmach"));
    assert!(!shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn rejects_results_mixed_from_two_indexes() {
    let fixture = Fixture::on_fake().await;
    let item = |article: &str, name: &str| Product {
        id: article.into(),
        article: article.into(),
        name: Localized { ru: name.into(), en: String::new() },
        ..Product::default()
    };
    let both = vec![item("A-100", "Насос"), item("B-200", "Труба")];
    fixture.embedded.import(source("shop"), both, |_| {}).await.unwrap();
    fixture.mirror.reconcile().await.unwrap();
    // Between the two requests of one search, the live index is replaced by one with only some rows of the generation.
    let publisher = &fixture.mirror.publisher;
    let generation = fixture.embedded.serving().unwrap();
    let index = publisher.index(&publisher.second);
    for task in [
        index.set_settings(&super::super::document::settings(&generation)).await.unwrap(),
        index
            .add_documents(&[super::super::document::Document::of(&generation, 0)], Some("id"))
            .await
            .unwrap(),
    ] {
        publisher.done("preparing", task.get_task_uid()).await.unwrap();
    }
    publisher.swap().await.unwrap();
    let found = fixture.mirror.search(&request("A-100 и труба")).await.unwrap();
    assert_eq!((found.total, found.hits.len()), (2, 2), "{found:?}");
    assert!(matches!(fixture.mirror.state(), State::Fallback(_)), "{:?}", fixture.mirror.state());
}
