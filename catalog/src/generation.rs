//! Generations on disk and in memory, and the pointer file that names the serving one.
//!
//! `generations/<id>/` contains `words-2/` (the keyword index), `names-2.*`, `items.jsonl`, `vectors.i8` (unless built
//! without vectors) and `manifest.json`, which is written last. A generation is immutable after the switch.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    thread,
};

use memchr::{memchr, memmem, memrchr};
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    catalog::{Localized, Product},
    measure::Measure,
};
use tolmach_runtime::ports::Embedder;

use super::{
    Error,
    articles::Articles,
    budget::BuildLimits,
    index::Index,
    names::{self, Names},
    scratch::ScratchPool,
    vectors::Vectors,
};
use crate::words::Latin;

const POINTER: &str = "current";
const MANIFEST: &str = "manifest.json";
const ITEMS: &str = "items.jsonl";
const VECTORS: &str = "vectors.i8";
const EARLIER_VECTORS: &str = "vectors.f32";
/// The folder of the keyword index. Its number grows when the terms of a text change, because a query must be read like the
/// rows were.
const WORDS: &str = "words-2";
/// A language counts when at least one name in so many is in it: a few foreign words do not change how queries are read.
const ONE_IN: usize = 20;
/// Prefix of the folders of unfinished builds.
pub(super) const UNFINISHED: &str = ".building-";

/// Metadata of a generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Manifest {
    /// UUID v7, so that ids sort by creation time.
    pub id: String,
    /// Build time in milliseconds since the Unix epoch, UTC.
    pub created: i64,
    /// Number of rows, all sources together.
    pub rows: u64,
    /// Its sources, sorted by name.
    pub sources: Vec<SourceSummary>,
    /// Name of the embedder that made the vectors; `None` without vectors.
    pub embedder: Option<String>,
}

/// One source of a generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SourceSummary {
    /// Name of the source.
    pub name: String,
    /// Whether its rows are demo data.
    pub demo: bool,
    /// Number of its rows.
    pub rows: u64,
}

/// A row as stored in `items.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    pub source: String,
    pub product: Product,
}

/// A loaded generation, ready to be searched. Rows are numbered from 0 in file order.
pub(super) struct Generation {
    pub manifest: Manifest,
    pub products: Vec<Product>,
    pub index: Index,
    pub names: Names,
    pub vectors: Option<Vectors>,
    pub articles: Articles,
    pub brands: Distinct<String>,
    pub categories: Distinct<Localized>,
    /// Measures of all rows, concatenated, and the start offset of each row's, with one more offset at the end.
    measures: (Vec<Measure>, Vec<u32>),
    /// Languages with Latin letters, besides English, that enough names are in.
    pub languages: Vec<Latin>,
    pub scratch_pool: ScratchPool,
}

/// The distinct values of a column, and the index into them for every row. Filters are evaluated once per value.
pub(super) struct Distinct<T> {
    pub values: Vec<T>,
    pub of_row: Vec<u32>,
}

impl Generation {
    /// Loads a generation by its id.
    ///
    /// # Errors
    /// [`Error::Broken`] if a file is missing, malformed, or does not match the manifest.
    pub fn load(folder: &Path, id: &str) -> Result<Generation, Error> {
        Generation::load_from(&generations(folder).join(id))
            .map_err(|why| Error::Broken { generation: id.into(), why })
    }

