//! Tests of the embedded catalogue on real files, from the view of clients and administrators.

mod drafts;

use std::{fs, sync::Arc, time::Duration};

use async_trait::async_trait;
use tempfile::TempDir;
use tolmach_engine::{
    catalog::{Comparison, Field, Filter, FilterValue, Product, SearchRequest, SearchResults},
    language::Language,
};
use tolmach_runtime::ports::{self, Catalog as _, Embedder};

use super::{EmbeddedCatalog, Error, Source, Stage};
use crate::{
    catalog_suite::{self, CatalogFixture, product},
    embedder::HashEmbedder,
};

fn tools() -> Vec<Product> {
    let mut tools = catalog_suite::tools();
    tools[9].description.ru = "Подключается к бочке, как и погружной насос.".into();
    tools
}

fn real(name: &str) -> Source {
    Source { name: name.into(), demo: false }
}

struct Fixture {
    folder: TempDir,
    catalog: EmbeddedCatalog,
}

impl Fixture {
    fn empty() -> Fixture {
        let folder = TempDir::new().unwrap();
        let catalog = open(&folder);
        Fixture { folder, catalog }
    }

    async fn with_tools() -> Fixture {
        let fixture = Fixture::empty();
        fixture.catalog.import(real("tools"), tools(), |_| {}).await.unwrap();
        fixture
    }

    async fn articles(&self, text: &str) -> Vec<String> {
        articles(&self.search(request(text)).await)
    }

    async fn search(&self, request: SearchRequest) -> SearchResults {
        self.catalog.search(&request).await.unwrap()
    }

    async fn first(&self, text: &str, expected: &str) {
        let found = self.articles(text).await;
        assert_eq!(found.first().map(String::as_str), Some(expected), "{text}: {found:?}");
    }

    async fn filtered(&self, text: &str, filters: Vec<Filter>) -> Vec<String> {
        let mut found = articles(&self.search(SearchRequest { filters, ..request(text) }).await);
        found.sort();
        found
    }
}

fn open(folder: &TempDir) -> EmbeddedCatalog {
    EmbeddedCatalog::open(folder.path().join("catalog"), Arc::new(HashEmbedder))
        .unwrap()
        .check_every(Duration::ZERO)
}

fn request(text: &str) -> SearchRequest {
    SearchRequest {
        text: text.into(),
        language: Language::Ru,
        filters: vec![],
        limit: 50,
        semantic_ratio: 0.0,
        ..SearchRequest::default()
    }
}

fn articles(results: &SearchResults) -> Vec<String> {
    results.hits.iter().map(|hit| hit.product.article.clone()).collect()
}

fn number(field: Field, comparison: Comparison, value: f64) -> Filter {
    Filter { field, comparison, value: FilterValue::Number(value) }
}

fn text(field: Field, comparison: Comparison, value: &str) -> Filter {
    Filter { field, comparison, value: FilterValue::Text(value.into()) }
}

#[tokio::test]
async fn words_are_found_in_any_form_and_language() {
    let catalog = Fixture::with_tools().await;
    catalog.first("перфораторы SDS-Max", "RH-1500").await;
    catalog.first("погружного насоса", "PS-400").await;
    catalog.first("cordless drills 18V", "DC-18").await;
    catalog.first("шуруповерт на 18 вольт", "DC-18").await;
    catalog.first("18в шуруповёрт", "DC-18").await;
    catalog.first("pumps submersible", "PS-400").await;
}

#[tokio::test]
async fn corrects_typing_errors_and_completes_prefixes_of_unknown_words() {
    let catalog = Fixture::with_tools().await;
    catalog.first("перфаратор 800 Вт", "RH-800").await;
    catalog.first("presure washer", "HW-1").await;
    catalog.first("подшип", "Т91204").await;
    catalog.first("электронасос 400 Вт", "PS-400").await;
    // A number is never a typing error of another number; one that is near is marked.
    let similar = catalog.search(request("Т91205")).await;
    assert!(similar.hits.iter().all(|hit| hit.near.is_some() && hit.score < 0.9), "{similar:?}");
}

#[tokio::test]
async fn an_article_number_comes_first_in_any_spelling() {
    let catalog = Fixture::with_tools().await;
    for spelling in
        ["Т91204", "T91204", "t-912 04", " т91204? ", "есть ли у вас T91204 в наличии", "подшипник Т 91204"]
    {
        let results = catalog.search(request(spelling)).await;
        let first = results.hits.first().unwrap();
        assert_eq!((first.product.article.as_str(), first.score), ("Т91204", 1.0), "{spelling}");
    }
    // Leading zeros are significant in article numbers.
    assert_eq!(catalog.articles("091204").await, ["091204"]);
    assert_eq!(catalog.articles("91204").await, ["91204"]);
    // An amount of money is not an article number, even if one looks the same.
    assert!(!catalog.articles("перфоратор до 91204 руб").await.contains(&"91204".to_owned()));
}

