//! The one-time link by which the first owner, or whoever was invited, makes their account.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::json;
use tolmach_app::accounts::{self, Browser, MIN_PASSWORD, Role};

use super::login::{in_other_language, with_cookie};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::Form,
    gate::see_other,
    render::Page,
};

#[derive(Deserialize)]
pub(crate) struct Owner {
    name: String,
    password: String,
    again: String,
}

pub(crate) async fn page(State(panel): State<Arc<Panel>>, visit: Visit, Path(token): Path<String>) -> Served {
    show(&panel, &visit, StatusCode::OK, &token, ("", None)).await
}

async fn show(
    panel: &Panel,
    visit: &Visit,
    status: StatusCode,
    token: &str,
    (name, error): (&str, Option<(&'static str, &'static str)>),
) -> Served {
    let role = accounts::invitation_role(panel.store(), panel.now(), token).await?;
    let open = role.is_some();
    let first = role == Some(Role::Owner) && accounts::list(panel.store()).await?.is_empty();
    let (error, field) = error.unzip();
    let token = if open { token } else { "" };
    let data = json!({
        "lang_href": in_other_language(visit, &format!("/admin/setup/{token}"), ""),
        "open": open,
        "first": first,
        "role": role.map(Role::name),
        "token": token,
        "error": error,
        "field": field,
        "name": name,
        "min_length": MIN_PASSWORD,
    });
    let title = panel.renderer.text(visit.language, if first { "setup.title" } else { "setup.invited" });
    panel.page_with(visit, status, Page { template: "setup", section: "", title }, data).await
}

pub(crate) async fn accept(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(token): Path<String>,
    Form(form): Form<Owner>,
) -> Served {
    panel
        .limits
        .attempt(visit.peer.address, "setup")
        .map_err(|wait| Failure::TooMany(wait.as_secs().saturating_add(1)))?;
    let again =
        |error| show(&panel, &visit, StatusCode::UNPROCESSABLE_ENTITY, &token, (&form.name, Some(error)));
    if form.password != form.again {
        return again(("setup.differs", "again")).await;
    }
    let (store, now) = (panel.store(), panel.now());
    let given = (form.name.as_str(), form.password.as_str());
    match accounts::accept(store, &panel.passwords, now, &token, given).await {
        Ok(account) => {
            let address = visit.peer.address.to_string();
            let browser = Browser { agent: &visit.agent, address: &address };
            let given = (account.name.as_str(), form.password.as_str());
            let begun = accounts::log_in(store, &panel.passwords, now, given, browser).await?;
            Ok(with_cookie(see_other("/admin/"), Some(&begun.token), &visit))
        }
        Err(accounts::Error::BadPassword) => again(("setup.short", "password")).await,
        Err(accounts::Error::BadName) => again(("setup.name_bad", "name")).await,
        Err(accounts::Error::NameTaken(_)) => again(("setup.name_taken", "name")).await,
        Err(accounts::Error::BadLink) => {
            show(&panel, &visit, StatusCode::NOT_FOUND, &token, ("", None)).await
        }
        Err(error) => Err(error.into()),
    }
}