    /// Loads a generation from a folder, which may still have its temporary name.
    pub fn load_from(path: &Path) -> Result<Generation, String> {
        let manifest = read_manifest(path)?;
        if !path.join(WORDS).exists() {
            index_anew(path)?;
        }
        let rows = usize::try_from(manifest.rows).map_err(|error| format!("{MANIFEST}: {error}"))?;
        // Parsing the rows takes nearly all of the time, so index and vectors are read in parallel to it.
        let (products, index, vectors) = thread::scope(|scope| {
            let index = scope.spawn(|| Index::open(&path.join(WORDS), rows));
            let vectors = scope.spawn(|| read_vectors(path, &manifest, rows));
            (read_products(path), joined(index), joined(vectors))
        });
        let products = products?;
        if products.len() != rows {
            return Err(format!("{ITEMS} has {} rows, {MANIFEST} says {rows}", products.len()));
        }
        let index = index?.map_err(|error| format!("{WORDS}: {error}"))?;
        let vectors = vectors??;
        let (names, articles, languages, listed, measures) = thread::scope(|scope| {
            let names = scope.spawn(|| Names::read(path, &products));
            let articles = scope.spawn(|| Articles::of(&products));
            let languages = scope.spawn(|| languages(&products));
            let listed = scope.spawn(|| {
                let brands = distinct(&products, |product| &product.brand, |brand| [brand, ""]);
                let both =
                    distinct(&products, |product| &product.category, |category| [&category.ru, &category.en]);
                (brands, both)
            });
            (joined(names), joined(articles), joined(languages), joined(listed), measures(&products))
        });
        let names = names?.map_err(|error| error.to_string())?;
        let (articles, languages, (brands, categories), measures) =
            (articles?, languages?, listed?, measures?);
        let scratch_pool = ScratchPool::default();
        Ok(Generation {
            manifest,
            products,
            index,
            names,
            vectors,
            articles,
            brands,
            categories,
            measures,
            languages,
            scratch_pool,
        })
    }

    /// The row with a product id.
    pub fn row_of(&self, id: &str) -> Option<u32> {
        let row = self.products.iter().position(|product| product.id == id)?;
        u32::try_from(row).ok()
    }

    /// The measures of a row.
    pub fn measures_of(&self, row: u32) -> impl Iterator<Item = &Measure> {
        let (all, begins) = &self.measures;
        let at = |row: usize| begins.get(row).copied().unwrap_or_default() as usize;
        let row = row as usize;
        all.get(at(row)..at(row + 1)).unwrap_or_default().iter()
    }

    /// Whether the vectors are comparable with those of this embedder.
    pub fn has_vectors_of(&self, embedder: &dyn Embedder) -> bool {
        self.manifest.embedder.as_deref() == Some(embedder.name())
            && self.vectors.as_ref().is_some_and(|vectors| vectors.dimensions() == embedder.dimensions())
    }
}

/// Builds the keyword index of a generation of an earlier version of the program. Two processes may do so at once.
fn index_anew(path: &Path) -> Result<(), String> {
    tracing::info!(generation = %path.display(), "the catalogue's index is of an earlier version and is built anew");
    let failed = |error: &dyn ToString| format!("{WORDS}: {}", error.to_string());
    let unfinished = path.join(format!("{UNFINISHED}{WORDS}-{}", uuid::Uuid::now_v7()));
    let products = read_products(path)?;
    let memory = BuildLimits::default().writer();
    let built = Index::build(&unfinished, products.iter(), memory, &|_| {}).map_err(|error| failed(&error));
    let moved = built.and_then(|()| {
        let moved = fs::rename(&unfinished, path.join(WORDS)).and_then(|()| sync_folder(path));
        // Whoever was first has built the same.
        moved
            .or_else(|error| if path.join(WORDS).exists() { Ok(()) } else { Err(error) })
            .map_err(|error| failed(&error))
    });
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(|error| failed(&error))?;
    }
    moved
}

fn read_vectors(path: &Path, manifest: &Manifest, rows: usize) -> Result<Option<Vectors>, String> {
    let file = path.join(VECTORS);
    // An earlier format stored f32 vectors. Search by keywords only until the next import writes new ones.
    if manifest.embedder.is_none() || (!file.exists() && path.join(EARLIER_VECTORS).exists()) {
        return Ok(None);
    }
    Vectors::read(&file, rows).map(Some).map_err(|error| format!("{VECTORS}: {error}"))
}

/// The languages of at least one name in [`ONE_IN`].
fn languages(products: &[Product]) -> Vec<Latin> {
    let mut counts = [(Latin::German, 0), (Latin::Polish, 0)];
    for name in products.iter().flat_map(|product| [&product.name.ru, &product.name.en]) {
        let language = Latin::of(name);
        if let Some((_, count)) = counts.iter_mut().find(|(known, _)| *known == language) {
            *count += 1;
        }
    }
    let enough = counts.into_iter().filter(|(_, count)| *count > 0 && count * ONE_IN >= products.len());
    enough.map(|(language, _)| language).collect()
}

