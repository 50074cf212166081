//! Search as a client would, with the reasons of the ranking; and the rows for the picker of products beside a reply.

use std::{collections::HashMap, sync::Arc, time::Instant};

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::catalog::{self, Found, Narrowed, Query, SearchError, Wanted};
use tolmach_catalog::Reasons;
use tolmach_engine::{
    card::card,
    catalog::{ArticleMatch, Comparison, Facet, Field, Filter, FilterValue, Hit, SearchRequest},
    language::Language,
};
use tolmach_runtime::ports::PHOTO_PREFIX;

use super::with_tabs;
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Params, filled},
    gate::encode,
    render::Page,
    texts,
};

/// Rows of a page, values of a facet, and the last row that pages lead to.
const SHOWN: u32 = 20;
const VALUES: usize = 8;
const LAST: u32 = 200;
/// How much vectors count, as in the flows of the demo.
const SEMANTIC: f32 = 0.3;
/// The least score of what counts as found, as in the flows of the demo: what is nearer than that by meaning alone has something to do
/// with the question.
const FOUND: f32 = 0.12;
/// Examples before a question.
const EXAMPLES: usize = 6;

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Search {
    q: Option<String>,
    /// The article of a row; rows like it are searched.
    similar: Option<String>,
    category: Option<String>,
    brand: Option<String>,
    offset: Option<u32>,
    format: Option<String>,
}

impl Search {
    fn wanted(&self) -> Option<Wanted> {
        let similar = filled(&self.similar).map(|article| Wanted::Similar(article.to_owned()));
        similar.or_else(|| filled(&self.q).map(|text| Wanted::Text(text.to_owned())))
    }

    /// The address with another choice of a facet, from the first row on.
    fn address(&self, category: Option<&str>, brand: Option<&str>, offset: u32) -> String {
        let mut parts = Vec::new();
        let own = [("q", filled(&self.q)), ("similar", filled(&self.similar))];
        for (name, value) in own.into_iter().chain([("category", category), ("brand", brand)]) {
            parts.extend(value.map(|value| format!("{name}={}", encode(value))));
        }
        if offset > 0 {
            parts.push(format!("offset={offset}"));
        }
        format!("/admin/catalogue/search?{}", parts.join("&"))
    }
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Params(search): Params<Search>,
) -> Served {
    if search.format.as_deref() == Some("json") {
        return picked(&panel, &visit, &search).await;
    }
    let results = match search.wanted() {
        Some(wanted) => results(&panel, &visit, &search, wanted).await?,
        None => Value::Null,
    };
    let text = filled(&search.q).unwrap_or_default();
    let src =
        search.address(filled(&search.category), filled(&search.brand), search.offset.unwrap_or_default());
    let more = json!({ "q": text, "src": src, "results": results, "examples": [] });
    let mut data = with_tabs(&panel, "search", more).await;
    if results_are_missing(&data) {
        let answers = super::answers(&panel, false).await.unwrap_or_default();
        let examples = answers.iter().filter(|answered| !answered.skipped).take(EXAMPLES).map(|answered| {
            json!({ "text": answered.asked, "href": format!("/admin/catalogue/search?q={}", encode(&answered.asked)) })
        });
        data["examples"] = examples.collect();
    }
    if headers.contains_key("x-part") {
        return panel.fragment(&visit, "search_results", data);
    }
    let title = panel.renderer.text(visit.language, "find.title");
    panel.page(&visit, Page { template: "catalogue_search", section: "catalogue", title }, data).await
}

fn results_are_missing(data: &Value) -> bool {
    data["results"].is_null()
}

async fn found(panel: &Panel, search: &Search, wanted: Wanted, facets: bool) -> Result<Found, SearchError> {
    let query = Query {
        wanted,
        limit: SHOWN,
        semantic_ratio: SEMANTIC,
        min_score: if filled(&search.similar).is_some() { 0.0 } else { FOUND },
        facets: if facets { ["category", "brand", "price"].map(str::to_owned).to_vec() } else { Vec::new() },
    };
    let narrowed = Narrowed {
        category: filled(&search.category).map(str::to_owned),
        brand: filled(&search.brand).map(str::to_owned),
        offset: search.offset.unwrap_or_default().min(LAST),
    };
    catalog::search_within(&*panel.options.catalog, &query, &narrowed).await
}

