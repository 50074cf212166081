//! The search and similar routes: parameters, candidates, merging, paging, facets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    Refusal,
    filter::{self, folded},
    index::Index,
    score::{Scored, Words, by_vector, by_words},
};

/// Parameters of a search.
const PARAMETERS: [&str; 27] = [
    "q",
    "vector",
    "media",
    "offset",
    "limit",
    "page",
    "hitsPerPage",
    "attributesToRetrieve",
    "retrieveVectors",
    "attributesToCrop",
    "cropLength",
    "attributesToHighlight",
    "showMatchesPosition",
    "showRankingScore",
    "showRankingScoreDetails",
    "filter",
    "sort",
    "distinct",
    "facets",
    "highlightPreTag",
    "highlightPostTag",
    "cropMarker",
    "matchingStrategy",
    "attributesToSearchOn",
    "hybrid",
    "rankingScoreThreshold",
    "locales",
];
/// Parameters of a request for similar documents.
const SIMILAR: [&str; 10] = [
    "id",
    "offset",
    "limit",
    "filter",
    "embedder",
    "attributesToRetrieve",
    "retrieveVectors",
    "showRankingScore",
    "showRankingScoreDetails",
    "rankingScoreThreshold",
];

/// `POST /indexes/{uid}/search`.
pub(super) fn search(index: &Index, body: &Value) -> Result<Value, Refusal> {
    check_fields(body, &PARAMETERS)?;
    let most = index.number("pagination", "maxTotalHits", 1000);
    let number = |name: &str, code: &'static str| unsigned(body, name, code);
    let (page, per_page) =
        (number("page", "invalid_search_page")?, number("hitsPerPage", "invalid_search_hits_per_page")?);
    let finite = page.is_some() || per_page.is_some();
    let (page, per_page) = (page.unwrap_or(1), per_page.unwrap_or(20));
    let (offset, limit) = match finite {
        true if page == 0 => (0, 0),
        true => (per_page * (page - 1), per_page),
        false => (
            number("offset", "invalid_search_offset")?.unwrap_or(0),
            number("limit", "invalid_search_limit")?.unwrap_or(20),
        ),
    };
    let offset = offset.min(most);
    let limit = limit.min(most - offset);
    let threshold = threshold(body, "invalid_search_ranking_score_threshold")?;
    let among = passing(index, &body["filter"], "invalid_search_filter")?;
    let strategy = match &body["matchingStrategy"] {
        Value::Null => "last",
        Value::String(strategy) if ["all", "last", "frequency"].contains(&strategy.as_str()) => strategy,
        other => {
            let message = format!(
                "Unknown value `{other}` at `.matchingStrategy`: expected one of `last`, `all`, `frequency`"
            );
            return Err(Refusal::bad("invalid_search_matching_strategy", message));
        }
    };
    let words = Words::of(body["q"].as_str().unwrap_or_default());
    let sort = sort(index, body)?;
    let semantic = semantic(index, body)?;
    let exhaustive = finite && threshold.is_some();
    let keyword = || -> Ranked {
        let found = if words.is_empty() {
            listed(index, &among, sort.as_ref())
        } else {
            by_words(index, &among, &words, strategy)
        };
        Ranked::of(found, threshold, offset + limit, exhaustive)
    };
    let (found, hits) = match semantic {
        None => (keyword(), 0),
        Some(Semantic { embedder, vector, ratio }) => {
            let nearest = || {
                Ranked::of(by_vector(index, &among, embedder, &vector), threshold, offset + limit, exhaustive)
            };
            if ratio >= 1.0 {
                let found = nearest();
                let count = found.hits.len();
                (found, count)
            } else {
                let by_words = keyword();
                // As in Meilisearch, the vector search is skipped if the keyword results are good enough.
                let good = by_words.hits.len() >= offset + limit
                    && by_words.hits.iter().take(offset + limit).all(|hit| hit.score * (1.0 - ratio) >= 0.45);
                if ratio <= 0.0 || good { (by_words, 0) } else { merged(by_words, nearest(), ratio) }
            }
        }
    };
    let wanted = names(&body["attributesToRetrieve"]);
    let shown: Vec<Value> = found
        .hits
        .iter()
        .skip(offset)
        .take(limit)
        .map(|hit| show(index, hit, wanted.as_deref(), body))
        .collect();
    let total = found.candidates.len().min(most);
    let mut answer = json!({
        "hits": shown, "query": body["q"].as_str().unwrap_or_default(), "processingTimeMs": 1,
    });
    if finite {
        answer["page"] = page.into();
        answer["hitsPerPage"] = per_page.into();
        answer["totalHits"] = total.into();
        answer["totalPages"] = total.checked_div(per_page).map_or(0, |_| total.div_ceil(per_page)).into();
    } else {
        answer["offset"] = offset.into();
        answer["limit"] = limit.into();
        answer["estimatedTotalHits"] = total.into();
    }
    if body["hybrid"].is_object() {
        answer["semanticHitCount"] = hits.into();
    }
    if let Some(facets) = names(&body["facets"]) {
        let (distribution, stats) = facets_of(index, &found.candidates, &facets)?;
        answer["facetDistribution"] = distribution;
        answer["facetStats"] = stats;
    }
    Ok(answer)
}