/// Parses the measures of all rows, in parallel; see [`Generation::measures`].
fn measures(products: &[Product]) -> Result<(Vec<Measure>, Vec<u32>), String> {
    let mut all = Vec::new();
    let mut begins = Vec::with_capacity(products.len() + 1);
    let parts = products.chunks(products.len().div_ceil(threads()).max(1));
    let of_part = |part: &[Product]| part.iter().map(Product::measures).collect::<Vec<_>>();
    for of_row in in_threads(parts, of_part)?.into_iter().flatten() {
        begins.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
        all.extend(of_row);
    }
    begins.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
    Ok((all, begins))
}

/// Values are equal if the given texts are.
fn distinct<T: Clone>(
    products: &[Product],
    value: impl Fn(&Product) -> &T,
    texts: impl Fn(&T) -> [&str; 2],
) -> Distinct<T> {
    let mut values = Vec::new();
    let mut known: HashMap<[&str; 2], u32> = HashMap::new();
    let of_row = products
        .iter()
        .map(|product| {
            let value = value(product);
            *known.entry(texts(value)).or_insert_with(|| {
                values.push(value.clone());
                u32::try_from(values.len() - 1).unwrap_or(u32::MAX)
            })
        })
        .collect();
    Distinct { values, of_row }
}

fn read_manifest(path: &Path) -> Result<Manifest, String> {
    let bytes = fs::read(path.join(MANIFEST)).map_err(|error| format!("{MANIFEST}: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{MANIFEST}: {error}"))
}

/// Reads the manifest of a generation without loading it.
pub(super) fn manifest(folder: &Path, id: &str) -> Result<Manifest, Error> {
    read_manifest(&generations(folder).join(id)).map_err(|why| Error::Broken { generation: id.into(), why })
}

/// Input for writing a generation's folder.
pub(super) struct Content<'a> {
    pub manifest: &'a Manifest,
    pub items: &'a [Item],
    pub vectors: Option<&'a Vectors>,
    pub limits: BuildLimits,
}

/// Writes a generation into an empty folder, the manifest last, and syncs it to disk. `indexed` is called with the
/// number of rows indexed so far.
pub(super) fn write(path: &Path, content: &Content<'_>, indexed: &dyn Fn(u64)) -> Result<(), Error> {
    let failed =
        |what: &Path, why: &dyn ToString| Error::disk(format!("writing {}", what.display()), why.to_string());
    let items_path = path.join(ITEMS);
    let write_items = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(&items_path)?);
        for item in content.items {
            serde_json::to_writer(&mut file, item)?;
            file.write_all(b"\n")?;
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    };
    write_items().map_err(|error| failed(&items_path, &error))?;
    if let Some(vectors) = content.vectors {
        let vectors_path = path.join(VECTORS);
        vectors.write(&vectors_path).map_err(|error| failed(&vectors_path, &error))?;
    }
    let words_path = path.join(WORDS);
    let products = content.items.iter().map(|item| &item.product);
    Index::build(&words_path, products, content.limits.writer(), indexed)
        .map_err(|error| failed(&words_path, &error))?;
    let mut names = names::Builder::default();
    content.items.iter().for_each(|item| names.add(&item.product));
    names.write(path).map_err(|error| failed(path, &error))?;
    let manifest_path = path.join(MANIFEST);
    let manifest =
        serde_json::to_vec_pretty(content.manifest).map_err(|error| failed(&manifest_path, &error))?;
    write_durably(&manifest_path, &manifest).map_err(|error| failed(&manifest_path, &error))?;
    sync_folder(path).map_err(|error| failed(path, &error))
}

/// The rows of a generation with their sources.
pub(super) fn read_items(path: &Path) -> Result<Vec<Item>, String> {
    read_rows(path, |item| item)
}

/// The first row of a generation with an article number. The file is searched for the text, and only lines with it are parsed.
pub(super) fn find_item(folder: &Path, id: &str, article: &str) -> Result<Option<Item>, Error> {
    let broken = |why: String| Error::Broken { generation: id.into(), why };
    let wanted = serde_json::to_string(article).map_err(|error| broken(error.to_string()))?;
    let wanted = format!("\"article\":{wanted}");
    let path = generations(folder).join(id).join(ITEMS);
    let text = fs::read(path).map_err(|error| broken(format!("{ITEMS}: {error}")))?;
    let mut from = 0;
    while let Some(at) = memmem::find(text.get(from..).unwrap_or_default(), wanted.as_bytes()) {
        let at = from + at;
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at..).unwrap_or_default();
        let begins = memrchr(b'\n', before).map_or(0, |end| end + 1);
        let ends = memchr(b'\n', after).map_or(text.len(), |end| at + end);
        let line = text.get(begins..ends).unwrap_or_default();
        let item: Item = serde_json::from_slice(line).map_err(|error| broken(format!("{ITEMS}: {error}")))?;
        if item.product.article == article {
            return Ok(Some(item));
        }
        from = ends;
    }
    Ok(None)
}