async fn results(panel: &Panel, visit: &Visit, search: &Search, wanted: Wanted) -> Result<Value, Failure> {
    let started = Instant::now();
    let Found { request, results } = match found(panel, search, wanted, true).await {
        Ok(found) => found,
        Err(SearchError::NoArticle(_)) => return Err(Failure::NotFound),
        Err(SearchError::Catalog(error)) => return Err(error.into()),
    };
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let ids = results.hits.iter().map(|hit| hit.product.id.clone()).collect();
    let reasons = panel.drafts().catalog().reasons(&request, ids).await?;
    let language = visit.language;
    let similar = filled(&search.similar);
    let mut without_words = None;
    if similar.is_none()
        && results.hits.iter().all(|hit| is_by_meaning(&reasons, hit))
        && !catalog::holds_words(&*panel.options.catalog, &request).await?
    {
        let free = SearchRequest { filters: Vec::new(), ..request.clone() };
        let anywhere =
            !request.filters.is_empty() && catalog::holds_words(&*panel.options.catalog, &free).await?;
        without_words = Some(if anywhere { "find.no_words_fit" } else { "find.no_words" });
    }
    let told = Told { language, request: &request, reasons: &reasons, similar };
    let offset = request.offset;
    let hits: Vec<Value> =
        (offset + 1..).zip(&results.hits).map(|(place, hit)| told.hit(place, hit)).collect();
    let next = offset + SHOWN;
    let more = (u64::from(next) < results.total && next <= LAST)
        .then(|| search.address(filled(&search.category), filled(&search.brand), next));
    let read_as =
        Some(request.text.trim()).filter(|read| !read.is_empty() && Some(*read) != filled(&search.q));
    let own = |field: &Field| matches!(field, Field::Category | Field::Brand);
    let conditions = request.filters.iter().filter(|filter| !own(&filter.field));
    Ok(json!({
        "total": results.total, "ms": ms, "read_as": read_as,
        "conditions": conditions.map(|filter| condition(panel, language, filter)).collect::<Vec<_>>(),
        "without_words": without_words, "only_accessories": results.only_accessories, "more_href": more, "hits": hits,
        "facets": results.facets.iter().filter_map(|one| facet(language, search, one)).collect::<Vec<_>>(),
    }))
}

/// A condition as people read it: «цена ≤ 10 000».
fn condition(panel: &Panel, language: Language, filter: &Filter) -> String {
    let name = match &filter.field {
        Field::Attribute(name) => name.clone(),
        field => {
            let key = format!("condition.{field}");
            if panel.renderer.has(&key) {
                panel.renderer.text(language, &key).to_owned()
            } else {
                field.to_string()
            }
        }
    };
    let sign = match filter.comparison {
        Comparison::Eq => "=",
        Comparison::Ne => "≠",
        Comparison::Lt => "<",
        Comparison::Le => "≤",
        Comparison::Gt => ">",
        Comparison::Ge => "≥",
    };
    let value = match &filter.value {
        FilterValue::Number(number) => texts::decimal(language, *number, 2),
        FilterValue::Text(text) => text.clone(),
    };
    format!("{name} {sign} {value}")
}

/// Whether a row was found by its vector alone: it holds no word of the text and is not named by it.
fn is_by_meaning(reasons: &HashMap<String, Reasons>, hit: &Hit) -> bool {
    let named = reasons.get(&hit.product.id).is_some_and(|known| known.article || !known.held.is_empty());
    !named && hit.near.is_none() && hit.score < 1.0
}

/// What hits are described by.
struct Told<'t> {
    language: Language,
    request: &'t SearchRequest,
    reasons: &'t HashMap<String, Reasons>,
    similar: Option<&'t str>,
}

