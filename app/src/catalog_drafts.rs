//! Drafts of the catalogue: price lists that were uploaded, read, corrected on the sheet, and published or discarded.
//!
//! A draft is the list of one supplier, of one file or several. Its files and what was read of them lie in a folder of the
//! uploads, and its row is one of the uploads' rows, which the data folder's sweep removes after some days. Only how far work
//! is stays in memory: a draft whose work was cut off says so and can be read again. Rows are not kept either, because a list
//! may have a hundred thousand: publishing reads the files once more, against the catalogue of that moment.

mod columns;
mod received;
mod stored;
mod surprises;
mod work;

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;
use tolmach_catalog::{
    Answered, EmbeddedCatalog,
    changes::{Changes, Disagreements},
    import::{Mapping, Report, SheetReport, SheetSample},
    photos::PhotoReport,
};
use tolmach_runtime::{
    Shared,
    ports::{self, Actor, Clock, Store, Write},
};
use uuid::Uuid;

use crate::{
    audit::Change,
    price_list::{self, ImportProgress, ReaderProcess},
    text::event_id,
};

pub use columns::{Choice, NOTHING, field_of, fields};
pub use received::{DraftFile, FileKind, MAX_FILES, Receiving, Writing};
pub use stored::UploadShown;
pub use surprises::{Level, Surprise, is_doubtful, is_named, surprises};

/// Drafts that are worked on at once; others wait.
const AT_ONCE: usize = 2;
/// Maximum length of a supplier's name, as the catalogue takes it.
const MAX_SUPPLIER: usize = 100;

const DRAFT: &str = "draft.json";
const PREVIEW: &str = "preview.json";
const FAILED: &str = "failed.json";
const PUBLISHED: &str = "published.json";

/// The drafts of a data folder, with what is needed to read and publish them.
pub struct Drafts {
    uploads: PathBuf,
    store: Arc<dyn Store>,
    catalog: Arc<EmbeddedCatalog>,
    clock: Arc<dyn Clock>,
    reader: Shared<ReaderProcess>,
    slots: Semaphore,
    works: Mutex<HashMap<Uuid, Work>>,
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Its id.
    pub id: Uuid,
    /// The supplier whose rows it replaces.
    pub supplier: String,
    /// When it was uploaded, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who uploaded it.
    pub by: Actor,
    /// Its files, in the order of arrival.
    pub files: Vec<DraftFile>,
    /// The columns that a person named, for each list in the order of the files.
    maps: Vec<Mapping>,
}

impl Draft {
    /// Its lists.
    pub fn lists(&self) -> impl Iterator<Item = &DraftFile> {
        self.files.iter().filter(|file| file.kind == FileKind::List)
    }

    fn path(&self, uploads: &Path, file: &DraftFile) -> PathBuf {
        uploads.join(self.id.to_string()).join(&file.folder).join(&file.name)
    }
}

/// How far the work on a draft is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// It waits for others.
    Queued,
    /// Its files are read.
    Reading,
    /// The catalogue that it would make is tried.
    Trying(ImportProgress),
    /// It is published; `None` while its files are read once more.
    Publishing(Option<ImportProgress>),
}

/// What became of a draft.
#[derive(Debug)]
pub enum State {
    /// Work goes on.
    Working(Work),
    /// It waits for a person.
    Preview(Box<Preview>),
    /// It cannot be read; why, in English.
    Failed(String),
    /// Its work was cut off, by a restart for one.
    CutOff,
    /// It serves, or did.
    Published(Published),
}

impl State {
    /// The state's name in texts and addresses.
    pub fn name(&self) -> &'static str {
        match self {
            State::Working(Work::Queued) => "queued",
            State::Working(Work::Reading | Work::Trying(_)) => "reading",
            State::Working(Work::Publishing(_)) => "publishing",
            State::Preview(_) => "preview",
            State::Failed(_) | State::CutOff => "failed",
            State::Published(_) => "published",
        }
    }
}

