//! One's own account: password, second factor, sessions, and how the panel looks.

mod api;
mod tokens;

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::REFERER},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::accounts::{self, Choice, IDLE_LOGIN, MIN_PASSWORD, MadeToken, Settings};
use tolmach_runtime::ports::Login;

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params, filled},
    gate::{own_path, see_other},
    render::Page,
};

pub(crate) use api::api;
pub(crate) use tokens::{end_token, make_token};

/// What the page shows besides what is stored.
#[derive(Clone, Default)]
struct Told {
    /// The key of the text, and the field that it is about.
    error: Option<(&'static str, &'static str)>,
    saved: Option<&'static str>,
    codes: Vec<String>,
    pairing: bool,
    /// A token that was made: this page is the only one that shows it.
    token: Option<MadeToken>,
}

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
        "look" => Some("look.saved"),
        "password" => Some("password.saved"),
        "sessions" => Some("sessions.ended"),
        "factor_off" => Some("factor.saved_off"),
        "token" => Some("token.ended"),
        _ => None,
    };
    show(&panel, &visit, Told { saved, ..Told::default() }).await
}

async fn show(panel: &Panel, visit: &Visit, told: Told) -> Served {
    let session = visit.session()?;
    let account = &session.account;
    let logins = accounts::own_logins(panel.store(), account.id).await?;
    let sessions: Vec<Value> = logins
        .into_iter()
        .map(|(id, login)| {
            let Login { agent, address, made, seen, .. } = &login;
            json!({
                "id": id,
                "current": login.id == session.login.id,
                "phone": agent.contains("Mobile"),
                "agent": browser(agent),
                "address": address,
                "seen": seen,
                "begun": made,
            })
        })
        .collect();
    let (secret, qr) = if told.pairing {
        let factor = accounts::new_factor(session, &visit.cookie, &visit.company);
        (apart(&factor.secret), picture(&factor.address).ok_or(Failure::Unavailable)?)
    } else {
        (String::new(), Value::Null)
    };
    let factor = match account.second_factor {
        _ if told.pairing => "pairing",
        Some(_) => "on",
        None => "off",
    };
    let tokens = accounts::tokens(panel.store(), panel.now(), account.id).await?;
    let made = told.token.map(|made| json!({ "text": made.token, "shown": made.shown }));
    let text = |key: &str| panel.renderer.text(visit.language, key);
    let (error, field) = told.error.unzip();
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let data = json!({
        "saved": told.saved,
        "error": error,
        "field": field,
        "min_length": MIN_PASSWORD,
        "idle_ms": IDLE_LOGIN,
        "recovery_codes": told.codes,
        "password_changed": null,
        "factor": factor,
        "secret": secret,
        "qr": qr,
        "recovery_left": account.recovery.len(),
        "sessions_count": sessions.len(),
        "sessions": sessions,
        "token": made,
        "token_days": accounts::DAYS,
        "token_most_days": accounts::MOST_DAYS,
        "tokens_count": tokens.len(),
        "tokens_work": tokens.iter().filter(|token| !token.expired).count(),
        "tokens": tokens,
    });
    let page = Page { template: "account", section: "account", title: text("nav.account") };
    panel.page_with(visit, status, page, data).await
}

/// The form of the whole, or a button of the top bar that changes one thing.
#[derive(Deserialize)]
pub(crate) struct Look {
    all: Option<String>,
    language: Option<String>,
    theme: Option<String>,
    side: Option<String>,
    keys: Option<String>,
}

pub(crate) async fn settings(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Form(look): Form<Look>,
) -> Served {
    let mut settings: Settings = visit.settings.clone();
    if let Some(language) = filled(&look.language) {
        settings.language = ["ru", "en"].into_iter().find(|known| *known == language).map(str::to_owned);
    }
    match filled(&look.theme) {
        Some("auto") => settings.theme = Choice::Auto,
        Some("light") => settings.theme = Choice::Light,
        Some("dark") => settings.theme = Choice::Dark,
        _ => {}
    }
    if let Some(side) = filled(&look.side) {
        settings.folded = side == "folded";
    }
    let whole = look.all.is_some();
    if whole {
        // A box that is not checked is not sent.
        settings.keys = look.keys.is_some();
    }
    accounts::save_settings(panel.store(), panel.now(), visit.session()?, &settings).await?;
    // The page that the button stands on: the browser names it to this server alone.
    let from = headers.get(REFERER).and_then(|from| from.to_str().ok()).unwrap_or_default();
    let back = from.find("/admin").and_then(|at| from.get(at..)).unwrap_or("/admin/account");
    Ok(see_other(if whole { "/admin/account?saved=look" } else { own_path(back) }))
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    old: String,
    new: String,
    again: String,
    /// Whether access tokens end too; a box that is not checked is not sent.
    tokens: Option<String>,
}

