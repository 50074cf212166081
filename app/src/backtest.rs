//! Backtesting a draft: what would have become of stored dialogs on it.

use std::{path::Path, sync::Arc};

use serde::Serialize;
use tolmach_engine::{Release, bundle::Bundle, compile};
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

/// What a draft would have changed.
#[derive(Clone, Debug, Serialize)]
pub struct Backtest {
    /// The draft's id.
    pub draft: String,
    /// What it changes.
    #[serde(flatten)]
    pub report: Report,
}

/// Why a draft cannot be backtested.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The draft is neither a folder nor a kept release.
    #[error("{0} is neither a bundle's folder nor a kept release")]
    NoDraft(String),
    /// The draft has errors.
    #[error("the draft does not compile\n\n{0}")]
    DoesNotCompile(Box<Diagnosed>),
    /// The draft's folder is no bundle.
    #[error(transparent)]
    Folder(#[from] BundleError),
    /// The stored turns.
    #[error(transparent)]
    Turns(#[from] replay::Error),
    /// A release.
    #[error(transparent)]
    Release(#[from] release::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// Feeds what clients did in the chosen turns to a draft: the bundle of a folder, or a kept release by its id.
///
/// # Errors
/// When the draft does not compile, or a stored trace or release cannot be read. A draft that is worse is no error.
pub async fn backtest(store: &dyn Store, chosen: &Chosen, against: &str) -> Result<Backtest, Error> {
    let draft = draft(store, against).await?;
    let id = draft.id.clone();
    let mut releases = CompiledReleases::of(store);
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

async fn draft(store: &dyn Store, against: &str) -> Result<Release, Error> {
    let folder = Path::new(against);
    let bundle: Bundle = if folder.is_dir() {
        read_bundle(folder)?
    } else {
        if store.release(against).await?.is_none() {
            return Err(Error::NoDraft(against.to_owned()));
        }
        release::bundle(store, against).await?
    };
    let compiled = compile(&bundle, &tolmach_nodes::platform());
    let diagnosed = || Diagnosed::boxed(&bundle, folder, compiled.diagnostics);
    compiled.release.ok_or_else(|| Error::DoesNotCompile(diagnosed()))
}