/// What a published draft has become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// The generation.
    pub generation: String,
    /// Its rows of this supplier.
    pub items: u64,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// What a person sees of a draft before it is published.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The generation that it was compared with; `None` for none.
    pub base: Option<String>,
    /// How the files were understood; empty where they were not.
    pub report: Report,
    /// The number of the list, from 0, of each sheet of the report.
    pub sheets_of: Vec<usize>,
    /// The beginnings of the sheets of each list.
    pub samples: Vec<Vec<SheetSample>>,
    /// Why no columns could be found, in English: a person has to choose them.
    pub not_understood: Option<String>,
    /// What changes.
    pub changes: Changes,
    /// Other suppliers' prices.
    pub disagreements: Disagreements,
    /// What the archive of photos has.
    pub photos: Option<PhotoReport>,
    /// Photos on other hosts.
    pub photos_elsewhere: usize,
    /// Rows of demo sources, which go with the first real list.
    pub demo_rows: usize,
    /// How the new catalogue answers the golden questions.
    pub golden: Vec<Answered>,
    /// Why the golden questions could not be asked, in English.
    pub golden_error: Option<String>,
    /// Why it could not be published the last time, in English.
    pub not_published: Option<String>,
}

impl Preview {
    /// Golden questions that the new catalogue does not answer.
    pub fn failing(&self) -> impl Iterator<Item = &Answered> {
        self.golden.iter().filter(|answered| answered.fails())
    }

    /// Columns that a person has to confirm or correct.
    pub fn doubts(&self) -> usize {
        let columns =
            self.report.sheets.iter().filter(|sheet| sheet.items > 0).flat_map(|sheet| &sheet.columns);
        columns.filter(|column| is_doubtful(column)).count()
    }

    /// What keeps it from being published; `None` for nothing.
    pub fn blocked_by(&self) -> Option<&'static str> {
        if self.report.items == 0 {
            Some("empty")
        } else if self.doubts() > 0 {
            Some("columns")
        } else if self.golden_error.is_some() || self.failing().next().is_some() {
            Some("golden")
        } else {
            None
        }
    }

    /// The sheets a person can look at: the number of the list, the sheet's report if there is one, and its beginning.
    pub fn sheets(&self) -> Vec<SeenSheet<'_>> {
        if self.report.sheets.is_empty() {
            let all = self.samples.iter().enumerate();
            return all
                .flat_map(|(list, samples)| {
                    samples.iter().map(move |sample| SeenSheet { list, report: None, sample: Some(sample) })
                })
                .collect();
        }
        let reports = self.report.sheets.iter().zip(&self.sheets_of);
        reports
            .map(|(report, list)| {
                let samples = self.samples.get(*list).into_iter().flatten();
                let sample = samples.into_iter().find(|sample| sample.name == report.name);
                SeenSheet { list: *list, report: Some(report), sample }
            })
            .collect()
    }
}

/// A sheet of a preview.
#[derive(Clone, Copy, Debug)]
pub struct SeenSheet<'p> {
    /// The number of its list, from 0.
    pub list: usize,
    /// How it was understood; `None` if no sheet of the file was.
    pub report: Option<&'p SheetReport>,
    /// Its beginning; `None` for a sheet that is not read, a hidden one for instance.
    pub sample: Option<&'p SheetSample>,
}

impl SeenSheet<'_> {
    /// Its name.
    pub fn name(&self) -> &str {
        let named = self.report.map(|report| report.name.as_str());
        named.or(self.sample.map(|sample| sample.name.as_str())).unwrap_or_default()
    }
}

/// Why something cannot be done with drafts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such draft.
    #[error("there is no such upload; it may have been discarded")]
    Unknown,
    /// No price list is among the files.
    #[error("there is no price list among the files")]
    NoList,
    /// More than one archive of photos.
    #[error("there are several archives of photos; upload one at a time")]
    ManyArchives,
    /// Too many files.
    #[error("more than {MAX_FILES} files at once")]
    TooManyFiles,
    /// The files are too large.
    #[error("the files are larger than 4 GiB, the most that is taken")]
    TooLarge,
    /// The supplier's name cannot be used.
    #[error("a supplier's name has 1 to 100 characters, no slash, and no control characters")]
    BadSupplier,
    /// Work on the draft goes on.
    #[error("the upload is being worked on")]
    Busy,
    /// It cannot be published as it is.
    #[error("the upload cannot be published yet")]
    NotReady,
    /// A file cannot be written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

