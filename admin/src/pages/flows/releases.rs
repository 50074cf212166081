//! The list of drafts and releases, one release, and the way back to an earlier one.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    flow_drafts::{self, difference},
    release::{self, Rollback},
};
use tolmach_runtime::ports::{DraftState, Publication, PublicationKind};

use super::{AROUND, address, editor, file_difference, row, short};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::see_other,
    render::Page,
};

/// The most publications that the list shows.
const RELEASES: u32 = 50;

#[derive(Deserialize)]
pub(crate) struct Said {
    /// The release that was just published or returned to.
    published: Option<String>,
    returned: Option<String>,
}

/// Drafts and releases.
pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(said): Params<Said>,
) -> Served {
    let drafts = flow_drafts::list(panel.store()).await?;
    let (open, closed): (Vec<_>, Vec<_>) = drafts.iter().partition(|draft| draft.state == DraftState::Open);
    let publications = release::list(panel.store(), RELEASES).await?;
    let current = publications.first().map(|publication| publication.release.clone());
    let serving = panel.options.runtime.releases().current_id();
    let rows: Vec<Value> = publications
        .iter()
        .enumerate()
        .map(|(at, publication)| publication_row(publication, current.as_deref(), at))
        .collect();
    let known = |id: &Option<String>| {
        let id = id.as_deref()?;
        publications
            .iter()
            .find(|publication| publication.release == id)
            .map(|one| short(&one.release).to_owned())
    };
    let data = json!({
        "open": open.into_iter().map(row).collect::<Vec<_>>(),
        "closed": closed.into_iter().take(20).map(row).collect::<Vec<_>>(),
        "releases": rows, "current": current.as_deref().map(short),
        // A folder that is served while somebody works in it is no publication.
        "dev": serving.is_some() && serving != current,
        "published": known(&said.published), "returned": known(&said.returned),
        "can_begin": current.is_some() && visit.may(tolmach_app::accounts::Permission::EditContent),
        "can_return": visit.may(tolmach_app::accounts::Permission::EditFlows),
    });
    let title = panel.renderer.text(visit.language, "nav.flows");
    panel.page(&visit, Page { template: "flows", section: "flows", title }, data).await
}

fn publication_row(publication: &Publication, current: Option<&str>, at: usize) -> Value {
    json!({
        "release": publication.release, "short": short(&publication.release),
        "href": format!("/admin/flows/releases/{}", publication.release),
        "author": publication.author, "note": publication.note, "at": publication.at,
        "back": publication.kind == PublicationKind::Rollback, "current": at == 0,
        "serves": Some(publication.release.as_str()) == current,
    })
}

#[derive(Deserialize)]
pub(crate) struct Title {
    #[serde(default)]
    title: String,
    /// A file to open.
    file: Option<String>,
}

/// Begins a draft.
pub(crate) async fn begin(State(panel): State<Arc<Panel>>, visit: Visit, Form(begun): Form<Title>) -> Served {
    let name = &visit.session()?.account.name;
    let title = match begun.title.trim() {
        "" => panel.renderer.text(visit.language, "draft.title.default").replace("{name}", name),
        title => title.to_owned(),
    };
    let draft = flow_drafts::begin(panel.store(), &editor(&visit)?, panel.now(), &title).await?;
    Ok(see_other(&address(draft.id, begun.file.as_deref().filter(|file| !file.is_empty()))))
}

/// One release: what it changed, and what waits on it.
pub(crate) async fn release(State(panel): State<Arc<Panel>>, visit: Visit, Path(id): Path<String>) -> Served {
    let platform = &panel.options.platform.get();
    let shown = match release::show(panel.store(), platform, &id).await {
        Ok(shown) => shown,
        Err(release::Error::Store(error)) => return Err(error.into()),
        Err(_) => return Err(Failure::NotFound),
    };
    let parent = shown.publications.last().and_then(|publication| publication.parent.clone());
    let (mut files, mut added, mut gone) = (Vec::new(), 0, 0);
    if let Some(parent) = &parent {
        let after = release::bundle(panel.store(), &shown.id).await?;
        if let Ok(before) = release::bundle(panel.store(), parent).await {
            for file in release::diff(&before, &after, platform).files {
                let (before, after) = (file.before.as_deref(), file.after.as_deref());
                let parts = difference(before.unwrap_or_default(), after.unwrap_or_default(), AROUND);
                files.push(file_difference(&file.path, (before, after), &parts, (&mut added, &mut gone)));
            }
        }
    }
    let publications: Vec<Value> =
        shown.publications.iter().enumerate().map(|(at, one)| publication_row(one, None, at + 1)).collect();
    let waiting: Vec<Value> = shown
        .waiting
        .iter()
        .map(|place| json!({ "place": format!("{}.{}", place.flow, place.node), "chats": place.chats }))
        .collect();
    let nodes: usize = shown.flows.values().sum();
    let current = release::current(panel.store()).await?;
    let now = current.as_ref().map(|current| short(&current.release));
    let data = json!({
        "release": shown.id, "short": short(&shown.id), "current": shown.current, "usable": shown.usable,
        "publications": publications, "flows": shown.flows.len(), "nodes": nodes, "files": files, "added": added,
        "gone": gone, "parent": parent.as_deref().map(short), "waiting": waiting, "now": now,
        "can_return": shown.usable && !shown.current && !shown.publications.is_empty()
            && visit.may(tolmach_app::accounts::Permission::EditFlows),
    });
    let title = panel.renderer.text(visit.language, "release.title").replace("{id}", short(&shown.id));
    panel.page(&visit, Page { template: "release", section: "flows", title: &title }, data).await
}

#[derive(Deserialize)]
pub(crate) struct Back {
    release: String,
    #[serde(default)]
    note: String,
    /// The release that was current when the person decided.
    seen: String,
}

/// Makes an earlier release the current one again.
pub(crate) async fn roll_back(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(back): Form<Back>,
) -> Served {
    let current = release::current(panel.store()).await?.map(|current| current.release);
    // Somebody was faster: what the person saw is no more.
    if current.as_deref().map(short) != Some(back.seen.as_str()) {
        return Err(Failure::Bad("release.changed"));
    }
    let wanted = Rollback { release: Some(back.release), note: back.note.chars().take(500).collect() };
    let platform = &panel.options.platform.get();
    match release::roll_back(panel.store(), platform, &visit.actor()?, panel.now(), wanted).await {
        Ok(release::RolledBack::Done { release, .. } | release::RolledBack::Unchanged(release)) => {
            panel.options.runtime.releases().follow().await?;
            Ok(see_other(&format!("/admin/flows?returned={release}")))
        }
        Err(error) => Err(error.into()),
    }
}
