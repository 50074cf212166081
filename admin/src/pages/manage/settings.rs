//! Settings: a section is one form with one save. Secrets are written and never read.

mod fields;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    audit,
    settings::{
        self, Error, Problem, Shown, TestMail, Tested,
        form::{self, Entered},
        schema::{self, SECTIONS, Section},
    },
};
use tolmach_runtime::ports::{AuditEntry, AuditQuery, AuditResult};

use super::audit::changes;
use crate::{
    Panel, PartState,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::see_other,
    render::Page,
};

/// Changes of a section that stand under it.
const CHANGES: u32 = 8;

/// Characters of a value in the list of changes.
const SHOWN: usize = 160;

/// The name of the field that a test mail's address is typed in.
const TEST_TO: &str = "test.to";

#[derive(Default, Deserialize)]
pub(crate) struct Saved {
    #[serde(default)]
    saved: String,
}

/// What the page shows besides what is stored.
#[derive(Default)]
struct Told {
    saved: Option<&'static str>,
    /// What somebody has typed; without it what holds.
    entered: Option<Entered>,
    problems: Vec<Problem>,
    /// Whether somebody else has changed the section meanwhile.
    conflict: bool,
    /// The result of a test and its place.
    tested: Option<(String, Value)>,
}

fn section(name: &str) -> Result<&'static Section, Failure> {
    schema::section(name).ok_or(Failure::NotFound)
}

pub(crate) async fn first(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    show(&panel, &visit, &SECTIONS[0], Told::default()).await
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(name): Path<String>,
    Params(Saved { saved }): Params<Saved>,
) -> Served {
    let saved = match saved.as_str() {
        "1" => Some("settings.saved"),
        "same" => Some("settings.saved.same"),
        "restart" => Some("settings.saved.restart"),
        _ => None,
    };
    show(&panel, &visit, section(&name)?, Told { saved, ..Told::default() }).await
}

/// The version that a form was shown with.
fn seen(entered: &Entered) -> Result<i64, Failure> {
    entered.get("seen").and_then(|seen| seen.parse().ok()).ok_or(Failure::Bad("error.form"))
}

pub(crate) async fn save(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(name): Path<String>,
    Form(entered): Form<BTreeMap<String, String>>,
) -> Served {
    let section = section(&name)?;
    let tuning = &*panel.options.settings;
    let shown = tuning.shown();
    let read = form::read(section, &shown, seen(&entered)?, &entered);
    let told =
        |problems, conflict| Told { entered: Some(entered.clone()), problems, conflict, ..Told::default() };
    if !read.problems.is_empty() {
        return show(&panel, &visit, section, told(read.problems, false)).await;
    }
    let restart = section.entries().any(|entry| match entry {
        schema::Entry::One(field) if field.restart => {
            let stored = shown.section(section.name).and_then(|stored| stored.values.get(field.key));
            read.change.values.get(field.key) != stored
                || read.change.secrets.iter().any(|(name, _)| name == field.key)
        }
        _ => false,
    });
    let actor = visit.actor()?;
    let change = read.change.clone();
    match settings::save(panel.store(), tuning, &actor, panel.now(), (section, change)).await {
        Ok(changed) => {
            let saved = match (changed, restart) {
                (false, _) => "same",
                (true, true) => "restart",
                (true, false) => "1",
            };
            Ok(see_other(&format!("/admin/settings/{name}?saved={saved}")))
        }
        Err(Error::Wrong(problems)) => {
            let place = |problem: Problem| Problem { key: read.place(&problem.key), ..problem };
            let problems = problems.into_iter().map(place).collect();
            show(&panel, &visit, section, told(problems, false)).await
        }
        Err(Error::Conflict) => show(&panel, &visit, section, told(Vec::new(), true)).await,
        Err(Error::Unknown(_) | Error::Fixed(..) | Error::TwoSections(..)) => Err(Failure::Bad("error.form")),
        Err(Error::Store(error)) => Err(error.into()),
    }
}

