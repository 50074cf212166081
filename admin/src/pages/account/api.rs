//! The readable page of the API: what each route does, for whom, and how it is asked.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use crate::{Panel, api::document, context::Visit, error::Served, render::Page};

pub(crate) async fn api(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    let role = visit.session()?.role;
    let routes: Vec<Value> = document::told()
        .iter()
        .map(|told| {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.name()).collect();
            json!({
                "method": told.method.as_str(), "path": told.path, "what": panel.renderer.text(visit.language, &told.key),
                "roles": roles, "yours": told.roles.contains(&role), "changes": told.changes, "example": told.example,
            })
        })
        .collect();
    let title = panel.renderer.text(visit.language, "api.title");
    panel.page(&visit, Page { template: "api", section: "account", title }, json!({ "routes": routes })).await
}
