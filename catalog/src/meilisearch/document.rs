//! The document that represents a row on the server, and the settings of the index.
//!
//! Text fields contain our own index terms (stems, units joined to their numbers, look-alikes folded), because
//! Meilisearch does not stem Russian. Values that are only compared for equality are stored as short hashes, so that
//! filters need no quoting and Meilisearch's own normalisation cannot merge two values. No requests are made here.

use std::collections::{BTreeMap, HashMap};

use meilisearch_sdk::settings::{
    Embedder, EmbedderDistribution, EmbedderSource, FacetSortValue, FacetingSettings, FilterFeatureModes,
    FilterFeatures, FilterableAttribute, FilterableAttributesSettings, PaginationSetting, Settings,
    TypoToleranceSettings,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tolmach_engine::{
    catalog::{Field, Product},
    language::Language,
    measure::{self, Dimension},
};

use super::super::{generation::Generation, head::head};
use crate::words;

/// Version of documents and settings. Increase it with every change, so that generations published in an older format
/// are published again.
const FORMAT: u32 = 2;
/// Name of the embedder on the server.
pub(super) const EMBEDDER: &str = "rows";
/// Id of the marker document, which says what an index contains.
pub(super) const MARKER: &str = "marker";
/// Maximum number of values per facet.
pub(super) const FACET_VALUES: usize = 100;

/// The document of one row.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    id: String,
    generation: &'a str,
    row: u32,
    /// The product as a JSON string; the server does not need to know its fields.
    product: String,
    /// The words of the name that say what the row is. The first attribute, so that a match in it ranks before others.
    head: String,
    name: String,
    labels: String,
    attributes: String,
    description: String,
    #[serde(flatten)]
    columns: Map<String, Value>,
    #[serde(rename = "_vectors", skip_serializing_if = "Option::is_none")]
    vectors: Option<HashMap<&'static str, Option<Vec<f32>>>>,
}

impl<'a> Document<'a> {
    /// The document of a row; `None` after the last one.
    pub fn of(generation: &'a Generation, row: u32) -> Option<Document<'a>> {
        let product = generation.products.get(row as usize)?;
        // Each text by itself: its language tells how its words are stemmed.
        let terms = |texts: &[&str]| {
            let terms: Vec<String> = texts.iter().flat_map(|text| words::index_terms(text)).collect();
            written(terms.iter())
        };
        let values: Vec<&str> = product.attributes.iter().map(|of| of.value.as_str()).collect();
        let vectors = generation.vectors.as_ref().map(|vectors| {
            // A row without words has a zero vector; the server is told that it has no vector.
            let vector = vectors.get(row as usize).filter(|vector| vector.iter().any(|value| *value != 0.0));
            HashMap::from([(EMBEDDER, vector)])
        });
        Some(Document {
            id: id(&product.id),
            generation: &generation.manifest.id,
            row,
            product: serde_json::to_string(product).ok()?,
            head: written(
                [&product.name.ru, &product.name.en]
                    .into_iter()
                    .flat_map(|name| head(name))
                    .collect::<Vec<_>>()
                    .iter(),
            ),
            name: terms(&[&product.name.ru, &product.name.en]),
            labels: terms(&[&product.brand, &product.category.ru, &product.category.en]),
            attributes: terms(&values),
            description: terms(&[&product.description.ru, &product.description.en]),
            columns: columns(generation, row, product),
            vectors,
        })
    }
}

/// Attributes for filters and facets.
fn columns(generation: &Generation, row: u32, product: &Product) -> Map<String, Value> {
    let mut columns = Map::new();
    let mut put = |name: String, value: Value| {
        columns.insert(name, value);
    };
    let of_row = |of_row: &[u32]| of_row.get(row as usize).copied().map_or(Value::Null, Value::from);
    put("brand_key".into(), of_row(&generation.brands.of_row));
    put("category_key".into(), of_row(&generation.categories.of_row));
    let article = words::normalise_article(&product.article);
    if !article.is_empty() {
        put("article_key".into(), key(&article).into());
    }
    for (name, text) in [
        ("brand", product.brand.as_str()),
        ("article", product.article.as_str()),
        ("category_ru", product.category.get(Language::Ru)),
        ("category_en", product.category.get(Language::En)),
    ] {
        if !text.is_empty() {
            put(name.into(), text.into());
        }
    }
    for (name, number) in [("price", product.price), ("stock", product.stock)] {
        if let Some(number) = number {
            put(name.into(), number.into());
        }
    }
    let mut measures: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for measure in generation.measures_of(row) {
        measures.entry(measure.dimension.name()).or_default().push(measure.value);
    }
    for (dimension, values) in measures {
        put(format!("m_{dimension}"), values.into());
    }
    for attribute in &product.attributes {
        let name = key(&attribute.name.trim().to_lowercase());
        // If two columns have the same name, the first one counts, as in the engine.
        if columns.contains_key(&format!("v_{name}")) {
            continue;
        }
        columns.insert(format!("v_{name}"), attribute.value.as_str().into());
        columns.insert(format!("a_{name}"), key(&plain(&attribute.value)).into());
        if let Some(number) = measure::value(&attribute.value) {
            columns.insert(format!("n_{name}"), number.into());
        }
    }
    columns
}

/// The document attribute that contains a field's numbers; `None` for fields without numbers.
pub(super) fn number_of(field: &Field) -> Option<String> {
    Some(match field {
        Field::Price => "price".to_owned(),
        Field::Stock => "stock".to_owned(),
        Field::Measure(dimension) => format!("m_{}", dimension.name()),
        Field::Attribute(name) => format!("n_{}", key(&name.trim().to_lowercase())),
        Field::Brand | Field::Category | Field::Article => return None,
    })
}

/// The document attribute whose values a facet shows.
pub(super) fn facet_of(field: &Field, language: Language) -> String {
    match (field, language) {
        (Field::Brand, _) => "brand".to_owned(),
        (Field::Category, Language::Ru) => "category_ru".to_owned(),
        (Field::Category, Language::En) => "category_en".to_owned(),
        (Field::Article, _) => "article".to_owned(),
        (Field::Attribute(name), _) => format!("v_{}", key(&name.trim().to_lowercase())),
        (Field::Price | Field::Stock | Field::Measure(_), _) => number_of(field).unwrap_or_default(),
    }
}

/// The document attribute in which a product attribute's text is compared.
pub(super) fn text_of(attribute: &str) -> String {
    format!("a_{}", key(&attribute.trim().to_lowercase()))
}

/// Normalises a text for filters as the engine does: lower case, without spaces and hyphens.
pub(super) fn plain(text: &str) -> String {
    text.to_lowercase().replace([' ', '-'], "")
}

/// Hash of a text: 16 hexadecimal digits of BLAKE3.
pub(super) fn key(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}

/// The document id of a product id. Meilisearch allows Latin letters, digits, `-` and `_`, at most 511 bytes.
pub(super) fn id(product: &str) -> String {
    format!("r-{}", blake3::hash(product.as_bytes()).to_hex().chars().take(40).collect::<String>())
}

/// Joins terms for the server. Points are replaced, because it would split «2.6j» at the point.
pub(super) fn written<'a>(terms: impl Iterator<Item = &'a String>) -> String {
    terms.map(|term| term.replace('.', "d")).collect::<Vec<_>>().join(" ")
}

