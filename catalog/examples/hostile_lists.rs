//! Builds catalogues of lists that are made to need much memory, each in a process of its own, and compares the memory
//! that they take with the bound by which a build is refused.
//!
//! `cargo run --release -p tolmach-catalog --example hostile_lists [ROWS]`; Linux only, because it reads /proc.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::{error::Error, fs, process::Command};

use tolmach_catalog::{BuildLimits, EmbeddedCatalog, Source, TitleEmbedder, memory_needed};
use tolmach_engine::catalog::{Attribute, Localized, Product};

/// Makes the row of a number.
type Row = fn(usize) -> Product;

/// The lists, with the share of the rows that each has: those with long texts have fewer.
const LISTS: [(&str, usize, Row); 6] = [
    ("rows of one letter", 1, |_| named("a".to_owned())),
    ("rows of a shop", 1, |n| Product {
        article: format!("RH-{n:06}"),
        category: Localized { ru: format!("Раздел {}", n % 90), en: String::new() },
        ..named(format!("Перфоратор Korvund SDS-Plus {} Вт {} Дж в кейсе", n % 900, n % 30))
    }),
    ("words that occur once", 1, |n| {
        named((0..20).map(|word| format!("q{n:x}w{word}z")).collect::<Vec<_>>().join(" "))
    }),
    ("names of 500 characters", 10, |n| named(format!("насос {n} ").repeat(50).chars().take(500).collect())),
    ("descriptions of 4,000 characters", 20, |n| Product {
        description: Localized {
            ru: format!("насос{n} ").repeat(800).chars().take(4000).collect(),
            en: String::new(),
        },
        ..named(format!("насос {n}"))
    }),
    ("40 attributes of 200 characters", 20, |n| Product {
        attributes: (0..40)
            .map(|column| Attribute {
                name: format!("Параметр {column}, кВт"),
                value: format!("{n} кВт ").repeat(25),
            })
            .collect(),
        ..named(format!("насос {n}"))
    }),
];

fn named(name: String) -> Product {
    Product { name: Localized { ru: name, en: String::new() }, ..Product::default() }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows = arguments.next().map_or(Ok(100_000), |rows| rows.parse())?;
    if let Some(list) = arguments.next() {
        return build(&list, rows).await;
    }
    println!(
        "{:<34} {:>9}  {:>20}  {:>20}",
        "MiB: bound, taken", "rows", "a first list", "a second one beside it"
    );
    let program = std::env::current_exe()?;
    for (list, ..) in LISTS {
        let ended = Command::new(&program).args([&rows.to_string(), list]).status()?;
        if !ended.success() {
            return Err(format!("{list}: {ended}").into());
        }
    }
    Ok(())
}

async fn build(list: &str, rows: usize) -> Result<(), Box<dyn Error>> {
    let (_, share, product) = LISTS.into_iter().find(|(name, ..)| *name == list).ok_or("no such list")?;
    let rows = rows / share;
    let folder = tempfile::tempdir()?;
    // Large enough for the writer's full budget, and never a reason to refuse.
    let limits = BuildLimits { memory: 1 << 20, rows: usize::MAX };
    let catalog =
        EmbeddedCatalog::open(folder.path(), std::sync::Arc::new(TitleEmbedder))?.with_limits(limits);
    // Loads the embedder.
    catalog.import(source("warm"), vec![named("насос".to_owned())], |_| {}).await?;
    let mut line = format!("{list:<34} {rows:>9}");
    for (number, name) in ["a", "b"].into_iter().enumerate() {
        let items: Vec<Product> = (0..rows).map(|n| product(n + number * rows)).collect();
        let both = (0..rows * (number + 1)).map(product).collect::<Vec<_>>();
        let bound = memory_needed(&both, limits) >> 20;
        drop(both);
        let size =
            items.iter().map(|item| serde_json::to_vec(item).map_or(0, |json| json.len())).sum::<usize>();
        // The items themselves are part of what a build takes.
        let before = memory("VmRSS")?.saturating_sub((size >> 10) as u64);
        // Resets the peak.
        fs::write("/proc/self/clear_refs", "5")?;
        catalog.import(source(name), items, |_| {}).await?;
        let taken = memory("VmHWM")?.saturating_sub(before) >> 10;
        line += &format!("  {bound:>9} {taken:>9}{}", if taken > bound { " !" } else { "  " });
    }
    println!("{line}");
    Ok(())
}

fn source(name: &str) -> Source {
    Source { name: name.to_owned(), demo: false }
}

/// A line of /proc/self/status, in KiB.
fn memory(name: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim_matches(|c: char| !c.is_ascii_digit()).parse()?)
}