/// Tries what stands in the form, before it is saved.
pub(crate) async fn test(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(name): Path<String>,
    headers: HeaderMap,
    Form(entered): Form<BTreeMap<String, String>>,
) -> Served {
    let section = section(&name)?;
    let tuning = &*panel.options.settings;
    let shown = tuning.shown();
    let read = form::read(section, &shown, seen(&entered)?, &entered);
    let candidate = settings::with(&shown.stored, section.name, &read.change);
    let what = entered.get("test").map(String::as_str).unwrap_or_default();
    let (actor, now) = (visit.actor()?, panel.now());
    let result = match (section.name, what) {
        _ if !read.problems.is_empty() => {
            json!({ "good": false, "head": "settings.test.unreadable", "cause": null, "detail": "", "lines": [] })
        }
        ("mail", "mail") => {
            let to = entered.get(TEST_TO).map(|to| to.trim()).filter(|to| !to.is_empty());
            let to = to.ok_or(Failure::Bad("settings.test.no_address"))?;
            let text = |key: &str| panel.renderer.text(visit.language, key);
            let subject = text("settings.test.subject");
            let mail = TestMail { to, subject, text: text("settings.test.text") };
            let tested = tuning.send_mail(&candidate, mail).await;
            settings::note_test(panel.store(), &actor, now, (section, "mail"), &tested).await;
            result(&panel, &visit, tested, "settings.test.mail_good", |()| Vec::new())
        }
        ("models", what) => {
            let role = match what.strip_prefix("llm.roles.") {
                Some(row) => Some(
                    entered.get(&format!("llm.roles.{row}.name")).ok_or(Failure::Bad("error.form"))?.trim(),
                ),
                None => None,
            };
            let tested = tuning.ask_model(&candidate, role).await;
            settings::note_test(panel.store(), &actor, now, (section, "model"), &tested).await;
            result(&panel, &visit, tested, "settings.test.model_good", |answer| {
                let tokens = answer.tokens.map(|tokens| tokens.input + tokens.output);
                let cost = answer.cost.map(|cost| cost.to_string());
                vec![json!({ "said": answer.said, "model": answer.model, "tokens": tokens, "cost": cost })]
            })
        }
        _ => return Err(Failure::Bad("error.form")),
    };
    if headers.contains_key("x-part") {
        return panel.fragment(&visit, "setting_result", json!({ "result": result }));
    }
    let tested = Some((what.to_owned(), result));
    show(&panel, &visit, section, Told { entered: Some(entered), tested, ..Told::default() }).await
}

/// A result as the template has it.
fn result<T>(
    panel: &Panel,
    visit: &Visit,
    tested: Tested<T>,
    good: &'static str,
    lines: impl FnOnce(T) -> Vec<Value>,
) -> Value {
    let millis = tested.millis;
    match tested.result {
        Ok(answer) => json!({
            "good": true, "head": good, "millis": millis, "cause": null, "detail": "", "lines": lines(answer),
        }),
        Err(failure) => {
            let cause = format!("settings.failed.{}", failure.cause);
            let known = panel.renderer.has(&cause);
            let name = (!failure.key.is_empty()).then(|| fields::name(panel, visit, failure.key));
            json!({
                "good": false, "head": "settings.test.bad", "millis": millis, "cause": known.then_some(cause),
                "detail": failure.detail, "field": name, "lines": [],
            })
        }
    }
}

