//! The release that a running server serves: the published one, or the folder as a draft during development.

use std::path::Path;

use tolmach_engine::{Platform, Release, bundle::Bundle, compile, diagnostic::Diagnostic};
use tolmach_runtime::{
    FollowOutcome, Runtime,
    ports::{self, Actor, Publication, Store},
};

use super::{Error, bundle, publish_first};
use crate::{
    diagnostics::Diagnosed,
    images::{self, KeepError},
};

/// The published release, compiled, with the compiler's warnings.
///
/// # Errors
/// When it is not stored or cannot be read, does not compile, or the database is unavailable.
pub async fn published(
    store: &dyn Store,
    platform: &Platform,
    publication: &Publication,
) -> Result<(Release, Vec<Diagnostic>), Error> {
    let texts = bundle(store, &publication.release).await?;
    let compiled = compile(&texts, &platform.for_kept_release());
    match compiled.release {
        Some(release) => Ok((release, compiled.diagnostics)),
        None => Err(unusable(publication, &texts, compiled.diagnostics)),
    }
}

/// Activates the published release in a runtime. If nothing was published yet, publishes `folder` first on behalf of
/// `actor`; see [`publish_first`].
///
/// # Errors
/// When there is nothing to serve, this program cannot use the published release, or the database is unavailable.
pub async fn serve_published(
    runtime: &Runtime,
    actor: &Actor,
    now: i64,
    folder: Option<(&Path, &Bundle)>,
) -> Result<(), Error> {
    let mut followed = runtime.releases().follow().await?;
    if let (FollowOutcome::Nothing, Some((path, bundle))) = (&followed, folder) {
        publish_first(&**runtime.store(), actor, now, path, bundle).await?;
        followed = runtime.releases().follow().await?;
    }
    match followed {
        FollowOutcome::Switched(_) | FollowOutcome::Same => Ok(()),
        FollowOutcome::Nothing => Err(Error::NothingToServe),
        FollowOutcome::Unusable { publication, bundle, diagnostics } => {
            Err(unusable(&publication, &bundle.unwrap_or_default(), diagnostics))
        }
    }
}

/// A folder that was activated as a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The release's id.
    pub release: String,
    /// How many nodes its flows have.
    pub nodes: usize,
    /// How many warnings the compiler gave.
    pub warnings: usize,
}

/// Why a folder cannot be served. The runtime keeps serving the previous release.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The flows do not compile.
    #[error("{0}")]
    DoesNotCompile(Box<Diagnosed>),
    /// The images cannot be stored.
    #[error(transparent)]
    Images(#[from] KeepError),
    /// The database or the embedder failed.
    #[error(transparent)]
    Port(#[from] ports::Error),
}

/// Activates the bundle of a folder in a runtime as a draft, without publishing it.
///
/// # Errors
/// When its flows do not compile, or the database or the embedder fails.
pub async fn serve_draft(
    runtime: &Runtime,
    platform: &Platform,
    now: i64,
    folder: &Path,
    bundle: &Bundle,
) -> Result<Draft, DraftError> {
    let compiled = compile(bundle, platform);
    let Some(release) = compiled.release else {
        return Err(DraftError::DoesNotCompile(Diagnosed::boxed(bundle, folder, compiled.diagnostics)));
    };
    let nodes = release.flows.values().map(|flow| flow.nodes.len()).sum();
    images::keep_of_folder(&**runtime.store(), folder, bundle, now, true).await?;
    let release = runtime.releases().activate(release, now).await?;
    Ok(Draft { release, nodes, warnings: compiled.diagnostics.len() })
}

fn unusable(publication: &Publication, bundle: &Bundle, diagnostics: Vec<Diagnostic>) -> Error {
    let diagnosed = Diagnosed::boxed(bundle, Path::new(""), diagnostics);
    Error::Unusable { id: publication.release.clone(), diagnosed }
}
