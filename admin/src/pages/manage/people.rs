//! People and their roles: invitations by a link that is shown once, roles, disabling, second factors, sessions.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::HOST},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::accounts::{self, Invited, Manager, Person, Role, Whose};
use tolmach_runtime::ports::Account;

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params, filled},
    gate::see_other,
    render::{Page, initials},
};

#[derive(Default, Deserialize)]
pub(crate) struct Saved {
    #[serde(default)]
    saved: String,
    /// Whose sessions have ended.
    who: Option<String>,
}

/// What the page shows besides what is stored.
#[derive(Default)]
struct Told {
    saved: Option<&'static str>,
    error: Option<&'static str>,
    link: Option<(String, Role, i64)>,
    /// Tokens that go on working after the sessions of their person have ended.
    stay: Option<(Account, usize)>,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(Saved { saved, who }): Params<Saved>,
) -> Served {
    let stay = match who.as_deref().filter(|_| saved == "sessions") {
        Some(id) => stay(&panel, id).await?,
        None => None,
    };
    let saved = match saved.as_str() {
        "role" => Some("people.saved.role"),
        "disabled" => Some("people.saved.disabled"),
        "enabled" => Some("people.saved.enabled"),
        "factor" => Some("people.saved.factor"),
        "sessions" => Some("people.saved.sessions"),
        "withdrawn" => Some("people.saved.withdrawn"),
        _ => None,
    };
    show(&panel, &visit, Told { saved, stay, ..Told::default() }).await
}

/// How many tokens a person has that work; `None` where there is no such person or no token.
async fn stay(panel: &Panel, id: &str) -> Result<Option<(Account, usize)>, Failure> {
    let Some(account) = accounts::person(panel.store(), id).await? else { return Ok(None) };
    let count = accounts::working_tokens(panel.store(), panel.now(), account.id).await?;
    Ok((count > 0).then_some((account, count)))
}

async fn show(panel: &Panel, visit: &Visit, told: Told) -> Served {
    let (store, now) = (panel.store(), panel.now());
    let manager = Manager::of(visit.session()?);
    let people = accounts::people(store, now).await?;
    let rows: Vec<Value> = people.iter().map(|person| row(&manager, visit, person)).collect();
    let open: Vec<Value> = accounts::invitations(store, now)
        .await?
        .into_iter()
        .map(|(id, invitation)| {
            let may = Role::parse(&invitation.role).is_some_and(|role| manager.may_touch(role));
            json!({ "id": id, "role": invitation.role, "until": invitation.until, "may": may })
        })
        .collect();
    let roles: Vec<&str> =
        Role::ALL.into_iter().filter(|role| manager.may_touch(*role)).map(Role::name).collect();
    let status = if told.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let data = json!({
        "saved": told.saved,
        "error": told.error,
        "link": told.link.map(|(address, role, until)| json!({ "address": address, "role": role.name(), "until": until })),
        "stay": told.stay.map(|(account, count)| json!({ "name": account.name, "count": count, "href": href(&account) })),
        "count": rows.len(),
        "people": rows,
        "invitations": open,
        "roles": roles,
    });
    let title = panel.renderer.text(visit.language, "nav.people");
    panel.page_with(visit, status, Page { template: "people", section: "people", title }, data).await
}

fn href(account: &Account) -> String {
    format!("/admin/people/{}", account.id)
}

fn row(manager: &Manager, visit: &Visit, person: &Person) -> Value {
    let Account { id, name, role, second_factor, disabled, created, .. } = &person.account;
    let why_not = match manager.check(&person.account) {
        Ok(()) => None,
        Err(accounts::Error::OwnAccount) => Some("people.own"),
        Err(_) => Some("people.owners_only"),
    };
    let own = visit.session.as_ref().is_some_and(|session| session.account.id == *id);
    json!({
        "id": id, "href": href(&person.account), "name": name, "initials": initials(name), "role": role, "disabled": disabled, "own": own,
        "factor": second_factor.is_some(), "created": created, "logins": person.logins, "seen": person.seen,
        "why_not": why_not,
    })
}

#[derive(Deserialize)]
pub(crate) struct RoleForm {
    role: Option<String>,
}

impl RoleForm {
    fn role(&self) -> Result<Role, Failure> {
        filled(&self.role).and_then(Role::parse).ok_or(Failure::Bad("error.form"))
    }
}

