//! Flows and texts: drafts, the editor, checks and tests in place, publishing with the plan, releases and the way back.

mod api;
mod edit;
mod people;
mod proposals;
mod publish;
mod releases;
mod what_if;

use axum::{
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    flow_drafts::{Area, DiffLine, Editor, Opened, difference},
};
use tolmach_engine::image::{self, Image};
use tolmach_runtime::ports::FlowDraft;
use uuid::Uuid;

use crate::{Panel, context::Visit, error::Failure, gate::encode};

pub(crate) use api::{redo, save, state, undo};
pub(crate) use edit::{create, delete, discard, draft, files, history, published, rename, update};
pub(crate) use people::People;
pub(crate) use proposals::{measure, proposals, take_over};
pub(crate) use publish::{changes, plan, publish, tests};
pub(crate) use releases::{begin, page, release, roll_back};
pub(super) use what_if::own_draft;
pub(crate) use what_if::{begin_try, chats, previews, turn};

/// The lines around a difference that do not differ.
const AROUND: usize = 2;
/// The most lines of a difference that a page shows.
const MOST_LINES: usize = 1_000;

/// The id in an address.
fn id(path: &Path<String>) -> Result<Uuid, Failure> {
    Uuid::parse_str(&path.0).map_err(|_| Failure::NotFound)
}

/// Who edits.
pub(crate) fn editor(visit: &Visit) -> Result<Editor, Failure> {
    Ok(Editor { actor: visit.actor()?, flows: visit.may(Permission::EditFlows) })
}

/// Whether a file is for the reader to change.
fn may_edit(visit: &Visit, path: &str) -> bool {
    visit.may(Area::of(path).permission())
}

/// The address of a draft, with a file where one is meant.
pub(super) fn address(draft: Uuid, file: Option<&str>) -> String {
    match file {
        Some(file) => format!("/admin/flows/{draft}?file={}", encode(file)),
        None => format!("/admin/flows/{draft}"),
    }
}

/// The beginning of a release's id.
fn short(release: &str) -> &str {
    release.get(..8).unwrap_or(release)
}

/// A draft for a list or a heading.
pub(super) fn row(draft: &FlowDraft) -> Value {
    json!({
        "id": draft.id, "href": address(draft.id, None), "title": draft.title, "author": draft.author,
        "made": draft.made, "changed": draft.changed, "base": short(&draft.base), "state": draft.state,
    })
}

/// What differs from the base, by file.
fn differences(opened: &Opened) -> (Vec<Value>, usize, usize) {
    let (mut files, mut added, mut gone) = (Vec::new(), 0, 0);
    for (path, before, after) in opened.changed() {
        let parts = difference(before.unwrap_or_default(), after.unwrap_or_default(), AROUND);
        files.push(file_difference(path, (before, after), &parts, (&mut added, &mut gone)));
    }
    (files, added, gone)
}

/// What became of a file that differs.
const fn state_of(before: Option<&str>, after: Option<&str>) -> &'static str {
    match (before, after) {
        (None, _) => "new",
        (_, None) => "deleted",
        _ => "changed",
    }
}

/// One file of a difference.
fn file_difference(
    path: &str,
    (before, after): (Option<&str>, Option<&str>),
    parts: &[Vec<DiffLine>],
    (added, gone): (&mut usize, &mut usize),
) -> Value {
    let all = || parts.iter().flatten();
    let count = |kind| all().filter(|line| line.kind == kind).count();
    *added += count("new");
    *gone += count("gone");
    let mut left = MOST_LINES;
    let shown: Vec<Value> = parts
        .iter()
        .map_while(|part| {
            let lines = part.get(..left.min(part.len())).filter(|lines| !lines.is_empty())?;
            left -= lines.len();
            Some(json!({ "line": lines.first().map(|line| line.number), "lines": lines }))
        })
        .collect();
    json!({
        "path": path, "state": state_of(before, after), "added": count("new"), "gone": count("gone"), "parts": shown,
        "more": all().count() > MOST_LINES, "is_image": image::is_path(path),
        "before_image": picture(path, before), "after_image": picture(path, after),
    })
}

/// An image of a bundle for a page: where it is, and its size. `None` of every other file.
fn picture(path: &str, text: Option<&str>) -> Option<Value> {
    let image = Image::parse(text.filter(|_| image::is_path(path))?)?;
    Some(json!({
        "src": image.address(), "width": image.width, "height": image.height, "bytes": image.bytes,
    }))
}

/// Whether a script asks.
fn by_script(headers: &HeaderMap) -> bool {
    headers.contains_key("x-csrf") || headers.contains_key("x-part")
}

/// JSON for a script.
fn answer(value: Value) -> Response {
    axum::Json(value).into_response()
}

impl Panel {
    /// Every text of the editor's script, by key without its beginning.
    fn editor_texts(&self, visit: &Visit) -> Value {
        Value::Object(self.renderer.texts_under(visit.language, "editor."))
    }
}
