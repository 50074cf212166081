//! The work on drafts: reading, and publishing. Tasks of this process, a bounded number at once.

use std::{
    collections::hash_map::Entry,
    sync::{Arc, PoisonError},
};

use tolmach_catalog::{Answered, Source, import};
use tolmach_runtime::ports::{Actor, AuditStore};
use uuid::Uuid;

use super::{Draft, Drafts, Error, FAILED, FileKind, PREVIEW, PUBLISHED, Preview, Published, Work, received};
use crate::{
    price_list::{self, Meter, Parts, PriceListPreview, ReadParts, read_parts},
    text::chain,
};

/// What is done with a draft.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    /// Its files are read and compared with the catalogue.
    Read,
    /// Its rows replace the supplier's.
    Publish,
}

impl Drafts {
    /// Starts work on a draft.
    ///
    /// # Errors
    /// Work on it goes on already.
    pub(super) fn start(self: &Arc<Self>, id: Uuid, actor: &Actor, job: Job) -> Result<(), Error> {
        let first = match job {
            Job::Read => Work::Queued,
            Job::Publish => Work::Publishing(None),
        };
        match self.works.lock().unwrap_or_else(PoisonError::into_inner).entry(id) {
            Entry::Occupied(_) => return Err(Error::Busy),
            Entry::Vacant(vacant) => drop(vacant.insert(first)),
        }
        let (drafts, actor) = (Arc::clone(self), actor.clone());
        tokio::spawn(async move {
            // However the work ends, the draft is free again.
            let busy = Busy { drafts, id };
            let drafts = &busy.drafts;
            let Ok(_slot) = drafts.slots.acquire().await else { return };
            let Some(draft) = drafts.stored(id) else { return };
            match job {
                Job::Read => drafts.read_draft(&draft).await,
                Job::Publish => drafts.publish_draft(&draft, &actor).await,
            }
        });
        Ok(())
    }