/// `POST /indexes/{uid}/similar`.
pub(super) fn similar(index: &Index, body: &Value) -> Result<Value, Refusal> {
    check_fields(body, &SIMILAR)?;
    let embedder = body["embedder"]
        .as_str()
        .ok_or_else(|| Refusal::bad("missing_similar_embedder", "Missing field `embedder`"))?;
    index.embedder(embedder).ok_or_else(|| unknown_embedder("invalid_similar_embedder", embedder))?;
    let id = body["id"].as_str().map(str::to_owned).unwrap_or_else(|| body["id"].to_string());
    let among = passing(index, &body["filter"], "invalid_similar_filter")?;
    let Some(document) = index.find(&id) else {
        return Err(Refusal::new(404, "not_found_similar_id", format!("Document `{id}` not found.")));
    };
    let offset = unsigned(body, "offset", "invalid_similar_offset")?.unwrap_or(0);
    let limit = unsigned(body, "limit", "invalid_similar_limit")?.unwrap_or(20);
    let threshold = threshold(body, "invalid_similar_ranking_score_threshold")?;
    let own = index.documents.iter().position(|other| std::ptr::eq(other, document));
    let among: Vec<usize> = among.into_iter().filter(|at| Some(*at) != own).collect();
    let vector = document.get("_vectors").and_then(|vectors| super::index::numbers(vectors.get(embedder)?));
    let mut found = match vector {
        Some(vector) => by_vector(index, &among, embedder, &vector),
        None => Vec::new(),
    };
    found.retain(|hit| !hit.details["vectorSort"]["similarity"].is_null());
    let wanted = names(&body["attributesToRetrieve"]);
    let page = found.iter().skip(offset).take(limit);
    let good: Vec<&Scored> =
        page.take_while(|hit| threshold.is_none_or(|least| hit.score >= least)).collect();
    // The total is an estimate: all candidates, unless the threshold cut within the page.
    let total = if good.len() < limit.min(found.len().saturating_sub(offset)) {
        offset + good.len()
    } else {
        among.len()
    };
    let hits: Vec<Value> = good.iter().map(|hit| show(index, hit, wanted.as_deref(), body)).collect();
    Ok(json!({
        "hits": hits, "id": id, "processingTimeMs": 1, "limit": limit, "offset": offset, "estimatedTotalHits": total,
    }))
}

/// Ordered hits, and the documents that count towards totals and facets.
struct Ranked {
    hits: Vec<Scored>,
    candidates: Vec<usize>,
}

impl Ranked {
    /// Applies the score threshold. Unless `exhaustive`, it only has an effect within the first `wanted` hits.
    fn of(mut hits: Vec<Scored>, threshold: Option<f64>, wanted: usize, exhaustive: bool) -> Ranked {
        if let Some(least) = threshold {
            let good = hits.iter().take_while(|hit| hit.score >= least).count();
            if exhaustive || good < wanted {
                hits.truncate(good);
            }
        }
        Ranked { candidates: hits.iter().map(|hit| hit.at).collect(), hits }
    }
}