#[tokio::test]
async fn filler_words_do_not_change_the_results() {
    let catalog = Fixture::with_tools().await;
    let plain = catalog.search(request("перфоратор")).await;
    for chatty in [
        "Здравствуйте, нужен перфоратор до 10 тысяч",
        "есть ли у вас перфораторы?",
        "подскажите, сколько стоит перфоратор до 10 000 руб.",
        "Do you have a перфоратор under 200 USD",
    ] {
        let results = catalog.search(request(chatty)).await;
        assert_eq!(results.hits, plain.hits, "{chatty}");
    }
    assert_eq!(plain.hits.len(), 2);
    assert!(plain.hits.iter().all(|hit| hit.score > 0.99));
}

#[tokio::test]
async fn unknown_products_are_not_found() {
    let catalog = Fixture::with_tools().await;
    for nonsense in ["абвгдейка", "zzqx", "?!", "", "что есть в наличии?"] {
        assert_eq!(catalog.search(request(nonsense)).await.hits, [], "{nonsense}");
    }
    // Only half of the words are known: the score shows it, and a flow can ask a clarifying question.
    let half = catalog.search(request("насос космический")).await;
    assert!(!half.hits.is_empty() && half.hits.iter().all(|hit| hit.score < 0.7), "{:?}", half.hits);
}

#[tokio::test]
async fn names_weigh_more_than_descriptions() {
    let catalog = Fixture::with_tools().await;
    assert_eq!(catalog.articles("погружной насос").await, ["PS-400", "HW-1", "PB-600"]);
    // A minimum score drops rows that contain too few of the words.
    let results = catalog.search(SearchRequest { min_score: 0.35, ..request("погружной насос") }).await;
    assert_eq!((articles(&results), results.total), (vec!["PS-400".to_owned(), "HW-1".to_owned()], 2));
}

#[tokio::test]
async fn filters_restrict_the_results() {
    use Comparison::{Eq, Ge, Gt, Le, Ne};
    let catalog = Fixture::with_tools().await;
    let cheap = vec![number(Field::Price, Le, 10_000.0)];
    assert_eq!(catalog.filtered("перфоратор", cheap).await, ["RH-800"]);
    assert_eq!(catalog.filtered("перфоратор", vec![number(Field::Stock, Gt, 0.0)]).await, ["RH-800"]);
    assert_eq!(catalog.filtered("", vec![number(Field::Price, Ge, 10_900.0)]).await, ["HW-1", "RH-1500"]);
    assert_eq!(catalog.filtered("", vec![text(Field::Brand, Eq, "гидрумак")]).await, ["PB-600", "PS-400"]);
    assert_eq!(catalog.filtered("", vec![text(Field::Category, Eq, "насос")]).await, ["PB-600", "PS-400"]);
    assert_eq!(
        catalog.filtered("", vec![text(Field::Category, Eq, "rotary hammers")]).await,
        ["RH-1500", "RH-800"]
    );
    assert_eq!(catalog.filtered("", vec![text(Field::Article, Eq, "t-91204")]).await, ["Т91204"]);
    // A row without the column passes only "not equal".
    assert_eq!(catalog.filtered("станция", vec![number(Field::Price, Ne, 1.0)]).await, ["PB-600"]);
    assert_eq!(catalog.filtered("станция", vec![number(Field::Price, Ge, 0.0)]).await, [""; 0]);
    assert_eq!(catalog.filtered("", vec![text(Field::Brand, Ne, "Гидрумак")]).await.len(), 8);
    // Filters also apply to rows named by article number.
    assert_eq!(catalog.filtered("RH-1500", vec![number(Field::Stock, Gt, 0.0)]).await, [""; 0]);
    // The text holds nothing but what the filters express: all rows that pass are listed.
    assert_eq!(
        catalog.filtered("что есть до 5 тысяч", vec![number(Field::Price, Le, 100.0)]).await,
        ["091204", "91204"]
    );
}

