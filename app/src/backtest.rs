//! Backtesting a draft: runs the client events of stored turns on it and compares the results.

use std::{path::Path, sync::Arc};

use serde::Serialize;
use tolmach_engine::{Platform, Release, bundle::Bundle, compile};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{
    BundleError, Trainer,
    backtest::{self, RecordedTurn, Report},
    ports::{self, Store},
    read_bundle,
};

use crate::{
    diagnostics::Diagnosed,
    release::{self, CompiledReleases},
    replay::{self, Chosen},
};

/// The result of a backtest.
#[derive(Clone, Debug, Serialize)]
pub struct Backtest {
    /// The draft's id.
    pub draft: String,
    /// How the draft's results differ from the recorded ones.
    #[serde(flatten)]
    pub report: Report,
}

/// Why a draft cannot be backtested.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The draft is neither a folder nor the id of a stored release.
    #[error("{0} is neither a bundle's folder nor a kept release")]
    NoDraft(String),
    /// The draft's flows do not compile.
    #[error("the draft does not compile\n\n{0}")]
    DoesNotCompile(Box<Diagnosed>),
    /// The draft's folder cannot be read as a bundle.
    #[error(transparent)]
    Folder(#[from] BundleError),
    /// A stored turn cannot be read.
    #[error(transparent)]
    Turns(#[from] replay::Error),
    /// A release cannot be read.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// Runs the client events of the chosen turns on a draft. `against` is a bundle's folder, or the full id of a stored
/// release.
///
/// # Errors
/// When the draft cannot be read or does not compile, a stored trace or release cannot be read, or the database is
/// unavailable. A draft with worse results is no error.
pub async fn backtest(
    store: &dyn Store,
    platform: &Platform,
    chosen: &Chosen,
    against: &str,
) -> Result<Backtest, Error> {
    let draft = draft(store, platform, against).await?;
    let id = draft.id.clone();
    let mut releases = CompiledReleases::of(store, platform);
    let mut running =
        backtest::Backtest::new(draft, Arc::new(Trainer::new(Arc::new(MeaningEmbedder)))).await?;
    for chat in &chosen.chats {
        let mut past = Vec::new();
        for turn in chosen.turns(store, chat).await? {
            let release = releases.get(&turn.release).await?;
            past.push(RecordedTurn::new(&turn, release).map_err(replay::Error::unreadable(&turn))?);
        }
        running.chat(chat, &past).await;
    }
    Ok(Backtest { draft: id, report: running.finish() })
}

async fn draft(store: &dyn Store, platform: &Platform, against: &str) -> Result<Release, Error> {
    let folder = Path::new(against);
    let (bundle, platform): (Bundle, Platform) = if folder.is_dir() {
        (read_bundle(folder)?, platform.clone())
    } else {
        if store.release(against).await?.is_none() {
            return Err(Error::NoDraft(against.to_owned()));
        }
        (release::bundle(store, against).await?, platform.for_kept_release())
    };
    let compiled = compile(&bundle, &platform);
    let diagnosed = || Diagnosed::boxed(&bundle, folder, compiled.diagnostics);
    compiled.release.ok_or_else(|| Error::DoesNotCompile(diagnosed()))
}
