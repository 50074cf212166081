//! Build time and search latency of the embedded catalogue: `cargo bench --bench catalogue`.
//!
//! `TOLMACH_BENCH_PRODUCTS` names a price list of products, gzipped or not; without it two deterministic catalogues are
//! generated. `TOLMACH_BENCH_QUERIES` names a file with one query per line, and `TOLMACH_BENCH_RUN` a file to which
//! `query <tab> article` lines are written, 100 per query, for scoring against judgments.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement stops at the first failure and prints"
)]

use std::{
    fmt::Write as _,
    io::Read,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tolmach_catalog::{EmbeddedCatalog, Source, TitleEmbedder, import};
use tolmach_engine::{
    catalog::{Localized, Product, SearchRequest},
    language::Language,
};
use tolmach_runtime::ports::Catalog as _;

/// Rows of the generated catalogues: a large price list, and a catalogue of 200,000 items.
const ROWS: [usize; 2] = [54_667, 200_000];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut catalogues = match given() {
        Some(products) => vec![("from the file given", products)],
        None => Vec::new(),
    };
    if catalogues.is_empty() {
        catalogues.extend(ROWS.map(|rows| ("made up", made_up(rows))));
    }
    for (whence, products) in catalogues {
        println!("{} products, {whence}", products.len());
        measure(&runtime, &products);
    }
}

fn measure(runtime: &tokio::runtime::Runtime, products: &[Product]) {
    let folder = tempfile::tempdir().expect("a folder");
    let words_only =
        EmbeddedCatalog::open(folder.path().join("words"), Arc::new(TitleEmbedder)).expect("a folder");
    let words_only = words_only.without_vectors();
    let built = build(runtime, &words_only, products);
    println!("index without vectors   {built:>8.2?}   target 15 s");
    let both = EmbeddedCatalog::open(folder.path().join("both"), Arc::new(TitleEmbedder)).expect("a folder");
    let built = build(runtime, &both, products);
    println!("index with vectors      {built:>8.2?}");
    let opening = Instant::now();
    drop(EmbeddedCatalog::open(folder.path().join("words"), Arc::new(TitleEmbedder)).expect("a folder"));
    println!("open without vectors    {:>8.2?}", opening.elapsed());

    let queries = queries(products);
    for (name, catalog, ratio, target) in [
        ("words", &words_only, 0.0, "   target p50 1 ms, p99 5 ms"),
        ("words and vectors", &both, 0.3, "   target p50 1 ms, p99 5 ms"),
        ("vectors", &both, 1.0, ""),
    ] {
        let mut times: Vec<Duration> = Vec::new();
        for text in &queries {
            let request = request(text, 10, ratio);
            let start = Instant::now();
            runtime.block_on(catalog.search(&request)).expect("an answer");
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        println!(
            "search, {name:<18} p50 {:>8.2?}  p95 {:>8.2?}  p99 {:>8.2?}{target}",
            at(50),
            at(95),
            at(99)
        );
    }

    if let Some(run) = std::env::var_os("TOLMACH_BENCH_RUN") {
        let ratio =
            std::env::var("TOLMACH_BENCH_RATIO").ok().and_then(|ratio| ratio.parse().ok()).unwrap_or(0.0);
        let catalog = if ratio > 0.0 { &both } else { &words_only };
        let mut lines = String::new();
        for text in &queries {
            let results = runtime.block_on(catalog.search(&request(text, 100, ratio))).expect("an answer");
            for hit in results.hits {
                writeln!(lines, "{text}\t{}", hit.product.article).expect("a string grows");
            }
        }
        std::fs::write(&run, lines).expect("the run is written");
        println!("wrote {}", PathBuf::from(run).display());
    }
}

fn build(runtime: &tokio::runtime::Runtime, catalog: &EmbeddedCatalog, products: &[Product]) -> Duration {
    let source = Source { name: "bench".into(), demo: false };
    let items = products.to_vec();
    let start = Instant::now();
    runtime.block_on(catalog.import(source, items, |_| {})).expect("an import");
    start.elapsed()
}

fn request(text: &str, limit: u32, semantic_ratio: f32) -> SearchRequest {
    let language = Language::detect(text).unwrap_or(Language::En);
    SearchRequest { text: text.into(), language, limit, semantic_ratio, ..SearchRequest::default() }
}

fn given() -> Option<Vec<Product>> {
    let mut path = std::env::var_os("TOLMACH_BENCH_PRODUCTS").map(PathBuf::from)?;
    let folder = tempfile::tempdir().expect("a folder");
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&path).expect("TOLMACH_BENCH_PRODUCTS can be opened");
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("TOLMACH_BENCH_PRODUCTS is gzip");
        path = folder.path().join("products.csv");
        std::fs::write(&path, bytes).expect("room for the unpacked file");
    }
    Some(import::read(&path).expect("TOLMACH_BENCH_PRODUCTS can be read").items)
}

fn queries(products: &[Product]) -> Vec<String> {
    if let Some(path) = std::env::var_os("TOLMACH_BENCH_QUERIES") {
        let text = std::fs::read_to_string(path).expect("TOLMACH_BENCH_QUERIES can be read");
        return text.lines().map(str::to_owned).collect();
    }
    // Two words of every hundredth name.
    products
        .iter()
        .step_by(products.len() / 500 + 1)
        .map(|product| {
            let name = if product.name.ru.is_empty() { &product.name.en } else { &product.name.ru };
            name.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// A deterministic catalogue: kinds, makes and sizes combined by a fixed sequence.
fn made_up(rows: usize) -> Vec<Product> {
    const KINDS: [(&str, &str); 12] = [
        ("Перфоратор", "Rotary hammer"),
        ("Дрель ударная", "Impact drill"),
        ("Шлифмашина угловая", "Angle grinder"),
        ("Насос погружной", "Submersible pump"),
        ("Компрессор поршневой", "Piston compressor"),
        ("Сварочный инвертор", "Welding inverter"),
        ("Генератор бензиновый", "Petrol generator"),
        ("Лестница алюминиевая", "Aluminium ladder"),
        ("Краска фасадная", "Facade paint"),
        ("Кабель силовой", "Power cable"),
        ("Перчатки рабочие", "Work gloves"),
        ("Светильник светодиодный", "LED lamp"),
    ];
    const WORDS: [&str; 16] = [
        "усиленный",
        "серии Про",
        "для мастерской",
        "в кейсе",
        "с регулировкой",
        "компактный",
        "синий",
        "чёрный",
        "влагозащищённый",
        "бесшумный",
        "220 В",
        "380 В",
        "набор",
        "с насадкой",
        "облегчённый",
        "универсальный",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    (0..rows)
        .map(|row| {
            let (ru, en) = KINDS[next(KINDS.len())];
            let (size, first, second) = (next(400) * 5, WORDS[next(WORDS.len())], WORDS[next(WORDS.len())]);
            Product {
                id: format!("B{row:06}"),
                article: format!("B{row:06}"),
                name: Localized {
                    ru: format!("{ru} М{} {size} Вт {first} {second}", next(900)),
                    en: format!("{en} M{} {size} W", next(900)),
                },
                price: Some((next(90_000) + 100) as f64),
                stock: Some(next(50) as f64),
                currency: "RUB".into(),
                ..Product::default()
            }
        })
        .collect()
}
