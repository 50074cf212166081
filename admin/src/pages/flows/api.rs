//! What the editor's script asks: saving, what others did, and what the compiler knows.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Path, Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::flow_drafts::{self, Edit, Saved};
use tolmach_runtime::ports::DraftChangeKind;

use super::{address, answer, by_script, editor, id, people::Person, state_of};
use crate::{
    Panel,
    api::Body,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::see_other,
};

#[derive(Deserialize)]
pub(crate) struct Written {
    file: String,
    base: i64,
    text: String,
    #[serde(default)]
    line: u32,
}

/// Saves the text of a file: by the script, or by the form where there is none.
pub(crate) async fn save(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Served {
    let id = id(&path)?;
    let is_json = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let written: Written = if is_json {
        Body::from_request(request, &()).await?.0
    } else {
        Form::from_request(request, &()).await?.0
    };
    let Written { file, base, text, line } = written;
    let edit = Edit { path: file.clone(), base, text, kind: DraftChangeKind::Text };
    let saved = flow_drafts::save(panel.store(), &editor(&visit)?, panel.now(), id, &edit).await?;
    let person = Person { name: visit.session()?.account.name.clone(), file: file.clone(), line };
    panel.people.seen(panel.store(), id, person, panel.now()).await;
    if !is_json {
        return match saved {
            Saved::Stored { .. } => Ok(see_other(&address(id, Some(&file)))),
            Saved::Conflict(_) => Err(Failure::Bad("draft.conflict")),
        };
    }
    Ok(match saved {
        Saved::Stored { revision, text, by } => {
            answer(json!({ "revision": revision, "text": text, "by": by }))
        }
        Saved::Conflict(conflict) => (StatusCode::CONFLICT, Json(conflict)).into_response(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    file: String,
    #[serde(default)]
    revision: i64,
    #[serde(default)]
    line: u32,
}

/// What others did since a revision.
pub(crate) async fn state(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Params(asked): Params<Asked>,
) -> Served {
    let id = id(&path)?;
    let opened = flow_drafts::open(panel.store(), id).await?;
    let Asked { file, revision, line } = asked;
    // Others are told of files alone that are there, whatever somebody asks for.
    let place = if opened.bundle.files.contains_key(&file) { file.clone() } else { String::new() };
    let person = Person { name: visit.session()?.account.name.clone(), file: place, line };
    let people = panel.people.seen(panel.store(), id, person, panel.now()).await;
    let file_revision = opened.revision(&file);
    let text = (file_revision > revision)
        .then(|| opened.bundle.files.get(&file).map(String::as_str).unwrap_or_default());
    let files: Vec<Value> = opened
        .changed()
        .map(|(path, before, after)| json!({ "path": path, "state": state_of(before, after) }))
        .collect();
    Ok(answer(json!({
        "revision": opened.draft.revision, "file_revision": file_revision, "text": text, "files": files, "people": people,
        "closed": opened.draft.state != tolmach_runtime::ports::DraftState::Open,
    })))
}

/// Undoes the reader's last change, whichever file it was in.
pub(crate) async fn undo(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    headers: HeaderMap,
) -> Served {
    let id = id(&path)?;
    let undone = flow_drafts::undo(panel.store(), &editor(&visit)?, panel.now(), id).await;
    gone_to(id, &headers, undone)
}

/// Redoes what the reader undid last, whichever file it was in.
pub(crate) async fn redo(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    headers: HeaderMap,
) -> Served {
    let id = id(&path)?;
    let redone = flow_drafts::redo(panel.store(), &editor(&visit)?, panel.now(), id).await;
    gone_to(id, &headers, redone)
}

/// The file that was changed: for the script its text, for others its page. The script shows both versions of lines that others changed.
fn gone_to(
    id: uuid::Uuid,
    headers: &HeaderMap,
    done: Result<flow_drafts::Undone, flow_drafts::Error>,
) -> Served {
    let by_script = by_script(headers);
    match done {
        Ok(done) if by_script => Ok(answer(json!({
            "revision": done.revision, "file": done.path, "text": done.text, "what": done.kind,
        }))),
        Ok(done) => Ok(see_other(&address(id, done.text.is_some().then_some(&done.path)))),
        Err(flow_drafts::Error::ChangedSince(file, conflict)) if by_script => {
            let mut both = serde_json::to_value(conflict).unwrap_or_default();
            both["file"] = file.into();
            Ok((StatusCode::CONFLICT, Json(both)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// A file that is meant in a query.
#[derive(Default, Deserialize)]
pub(crate) struct Meant {
    pub(super) file: Option<String>,
    /// A turn to see beside what the draft makes of it.
    pub(super) chat: Option<String>,
    pub(super) turn: Option<i64>,
}
