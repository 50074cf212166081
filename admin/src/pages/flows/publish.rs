//! What a draft changes, its tests, and its publication with the plan for chats in progress.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::HeaderMap,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    dialog_tests::{self, Summary},
    flow_drafts::{self, Opened, Preview, Publishing},
    release::{self, Published, WaitingChats},
};
use tolmach_runtime::ports::{DraftState, WaitingPlace};

use super::{address, by_script, differences, editor, id, may_edit, row};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::Form,
    gate::see_other,
    render::Page,
};

/// The most lines of a failed test's dialog that are shown: its end.
const TRANSCRIPT: usize = 12;

/// What differs from the base.
pub(crate) async fn changes(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    headers: HeaderMap,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    let (files, added, gone) = differences(&opened);
    let data = json!({ "draft": row(&opened.draft), "files": files, "added": added, "gone": gone });
    if by_script(&headers) {
        return panel.fragment(&visit, "draft_changes", data);
    }
    let title = panel.renderer.text(visit.language, "draft.changes");
    panel.page(&visit, Page { template: "draft_changes_page", section: "flows", title }, data).await
}

/// Runs the dialog tests of a draft as it is stored. One run goes on at a time.
pub(crate) async fn tests(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    headers: HeaderMap,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    let ran = run(&panel, &opened).await?;
    let data = json!({ "draft": row(&opened.draft), "tests": told(&opened, ran) });
    if by_script(&headers) {
        return panel.fragment(&visit, "draft_tests", data);
    }
    let title = panel.renderer.text(visit.language, "draft.tests");
    panel.page(&visit, Page { template: "draft_tests_page", section: "flows", title }, data).await
}

async fn run(panel: &Panel, opened: &Opened) -> Result<Result<Summary, dialog_tests::Error>, Failure> {
    let Ok(_one) = panel.tests.try_acquire() else { return Err(Failure::Bad("draft.tests.busy")) };
    let platform = &panel.options.platform.get();
    Ok(dialog_tests::run_all(&opened.bundle, platform, std::path::Path::new(""), None, false).await)
}

/// What is told of a run.
fn told(opened: &Opened, ran: Result<Summary, dialog_tests::Error>) -> Value {
    let summary = match ran {
        Ok(summary) => summary,
        Err(dialog_tests::Error::DoNotCompile(_) | dialog_tests::Error::Unreadable(_)) => {
            return json!({ "problem": "draft.tests.broken", "passed": 0, "failed": 0, "failures": [] });
        }
        Err(error) => {
            tracing::warn!(%error, "the dialog tests of a draft could not be run");
            return json!({ "problem": "draft.tests.unable", "passed": 0, "failed": 0, "failures": [] });
        }
    };
    json!({
        "problem": null, "passed": summary.passed(), "failed": summary.failed(), "failures": failures(opened, &summary),
        "nodes": { "reached": summary.nodes.reached, "all": summary.nodes.all },
    })
}

fn failures(opened: &Opened, summary: &Summary) -> Vec<Value> {
    let failure = |ran: &dialog_tests::Ran| {
        let failure = ran.failure.as_ref()?;
        let differences: Vec<Value> = failure
            .differences
            .iter()
            .map(|one| {
                let (expected, found) = match &one.paths {
                    Some((expected, found)) => (expected.join(" → "), found.join(" → ")),
                    None => (one.expected.clone(), one.found.clone()),
                };
                json!({ "expected": expected, "found": found, "notes": one.notes })
            })
            .collect();
        let lines = failure.transcript.len().saturating_sub(TRANSCRIPT);
        Some(json!({
            "name": ran.name, "file": ran.file, "line": failure.step.line, "what": failure.what,
            "href": format!("{}#L{}", address(opened.draft.id, Some(&ran.file)), failure.step.line.max(1)),
            "differences": differences, "transcript": failure.transcript.get(lines..),
        }))
    };
    summary.failures().filter_map(failure).collect()
}

/// The page before a publication: what changes, what becomes of chats in progress, what blocks.
pub(crate) async fn plan(State(panel): State<Arc<Panel>>, visit: Visit, path: Path<String>) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    show(&panel, &visit, &opened, Value::Null).await
}