pub(crate) async fn invite(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<RoleForm>,
) -> Served {
    let role = form.role()?;
    let manager = Manager::of(visit.session()?);
    match accounts::invite(panel.store(), &manager, panel.now(), role).await {
        Ok(Invited { token, until }) => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let scheme = if visit.peer.https { "https" } else { "http" };
            let address = format!("{scheme}://{host}/admin/setup/{token}");
            show(&panel, &visit, Told { link: Some((address, role, until)), ..Told::default() }).await
        }
        Err(error) => refused(&panel, &visit, error).await,
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct Ended {
    #[serde(default)]
    ended: String,
}

/// A person: what their account is, and by which tokens programs act in their name.
pub(crate) async fn one(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
    Params(Ended { ended }): Params<Ended>,
) -> Served {
    let ended = match ended.as_str() {
        "one" => Some("people.tokens.ended"),
        "all" => Some("people.tokens.all_ended"),
        _ => None,
    };
    let (store, now) = (panel.store(), panel.now());
    let people = accounts::people(store, now).await?;
    let found = people.iter().find(|person| person.account.id.to_string() == id).ok_or(Failure::NotFound)?;
    let manager = Manager::of(visit.session()?);
    let tokens = accounts::tokens(store, now, found.account.id).await?;
    let data = json!({
        "person": row(&manager, &visit, found), "tokens_count": tokens.len(), "tokens": tokens, "ended": ended,
    });
    let title = found.account.name.clone();
    panel.page(&visit, Page { template: "person", section: "people", title: &title }, data).await
}

#[derive(Deserialize)]
pub(crate) struct TokenForm {
    /// What stands for a token; all of them where nothing is said.
    token: Option<String>,
}

/// Ends one of somebody's tokens, or all of them.
pub(crate) async fn end_tokens(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<TokenForm>,
) -> Served {
    let account = named(&panel, &id).await?;
    let whose = Whose::of(&Manager::of(visit.session()?), &account);
    let (store, now) = (panel.store(), panel.now());
    let (done, what) = match filled(&form.token) {
        Some(token) => (accounts::end_token(store, &whose, now, token).await, "one"),
        None => (accounts::end_tokens(store, &whose, now).await, "all"),
    };
    match done {
        Ok(_) => Ok(see_other(&format!("{}?ended={what}", href(&account)))),
        Err(error) => refused(&panel, &visit, error).await,
    }
}

/// The page with what was refused.
async fn refused(panel: &Panel, visit: &Visit, error: accounts::Error) -> Served {
    match Failure::from(error) {
        Failure::Bad(key) => show(panel, visit, Told { error: Some(key), ..Told::default() }).await,
        other => Err(other),
    }
}

async fn named(panel: &Panel, id: &str) -> Result<Account, Failure> {
    accounts::person(panel.store(), id).await?.ok_or(Failure::NotFound)
}

/// A use case's end: back to the page, or the page with what was refused.
async fn ended<T>(panel: &Panel, visit: &Visit, saved: &str, done: Result<T, accounts::Error>) -> Served {
    match done {
        Ok(_) => Ok(see_other(&format!("/admin/people?saved={saved}"))),
        Err(error) => refused(panel, visit, error).await,
    }
}

pub(crate) async fn set_role(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<RoleForm>,
) -> Served {
    let (account, manager) = (named(&panel, &id).await?, Manager::of(visit.session()?));
    let change = (Some(form.role()?), None);
    let done = accounts::set(panel.store(), &manager, panel.now(), &account.name, change).await;
    ended(&panel, &visit, "role", done).await
}

#[derive(Deserialize)]
pub(crate) struct DisableForm {
    disabled: Option<String>,
}

pub(crate) async fn disable(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<DisableForm>,
) -> Served {
    let disabled = match filled(&form.disabled) {
        Some("1") => true,
        Some("0") => false,
        _ => return Err(Failure::Bad("error.form")),
    };
    let (account, manager) = (named(&panel, &id).await?, Manager::of(visit.session()?));
    let change = (None, Some(disabled));
    let done = accounts::set(panel.store(), &manager, panel.now(), &account.name, change).await;
    ended(&panel, &visit, if disabled { "disabled" } else { "enabled" }, done).await
}

pub(crate) async fn reset_factor(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Served {
    let (account, manager) = (named(&panel, &id).await?, Manager::of(visit.session()?));
    let done = accounts::reset_factor(panel.store(), &manager, panel.now(), &account.name).await;
    ended(&panel, &visit, "factor", done).await
}

pub(crate) async fn end_sessions(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Served {
    let (account, manager) = (named(&panel, &id).await?, Manager::of(visit.session()?));
    let done = accounts::end_sessions(panel.store(), &manager, panel.now(), &account.name).await;
    ended(&panel, &visit, &format!("sessions&who={}", account.id), done).await
}

pub(crate) async fn withdraw(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Served {
    let manager = Manager::of(visit.session()?);
    let done = accounts::withdraw(panel.store(), &manager, panel.now(), &id).await;
    ended(&panel, &visit, "withdrawn", done).await
}
