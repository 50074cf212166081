//! Generation cases: switching under load, rollback, empty catalogue, several sources.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tolmach_engine::catalog::{Comparison, Field, SearchRequest};

use super::{CatalogFixture, articles, number, product, request, sorted, tools};

/// Rows that carry the number of their import in the stock column.
fn marked(n: u32) -> Vec<tolmach_engine::catalog::Product> {
    (0..30).map(|row| product(&format!("A{row:02}"), "Насос бытовой", "Pump", 100.0, f64::from(n))).collect()
}

pub(crate) async fn switches_under_load(place: &dyn CatalogFixture) {
    const IMPORTS: u32 = 4;
    let first = place.import("shop", marked(0)).await;
    // Import number by generation id: as known to the importer, and as seen in search results.
    let (made, seen) = (Mutex::new(BTreeMap::from([(first, 0)])), Mutex::new(BTreeMap::new()));
    let over = AtomicBool::new(false);
    let searching = |semantic_ratio: f32| {
        let (seen, over) = (&seen, &over);
        async move {
            let mut newest = 0;
            while !over.load(Relaxed) {
                let wanted = SearchRequest { semantic_ratio, limit: 30, ..request("насосы") };
                let results = place.search(wanted).await;
                assert_eq!(results.hits.len(), 30, "{}", results.generation);
                let of = results.hits[0].product.stock.unwrap() as u32;
                assert!(
                    results.hits.iter().all(|hit| hit.product.stock == Some(f64::from(of))),
                    "two generations in one"
                );
                let before = seen.lock().unwrap().insert(results.generation, of);
                assert!(before.is_none_or(|before| before == of), "rows of another generation");
                assert!(of >= newest, "an older generation after a newer one");
                newest = of;
                // A search of the embedded catalogue may never suspend, and the importer runs on the same task.
                tokio::task::yield_now().await;
            }
        }
    };
    let importing = async {
        for n in 1..=IMPORTS {
            let generation = place.import("shop", marked(n)).await;
            made.lock().unwrap().insert(generation, n);
            let results = place.search(request("насосы")).await;
            assert_eq!(
                results.hits[0].product.stock,
                Some(f64::from(n)),
                "an import serves when it has returned"
            );
        }
        over.store(true, Relaxed);
    };
    tokio::join!(importing, searching(0.0), searching(0.0), searching(0.5), searching(1.0));
    let made = made.into_inner().unwrap();
    for (generation, of) in seen.into_inner().unwrap() {
        assert_eq!(made.get(&generation), Some(&of));
    }
}

pub(crate) async fn rolls_back(place: &dyn CatalogFixture) {
    let first = place.import("shop", marked(1)).await;
    let second = place.import("shop", marked(2)).await;
    assert_ne!(first, second);
    assert_eq!(place.roll_back().await, first);
    let results = place.search(request("насосы")).await;
    assert_eq!((results.generation.as_str(), results.hits[0].product.stock), (first.as_str(), Some(1.0)));
    assert_eq!(results.total, 30);
    // A new import moves forward again.
    let third = place.import("shop", marked(3)).await;
    let results = place.search(request("насосы")).await;
    assert_eq!((results.generation, results.hits[0].product.stock), (third, Some(3.0)));
}

pub(crate) async fn is_empty_before_the_first_import(place: &dyn CatalogFixture) {
    let stock = vec![number(Field::Stock, Comparison::Gt, 0.0)];
    for wanted in [
        request("насос"),
        request(""),
        SearchRequest { filters: stock, ..request("") },
        SearchRequest { semantic_ratio: 1.0, ..request("насос") },
    ] {
        let results = place.search(wanted).await;
        assert_eq!((results.total, results.hits.len(), results.generation.as_str()), (0, 0, ""));
    }
}

pub(crate) async fn keeps_other_sources(place: &dyn CatalogFixture) {
    place.import("shop", marked(1)).await;
    place.import("tools", tools()).await;
    assert_eq!(place.search(request("насосы")).await.total, 32);
    assert_eq!(sorted(&place.search(request("перфоратор")).await), ["RH-1500", "RH-800"]);
    // A new price list of a source replaces that source's rows only.
    place.import("tools", vec![product("HM-1", "Молоток слесарный", "Hammer", 300.0, 9.0)]).await;
    assert_eq!(articles(&place.search(request("молоток")).await), ["HM-1"]);
    assert_eq!(place.search(request("перфоратор")).await.total, 0);
    assert_eq!(place.search(request("насосы")).await.total, 30);
}
