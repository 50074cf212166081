//! Logging in: name and password, then the code of the second factor; and out.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{StatusCode, header::SET_COOKIE},
    response::Response,
};
use serde::Deserialize;
use serde_json::json;
use tolmach_app::accounts::{self, Browser};
use tolmach_runtime::ports::handle;

use crate::{
    Panel,
    context::Visit,
    cookies::Cookie,
    error::{Failure, Served},
    form::{Form, Params},
    gate::{encode, own_path, see_other},
    render::Page,
};

#[derive(Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
    /// Why the login is asked for.
    #[serde(default)]
    why: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
    #[serde(default)]
    next: String,
}

/// What is told above the form.
#[derive(Clone, Copy, Default)]
struct Told {
    error: Option<&'static str>,
    notice: Option<&'static str>,
    wait: Option<Duration>,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(Next { next, why }): Params<Next>,
) -> Served {
    let notice = match why.as_str() {
        "left" => Some("login.left"),
        "ended" => Some("login.ended"),
        _ => None,
    };
    show(&panel, &visit, StatusCode::OK, ("", &next), Told { notice, ..Told::default() }).await
}

async fn show(
    panel: &Panel,
    visit: &Visit,
    status: StatusCode,
    (name, next): (&str, &str),
    told: Told,
) -> Served {
    let data = json!({
        "lang_href": in_other_language(visit, "/admin/login", next),
        "error": told.error,
        "notice": told.notice,
        "wait_ms": told.wait.map_or(0, |wait| wait.as_millis() as u64),
        "name": name,
        "next": own_path(next),
    });
    let title = panel.renderer.text(visit.language, "login.title");
    panel.page_with(visit, status, Page { template: "login", section: "", title }, data).await
}

/// The address of a page before a login in the other language.
pub(crate) fn in_other_language(visit: &Visit, path: &str, next: &str) -> String {
    let other = if visit.language.code() == "ru" { "en" } else { "ru" };
    let next = if next.is_empty() { String::new() } else { format!("&next={}", encode(own_path(next))) };
    format!("{path}?lang={other}{next}")
}

pub(crate) async fn log_in(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(form): Form<Credentials>,
) -> Served {
    let (name, next) = (form.name.trim(), form.next.as_str());
    if let Err(wait) = panel.limits.attempt(visit.peer.address, &handle(name)) {
        tracing::warn!(target: "security", address = %visit.peer.address, "too many attempts to log in to the panel");
        let told = Told { error: Some("login.blocked"), wait: Some(wait), ..Told::default() };
        return show(&panel, &visit, StatusCode::TOO_MANY_REQUESTS, (name, next), told).await;
    }
    let address = visit.peer.address.to_string();
    let browser = Browser { agent: &visit.agent, address: &address };
    let begun =
        accounts::log_in(panel.store(), &panel.passwords, panel.now(), (name, &form.password), browser).await;
    match begun {
        Ok(begun) => {
            // Whoever was logged in here before is not any more: the cookie is another one.
            if let Some(session) = &visit.session {
                accounts::log_out(panel.store(), panel.now(), session).await?;
            }
            let next = encode(own_path(next));
            let path =
                if begun.needs_code { format!("/admin/login/code?next={next}") } else { next_of(&form.next) };
            Ok(with_cookie(see_other(&path), Some(&begun.token), &visit))
        }
        Err(accounts::Error::Wrong) => {
            tracing::warn!(target: "security", address = %visit.peer.address, "a wrong name or password for the panel");
            let told = Told { error: Some("login.wrong"), ..Told::default() };
            show(&panel, &visit, StatusCode::UNPROCESSABLE_ENTITY, (name, next), told).await
        }
        Err(error) => Err(error.into()),
    }
}

fn next_of(next: &str) -> String {
    own_path(next).to_owned()
}

/// Sets or removes the cookie of the login.
pub(crate) fn with_cookie(mut response: Response, token: Option<&str>, visit: &Visit) -> Response {
    if let Some(cookie) = Cookie::Login.set(token, visit.peer.https) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

pub(crate) async fn code_page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(Next { next, .. }): Params<Next>,
) -> Served {
    if visit.session()?.login.passed {
        return Ok(see_other(own_path(&next)));
    }
    show_code(&panel, &visit, StatusCode::OK, &next, Told::default()).await
}

async fn show_code(panel: &Panel, visit: &Visit, status: StatusCode, next: &str, told: Told) -> Served {
    let data = json!({
        "lang_href": in_other_language(visit, "/admin/login/code", next),
        "error": told.error,
        "wait_ms": told.wait.map_or(0, |wait| wait.as_millis() as u64),
        "name": visit.session()?.account.name,
        "next": own_path(next),
    });
    let title = panel.renderer.text(visit.language, "code.title");
    panel.page_with(visit, status, Page { template: "login_code", section: "", title }, data).await
}

pub(crate) async fn pass(State(panel): State<Arc<Panel>>, visit: Visit, Form(form): Form<Code>) -> Served {
    let session = visit.session()?;
    if session.login.passed {
        return Ok(see_other(own_path(&form.next)));
    }
    // Codes are short: those of one account are counted apart from its passwords.
    let key = format!("code {}", session.account.id);
    if let Err(wait) = panel.limits.attempt(visit.peer.address, &key) {
        let told = Told { error: Some("login.blocked"), wait: Some(wait), ..Told::default() };
        return show_code(&panel, &visit, StatusCode::TOO_MANY_REQUESTS, &form.next, told).await;
    }
    match accounts::pass(panel.store(), panel.now(), session, &form.code).await {
        Ok(begun) => Ok(with_cookie(see_other(own_path(&form.next)), Some(&begun.token), &visit)),
        Err(accounts::Error::WrongCode) => {
            let told = Told { error: Some("code.wrong"), ..Told::default() };
            show_code(&panel, &visit, StatusCode::UNPROCESSABLE_ENTITY, &form.next, told).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn log_out(State(panel): State<Arc<Panel>>, visit: Visit) -> Result<Response, Failure> {
    accounts::log_out(panel.store(), panel.now(), visit.session()?).await?;
    Ok(with_cookie(see_other("/admin/login?why=left"), None, &visit))
}