#[tokio::test]
async fn pages_neither_overlap_nor_leave_rows_out() {
    let catalog = Fixture::empty();
    let many = (0..95).map(|n| product(&format!("N{n:03}"), "Насос бытовой", "Pump", 100.0, 1.0)).collect();
    catalog.catalog.import(real("many"), many, |_| {}).await.unwrap();
    for (text, filters) in [("насос", vec![]), ("", vec![number(Field::Stock, Comparison::Gt, 0.0)])] {
        let mut seen = Vec::new();
        for offset in (0..100).step_by(10) {
            let page = SearchRequest { filters: filters.clone(), limit: 10, offset, ..request(text) };
            let results = catalog.search(page).await;
            assert_eq!(results.total, 95);
            seen.extend(articles(&results));
        }
        assert_eq!(seen.len(), 95);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 95);
    }
}

#[tokio::test]
async fn vectors_find_what_words_do_not() {
    let catalog = Fixture::with_tools().await;
    let wrong = "перфоратозавр";
    assert_eq!(catalog.articles(wrong).await, [""; 0]);
    let by_vectors = catalog.search(SearchRequest { semantic_ratio: 1.0, ..request(wrong) }).await;
    assert!(by_vectors.hits.first().unwrap().product.article.starts_with("RH-"), "{by_vectors:?}");
    let mixed = catalog.search(SearchRequest { semantic_ratio: 0.3, ..request("погружной насос") }).await;
    assert_eq!(articles(&mixed).first().unwrap(), "PS-400");
    // Vector similarity does not lower the keyword score, and an unknown code is not matched by similarity.
    assert!(mixed.hits.first().unwrap().score > 0.99);
    let code = catalog.search(SearchRequest { semantic_ratio: 0.3, ..request("QX-99871") }).await;
    assert_eq!(code.hits, []);
}

/// An embedder whose every call fails.
struct Away;

#[async_trait]
impl Embedder for Away {
    fn name(&self) -> &str {
        HashEmbedder.name()
    }

    fn dimensions(&self) -> usize {
        HashEmbedder.dimensions()
    }

    async fn embed(&self, _texts: &[String]) -> ports::Result<Vec<Vec<f32>>> {
        Err(ports::Error::unavailable("embed", "away"))
    }
}

#[tokio::test]
async fn searches_by_keywords_while_the_embedder_fails() {
    let Fixture { folder, .. } = Fixture::with_tools().await;
    let catalog = EmbeddedCatalog::open(folder.path().join("catalog"), Arc::new(Away)).unwrap();
    let results = catalog.search(&SearchRequest { semantic_ratio: 0.5, ..request("мойка") }).await.unwrap();
    assert_eq!(articles(&results), ["HW-1"]);
}

#[tokio::test]
async fn a_failed_import_leaves_the_old_generation_serving() {
    let fixture = Fixture::with_tools().await;
    let before = fixture.catalog.generation();
    let broken = EmbeddedCatalog::open(fixture.folder.path().join("catalog"), Arc::new(Away)).unwrap();
    let outcome = broken.import(real("other"), vec![product("X-1", "Новинка", "", 1.0, 1.0)], |_| {}).await;
    assert!(matches!(outcome, Err(Error::Embedding(_))), "{outcome:?}");
    assert_eq!(fixture.catalog.generation(), before);
    assert_eq!(fixture.articles("мойка").await, ["HW-1"]);
    let outcome = fixture.catalog.import(real("tools"), vec![], |_| {}).await;
    assert!(matches!(outcome, Err(Error::NoRows { .. })), "{outcome:?}");
    assert_eq!(fixture.articles("мойка").await, ["HW-1"]);
}

#[tokio::test]
async fn a_killed_build_is_invisible_and_removed_by_the_next_one() {
    let fixture = Fixture::with_tools().await;
    let generations = fixture.folder.path().join("catalog/generations");
    let serving = fixture.catalog.generation().unwrap().0;
    // Leftovers of a build killed while writing, and of one killed before the switch.
    fs::create_dir(generations.join(".building-1")).unwrap();
    fs::write(generations.join(".building-1/items.jsonl"), "{").unwrap();
    fs::write(fixture.folder.path().join("catalog/current.new"), "half").unwrap();
    let reopened = open(&fixture.folder);
    assert_eq!(reopened.generation().unwrap().0, serving);
    reopened.import(real("more"), vec![product("M-1", "Молоток", "Hammer", 1.0, 1.0)], |_| {}).await.unwrap();
    assert!(!generations.join(".building-1").exists());
    assert_eq!(reopened.generation().unwrap().1, 11);
}

#[tokio::test]
async fn another_process_notices_a_switch() {
    let fixture = Fixture::with_tools().await;
    let other = open(&fixture.folder);
    fixture
        .catalog
        .import(real("more"), vec![product("M-1", "Молоток", "Hammer", 1.0, 1.0)], |_| {})
        .await
        .unwrap();
    assert_eq!(articles(&other.search(&request("молоток")).await.unwrap()), ["M-1"]);
    assert_eq!(other.generation(), fixture.catalog.generation());
}