/// The page of a publication, with what came of a try.
async fn show(panel: &Panel, visit: &Visit, opened: &Opened, refused: Value) -> Served {
    let preview = flow_drafts::preview(panel.store(), &panel.options.platform.get(), opened).await?;
    let (files, added, gone) = differences(opened);
    let is_open = opened.draft.state == DraftState::Open;
    let not_yours: Vec<&str> =
        opened.changed().map(|(path, _, _)| path).filter(|path| !may_edit(visit, path)).collect();
    let blocked = match () {
        () if !is_open => Some("draft.blocked.closed"),
        () if files.is_empty() => Some("draft.blocked.nothing"),
        () if opened.behind => Some("draft.blocked.behind"),
        () if !not_yours.is_empty() => Some("draft.blocked.not_yours"),
        () if preview.errors > 0 => Some("draft.blocked.errors"),
        () => None,
    };
    let data = json!({
        "draft": row(&opened.draft), "open": is_open, "behind": opened.behind && is_open, "blocked": blocked,
        "not_yours": not_yours, "errors": preview.errors, "warnings": preview.warnings, "files": files, "added": added,
        "gone": gone, "plan": places(opened, &preview), "resting": preview.plan.resting, "refused": refused,
    });
    let title = panel.renderer.text(visit.language, "draft.publish.title");
    panel.page(visit, Page { template: "draft_publish", section: "flows", title }, data).await
}

/// Where chats wait and what becomes of them, with what may be chosen instead.
fn places(opened: &Opened, preview: &Preview) -> Vec<Value> {
    let place = |(place, effect): &(WaitingPlace, WaitingChats)| {
        let name = format!("{}.{}", place.flow, place.node);
        let key = match effect {
            WaitingChats::Stay => "stay",
            WaitingChats::Finish => "finish",
            WaitingChats::Move(_) => "move",
            WaitingChats::Restart => "restart",
            WaitingChats::TakenOver => "taken_over",
        };
        let movable = *effect == WaitingChats::Finish && place.release == opened.draft.base;
        let targets = preview.kinds.get(&name).and_then(|kind| preview.targets.get(kind)).filter(|_| movable);
        let restart = movable.then(|| format!("{name}=restart"));
        let targets: Vec<Value> = targets
            .into_iter()
            .flatten()
            .map(|target| json!({ "value": format!("{name}={target}"), "name": target }))
            .collect();
        json!({
            "place": name, "chats": place.chats, "effect": key, "release": super::short(&place.release),
            "movable": movable, "restart": restart, "targets": targets,
        })
    };
    preview.plan.places.iter().map(place).collect()
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    note: String,
    /// `FROM=TO`, several separated by spaces.
    #[serde(default)]
    moves: String,
}

/// Publishes a draft.
pub(crate) async fn publish(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Served {
    let id = id(&path)?;
    let mut wanted = Wanted { note: String::new(), moves: String::new() };
    for (name, value) in fields {
        match name.as_str() {
            "note" => wanted.note = value.chars().take(500).collect(),
            "move" if !value.is_empty() => wanted.moves.push_str(&format!("{value} ")),
            _ => {}
        }
    }
    let Ok(_one) = panel.tests.try_acquire() else { return Err(Failure::Bad("draft.tests.busy")) };
    let publishing = Publishing {
        note: wanted.note,
        moves: wanted.moves.split_whitespace().map(str::to_owned).collect(),
        staff: (*panel.options.runtime.staff()).clone(),
        dry_run: false,
    };
    let platform = &panel.options.platform.get();
    let done =
        flow_drafts::publish(panel.store(), platform, &editor(&visit)?, panel.now(), id, publishing).await;
    match done {
        Ok(Published::Done(checked)) => {
            // The server looks for it twice a second; whoever published wants to see it now.
            panel.options.runtime.releases().follow().await?;
            Ok(see_other(&format!("/admin/flows?published={}", checked.release)))
        }
        Ok(Published::Unchanged(_) | Published::Planned(_)) => Ok(see_other("/admin/flows")),
        Err(flow_drafts::Error::Release(error)) => {
            let opened = flow_drafts::open(panel.store(), id).await?;
            let refused = refused(&opened, &error).ok_or_else(|| Failure::from(error))?;
            show(&panel, &visit, &opened, refused).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Why a publication was refused, where the page can tell it better than an error.
fn refused(opened: &Opened, error: &release::Error) -> Option<Value> {
    match error {
        release::Error::TestsFail { tests, .. } => Some(json!({
            "key": "draft.refused.tests", "detail": null, "failures": failures(opened, tests),
        })),
        release::Error::DoNotCompile(_) => {
            Some(json!({ "key": "draft.refused.errors", "detail": null, "failures": [] }))
        }
        release::Error::Moves(_) => {
            Some(json!({ "key": "draft.refused.moves", "detail": error.to_string(), "failures": [] }))
        }
        release::Error::Conflict(_) | release::Error::NotTheParent { .. } => {
            Some(json!({ "key": "draft.refused.behind", "detail": null, "failures": [] }))
        }
        _ => None,
    }
}
