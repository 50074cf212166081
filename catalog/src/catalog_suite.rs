//! Conformance test suite for catalogue implementations: behaviour that clients and administrators rely on. An
//! implementation provides a [`CatalogFixture`] and calls `catalog_suite::conformance!(new_place)`, which generates one test per
//! case.
//!
//! Details of ranking, files and servers are tested next to each implementation.

mod asking;
mod naming;
mod switching;

use async_trait::async_trait;
use tolmach_engine::{
    catalog::{
        Attribute, Comparison, Field, Filter, FilterValue, Localized, Product, SearchRequest, SearchResults,
    },
    language::Language,
};

/// A catalogue under test, initially empty.
#[async_trait]
pub(crate) trait CatalogFixture: Send + Sync {
    /// Imports rows under a source name. Returns the generation's id once all readers see it.
    async fn import(&self, source: &str, items: Vec<Product>) -> String;

    /// Rolls back to the previous generation. Returns its id once all readers see it.
    async fn roll_back(&self) -> String;

    /// Runs a search; panics if it fails.
    async fn search(&self, request: SearchRequest) -> SearchResults;

    /// Checks that the intended catalogue answered the searches (not a fallback), then removes what the test created.
    async fn end(&self);
}

macro_rules! conformance {
    ($place:path) => {
        $crate::catalog_suite::conformance!($place:
            counts_facets, counts_facets_over_all_that_match, finds_similar_rows,
            finds_words_in_any_form, forgives_typing_errors, finds_articles_in_every_spelling,
            lists_rows_named_by_article_first, finds_nothing_for_unknown_products,
            scores_by_the_share_of_the_words, puts_the_thing_before_what_is_for_it,
            compares_numbers_by_value_and_unit, leaves_out_what_is_not_wanted, reads_one_root_in_many_spellings,
            stems_latin_words_by_the_language_of_the_row, finds_what_columns_say,
            filters_by_columns, filters_by_texts, filters_by_measures_and_attributes, lists_what_passes_filters,
            pages_without_overlap, finds_by_vectors, mixes_words_and_vectors, accepts_any_text,
            switches_under_load, rolls_back, is_empty_before_the_first_import, keeps_other_sources);
    };
    ($place:path: $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let place = $place().await;
            $crate::catalog_suite::$case(&place).await;
            $crate::catalog_suite::CatalogFixture::end(&place).await;
        })+
    };
}
pub(crate) use asking::*;
pub(crate) use conformance;
pub(crate) use naming::*;
pub(crate) use switching::*;

pub(crate) fn product(article: &str, ru: &str, en: &str, price: f64, stock: f64) -> Product {
    Product {
        id: article.into(),
        article: article.into(),
        name: Localized { ru: ru.into(), en: en.into() },
        price: (price > 0.0).then_some(price),
        stock: Some(stock),
        currency: "RUB".into(),
        ..Product::default()
    }
}

pub(crate) fn tools() -> Vec<Product> {
    let mut tools = vec![
        product("RH-800", "Перфоратор SDS-Plus 800 Вт 2,6 Дж", "Rotary hammer SDS-Plus 800 W", 7490.0, 4.0),
        product("RH-1500", "Перфоратор SDS-Max 1,5 кВт", "Rotary hammer SDS-Max 1.5 kW", 42_900.0, 0.0),
        product("Т91204", "Подшипник опорный", "Thrust bearing", 310.0, 12.0),
        product("091204", "Прокладка головки", "Head gasket", 90.0, 3.0),
        product("91204", "Прокладка клапанной крышки", "Valve cover gasket", 80.0, 3.0),
        product("DC-18", "Дрель-шуруповёрт аккумуляторная 18 В", "Cordless drill driver 18 V", 9490.0, 7.0),
        product("DC-12", "Дрель-шуруповёрт аккумуляторная 12 В", "Cordless drill driver 12 V", 4290.0, 2.0),
        product("PS-400", "Насос погружной дренажный 400 Вт", "Submersible drainage pump 400 W", 4190.0, 1.0),
        product("PB-600", "Насосная станция 600 Вт", "Booster pump station 600 W", 0.0, 5.0),
        product("HW-1", "Мойка высокого давления", "Pressure washer", 10_900.0, 6.0),
    ];
    for (tool, brand, ru, en) in [
        (0, "Korvund", "Перфораторы и отбойные молотки", "Rotary hammers"),
        (1, "Stavrek", "Перфораторы и отбойные молотки", "Rotary hammers"),
        (7, "Гидрумак", "Насосы", "Pumps"),
        (8, "Гидрумак", "Насосы", "Pumps"),
    ] {
        tools[tool].brand = brand.into();
        tools[tool].category = Localized { ru: ru.into(), en: en.into() };
    }
    for (tool, name, value) in [
        (0, "Цвет", "Тёмно-синий"),
        (1, "Цвет", "Красный"),
        (7, "Цвет", "Красный"),
        (7, "Глубина погружения", "7,5"),
        (8, "Глубина погружения", "9"),
        (8, "Бак, л", "24"),
    ] {
        tools[tool].attributes.push(Attribute { name: name.into(), value: value.into() });
    }
    tools
}

fn request(text: &str) -> SearchRequest {
    SearchRequest { text: text.into(), language: Language::Ru, limit: 50, ..SearchRequest::default() }
}

fn articles(results: &SearchResults) -> Vec<String> {
    results.hits.iter().map(|hit| hit.product.article.clone()).collect()
}

fn sorted(results: &SearchResults) -> Vec<String> {
    let mut articles = articles(results);
    articles.sort();
    articles
}

fn number(field: Field, comparison: Comparison, value: f64) -> Filter {
    Filter { field, comparison, value: FilterValue::Number(value) }
}

fn text(field: Field, comparison: Comparison, value: &str) -> Filter {
    Filter { field, comparison, value: FilterValue::Text(value.into()) }
}

async fn first(place: &dyn CatalogFixture, wanted: &str, expected: &str) {
    let found = articles(&place.search(request(wanted)).await);
    assert_eq!(found.first().map(String::as_str), Some(expected), "{wanted}: {found:?}");
}

async fn passing(place: &dyn CatalogFixture, wanted: &str, filters: Vec<Filter>) -> Vec<String> {
    let results = place.search(SearchRequest { filters, ..request(wanted) }).await;
    assert_eq!(results.total, results.hits.len() as u64, "{wanted}");
    sorted(&results)
}
