//! Images of bundles: their content beside the texts of releases and drafts, which only name it.
//!
//! Whatever is stored of a bundle is stored after the content of its images, so that nothing names what is not there. A release
//! from elsewhere brings its images along; one whose images are missing is not published.

mod drafts;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tolmach_engine::{
    bundle::Bundle,
    image::{Format, IMAGE_PREFIX, hash_in},
};
use tolmach_runtime::{
    BundleError,
    ports::{self, Photo, Photos, Store, StoredImage},
    read_images,
};

pub use drafts::{Error, ImageShown, ImageUse, NewImage, list, path_for, put, remove, settle, uses};

/// Why the images of a bundle cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// A file of the folder cannot be read.
    #[error(transparent)]
    Folder(#[from] BundleError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// Stores the content of the images of a bundle that was read from a folder; those that are stored already too unless `new` is set,
/// so that retention does not remove one that nothing named before.
///
/// # Errors
/// When a file cannot be read or changed meanwhile, or the database is unavailable.
pub async fn keep_of_folder(
    store: &dyn Store,
    folder: &Path,
    bundle: &Bundle,
    now: i64,
    new: bool,
) -> Result<(), KeepError> {
    let mut bundle =
        Bundle { files: bundle.images().map(|(path, text)| (path.into(), text.into())).collect() };
    if new {
        let missing = missing(store, &bundle).await?;
        bundle.files.retain(|path, _| missing.contains(path));
    }
    if bundle.files.is_empty() {
        return Ok(());
    }
    let mut images = read_images(folder, &bundle);
    loop {
        // One at a time: all together may be large.
        let (read, rest) = tokio::task::spawn_blocking(move || {
            let next = images.next();
            (next, images)
        })
        .await
        .map_err(|why| ports::Error::unavailable("read images", why))?;
        let Some(image) = read else { return Ok(()) };
        store.keep_image(&image?, now).await?;
        images = rest;
    }
}

/// The paths of the images of a bundle whose content is not stored.
///
/// # Errors
/// When the database is unavailable.
pub async fn missing(store: &dyn Store, bundle: &Bundle) -> ports::Result<Vec<String>> {
    let named: BTreeSet<String> = bundle.pointers().map(|(_, image)| image.hash).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let there = store.stored_images(&named).await?;
    let gone = bundle.pointers().filter(|(_, image)| !there.contains(&image.hash));
    Ok(gone.map(|(path, _)| path.to_owned()).collect())
}

/// The content of the images of a bundle by path; the paths of those that are not stored, if any.
///
/// # Errors
/// When the database is unavailable.
pub async fn contents(
    store: &dyn Store,
    bundle: &Bundle,
) -> ports::Result<Result<BTreeMap<String, StoredImage>, Vec<String>>> {
    let (mut all, mut gone) = (BTreeMap::new(), Vec::new());
    for (path, image) in bundle.pointers() {
        match store.image(&image.hash).await? {
            Some(image) => drop(all.insert(path.to_owned(), image)),
            None => gone.push(path.to_owned()),
        }
    }
    Ok(if gone.is_empty() { Ok(all) } else { Err(gone) })
}

/// How many images are read of the database at a time.
const READS: usize = 8;

/// Images as channels and pages are given them. Whoever reads an image while another still has it gets the same bytes, so that many
/// slow readers cost one.
#[derive(Clone)]
pub struct KeptImages(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    reads: Semaphore,
    read: Mutex<HashMap<String, Weak<StoredImage>>>,
}

impl KeptImages {
    /// Images of this store.
    pub fn new(store: Arc<dyn Store>) -> KeptImages {
        KeptImages(Arc::new(Inner { store, reads: Semaphore::new(READS), read: Mutex::default() }))
    }

    /// The image of an address' last part: `<hash>.<ending>`. `None` where there is none, or its ending is that of another kind.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn named(&self, name: &str) -> ports::Result<Option<Arc<StoredImage>>> {
        let address = format!("{IMAGE_PREFIX}{name}");
        let Some(hash) = hash_in(&address) else { return Ok(None) };
        let found = match self.held(hash) {
            Some(image) => Some(image),
            None => self.read(hash).await?,
        };
        let fits = |image: &Arc<StoredImage>| {
            Format::of_media(&image.media).is_some_and(|format| name.ends_with(format.ending()))
        };
        Ok(found.filter(fits))
    }

    fn held(&self, hash: &str) -> Option<Arc<StoredImage>> {
        self.0.read.lock().unwrap_or_else(PoisonError::into_inner).get(hash)?.upgrade()
    }

    async fn read(&self, hash: &str) -> ports::Result<Option<Arc<StoredImage>>> {
        let reading = self.0.reads.acquire().await;
        let _reading = reading.map_err(|why| ports::Error::unavailable("read an image", why))?;
        // Another may have read it meanwhile.
        if let Some(image) = self.held(hash) {
            return Ok(Some(image));
        }
        let Some(image) = self.0.store.image(hash).await?.map(Arc::new) else { return Ok(None) };
        let mut read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.retain(|_, image| image.strong_count() > 0);
        read.insert(hash.to_owned(), Arc::downgrade(&image));
        Ok(Some(image))
    }
}

#[async_trait]
impl Photos for KeptImages {
    async fn read(&self, name: &str) -> ports::Result<Option<Photo>> {
        let found = self.named(name).await?;
        Ok(found.and_then(|image| {
            let media = Format::of_media(&image.media)?.media();
            Some(Photo { media, bytes: image.content.clone() })
        }))
    }
}
