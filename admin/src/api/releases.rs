//! Releases: the list of publications, one in detail, and what differs between two.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_app::release::{self, Diff, Shown};
use tolmach_runtime::ports::{Page as Cut, Publication};

use super::{Answer, Call, Nothing, Page, after, limit};
use crate::error::Failure;

/// Which publications.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Publications {
    /// At most so many, 200 at most; 50 where nothing is said.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

pub(crate) async fn list(call: Call<Publications>) -> Answer<Page<Publication>> {
    let limit = limit(call.query.limit)?;
    let page = Cut { limit: limit + 1, after: after(call.query.cursor.as_deref())? };
    let publications = call.panel.store().publications(page).await?;
    Ok(Page::of(publications, limit, |one| one.seq.to_string()))
}

pub(crate) async fn one(call: Call<Nothing>) -> Answer<Shown> {
    Ok(release::show(call.panel.store(), &call.panel.options.platform.get(), call.place("id")).await?)
}

/// What a release is compared with.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Beside {
    /// The release that comes after: its id, the beginning of one, or `current`, as where nothing is said.
    to: Option<String>,
}

pub(crate) async fn diff(call: Call<Beside>) -> Answer<Diff> {
    let store = call.panel.store();
    let to = call.query.to.as_deref().unwrap_or("current");
    let from = release::bundle(store, &release::resolve(store, call.place("id")).await?).await?;
    let to = release::bundle(store, &release::resolve(store, to).await?).await?;
    let platform = (*call.panel.options.platform.get()).clone();
    let compared = tokio::task::spawn_blocking(move || release::diff(&from, &to, &platform));
    compared.await.map_err(|_| Failure::Unavailable)
}