/// The content of a generation's marker: format version and generation id.
pub(super) fn marks(generation: &str) -> String {
    format!("{FORMAT}:{generation}")
}

/// The marker document. It has no `generation` attribute, so no search finds it.
pub(super) fn marker(generation: &Generation) -> Value {
    let mut marker = json!({ "id": MARKER, "marks": marks(&generation.manifest.id) });
    if generation.vectors.is_some() {
        marker["_vectors"] = json!({ EMBEDDER: null });
    }
    marker
}

/// The settings of an index for this generation.
pub(super) fn settings(generation: &Generation) -> Settings {
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let mut filterable: Vec<FilterableAttribute> = [
        "generation",
        "row",
        "brand_key",
        "category_key",
        "article_key",
        "brand",
        "article",
        "category_ru",
        "category_en",
        "price",
        "stock",
    ]
    .map(FilterableAttribute::from)
    .to_vec();
    filterable.extend(Dimension::ALL.iter().map(|(name, _)| FilterableAttribute::from(format!("m_{name}"))));
    filterable.push(FilterableAttribute::Settings(FilterableAttributesSettings {
        attribute_patterns: names(&["v_*", "a_*", "n_*"]),
        features: FilterFeatures {
            facet_search: false,
            filter: FilterFeatureModes { equality: true, comparison: true },
        },
    }));
    let embedder = generation.vectors.as_ref().map(|vectors| Embedder {
        source: EmbedderSource::UserProvided,
        dimensions: Some(vectors.dimensions()),
        // Meilisearch's similarity is (1 + cosine) / 2, and it shifts a given mean and sigma to 0.5 and 0.4. With these
        // two values the result is the cosine itself, as in the embedded catalogue.
        distribution: Some(EmbedderDistribution { mean: 0.75, sigma: 0.2 }),
        ..Embedder::default()
    });
    Settings {
        searchable_attributes: Some(names(&["head", "name", "labels", "attributes", "description"])),
        displayed_attributes: Some(names(&["id", "row", "product", "marks"])),
        filterable_attributes: Some(filterable),
        sortable_attributes: Some(names(&["row"])),
        ranking_rules: Some(names(&["words", "proximity", "attribute", "exactness", "sort"])),
        // Stop words are dropped and typing errors corrected before the query is sent.
        stop_words: Some(Vec::new()),
        typo_tolerance: Some(TypoToleranceSettings {
            enabled: Some(false),
            ..TypoToleranceSettings::default()
        }),
        pagination: Some(PaginationSetting { max_total_hits: generation.products.len().max(1) }),
        faceting: Some(FacetingSettings {
            max_values_per_facet: FACET_VALUES,
            sort_facet_values_by: Some(BTreeMap::from([("*".to_owned(), FacetSortValue::Count)])),
        }),
        embedders: Some(
            embedder.map(|embedder| HashMap::from([(EMBEDDER.to_owned(), embedder)])).unwrap_or_default(),
        ),
        search_cutoff_ms: Some(800),
        ..Settings::new()
    }
}