impl Told<'_> {
    fn hit(&self, place: u32, hit: &Hit) -> Value {
        let (product, language) = (&hit.product, self.language);
        let card = card(product, language);
        let photo = product.photo.as_deref().filter(|photo| photo.starts_with(PHOTO_PREFIX));
        json!({
            "place": place, "article": product.article, "name": product.name.get(language),
            "href": format!("/admin/catalogue/rows/{}", encode_part(&product.article)),
            "brand": product.brand, "category": product.category.get(language), "price": product.price,
            "currency": product.currency, "stock": card.stock, "photo": photo,
            "score": texts::decimal(language, f64::from(hit.score), 2), "score_width": f64::from(hit.score) * 100.0,
            "reasons": self.reasons(hit),
        })
    }

    fn reasons(&self, hit: &Hit) -> Vec<Value> {
        let reason = |kind: &str, text: String| {
            json!({
                "kind": kind, "text": text, "good": matches!(kind, "article" | "condition"), "missing": kind == "missing",
            })
        };
        let mut told = Vec::new();
        if let Some(similar) = self.similar {
            told.push(reason("like", similar.to_owned()));
            return told;
        }
        if let Some(near) = &hit.near {
            let kind = match near.by {
                ArticleMatch::Beginning => "beginning",
                ArticleMatch::Similar => "similar",
            };
            told.push(reason(kind, near.code.clone()));
        }
        let known = self.reasons.get(&hit.product.id);
        let held = known.map(|known| known.held.as_slice()).unwrap_or_default();
        if known.is_some_and(|known| known.article) {
            told.push(reason("article", hit.product.article.clone()));
        }
        let same: Vec<&str> =
            held.iter().filter(|word| word.taken_for.is_none()).map(|word| word.typed.as_str()).collect();
        if !same.is_empty() {
            told.push(reason("words", same.join(", ")));
        }
        for word in held {
            told.extend(
                word.taken_for.iter().map(|taken| reason("spelling", format!("{} → {taken}", word.typed))),
            );
        }
        let missing = known.map(|known| known.missing.join(", ")).unwrap_or_default();
        if !missing.is_empty() && hit.score < 1.0 {
            told.push(reason("missing", missing));
        }
        if is_by_meaning(self.reasons, hit) {
            told.push(reason("meaning", texts::decimal(self.language, f64::from(hit.score), 2)));
        }
        for filter in &self.request.filters {
            if let (Field::Price, FilterValue::Number(_), Some(price)) =
                (&filter.field, &filter.value, hit.product.price)
            {
                told.push(reason("condition", texts::priced(self.language, price, &hit.product.currency)));
            }
        }
        told
    }
}

fn facet(language: Language, search: &Search, facet: &Facet) -> Option<Value> {
    let (category, brand) = (filled(&search.category), filled(&search.brand));
    let chosen = match facet.field {
        Field::Category => category,
        Field::Brand => brand,
        _ => None,
    };
    let values: Vec<Value> = facet
        .values
        .iter()
        .filter(|(value, _)| !value.is_empty())
        .take(VALUES)
        .map(|(value, count)| {
            let current = chosen == Some(value.as_str());
            // A chosen value is given up by choosing it again.
            let value_or_none = (!current).then_some(value.as_str());
            let href = match facet.field {
                Field::Category => search.address(value_or_none, brand, 0),
                _ => search.address(category, value_or_none, 0),
            };
            json!({ "value": value, "count": count, "href": href, "current": current })
        })
        .collect();
    let range = facet.range.map(|(least, most)| {
        json!({ "from": texts::decimal(language, least, 2), "to": texts::decimal(language, most, 2) })
    });
    if values.is_empty() && range.is_none() {
        return None;
    }
    Some(json!({ "field": facet.field.to_string(), "label": null, "values": values, "range": range }))
}

/// One part of a path.
pub(super) fn encode_part(text: &str) -> String {
    encode(text).replace('/', "%2F")
}

/// The rows for a text, for the picker of products beside a reply.
async fn picked(panel: &Panel, visit: &Visit, search: &Search) -> Result<Response, Failure> {
    let Some(wanted) = search.wanted() else { return Ok(Json(json!({ "hits": [] })).into_response()) };
    let found = match found(panel, search, wanted, false).await {
        Ok(found) => found,
        Err(SearchError::NoArticle(_)) => return Err(Failure::NotFound),
        Err(SearchError::Catalog(error)) => return Err(error.into()),
    };
    let on_request = panel.renderer.text(visit.language, "price.on_request");
    let hits: Vec<Value> = found
        .results
        .hits
        .iter()
        .filter(|hit| !hit.product.article.is_empty())
        .map(|hit| {
            let product = &hit.product;
            let price = match product.price {
                Some(price) => texts::priced(visit.language, price, &product.currency),
                None => on_request.to_owned(),
            };
            let stock = card(product, visit.language).stock;
            json!({
                "article": product.article, "name": product.name.get(visit.language), "price": price, "stock": stock,
            })
        })
        .collect();
    Ok(Json(json!({ "hits": hits })).into_response())
}
