//! Which release a running server serves: the published one, or a folder as it is while somebody works in it.

use std::path::Path;

use tolmach_engine::{Release, bundle::Bundle, compile, diagnostic::Diagnostic};
use tolmach_runtime::{
    FollowOutcome, Runtime,
    ports::{self, Actor, Publication, Store},
};

use super::{Error, bundle, publish_first};
use crate::diagnostics::Diagnosed;

/// The published release, compiled, and the diagnostics of that: warnings.
///
/// # Errors
/// When it is not kept or this program cannot use it.
pub async fn published(
    store: &dyn Store,
    publication: &Publication,
) -> Result<(Release, Vec<Diagnostic>), Error> {
    let texts = bundle(store, &publication.release).await?;
    let compiled = compile(&texts, &tolmach_nodes::platform());
    match compiled.release {
        Some(release) => Ok((release, compiled.diagnostics)),
        None => Err(unusable(publication, &texts, compiled.diagnostics)),
    }
}

/// Makes the published release the one that a runtime serves. Where nothing was published yet, the folder is, in the name of
/// `actor`; see [`publish_first`].
///
/// # Errors
/// When there is nothing to publish, or this program cannot use what is published.
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

/// A folder that became what a runtime serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The release's id.
    pub release: String,
    /// How many nodes its flows have.
    pub nodes: usize,
    /// How many warnings the compiler has.
    pub warnings: usize,
}

/// Why a folder is not served; what was served before goes on.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The flows have errors.
    #[error("{0}")]
    DoesNotCompile(Box<Diagnosed>),
    /// The database, or the embedder.
    #[error(transparent)]
    Port(#[from] ports::Error),
}

/// Makes the bundle of a folder the release that a runtime serves; nothing of it is published.
///
/// # Errors
/// When its flows do not compile, or the database is away.
pub async fn serve_draft(
    runtime: &Runtime,
    now: i64,
    folder: &Path,
    bundle: &Bundle,
) -> Result<Draft, DraftError> {
    let compiled = compile(bundle, &tolmach_nodes::platform());
    let Some(release) = compiled.release else {
        return Err(DraftError::DoesNotCompile(Diagnosed::boxed(bundle, folder, compiled.diagnostics)));
    };
    let nodes = release.flows.values().map(|flow| flow.nodes.len()).sum();
    let release = runtime.releases().activate(release, now).await?;
    Ok(Draft { release, nodes, warnings: compiled.diagnostics.len() })
}

fn unusable(publication: &Publication, bundle: &Bundle, diagnostics: Vec<Diagnostic>) -> Error {
    let diagnosed = Diagnosed::boxed(bundle, Path::new(""), diagnostics);
    Error::Unusable { id: publication.release.clone(), diagnosed }
}