impl Drafts {
    /// The drafts of a data folder.
    pub fn of(
        data: &Path,
        store: Arc<dyn Store>,
        catalog: Arc<EmbeddedCatalog>,
        clock: Arc<dyn Clock>,
        reader: impl Into<Shared<ReaderProcess>>,
    ) -> Drafts {
        let reader = reader.into();
        let (slots, works) = (Semaphore::new(AT_ONCE), Mutex::default());
        Drafts { uploads: data.join("uploads"), store, catalog, clock, reader, slots, works }
    }

    /// The catalogue that drafts are for.
    pub fn catalog(&self) -> &Arc<EmbeddedCatalog> {
        &self.catalog
    }

    /// Begins to take files.
    ///
    /// # Errors
    /// Their folder cannot be made.
    pub async fn receive(&self) -> Result<Receiving, Error> {
        Receiving::begin(&self.uploads, event_id(self.clock.now())).await
    }

    /// Makes a draft of files that have arrived, and reads it in the background. Without a supplier each list is a draft of its
    /// own, whose supplier is the file's name; the photos belong to all of them. Returns the drafts' ids.
    ///
    /// Writes a `catalog.upload` row of the audit log for each.
    ///
    /// # Errors
    /// There is no list, there are several archives, the supplier's name cannot be used, a file cannot be written, or the
    /// database is away; nothing is left then.
    pub async fn add(
        self: &Arc<Self>,
        actor: &Actor,
        supplier: Option<&str>,
        mut received: Receiving,
    ) -> Result<Vec<Uuid>, Error> {
        let supplier = supplier.map(checked).transpose()?;
        let files = received.finish()?;
        let whole = received.folder.clone();
        let lists: Vec<&DraftFile> = files.iter().filter(|file| file.kind == FileKind::List).collect();
        let groups: Vec<(String, Vec<DraftFile>)> = match supplier {
            Some(supplier) => vec![(supplier, files.clone())],
            None => {
                let photos = files.iter().filter(|file| file.kind == FileKind::Photos);
                let photos: Vec<DraftFile> = photos.cloned().collect();
                lists
                    .iter()
                    .map(|list| (stem(&list.name), [vec![(*list).clone()], photos.clone()].concat()))
                    .collect()
            }
        };
        let mut made = Vec::new();
        for (number, (supplier, files)) in groups.into_iter().enumerate() {
            let id = if number == 0 { received.id } else { event_id(self.clock.now()) };
            let maps =
                files.iter().filter(|file| file.kind == FileKind::List).map(|_| Mapping::default()).collect();
            let draft = Draft { id, supplier, at: self.clock.now(), by: actor.clone(), files, maps };
            let mut change = Change::new(actor, "catalog.upload", draft.at);
            change.on(draft.supplier.clone());
            change.before(Value::Null);
            change.after(stored::told(&draft));
            let added = self.put(&draft, &whole, &change).await;
            change.end_failed(&*self.store, &added).await;
            if let Err(why) = added {
                for id in made.iter().chain([&draft.id, &received.id]) {
                    self.remove(*id).await?;
                }
                return Err(why);
            }
            made.push(draft.id);
        }
        for id in &made {
            self.start(*id, actor, work::Job::Read)?;
        }
        Ok(made)
    }