fn read_products(path: &Path) -> Result<Vec<Product>, String> {
    read_rows(path, |item| item.product)
}

/// Parses the rows in parallel and maps each. The error names the first malformed line.
fn read_rows<T: Send>(path: &Path, wanted: impl Fn(Item) -> T + Sync) -> Result<Vec<T>, String> {
    let text = fs::read_to_string(path.join(ITEMS)).map_err(|error| format!("{ITEMS}: {error}"))?;
    let row = |line: &str| serde_json::from_str(line).map(&wanted);
    let read = in_threads(parts(&text, threads()).into_iter(), |part| {
        part.lines().map(row).collect::<Result<Vec<T>, _>>()
    })?;
    let mut rows = Vec::with_capacity(text.lines().count());
    for part in read {
        // Parts before the first failed one are complete; the lines after them are parsed again to find the line
        // number.
        match part {
            Ok(part) => rows.extend(part),
            Err(_) => break,
        }
    }
    let wrong = text.lines().enumerate().skip(rows.len()).find_map(|(number, line)| {
        row(line).err().map(|error| format!("{ITEMS} line {}: {error}", number + 1))
    });
    wrong.map_or(Ok(rows), Err)
}

/// Splits a text into at most `count` parts of similar size, at line ends.
fn parts(text: &str, count: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let middle = rest.len() / count.saturating_sub(parts.len()).max(1);
        let end = rest.as_bytes().iter().skip(middle).position(|byte| *byte == b'\n');
        let (part, after) = rest.split_at(end.map_or(rest.len(), |end| middle + end + 1));
        parts.push(part);
        rest = after;
    }
    parts
}

/// Runs the work on each part in its own thread. Results are in the order of the parts.
fn in_threads<P: Send, T: Send>(
    parts: impl Iterator<Item = P>,
    work: impl Fn(P) -> T + Sync,
) -> Result<Vec<T>, String> {
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        threads.into_iter().map(joined).collect()
    })
}

/// At most 8: more threads are bound by memory bandwidth.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, |count| count.get().min(8))
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> Result<T, String> {
    thread.join().map_err(|_| "a thread that read it ended early".to_owned())
}

/// The folder that contains all generations.
pub(super) fn generations(folder: &Path) -> PathBuf {
    folder.join("generations")
}

/// Creates the folders.
pub(super) fn prepare(folder: &Path) -> Result<(), Error> {
    let path = generations(folder);
    fs::create_dir_all(&path).map_err(|error| Error::disk(format!("making {}", path.display()), error))
}

/// The id of the serving generation; `None` before the first import.
pub(super) fn current(folder: &Path) -> Result<Option<String>, Error> {
    let path = folder.join(POINTER);
    match fs::read_to_string(&path) {
        Ok(id) if is_id(id.trim()) => Ok(Some(id.trim().to_owned())),
        Ok(_) => Err(Error::disk(format!("reading {}", path.display()), "it does not name a generation")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::disk(format!("reading {}", path.display()), error)),
    }
}

/// The ids of finished generations, oldest first.
pub(super) fn finished(folder: &Path) -> Result<Vec<String>, Error> {
    let path = generations(folder);
    let failed = |error: std::io::Error| Error::disk(format!("reading {}", path.display()), error);
    let mut ids = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if is_id(&name) {
            ids.push(name);
        }
    }
    ids.sort();
    Ok(ids)
}

/// Points at a generation atomically: even after a power failure the pointer holds the old id or the new one.
pub(super) fn point(folder: &Path, id: &str) -> Result<(), Error> {
    let (new, path) = (folder.join("current.new"), folder.join(POINTER));
    let switch = || {
        write_durably(&new, format!("{id}\n").as_bytes())?;
        fs::rename(&new, &path)?;
        sync_folder(folder)
    };
    switch().map_err(|error| Error::disk(format!("switching {}", path.display()), error))
}

fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A rename is durable only after its folder is synced.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
