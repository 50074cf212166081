//! What the commands and the server share about releases: names of them, folders, plans, archives.
//!
//! Which release a chat runs on is the runtime's; here people look at releases and move between them.

pub mod archive;
pub mod base;
pub mod compiled;
pub mod diff;
pub mod follow;
pub mod moves;
pub mod plan;

use anyhow::{Context, bail};
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::{Publication, PublicationKind, PublishOutcome, Store};

/// As many characters of an id as people need.
pub fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// A time as people read it.
pub fn when(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map_or_else(|_| at.to_string(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// Now, milliseconds since the Unix epoch.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Who a publication is by, when nobody said: the name that git knows, or the system's.
pub fn author() -> Option<String> {
    let git = std::process::Command::new("git").args(["config", "user.name"]).output().ok();
    let git = git.filter(|git| git.status.success()).map(|git| String::from_utf8_lossy(&git.stdout).into());
    let system = || std::env::var("USER").or_else(|_| std::env::var("USERNAME")).ok();
    let named = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    git.and_then(named).or_else(|| system().and_then(named))
}

/// The id that a person means: `current`, an id or a prefix of one.
pub async fn resolve(store: &dyn Store, text: &str) -> anyhow::Result<String> {
    if text == "current" {
        return Ok(current(store).await?.context("nothing is published yet")?.release);
    }
    let found = if text.is_empty() { Vec::new() } else { store.releases_like(text).await? };
    match found.as_slice() {
        [id] => Ok(id.clone()),
        [] => bail!("there is no release `{text}`; `tolmach release list` shows the published ones"),
        several if several.iter().any(|id| id == text) => Ok(text.to_owned()),
        several => {
            let names: Vec<&str> = several.iter().map(|id| short(id)).collect();
            bail!("`{text}` begins several releases ({}); write more of the id", names.join(", "))
        }
    }
}

/// The last publication.
pub async fn current(store: &dyn Store) -> anyhow::Result<Option<Publication>> {
    Ok(store.current_release().await?)
}

/// The texts of a kept release.
pub async fn bundle(store: &dyn Store, id: &str) -> anyhow::Result<Bundle> {
    let kept = store.release(id).await?.with_context(|| format!("release {} is not kept", short(id)))?;
    serde_json::from_str(&kept.files).with_context(|| format!("release {} cannot be read", short(id)))
}

/// Keeps a bundle; returns its id.
pub async fn keep(store: &dyn Store, bundle: &Bundle) -> anyhow::Result<String> {
    let kept = tolmach_runtime::ports::Bundle { id: bundle.id(), files: serde_json::to_string(bundle)? };
    store.keep_release(&kept, now()).await?;
    Ok(kept.id)
}

/// Stores a publication whose parent must still be the current release; otherwise says who was faster.
pub async fn publish(store: &dyn Store, publication: Publication) -> anyhow::Result<()> {
    let expected = publication.parent.clone();
    match store.publish(publication, expected).await? {
        PublishOutcome::Stored(_) => Ok(()),
        PublishOutcome::Conflict { .. } => {
            let faster = current(store).await?.map_or_else(String::new, |faster| described(&faster));
            bail!(
                "somebody was faster: {faster}\nnothing was published; look at `tolmach release diff` and publish again"
            )
        }
    }
}

/// A publication in a line.
pub fn described(publication: &Publication) -> String {
    let verb = match publication.kind {
        PublicationKind::Publish => "published",
        PublicationKind::Rollback => "rolled back to",
    };
    let note = one_line(&publication.note);
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    let by = one_line(&publication.author);
    format!("{by} {verb} {} on {}{note}", short(&publication.release), when(publication.at))
}

/// A text without line breaks, for tables.
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