async fn show(panel: &Panel, visit: &Visit, section: &'static Section, told: Told) -> Served {
    let shown = panel.options.settings.shown();
    let holds = form::filled(section, &shown);
    let entered = told.entered.as_ref().unwrap_or(&holds);
    let view = fields::View {
        panel,
        visit,
        shown: &shown,
        entered,
        holds: told.conflict.then_some(&holds),
        problems: &told.problems,
    };
    let (tested_at, tested) = told.tested.unzip();
    let parts: Vec<Value> = section.parts.iter().map(|part| view.part(part)).collect();
    let query = AuditQuery {
        action: Some("settings.".to_owned()),
        object: Some(section.name.to_owned()),
        ..AuditQuery::last(CHANGES)
    };
    let history = audit::list(panel.store(), &query).await?;
    let known = view.placed();
    let loose: Vec<String> =
        told.problems.iter().filter(|one| !known.contains(&one.key)).map(|one| view.words(one)).collect();
    let stored = shown.section(section.name);
    let data = json!({
        "name": section.name,
        "title_key": format!("settings.section.{}", section.name),
        "about_key": format!("settings.about.{}", section.name),
        "seen": shown.version(section.name),
        "nav": nav(panel, section, &shown),
        "parts": parts,
        "saved": told.saved,
        "wrong": told.problems.len(),
        "loose": loose,
        "conflict": told.conflict.then(|| json!({
            "by": stored.map(|stored| stored.author.as_str()).unwrap_or_default(), "at": stored.map(|stored| stored.at),
        })),
        "left_out": shown.left_out.iter().find(|(name, _)| name == section.name).map(|(_, problem)| view.words(problem)),
        "states": if section.name == "channels" { states(panel) } else { Vec::new() },
        "test_to": entered.get(TEST_TO).cloned().unwrap_or_default(),
        "tested_at": tested_at,
        "result": tested,
        "changes": history.iter().map(|entry| changed(panel, visit, entry)).collect::<Vec<_>>(),
        "audit_href": format!("/admin/audit?action=settings.&object={}", section.name),
        "restart": section.entries().any(|entry| matches!(entry, schema::Entry::One(field) if field.restart)),
    });
    let status = match (told.conflict, told.problems.is_empty()) {
        (true, _) => StatusCode::CONFLICT,
        (false, false) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let title = panel.renderer.text(visit.language, "nav.settings");
    panel.page_with(visit, status, Page { template: "settings", section: "settings", title }, data).await
}

/// The sections, and which of them need to be looked at.
fn nav(panel: &Panel, current: &Section, shown: &Shown) -> Vec<Value> {
    let parts = (panel.options.health)();
    let bad = |key: &str| {
        parts.iter().any(|part| part.key == key && matches!(part.state, PartState::Warn | PartState::Bad))
    };
    let section = |section: &Section| {
        let part = match section.name {
            "mail" => "mail",
            "models" => "model",
            "channels" => "telegram",
            _ => "",
        };
        let left_out = shown.left_out.iter().any(|(name, _)| name == section.name);
        json!({
            "href": format!("/admin/settings/{}", section.name), "key": format!("settings.section.{}", section.name),
            "current": section.name == current.name, "attention": left_out || bad(part), "value": section.name,
        })
    };
    SECTIONS.iter().map(section).collect()
}

/// The channels with their states.
fn states(panel: &Panel) -> Vec<Value> {
    let parts = (panel.options.health)();
    let channels = parts.into_iter().filter(|part| ["web", "telegram", "mail"].contains(&part.key));
    let state = |state: PartState| match state {
        PartState::Good => "good",
        PartState::Warn => "warn",
        PartState::Bad => "bad",
        PartState::Off => "off",
    };
    let row = |part: crate::Part| {
        let detail = match part.detail {
            crate::Shown::Text(text) => text,
            crate::Shown::Nothing | crate::Shown::Count(..) => String::new(),
        };
        json!({ "key": format!("health.{}", part.key), "state": state(part.state), "detail": detail })
    };
    channels.map(row).collect()
}

/// A row of the list of changes.
fn changed(panel: &Panel, visit: &Visit, entry: &AuditEntry) -> Value {
    let short = |text: &Value| text.as_str().unwrap_or_default().chars().take(SHOWN).collect::<String>();
    let all = changes(&entry.details).into_iter().map(|change| {
        let name = change["name"].as_str().unwrap_or_default();
        json!({ "name": fields::name(panel, visit, name), "before": short(&change["before"]), "after": short(&change["after"]), "pair": change["pair"] })
    });
    let failure = match &entry.result {
        AuditResult::Done => None,
        AuditResult::Failed(why) => Some(why),
    };
    let kind = format!("settings.did.{}", entry.action.rsplit('.').next().unwrap_or_default());
    json!({ "at": entry.at, "by": entry.actor.id, "kind": kind, "failure": failure, "changes": all.collect::<Vec<_>>() })
}