/// Merges both lists by weighted score. A document in both appears once, at its better position. Also returns the
/// number of semantic hits.
fn merged(by_words: Ranked, nearest: Ranked, ratio: f64) -> (Ranked, usize) {
    let mut all: Vec<(f64, Scored)> = Vec::new();
    all.extend(nearest.hits.into_iter().map(|hit| (hit.score * ratio, hit)));
    all.extend(by_words.hits.into_iter().map(|hit| (hit.score * (1.0 - ratio), hit)));
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut hits: Vec<Scored> = Vec::new();
    for (_, hit) in all {
        if hits.iter().all(|known| known.at != hit.at) {
            hits.push(hit);
        }
    }
    let semantic = hits.iter().filter(|hit| hit.semantic).count();
    let mut candidates = by_words.candidates;
    candidates.extend(nearest.candidates);
    candidates.sort_unstable();
    candidates.dedup();
    (Ranked { hits, candidates }, semantic)
}

/// Indices of the documents that pass the filter.
fn passing(index: &Index, value: &Value, code: &'static str) -> Result<Vec<usize>, Refusal> {
    let filter = filter::read(value, index, code)?;
    let all = index.documents.iter().enumerate();
    Ok(all
        .filter(|(_, document)| filter.as_ref().is_none_or(|filter| filter.passes(document)))
        .map(|(at, _)| at)
        .collect())
}

/// Results without query words: all documents, in the requested order.
fn listed(index: &Index, among: &[usize], sort: Option<&(String, bool)>) -> Vec<Scored> {
    let mut among = among.to_vec();
    let mut details = Map::new();
    if let Some((attribute, descending)) = sort {
        let value =
            |at: &usize| index.documents[*at].get(attribute).and_then(Value::as_f64).unwrap_or(f64::MAX);
        among.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));
        if *descending {
            among.reverse();
        }
        let name = format!("{attribute}:{}", if *descending { "desc" } else { "asc" });
        details.insert(name, json!({ "order": 0, "value": null }));
    }
    among.into_iter().map(|at| Scored { at, score: 1.0, details: details.clone(), semantic: false }).collect()
}

/// The first sort criterion: attribute, and whether it is descending.
fn sort(index: &Index, body: &Value) -> Result<Option<(String, bool)>, Refusal> {
    let Some(first) = names(&body["sort"]).and_then(|sort| sort.into_iter().next()) else { return Ok(None) };
    let Some((attribute, order)) = first.rsplit_once(':') else {
        let message = format!(
            "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `{first}`."
        );
        return Err(Refusal::bad("invalid_search_sort", message));
    };
    if !index.list("sortableAttributes").unwrap_or_default().iter().any(|name| name == attribute) {
        let message = format!("Attribute `{attribute}` is not sortable.");
        return Err(Refusal::bad("invalid_search_sort", message));
    }
    Ok(Some((attribute.to_owned(), order == "desc")))
}

/// Parameters of a vector search.
struct Semantic<'a> {
    embedder: &'a str,
    vector: Vec<f64>,
    ratio: f64,
}

/// The vector search that the request asks for, if any.
fn semantic<'a>(index: &Index, body: &'a Value) -> Result<Option<Semantic<'a>>, Refusal> {
    let hybrid = &body["hybrid"];
    if hybrid.is_null() {
        if !body["vector"].is_null() {
            let message = "Invalid request: missing `hybrid` parameter when `vector` or `media` are present.";
            return Err(Refusal::bad("missing_search_hybrid", message));
        }
        return Ok(None);
    }
    let Some(name) = hybrid["embedder"].as_str() else {
        return Err(Refusal::bad("invalid_search_embedder", "Missing field `embedder` inside `.hybrid`"));
    };
    let ratio = hybrid["semanticRatio"].as_f64().unwrap_or(0.5);
    if !(0.0..=1.0).contains(&ratio) {
        let message = "Invalid value at `.hybrid.semanticRatio`: the value of `semanticRatio` is invalid, expected a float \
                       between `0.0` and `1.0`.";
        return Err(Refusal::bad("invalid_search_semantic_ratio", message));
    }
    let embedder = index.embedder(name).ok_or_else(|| unknown_embedder("invalid_search_embedder", name))?;
    let Some(vector) = body["vector"].as_array() else {
        let message = "Error while generating embeddings: user error: attempt to embed the following text in a configuration \
                       where embeddings must be user provided";
        return Err(Refusal::bad("vector_embedding_error", message));
    };
    let vector: Vec<f64> = vector.iter().filter_map(Value::as_f64).collect();
    if vector.len() != embedder.dimensions {
        let message = format!(
            "Invalid vector dimensions: expected: `{}`, found: `{}`.",
            embedder.dimensions,
            vector.len()
        );
        return Err(Refusal::bad("invalid_vector_dimensions", message));
    }
    Ok(Some(Semantic { embedder: name, vector, ratio }))
}

