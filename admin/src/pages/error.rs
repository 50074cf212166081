//! The page that tells what went wrong.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tolmach_app::accounts::Role;

use crate::{Panel, context::Visit, error::Failure, render::Page};

/// Renders it; a plain text where even that is not possible.
pub(crate) async fn page(panel: &Panel, visit: &Visit, failure: &Failure) -> Response {
    let status = failure.status();
    let roles: Vec<Value> = match failure {
        Failure::Forbidden(what) => Role::that_may(*what).map(|role| role.name().into()).collect(),
        _ => Vec::new(),
    };
    let known = visit.session.as_ref().is_some_and(|session| session.login.passed);
    // Without the database there is no side bar to be filled.
    let template = if known && *failure != Failure::Unavailable { "error" } else { "error_bare" };
    let title = panel.renderer.text(visit.language, failure.key());
    let page = Page { template, section: "", title };
    let data = json!({
        "status": status.as_u16(),
        "title_key": failure.key(),
        "about_key": format!("{}.about", about(failure)),
        "roles": roles,
        "path": visit.here,
        "id": null,
        "at": null,
    });
    match panel.page_with(visit, status, page, data).await {
        Ok(response) => response,
        Err(_) => (status, panel.renderer.text(visit.language, failure.key())).into_response(),
    }
}

/// The text that says what to do: of the failure itself, or of all that are alike.
fn about(failure: &Failure) -> &'static str {
    match failure {
        Failure::Bad(_) | Failure::Because(..) | Failure::Conflict(_) => "error.bad",
        other => other.key(),
    }
}
