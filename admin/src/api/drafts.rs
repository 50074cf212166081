//! Drafts of flows and texts: the list, one with its files, and what is done with it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_app::{
    flow_drafts::{self, DraftFileShown, DraftOpened, DraftShown, Edit, PublishedShown, Publishing, Saved},
    images::{self, ImageShown},
    release,
};
use tolmach_runtime::ports::DraftChangeKind;

use super::{Answer, Call, Nothing};
use crate::{error::Failure, pages::flows::editor};

pub(crate) async fn list(call: Call<Nothing>) -> Answer<Vec<DraftShown>> {
    let drafts = flow_drafts::list(call.panel.store()).await?;
    Ok(drafts.iter().map(DraftShown::of).collect())
}

/// A draft to be begun.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    /// What it is for, 1 to 80 characters.
    title: String,
}

pub(crate) async fn begin(call: Call<(), Begun>) -> Answer<DraftShown> {
    let editor = editor(&call.visit)?;
    let draft = flow_drafts::begin(call.panel.store(), &editor, call.panel.now(), &call.body.title).await?;
    Ok(DraftShown::of(&draft))
}

pub(crate) async fn one(call: Call<Nothing>) -> Answer<DraftOpened> {
    let opened = flow_drafts::open(call.panel.store(), call.id()?).await?;
    let platform = (*call.panel.options.platform.get()).clone();
    let shown = tokio::task::spawn_blocking(move || DraftOpened::of(&opened, &platform));
    shown.await.map_err(|_| Failure::Unavailable)
}

/// Which file.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Named {
    /// Its path, such as `knowledge/delivery.en.md`.
    path: String,
}

pub(crate) async fn file(call: Call<Named>) -> Answer<DraftFileShown> {
    let mut opened = flow_drafts::open(call.panel.store(), call.id()?).await?;
    let path = call.query.path;
    let text = opened.bundle.files.remove(&path).ok_or(Failure::NotFound)?;
    Ok(DraftFileShown { path, text, revision: opened.draft.revision })
}

pub(crate) async fn images(call: Call<Nothing>) -> Answer<Vec<ImageShown>> {
    let opened = flow_drafts::open(call.panel.store(), call.id()?).await?;
    Ok(images::list(call.panel.store(), &opened.bundle).await?)
}

/// A file as it is to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DraftFileWritten")]
pub(crate) struct Written {
    /// Its path.
    path: String,
    /// The draft's revision that was read before: what others changed since is merged in.
    base: i64,
    /// Its whole text.
    text: String,
}

/// A file that was stored.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Stored {
    /// The draft's revision: the next `base`.
    revision: i64,
    /// The text, where it is not the one that was sent: what others changed is in it.
    text: Option<String>,
    /// Who changed it meanwhile.
    by: Option<String>,
}

pub(crate) async fn save(call: Call<(), Written>) -> Answer<Stored> {
    let id = call.id()?;
    let Written { path, base, text } = call.body;
    let edit = Edit { path, base, text, kind: DraftChangeKind::Text };
    let saved =
        flow_drafts::save(call.panel.store(), &editor(&call.visit)?, call.panel.now(), id, &edit).await?;
    match saved {
        Saved::Stored { revision, text, by } => Ok(Stored { revision, text, by }),
        Saved::Conflict(conflict) => {
            Err(Failure::Conflict(serde_json::to_value(conflict).unwrap_or_default()))
        }
    }
}

/// A publication.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DraftPublication")]
pub(crate) struct Publication {
    /// The reason; the draft's title where nothing is said.
    #[serde(default)]
    note: String,
    /// Whether everything is checked and nothing changed.
    #[serde(default)]
    dry_run: bool,
    /// What becomes of chats that wait at a node of the release before: from `flow.node` to another `flow.node` that waits for the same,
    /// or to `restart`. The others finish on their release. A dry run tells where chats wait.
    #[serde(default)]
    moves: BTreeMap<String, String>,
}

/// The most nodes whose chats one publication moves.
const MOVES: usize = 500;

pub(crate) async fn publish(call: Call<(), Publication>) -> Answer<PublishedShown> {
    let id = call.id()?;
    let Publication { note, dry_run, moves } = call.body;
    if moves.len() > MOVES {
        return Err(Failure::Bad("error.limit"));
    }
    let moves = moves.into_iter().map(|(from, to)| format!("{from}={to}")).collect();
    let panel = &call.panel;
    // The same place as the panel's: dialog tests of one draft run at a time.
    let Ok(_one) = panel.tests.try_acquire() else { return Err(Failure::Bad("draft.tests.busy")) };
    let wanted = Publishing { note, moves, staff: (*panel.options.runtime.staff()).clone(), dry_run };
    let (platform, editor) = (&panel.options.platform.get(), editor(&call.visit)?);
    let published = flow_drafts::publish(panel.store(), platform, &editor, panel.now(), id, wanted).await;
    match published {
        Ok(published) => Ok(PublishedShown::of(&published)),
        // What the compiler and the tests say is what a program needs to know.
        Err(flow_drafts::Error::Release(error)) if !matches!(error, release::Error::Store(_)) => {
            Err(Failure::Because("release.failed", error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn discard(call: Call<(), Nothing>) -> Answer<DraftShown> {
    let (id, store) = (call.id()?, call.panel.store());
    flow_drafts::discard(store, &editor(&call.visit)?, call.panel.now(), id).await?;
    Ok(DraftShown::of(&flow_drafts::open(store, id).await?.draft))
}