/// The facet distribution and the facet statistics of the candidates.
fn facets_of(index: &Index, candidates: &[usize], facets: &[String]) -> Result<(Value, Value), Refusal> {
    let most = index.number("faceting", "maxValuesPerFacet", 100);
    let (mut distribution, mut stats) = (Map::new(), Map::new());
    for facet in facets {
        if !index.filterable(facet) {
            let message = format!("Invalid facet distribution: Attribute `{facet}` is not filterable.");
            return Err(Refusal::bad("invalid_search_facets", message));
        }
        let mut counts: BTreeMap<String, (String, u64)> = BTreeMap::new();
        let mut range: Option<(f64, f64)> = None;
        for at in candidates {
            let value = index.documents[*at].get(facet).unwrap_or(&Value::Null);
            let values = value.as_array().map_or_else(|| vec![value], |values| values.iter().collect());
            for value in values {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    _ => continue,
                };
                if let Some(number) = value.as_f64() {
                    let (low, high) = range.unwrap_or((number, number));
                    range = Some((low.min(number), high.max(number)));
                }
                counts.entry(folded(&text)).or_insert((text, 0)).1 += 1;
            }
        }
        let mut counts: Vec<(String, u64)> = counts.into_values().collect();
        counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        counts.truncate(most);
        distribution.insert(
            facet.clone(),
            counts.into_iter().map(|(name, rows)| (name, Value::from(rows))).collect::<Value>(),
        );
        if let Some((min, max)) = range {
            stats.insert(facet.clone(), json!({ "min": min, "max": max }));
        }
    }
    Ok((Value::Object(distribution), Value::Object(stats)))
}

fn show(index: &Index, hit: &Scored, wanted: Option<&[String]>, body: &Value) -> Value {
    let mut shown = index.shown(&index.documents[hit.at], wanted);
    if body["showRankingScore"] == true {
        shown.insert("_rankingScore".to_owned(), hit.score.into());
    }
    if body["showRankingScoreDetails"] == true {
        shown.insert("_rankingScoreDetails".to_owned(), Value::Object(hit.details.clone()));
    }
    Value::Object(shown)
}

fn check_fields(body: &Value, known: &[&str]) -> Result<(), Refusal> {
    let Some(fields) = body.as_object() else {
        return Err(Refusal::bad("bad_request", "Invalid value type: expected an object"));
    };
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let message = format!("Unknown field `{name}`: expected one of `{}`", known.join("`, `"));
            Err(Refusal::bad("bad_request", message))
        }
    }
}

fn unsigned(body: &Value, name: &str, code: &'static str) -> Result<Option<usize>, Refusal> {
    match &body[name] {
        Value::Null => Ok(None),
        value => match value.as_u64() {
            Some(number) => Ok(Some(number as usize)),
            None => {
                let message = format!(
                    "Invalid value type at `.{name}`: expected a positive integer, but found {value}"
                );
                Err(Refusal::bad(code, message))
            }
        },
    }
}

fn threshold(body: &Value, code: &'static str) -> Result<Option<f64>, Refusal> {
    let threshold = body["rankingScoreThreshold"].as_f64();
    if threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
        let message = "Invalid value at `.rankingScoreThreshold`: expected a float between `0.0` and `1.0`.";
        return Err(Refusal::bad(code, message));
    }
    Ok(threshold)
}

fn unknown_embedder(code: &'static str, name: &str) -> Refusal {
    Refusal::bad(code, format!("Cannot find embedder with name `{name}`."))
}

fn names(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect())
}