    /// Drafts with their states, the newest first; of 1,000 uploads at most.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list(&self) -> Result<Vec<(Draft, &'static str)>, Error> {
        let mut drafts = Vec::new();
        for upload in self.store.uploads_before(i64::MAX).await? {
            if let Some(draft) = self.stored(upload.id) {
                let state = self.state_name(upload.id);
                drafts.push((draft, state));
            }
        }
        drafts.sort_by_key(|(draft, _)| std::cmp::Reverse(draft.at));
        Ok(drafts)
    }

    /// How many drafts are not published.
    ///
    /// # Errors
    /// The database is away.
    pub async fn unpublished(&self) -> Result<usize, Error> {
        let uploads = self.store.uploads_before(i64::MAX).await?;
        let is_open = |id: Uuid| self.folder(id).join(DRAFT).is_file() && self.state_name(id) != "published";
        Ok(uploads.into_iter().filter(|upload| is_open(upload.id)).count())
    }

    /// A draft and its state.
    ///
    /// # Errors
    /// There is no such draft.
    pub fn show(&self, id: Uuid) -> Result<(Draft, State), Error> {
        let draft = self.stored(id).ok_or(Error::Unknown)?;
        if let Some(work) = self.work(id) {
            return Ok((draft, State::Working(work)));
        }
        let state = match self.state_name(id) {
            "published" => self.read(id, PUBLISHED).map(State::Published),
            "failed" => self.read(id, FAILED).map(State::Failed),
            "preview" => self.read(id, PREVIEW).map(State::Preview),
            _ => None,
        };
        Ok((draft, state.unwrap_or(State::CutOff)))
    }

    /// Reads a draft anew with columns corrected: `choices` are those of the sheet with this number among
    /// [`Preview::sheets`]. Without a sheet it is only read again.
    ///
    /// Writes a `catalog.columns` row of the audit log.
    ///
    /// # Errors
    /// There is no such draft, work on it goes on, it was published, or its folder cannot be written.
    pub async fn correct(
        self: &Arc<Self>,
        actor: &Actor,
        id: Uuid,
        sheet: Option<usize>,
        choices: &[Choice],
    ) -> Result<(), Error> {
        let (mut draft, state) = self.show(id)?;
        let preview = match (state, sheet) {
            (State::Working(_), _) => return Err(Error::Busy),
            (State::Published(_), _) => return Err(Error::NotReady),
            (State::Preview(preview), Some(sheet)) => Some((preview, sheet)),
            (State::Preview(_) | State::Failed(_) | State::CutOff, _) => None,
        };
        if let Some((preview, sheet)) = preview {
            let sheets = preview.sheets();
            let seen = sheets.get(sheet).ok_or(Error::Unknown)?;
            let columns = seen.report.map(|report| report.columns.as_slice()).unwrap_or_default();
            if let Some(map) = draft.maps.get_mut(seen.list) {
                let before = map.to_string();
                *map = columns::corrected(std::mem::take(map), columns, choices);
                let mut change = Change::new(actor, "catalog.columns", self.clock.now());
                change.on(draft.supplier.clone());
                change.before(before);
                change.after(map.to_string());
                let written = self.write(id, DRAFT, &draft);
                change.end(&*self.store, &written).await;
                written?;
            }
        }
        self.start(id, actor, work::Job::Read)
    }

    /// Publishes a draft in the background, on behalf of `actor`.
    ///
    /// The import writes its row of the audit log.
    ///
    /// # Errors
    /// There is no such draft, work on it goes on, or it cannot be published as it is.
    pub fn publish(self: &Arc<Self>, actor: &Actor, id: Uuid) -> Result<(), Error> {
        match self.show(id)?.1 {
            State::Working(_) => Err(Error::Busy),
            State::Preview(preview) if preview.blocked_by().is_none() => {
                self.start(id, actor, work::Job::Publish)
            }
            _ => Err(Error::NotReady),
        }
    }

    /// Removes a draft and its files, on behalf of `actor`. One that is being read is removed all the same.
    ///
    /// Writes a `catalog.discard` row of the audit log.
    ///
    /// # Errors
    /// There is no such draft, it is being published, or the database is away.
    pub async fn discard(&self, actor: &Actor, id: Uuid) -> Result<(), Error> {
        let draft = self.stored(id).ok_or(Error::Unknown)?;
        if matches!(self.work(id), Some(Work::Publishing(_))) {
            return Err(Error::Busy);
        }
        let mut change = Change::new(actor, "catalog.discard", self.clock.now());
        change.before(stored::told(&draft));
        change.after(Value::Null);
        change.on(draft.supplier);
        received::remove(&self.folder(id));
        let removed = change.write(&*self.store, vec![Write::RemoveUpload(id)]).await;
        change.end_failed(&*self.store, &removed).await;
        Ok(removed.map(drop)?)
    }
}

/// A supplier's name, without spaces around it.
fn checked(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let length = name.chars().count();
    if !(1..=MAX_SUPPLIER).contains(&length) || name.contains(|c: char| c == '/' || c.is_control()) {
        return Err(Error::BadSupplier);
    }
    Ok(name.to_owned())
}

/// The supplier that a file's name says.
fn stem(name: &str) -> String {
    let stem = price_list::PriceList::of(name).supplier().unwrap_or_default();
    stem.trim().chars().take(MAX_SUPPLIER).collect()
}
