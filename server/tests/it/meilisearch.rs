//! Search on a Meilisearch server: in use, lost and in use again, while clients get their answers.

use serde_json::Value;
use tolmach_testkit::meilisearch::{Behaviour, Meilisearch};

use crate::{page::Page, support::Home};

const KEY: &str = "a-key-of-the-shop-0123456789";

fn state(health: &Value) -> &Value {
    &health["search"]["meilisearch"]["state"]
}

async fn articles(page: &mut Page, key: &str, text: &str) -> Vec<String> {
    let offer = page.ask(key, text).await;
    let cards = offer["cards"].as_array().unwrap_or_else(|| panic!("no cards for {text}: {offer}"));
    cards.iter().map(|card| card["article"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_answered_with_and_without_the_search_server() {
    let home = Home::ready();
    let fake = Meilisearch::start(KEY).await;
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_MEILISEARCH_URL", &fake.url)
        .env("TOLMACH_MEILISEARCH_API_KEY", KEY)
        .env("TOLMACH_LOG", "debug")
        .serve();
    let health = server.health_until(|health| state(health) == "serving").await;
    assert_eq!(health["status"], "ok", "{health}");
    assert_eq!(health["search"]["meilisearch"]["generation"], health["catalogue"]["generation"]);
    let mut page = Page::new(&server, "ru").await;
    assert!(!articles(&mut page, "1", "нужен перфоратор").await.is_empty());
    let answered = server.health().await["search"]["meilisearch"]["answered"].clone();
    assert!(answered["server"].as_u64() > Some(0) && answered["embedded"] == 0, "{answered}");

    // An import in another process is published by the server, and its rows are found.
    home.write("price.csv", "Артикул;Наименование;Цена\nLB-010;Лебёдка ручная барабанная;7 250,00\n");
    let imported = home.tolmach(&["catalog", "import", "price.csv", "--json"]).run().ok().json();
    let generation = &imported["switch"]["generation"];
    let serving = |health: &Value| {
        state(health) == "serving" && health["search"]["meilisearch"]["generation"] == *generation
    };
    server.health_until(serving).await;
    assert_eq!(articles(&mut page, "2", "нужна лебёдка").await, ["LB-010"]);

    // The search server goes down: the embedded catalogue answers, and /health shows the reason.
    fake.set_behaviour(Behaviour::Down);
    assert_eq!(articles(&mut page, "3", "нужна барабанная лебёдка").await, ["LB-010"]);
    let health = server.health_until(|health| state(health) == "fallback").await;
    assert_eq!(health["status"], "degraded", "{health}");
    assert!(
        health["search"]["meilisearch"]["why"].as_str().is_some_and(|why| why.contains("503")),
        "{health}"
    );

    // The search server is back.
    fake.set_behaviour(Behaviour::Well);
    server.health_until(serving).await;
    assert_eq!(server.health().await["status"], "ok");
    assert_eq!(articles(&mut page, "4", "нужна ручная барабанная лебёдка").await, ["LB-010"]);
    let (code, said) = server.terminate();
    assert_eq!(code, Some(0));
    assert!(said.contains("meilisearch is not used") && !said.contains(KEY), "{said}");
}

#[tokio::test]
async fn a_repeated_search_is_answered_from_the_cache() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    for (key, hits) in [("1", false), ("2", true)] {
        let mut page = Page::new(&server, "ru").await;
        assert!(!articles(&mut page, key, "нужен перфоратор").await.is_empty());
        let cache = server.health().await["search"]["cache"].clone();
        assert_eq!(cache["hits"].as_u64() > Some(0), hits, "{cache}");
        assert!(cache["entries"].as_u64() > Some(0), "{cache}");
    }
}

#[test]
fn settings_of_the_server_are_checked_before_anything_is_made() {
    let home = Home::new();
    let refused = |name: &str, value: &str, words: &[&str]| {
        home.tolmach(&["run", "--listen", "127.0.0.1:0"]).env(name, value).run().fails_with(words);
    };
    refused("TOLMACH_MEILISEARCH_API_KEY", KEY, &["meilisearch.url is not", "TOLMACH_MEILISEARCH_URL"]);
    refused("TOLMACH_MEILISEARCH_URL", "localhost:7700", &["http://localhost:7700"]);
    refused("TOLMACH_MEILISEARCH_URL", "http://user:secret@localhost:7700", &["a user name or a password"]);
    assert!(home.names().is_empty(), "{:?}", home.names());
}