pub(crate) async fn password(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(form): Form<NewPassword>,
) -> Served {
    let wrong = |error| show(&panel, &visit, Told { error: Some(error), ..Told::default() });
    if form.new != form.again {
        return wrong(("setup.differs", "again")).await;
    }
    count_attempt(&panel, &visit)?;
    let session = visit.session()?;
    let given = (form.old.as_str(), form.new.as_str());
    let ends = form.tokens.is_some();
    match accounts::change_password(panel.store(), &panel.passwords, panel.now(), session, given, ends).await
    {
        Ok(_) => Ok(see_other("/admin/account?saved=password")),
        Err(accounts::Error::Wrong) => wrong(("password.wrong", "old")).await,
        Err(accounts::Error::BadPassword) => wrong(("setup.short", "new")).await,
        Err(error) => Err(error.into()),
    }
}

/// Counts a password that is asked for again: a session that somebody left open is no way to try passwords.
fn count_attempt(panel: &Panel, visit: &Visit) -> Result<(), Failure> {
    let key = format!("again {}", visit.session()?.account.id);
    panel
        .limits
        .attempt(visit.peer.address, &key)
        .map_err(|wait| Failure::TooMany(wait.as_secs().saturating_add(1)))
}

pub(crate) async fn begin_factor(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    if visit.session()?.account.second_factor.is_some() {
        return Ok(see_other("/admin/account"));
    }
    show(&panel, &visit, Told { pairing: true, ..Told::default() }).await
}

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
}

pub(crate) async fn confirm_factor(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(form): Form<Code>,
) -> Served {
    let session = visit.session()?;
    if session.account.second_factor.is_some() {
        return Ok(see_other("/admin/account"));
    }
    let factor = accounts::new_factor(session, &visit.cookie, &visit.company);
    let given = (factor.secret.as_str(), form.code.as_str());
    match accounts::confirm_factor(panel.store(), panel.now(), session, given).await {
        Ok(codes) => {
            let visit = again(&panel, &visit).await?;
            show(&panel, &visit, Told { codes, saved: Some("factor.saved"), ..Told::default() }).await
        }
        Err(accounts::Error::WrongCode) => {
            let error = Some(("code.wrong", "code"));
            show(&panel, &visit, Told { error, pairing: true, ..Told::default() }).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct Password {
    password: String,
}

pub(crate) async fn new_codes(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(form): Form<Password>,
) -> Served {
    count_attempt(&panel, &visit)?;
    let session = visit.session()?;
    let made =
        accounts::new_codes(panel.store(), &panel.passwords, panel.now(), session, &form.password).await;
    match made {
        Ok(codes) => {
            let visit = again(&panel, &visit).await?;
            show(&panel, &visit, Told { codes, saved: Some("codes.made"), ..Told::default() }).await
        }
        Err(accounts::Error::Wrong) => {
            let error = Some(("password.wrong", "factor_password"));
            show(&panel, &visit, Told { error, ..Told::default() }).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn remove_factor(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(form): Form<Password>,
) -> Served {
    count_attempt(&panel, &visit)?;
    let session = visit.session()?;
    let removed =
        accounts::remove_factor(panel.store(), &panel.passwords, panel.now(), session, &form.password).await;
    match removed {
        Ok(()) => Ok(see_other("/admin/account?saved=factor_off")),
        Err(accounts::Error::Wrong) => {
            let error = Some(("password.wrong", "factor_password"));
            show(&panel, &visit, Told { error, ..Told::default() }).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The visit with the account as it is stored now.
async fn again(panel: &Panel, visit: &Visit) -> Result<Visit, Failure> {
    let session = accounts::session(panel.store(), panel.now(), &visit.cookie).await?;
    Ok(visit.with_session(session.ok_or(Failure::Expired)?))
}

pub(crate) async fn end_one(State(panel): State<Arc<Panel>>, visit: Visit, Path(id): Path<String>) -> Served {
    accounts::end_login(panel.store(), panel.now(), visit.session()?, &id).await?;
    Ok(see_other("/admin/account?saved=sessions"))
}

pub(crate) async fn end_others(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    accounts::end_other_logins(panel.store(), panel.now(), visit.session()?).await?;
    Ok(see_other("/admin/account?saved=sessions"))
}

/// A base32 secret in groups of four, as people type it.
fn apart(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The browser and the system that a `User-Agent` names, as far as people know them.
fn browser(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("YaBrowser", "Yandex"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

/// A QR code as one path of squares, with the size of its side.
fn picture(text: &str) -> Option<Value> {
    const QUIET: i32 = 4;
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{},{}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    Some(json!({ "size": size + 2 * QUIET, "path": path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_as_people_know_them() {
        let chrome =
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome, Windows");
        assert_eq!(browser("curl/8.5"), "curl/8.5");
        assert_eq!(
            browser("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) Version/18.1 Mobile Safari/604.1"),
            "Safari, iPhone"
        );
    }

    #[test]
    fn a_secret_is_shown_in_groups_and_as_a_picture() {
        assert_eq!(apart("ABCDEFGHIJ"), "ABCD EFGH IJ");
        let picture = picture("otpauth://totp/Shop:Anna?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert!(picture["size"].as_i64().unwrap() > 29 && picture["path"].as_str().unwrap().len() > 1000);
    }
}