    fn at(&self, id: Uuid, work: Work) {
        if let Some(now) = self.works.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&id) {
            *now = work;
        }
    }

    fn parts(&self, draft: &Draft) -> Parts {
        let lists = draft.lists().zip(&draft.maps);
        let photos = draft.files.iter().find(|file| file.kind == FileKind::Photos);
        Parts {
            source: draft.supplier.clone(),
            lists: lists.map(|(file, map)| (draft.path(&self.uploads, file), map.clone())).collect(),
            photos: photos.map(|file| draft.path(&self.uploads, file)),
        }
    }

    async fn parts_read(&self, draft: &Draft) -> Result<ReadParts, price_list::Error> {
        let (parts, reader) = (self.parts(draft), self.reader.get());
        let folder = self.catalog.folder().to_owned();
        let read = tokio::task::spawn_blocking(move || read_parts(&parts, &folder, &reader)).await;
        read.map_err(price_list::Error::BrokeOff)
    }

    async fn read_draft(self: &Arc<Self>, draft: &Draft) {
        self.at(draft.id, Work::Reading);
        let base = self.catalog.manifest().map(|manifest| manifest.id);
        let outcome = match self.parts_read(draft).await {
            Ok(ReadParts { samples, sheets_of, read }) => match read {
                Ok(mut understood) => {
                    let photos_elsewhere = understood.photos_elsewhere();
                    let demo_rows = understood.current.iter().filter(|row| row.demo).count();
                    let golden = self.tried(draft, &mut understood).await;
                    let seen = Preview {
                        base,
                        sheets_of,
                        samples,
                        photos_elsewhere,
                        demo_rows,
                        ..Preview::default()
                    };
                    Ok(previewed(understood, golden, seen))
                }
                Err((_, why)) if needs_columns(&why) && samples.iter().any(|sheets| !sheets.is_empty()) => {
                    let not_understood = Some(chain(&why));
                    Ok(Preview { base, samples, not_understood, ..Preview::default() })
                }
                Err((_, why)) => Err(why),
            },
            Err(why) => Err(why),
        };
        let (name, written) = match outcome {
            Ok(preview) => (PREVIEW, self.write(draft.id, PREVIEW, &preview)),
            Err(why) => (FAILED, self.write(draft.id, FAILED, &chain(&why))),
        };
        self.settled(draft.id, name, written);
    }

    /// How the catalogue with the draft would answer the golden questions; why it cannot be known, as text.
    async fn tried(
        self: &Arc<Self>,
        draft: &Draft,
        understood: &mut PriceListPreview,
    ) -> Result<Vec<Answered>, String> {
        let questions = self.catalog.questions().map_err(|why| why.to_string())?;
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let items = std::mem::take(&mut understood.imported.items);
        understood.current = Vec::new();
        let source = Source { name: draft.supplier.clone(), demo: false };
        let scratch = self.folder(draft.id).join(format!("trial-{}", Uuid::now_v7()));
        let (drafts, id, meter) = (Arc::clone(self), draft.id, Meter::start());
        let progress = move |done| drafts.at(id, Work::Trying(meter.observe(done)));
        let tried = self.catalog.trial(source, items, questions, scratch, progress).await;
        tried.map_err(|why| chain(&why))
    }

    async fn publish_draft(self: &Arc<Self>, draft: &Draft, actor: &Actor) {
        let now = self.clock.now();
        let imported = match self.parts_read(draft).await {
            Ok(ReadParts { read: Ok(mut understood), .. }) => {
                let (drafts, id) = (Arc::clone(self), draft.id);
                let progress = move |done| drafts.at(id, Work::Publishing(Some(done)));
                let audit: &dyn AuditStore = &*self.store;
                price_list::import(&self.catalog, Some(audit), actor, now, &mut understood, progress).await
            }
            Ok(ReadParts { read: Err((_, why)), .. }) | Err(why) => {
                price_list::record_refusal(&*self.store, actor, now, &draft.supplier, &why).await;
                Err(why)
            }
        };
        match imported {
            Ok(outcome) => {
                let published =
                    Published { generation: outcome.generation, items: outcome.imported, at: now };
                let written = self.write(draft.id, PUBLISHED, &published);
                self.settled(draft.id, PUBLISHED, written);
                // What was published is in the catalogue; only its name is of use now.
                for file in &draft.files {
                    received::remove(&self.folder(draft.id).join(&file.folder));
                }
            }
            Err(why) => {
                let Some(mut preview) = self.read::<Preview>(draft.id, PREVIEW) else { return };
                preview.not_published = Some(chain(&why));
                let written = self.write(draft.id, PREVIEW, &preview);
                self.settled(draft.id, PREVIEW, written);
            }
        }
    }

    /// Removes what earlier work has left beside its outcome.
    fn settled(&self, id: Uuid, name: &str, written: Result<(), Error>) {
        if let Err(why) = written {
            // A draft that was discarded meanwhile has no folder any more.
            tracing::info!(%why, upload = %id, "the outcome of an upload is not kept");
            return;
        }
        for other in [PREVIEW, FAILED].into_iter().filter(|other| *other != name) {
            let _ = std::fs::remove_file(self.folder(id).join(other));
        }
    }
}

/// Frees a draft when its work ends, by a panic, too.
struct Busy {
    drafts: Arc<Drafts>,
    id: Uuid,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.drafts.works.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Whether a person can help by naming columns.
fn needs_columns(why: &price_list::Error) -> bool {
    use import::Error as E;
    let price_list::Error::Unreadable(why) = why else { return false };
    matches!(why, E::NoHeader { .. } | E::Unclear { .. } | E::UnknownHeading { .. } | E::NoItems { .. })
}

fn previewed(
    understood: PriceListPreview,
    golden: Result<Vec<Answered>, String>,
    preview: Preview,
) -> Preview {
    let (golden, golden_error) = match golden {
        Ok(golden) => (golden, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    Preview {
        report: understood.imported.report,
        changes: understood.changes,
        disagreements: understood.disagreements,
        photos: understood.photos.map(|(_, report)| report),
        golden,
        golden_error,
        ..preview
    }
}
