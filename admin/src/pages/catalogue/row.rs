//! One row of the catalogue as a client sees it, with its history over the kept generations.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde_json::{Value, json};
use tolmach_engine::{card::card, language::Language};
use tolmach_runtime::ports::PHOTO_PREFIX;

use super::{failed, with_tabs};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    gate::encode,
    render::Page,
};

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(article): Path<String>,
) -> Served {
    if article.trim().is_empty() || article.chars().count() > 200 {
        return Err(Failure::NotFound);
    }
    let catalogue = panel.drafts().catalog();
    catalogue.refresh().await;
    let history = catalogue.history(&article).await.map_err(failed)?;
    // A row that has gone is shown as it was last.
    let newest = history.iter().find(|(_, serves, row)| *serves && row.is_some());
    let newest = newest.or_else(|| history.iter().find(|(.., row)| row.is_some()));
    let Some((_, _, Some((source, product)))) = newest else { return Err(Failure::NotFound) };
    let language = visit.language;
    let prices: Vec<Option<f64>> =
        history.iter().map(|(.., row)| row.as_ref().and_then(|(_, product)| product.price)).collect();
    let changes: Vec<Value> = history
        .iter()
        .enumerate()
        .map(|(at, (manifest, serves, row))| {
            let product = row.as_ref().map(|(_, product)| product);
            let price = product.and_then(|product| product.price);
            let before = prices.get(at + 1).copied().flatten();
            json!({
                "at": manifest.created, "serving": serves, "missing": product.is_none(), "price": price,
                "was": before.filter(|before| price.is_some_and(|price| (price - before).abs() > 1e-9)),
                "currency": product.map(|product| product.currency.as_str()).unwrap_or_default(),
                "stock": product.and_then(|product| product.stock),
            })
        })
        .collect();
    let other = match language {
        Language::Ru => &product.name.en,
        Language::En => &product.name.ru,
    };
    let name = product.name.get(language);
    let category = product.category.get(language);
    let row = json!({
        "article": product.article, "name": name, "name_other": Some(other).filter(|other| *other != name),
        "brand": product.brand, "category": category,
        "category_href": format!("/admin/catalogue/search?q={0}&category={0}", encode(category)),
        "similar_href": format!("/admin/catalogue/search?similar={}", encode(&product.article)),
        "description": product.description.get(language), "price": product.price, "currency": product.currency,
        "stock": card(product, language).stock,
        "photo": product.photo.as_deref().filter(|photo| photo.starts_with(PHOTO_PREFIX)), "source": source,
        "attributes": product.attributes.iter()
            .map(|attribute| json!({ "name": attribute.name, "value": attribute.value })).collect::<Vec<_>>(),
        "history": changes,
    });
    let data = with_tabs(&panel, "overview", json!({ "row": row })).await;
    panel.page(&visit, Page { template: "row", section: "catalogue", title: name }, data).await
}