#[tokio::test]
async fn two_imports_at_once_are_refused() {
    let fixture = Fixture::with_tools().await;
    let path = fixture.folder.path().join("catalog/import.lock");
    let lock = fs::File::options().write(true).open(path).unwrap();
    lock.lock().unwrap();
    let outcome = fixture.catalog.import(real("more"), tools(), |_| {}).await;
    assert!(matches!(&outcome, Err(Error::Busy { .. })), "{outcome:?}");
    lock.unlock().unwrap();
    fixture.catalog.import(real("more"), tools(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn an_import_replaces_its_source_and_drops_demos() {
    let fixture = Fixture::empty();
    let demo = Source { name: "samples".into(), demo: true };
    let import = |source, items| fixture.catalog.import(source, items, |_| {});
    import(demo, tools()).await.unwrap();
    let first = import(
        real("pumps"),
        vec![product("P-1", "Помпа", "", 1.0, 1.0), product("P-1", "Помпа", "", 2.0, 1.0)],
    );
    let first = first.await.unwrap();
    assert_eq!(
        (first.rows, first.imported, first.dropped_demo.as_slice()),
        (2, 2, ["samples".to_owned()].as_slice())
    );
    import(real("hammers"), vec![product("H-1", "Молоток", "", 1.0, 1.0)]).await.unwrap();
    let second = import(real("pumps"), vec![product("P-2", "Помпа новая", "", 1.0, 1.0)]).await.unwrap();
    assert_eq!((second.rows, second.replaced, second.imported), (2, 2, 1));
    assert_eq!(fixture.articles("помпа").await, ["P-2"]);
    assert_eq!(fixture.articles("молоток").await, ["H-1"]);
    let names: Vec<String> =
        fixture.catalog.manifest().unwrap().sources.into_iter().map(|s| s.name).collect();
    assert_eq!(names, ["hammers", "pumps"]);
}

#[tokio::test]
async fn ids_name_their_source_and_are_distinct() {
    let fixture = Fixture::empty();
    let twins = vec![product("P-1", "Помпа", "", 1.0, 1.0), product("P-1", "Помпа", "", 2.0, 1.0)];
    fixture.catalog.import(real("pumps"), twins, |_| {}).await.unwrap();
    let hits = fixture.search(request("P-1")).await.hits;
    let ids: Vec<&str> = hits.iter().map(|hit| hit.product.id.as_str()).collect();
    assert_eq!(ids, ["pumps/P-1", "pumps/P-1~2"]);
}

#[tokio::test]
async fn keeps_two_previous_generations_for_rollback() {
    let fixture = Fixture::empty();
    let mut ids = Vec::new();
    for n in 1..=5 {
        let items = (0..n).map(|n| product(&format!("N{n}"), "Насос", "", 1.0, 1.0)).collect();
        ids.push(fixture.catalog.import(real("pumps"), items, |_| {}).await.unwrap().generation);
    }
    let generations = fixture.folder.path().join("catalog/generations");
    let mut kept: Vec<String> = fs::read_dir(&generations)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ids[2..]);
    assert_eq!(fixture.catalog.roll_back().await.unwrap(), ids[3]);
    assert_eq!(fixture.search(request("насос")).await.total, 4);
    assert_eq!(fixture.catalog.roll_back().await.unwrap(), ids[2]);
    assert!(matches!(fixture.catalog.roll_back().await, Err(Error::NoEarlier)));
    assert_eq!(open(&fixture.folder).generation().unwrap(), (ids[2].clone(), 3));
}

#[tokio::test]
async fn reports_progress_of_every_stage() {
    let fixture = Fixture::empty();
    let stages = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = stages.clone();
    fixture
        .catalog
        .import(real("tools"), tools(), move |progress| seen.lock().unwrap().push(progress.stage))
        .await
        .unwrap();
    let mut stages = stages.lock().unwrap().clone();
    stages.dedup();
    assert_eq!(stages, [Stage::Merging, Stage::Embedding, Stage::Indexing, Stage::Verifying]);
}

#[tokio::test]
async fn without_vectors_words_still_answer_every_ratio() {
    let folder = TempDir::new().unwrap();
    let catalog = open(&folder).without_vectors();
    catalog.import(real("tools"), tools(), |_| {}).await.unwrap();
    assert_eq!(catalog.manifest().unwrap().embedder, None);
    let results = catalog.search(&SearchRequest { semantic_ratio: 1.0, ..request("мойка") }).await.unwrap();
    assert_eq!(articles(&results), ["HW-1"]);
}

#[tokio::test]
async fn before_the_first_import_nothing_is_found_and_nothing_fails() {
    let fixture = Fixture::empty();
    assert_eq!(fixture.catalog.generation(), None);
    assert_eq!(fixture.search(request("насос")).await, SearchResults::default());
}

#[tokio::test]
async fn finds_the_demo_queries_in_the_sample_price_list() {
    let fixture = Fixture::empty();
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog-samples/tolmach-samples.xlsx");
    let imported = crate::import::read(&path).unwrap();
    assert!(imported.items.len() >= 1500);
    fixture
        .catalog
        .import(Source { name: "samples".into(), demo: true }, imported.items, |_| {})
        .await
        .unwrap();
    let budget = vec![number(Field::Price, Comparison::Le, 10_000.0)];
    let results = fixture
        .search(SearchRequest {
            filters: budget, ..request("нужен перфоратор до 10 тысяч")
        })
        .await;
    assert!(results.total >= 5, "{}", results.total);
    assert!(
        results.hits.iter().take(5).all(|hit| hit.product.name.ru.starts_with("Перфоратор")),
        "{results:?}"
    );
    let english = fixture
        .search(SearchRequest { language: Language::En, ..request("do you have a welding inverter 190A?") })
        .await;
    assert!(english.hits.first().unwrap().product.name.en.starts_with("Welding inverter"), "{english:?}");
    assert!(english.hits.first().unwrap().product.name.en.contains("190 A"));
    // Filler words, misspelt or not, neither hide the product word nor match a product.
    for (text, name) in [
        ("чё по ценам на шуруповерты", "шуруповёрт"),
        ("нужна бензопилу", "Бензопила"),
        ("good morning, how much is a pressure washer?", "Мойка"),
    ] {
        let results = fixture.search(request(text)).await;
        let first = results.hits.first().unwrap_or_else(|| panic!("nothing for «{text}»"));
        assert!(first.product.name.ru.contains(name) && first.score > 0.8, "«{text}»: {first:?}");
    }
    assert_eq!(fixture.search(request("morning")).await.total, 0, "a greeting is no product");
}

#[async_trait]
impl CatalogFixture for Fixture {
    async fn import(&self, source: &str, items: Vec<Product>) -> String {
        self.catalog.import(real(source), items, |_| {}).await.unwrap().generation
    }

    async fn roll_back(&self) -> String {
        self.catalog.roll_back().await.unwrap()
    }

    async fn search(&self, request: SearchRequest) -> SearchResults {
        self.catalog.search(&request).await.unwrap()
    }

    async fn end(&self) {}
}

async fn place() -> Fixture {
    Fixture::empty()
}

mod suite {
    use super::{catalog_suite, place};

    catalog_suite::conformance!(place);
}

#[tokio::test]
async fn only_the_first_codes_of_a_text_are_compared_with_all_numbers() {
    let fixture = Fixture::with_tools().await;
    let numbers = ["KA1111", "LB2222", "MC3333", "ND4444", "PE5555", "RF6666"];
    let items = numbers.map(|number| product(number, "Деталь", "", 1.0, 1.0)).to_vec();
    fixture.catalog.import(real("parts"), items, |_| {}).await.unwrap();
    let found = fixture.search(request("KA1112 LB2223 MC3334 ND4445 PE5556 RF6667")).await;
    assert_eq!(articles(&found), numbers[..4]);
    assert!(!fixture.catalog.holds_article("KA1112 LB2223").await);
    assert!(fixture.catalog.holds_article("что с ka-1111?").await);
}

#[tokio::test]
async fn a_generation_of_an_earlier_version_serves_until_the_next_import() {
    let fixture = Fixture::with_tools().await;
    let id = fixture.catalog.generation().unwrap().0;
    let folder = fixture.folder.path().join("catalog/generations").join(id);
    for name in ["names-2.u32", "names-2.terms", "names-2.spellings"] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::rename(folder.join("words-2"), folder.join("words")).unwrap();
    fs::rename(folder.join("vectors.i8"), folder.join("vectors.f32")).unwrap();
    let reopened = open(&fixture.folder);
    let by_words =
        reopened.search(&SearchRequest { semantic_ratio: 0.5, ..request("перфаратор") }).await.unwrap();
    assert_eq!(by_words.total, 2, "{by_words:?}");
    reopened.import(real("tools"), tools(), |_| {}).await.unwrap();
    let by_vectors =
        reopened.search(&SearchRequest { semantic_ratio: 1.0, ..request("перфоратозавр") }).await.unwrap();
    assert!(!by_vectors.hits.is_empty());
}
