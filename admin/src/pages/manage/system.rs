//! How the system is: its parts, versions and sizes.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;

use crate::{Panel, context::Visit, error::Served, pages::dashboard, render::Page};

pub(crate) async fn page(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    let facts = panel.store().facts().await?;
    let process = &panel.options.process;
    let releases = panel.options.runtime.releases();
    let publication = releases.publication();
    let generation = panel.options.catalog.generation();
    let data = json!({
        "tab": "system",
        "health": dashboard::health(&panel, &visit),
        "version": process.version,
        "role": process.role,
        "started": process.started,
        "uptime_ms": (visit.times.now - process.started).max(0),
        "database": facts,
        "release": releases.current_id(),
        "published": publication.as_ref().map(|one| json!({ "at": one.at, "by": one.author, "note": one.note })),
        "generation": generation.map(|(id, items)| json!({ "id": id, "items": items })),
    });
    let title = panel.renderer.text(visit.language, "sys.title");
    panel.page(&visit, Page { template: "system", section: "system", title }, data).await
}
