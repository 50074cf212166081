//! Tasks: the queue, the quarantine and the timers.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{accounts::Permission, tasks};
use tolmach_runtime::ports::{self, Task};

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::Params,
    gate::{encode, see_other},
    render::Page,
};

/// Rows of each list.
const ROWS: u32 = 100;
/// The states of the queue that have a text.
const STATES: [&str; 6] = ["Pending", "Queued", "Running", "Failed", "Done", "Killed"];

#[derive(Default, Deserialize)]
pub(crate) struct Saved {
    #[serde(default)]
    saved: String,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(Saved { saved }): Params<Saved>,
) -> Served {
    let saved = match saved.as_str() {
        "retried" => Some("jobs.saved.retried"),
        "discarded" => Some("jobs.saved.discarded"),
        _ => None,
    };
    let shown = tasks::overview(panel.store(), ROWS).await?;
    let chat = |chat: &str| {
        let href = visit.may(Permission::ReadChats).then(|| format!("/admin/inbox/{}", encode(chat)));
        json!({ "key": chat, "href": href })
    };
    let about = |task: &Task| match task {
        Task::Deliver { chat: key } | Task::Timer { chat: key, .. } | Task::Turn { chat: key, .. } => {
            chat(key)
        }
        _ => Value::Null,
    };
    let queued: Vec<Value> = shown
        .queued
        .iter()
        .map(|task| {
            let name = task.job.as_ref().map_or("unknown", |job| tasks::name(&job.task));
            let tries = task.job.as_ref().map_or(0, |job| job.tries);
            let late = task.due < visit.times.now - 60_000;
            json!({
                "id": task.id, "name": name, "state": state(&task.state), "due": task.due, "tries": tries, "late": late,
                "chat": task.job.as_ref().map(|job| about(&job.task)),
            })
        })
        .collect();
    let quarantined: Vec<Value> = shown
        .quarantined
        .iter()
        .map(|task| {
            json!({
                "id": task.id, "name": tasks::name(&task.task), "starts": task.starts, "why": task.why, "at": task.at,
                "chat": about(&task.task), "href": format!("/admin/jobs/{}", encode(&task.id).replace('/', "%2F")),
            })
        })
        .collect();
    let timers: Vec<Value> = shown
        .timers
        .iter()
        .map(|timer| json!({ "name": timer.name, "due": timer.due, "chat": chat(&timer.chat) }))
        .collect();
    let counts: Vec<Value> =
        shown.counts.iter().map(|one| json!({ "state": state(&one.state), "count": one.count })).collect();
    let data = json!({
        "saved": saved, "counts": counts, "queued": queued, "quarantined": quarantined, "timers": timers, "most": ROWS,
        "may": visit.may(Permission::ManageJobs), "tab": "jobs",
    });
    let title = panel.renderer.text(visit.language, "jobs.title");
    panel.page(&visit, Page { template: "jobs", section: "system", title }, data).await
}

/// The key of a state's text.
fn state(name: &str) -> &'static str {
    STATES.into_iter().find(|known| *known == name).unwrap_or("Pending")
}

fn refused(error: tasks::Error) -> Failure {
    match error {
        // An id that no task can have is refused by the store.
        tasks::Error::NotQuarantined(_) | tasks::Error::Store(ports::Error::Refused { .. }) => {
            Failure::NotFound
        }
        tasks::Error::Store(error) => error.into(),
    }
}

pub(crate) async fn retry(State(panel): State<Arc<Panel>>, visit: Visit, Path(id): Path<String>) -> Served {
    tasks::retry(panel.store(), &visit.actor()?, panel.now(), &id).await.map_err(refused)?;
    Ok(see_other("/admin/jobs?saved=retried"))
}

pub(crate) async fn discard(State(panel): State<Arc<Panel>>, visit: Visit, Path(id): Path<String>) -> Served {
    tasks::discard(panel.store(), &visit.actor()?, panel.now(), &id).await.map_err(refused)?;
    Ok(see_other("/admin/jobs?saved=discarded"))
}
