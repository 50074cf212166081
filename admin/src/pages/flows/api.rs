//! What the editor's script asks: saving, what others did, and what the compiler knows.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Path, Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tolmach_app::{
    assist::{self, Finding, Typed},
    flow_drafts::{self, Edit, Saved},
};
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::DraftChangeKind;
use uuid::Uuid;

use super::{address, answer, by_script, editor, id, people::Person, state_of};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::see_other,
};

/// A body of JSON, within the bound of its route.
pub(crate) struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Failure> {
        let body = Json::from_request(request, state).await;
        body.map(|Json(body)| Body(body)).map_err(|why| match why.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Failure::Bad("draft.too_large"),
            _ => Failure::Bad("error.form"),
        })
    }
}

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
    panel.people.seen(id, person, panel.now());
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
    let person = Person { name: visit.session()?.account.name.clone(), file: file.clone(), line };
    let people = panel.people.seen(id, person, panel.now());
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
    let undone = flow_drafts::undo(panel.store(), &editor(&visit)?, panel.now(), id).await?;
    if !by_script(&headers) {
        return Ok(see_other(&address(id, undone.text.is_some().then_some(&undone.path))));
    }
    Ok(answer(json!({
        "revision": undone.revision, "file": undone.path, "text": undone.text, "what": undone.kind,
    })))
}

#[derive(Deserialize)]
pub(crate) struct Typing {
    draft: Uuid,
    file: String,
    text: String,
    #[serde(default)]
    offset: usize,
}

impl Typing {
    /// The bundle of the draft with the text as it is typed.
    async fn bundle(&self, panel: &Panel) -> Result<Bundle, Failure> {
        if self.text.len() > flow_drafts::MAX_FILE {
            return Err(Failure::Bad("draft.too_large"));
        }
        let mut bundle = flow_drafts::open(panel.store(), self.draft).await?.bundle;
        bundle.files.insert(self.file.clone(), self.text.clone());
        Ok(bundle)
    }
}

/// Computes beside the tasks that wait for others.
pub(super) async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::Unavailable)
}

/// What is wrong with the draft as it is typed.
pub(crate) async fn check(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Body(typing): Body<Typing>,
) -> Served {
    let (bundle, platform) = (typing.bundle(&panel).await?, (*panel.options.platform.get()).clone());
    let findings = computed(move || assist::findings(&bundle, &platform)).await?;
    let ok = !findings.iter().any(Finding::is_error);
    let found: Vec<Value> = findings.iter().map(|finding| shown(&panel, &visit, finding)).collect();
    Ok(answer(json!({ "diagnostics": found, "ok": ok })))
}

/// A problem with its fix in words.
pub(super) fn shown(panel: &Panel, visit: &Visit, finding: &Finding) -> Value {
    let mut shown = serde_json::to_value(finding).unwrap_or_default();
    if let Some(fix) = &finding.fix {
        let label = match fix.replacement.trim() {
            "" => panel.renderer.text(visit.language, "draft.fix.remove").to_owned(),
            text if text.chars().count() <= 60 && !text.contains('\n') => {
                panel.renderer.text(visit.language, "draft.fix.write").replace("{text}", text)
            }
            _ => panel.renderer.text(visit.language, "draft.fix.mend").to_owned(),
        };
        shown["fix"]["label"] = label.into();
    }
    shown
}

/// What may stand at a place.
pub(crate) async fn complete(State(panel): State<Arc<Panel>>, Body(typing): Body<Typing>) -> Served {
    let (bundle, platform) = (typing.bundle(&panel).await?, (*panel.options.platform.get()).clone());
    let found = computed(move || {
        let typed = Typed { bundle: &bundle, file: &typing.file, platform: &platform };
        assist::complete(&typed, typing.offset)
    });
    Ok(answer(serde_json::to_value(found.await?).unwrap_or_default()))
}

/// What the word at a place means.
pub(crate) async fn hover(State(panel): State<Arc<Panel>>, Body(typing): Body<Typing>) -> Served {
    let (bundle, platform) = (typing.bundle(&panel).await?, (*panel.options.platform.get()).clone());
    let found = computed(move || {
        let typed = Typed { bundle: &bundle, file: &typing.file, platform: &platform };
        assist::meaning(&typed, typing.offset)
    });
    Ok(answer(serde_json::to_value(found.await?).unwrap_or_default()))
}

/// A file that is meant in a query.
#[derive(Default, Deserialize)]
pub(crate) struct Meant {
    pub(super) file: Option<String>,
    /// A turn to see beside what the draft makes of it.
    pub(super) chat: Option<String>,
    pub(super) turn: Option<i64>,
}
