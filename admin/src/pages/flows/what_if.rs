//! What a draft would make of what has happened: one turn, and the chats of the last days.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::HeaderMap,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    assist, flow_drafts,
    inbox::Prompt,
    what_if::{self, MAX_TURNS, Side, Used},
};
use tolmach_engine::language::Language;
use tolmach_runtime::{
    backtest::{ChangedTurn, MAX_CHANGED},
    ports::{DraftState, FlowDraft},
};
use uuid::Uuid;

use super::{by_script, editor, id, row};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::{encode, see_other},
    render::Page,
};

const DAY: i64 = 86_400_000;
/// For how many days chats are looked at unless said otherwise, and at most.
const DAYS: i64 = 3;
const MOST_DAYS: i64 = 30;

/// The address of a turn tried on a draft.
pub(super) fn address(draft: Uuid, chat: &str, turn: i64) -> String {
    format!("/admin/flows/{draft}/turn?chat={}&turn={turn}", encode(chat))
}

#[derive(Deserialize)]
pub(crate) struct Begun {
    chat: String,
    turn: i64,
    /// The node at which the change begins, as `flow.node`.
    #[serde(default)]
    at: String,
}

/// Opens the reader's own draft at a node of a turn; begins one where there is none.
pub(crate) async fn begin_try(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(begun): Form<Begun>,
) -> Served {
    let draft = own_draft(&panel, &visit).await?;
    let bundle = flow_drafts::open(panel.store(), draft.id).await?.bundle;
    let (flow, node) = begun.at.split_once('.').unwrap_or((&begun.at, ""));
    let file = format!("{flow}.yaml");
    let tried = format!("chat={}&turn={}", encode(&begun.chat), begun.turn);
    let text = bundle.files.get(&file);
    let line = text.and_then(|text| assist::line_of(text, "nodes", node)).unwrap_or(1);
    let base = super::address(draft.id, None);
    Ok(see_other(&match text {
        Some(_) => format!("{base}?file={}&{tried}#L{line}", encode(&file)),
        None => format!("{base}?{tried}"),
    }))
}

/// The reader's own draft; begins one where there is none.
pub(in crate::pages) async fn own_draft(panel: &Panel, visit: &Visit) -> Result<FlowDraft, Failure> {
    let name = visit.session()?.account.name.clone();
    let drafts = flow_drafts::list(panel.store()).await?;
    let own = drafts.into_iter().find(|draft| draft.state == DraftState::Open && draft.author == name);
    if let Some(draft) = own {
        return Ok(draft);
    }
    let title = panel.renderer.text(visit.language, "draft.title.default").replace("{name}", &name);
    Ok(flow_drafts::begin(panel.store(), &editor(visit)?, panel.now(), &title).await?)
}

#[derive(Deserialize)]
pub(crate) struct Tried {
    chat: String,
    turn: i64,
}

/// A turn beside what the draft makes of it.
pub(crate) async fn turn(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    headers: HeaderMap,
    Params(tried): Params<Tried>,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    let chat = tried.chat.as_str();
    let platform = &panel.options.platform.get();
    let result = what_if::turn(panel.store(), platform, &opened.bundle, (chat, tried.turn)).await;
    let (result, broken) = match result {
        Ok(result) => (Some(result), false),
        Err(what_if::Error::DoesNotCompile) => (None, true),
        Err(error) => return Err(error.into()),
    };
    let sees = visit.may(Permission::SeePrompts);
    let shown = result.map(|result| {
        json!({
            "wrote": result.wrote, "at": result.at, "same": result.same, "approximate": result.approximate,
            "not_recorded": result.not_recorded, "before": side(&panel, &visit, &result.before, &result.after, sees),
            "after": side(&panel, &visit, &result.after, &result.before, sees),
        })
    });
    let data = json!({
        "draft": row(&opened.draft), "chat": format!("/admin/inbox/{}?turn={}", encode(chat), tried.turn),
        "test_action": format!("/admin/inbox/{}/test", encode(chat)), "turn": tried.turn, "broken": broken, "tried": shown,
    });
    if by_script(&headers) {
        return panel.fragment(&visit, "tried", data);
    }
    let title = panel.renderer.text(visit.language, "tried.title");
    panel.page(&visit, Page { template: "tried_page", section: "flows", title }, data).await
}

/// One side, with a mark at what the other does not have.
fn side(panel: &Panel, visit: &Visit, side: &Side, other: &Side, prompts: bool) -> Value {
    let steps: Vec<Value> = side
        .steps
        .iter()
        .enumerate()
        .map(|(at, step)| {
            json!({
                "node": step.node, "flow": step.flow, "kind": step.kind, "exit": step.exit, "fault": step.fault,
                "differs": other.steps.get(at) != Some(step),
            })
        })
        .collect();
    let text = |Prompt(parts): &Prompt| {
        parts
            .iter()
            .map(|(part, text)| {
                let title = panel.renderer.text(visit.language, &format!("prompt.{}", part.name()));
                json!({ "title": title, "text": text })
            })
            .collect::<Vec<_>>()
    };
    let shown: Vec<Value> = side
        .prompts
        .iter()
        .filter(|_| prompts)
        .map(|prompt| json!({ "parts": text(prompt), "differs": !other.prompts.contains(prompt) }))
        .collect();
    json!({ "steps": steps, "replies": side.replies, "images": side.images, "effects": side.effects, "prompts": shown })
}

/// Turns that a preview of a prompt lists.
const PREVIEWS: usize = 20;

/// The newest turns of real chats that asked by a prompt: each opens beside what the draft's prompt asks.
pub(crate) async fn previews(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Params(asked): Params<Previewed>,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    let name = prompt_of(&asked.file).filter(|_| opened.bundle.files.contains_key(&asked.file));
    let name = name.ok_or(Failure::NotFound)?;
    let days = asked.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
    let Ok(_one) = panel.tests.try_acquire() else { return Err(Failure::Bad("draft.tests.busy")) };
    let since = panel.now() - days * DAY;
    let used = what_if::turns_with_prompt(
        panel.store(),
        &panel.options.platform.get(),
        (&opened.bundle, name),
        since,
        PREVIEWS,
    )
    .await?;
    let turn = |used: &Used| {
        json!({
            "wrote": used.wrote, "at": used.at,
            "href": address(opened.draft.id, &used.chat, used.turn),
        })
    };
    let data = json!({
        "draft": row(&opened.draft), "file": asked.file, "edit": super::address(opened.draft.id, Some(&asked.file)),
        "name": name, "days": days, "turns": used.iter().map(turn).collect::<Vec<_>>(),
    });
    let title = panel.renderer.text(visit.language, "previews.title");
    panel.page(&visit, Page { template: "previews", section: "texts", title }, data).await
}

/// The name by which flows call the prompt of a file.
pub(super) fn prompt_of(file: &str) -> Option<&str> {
    let name = file.strip_prefix("prompts/")?.strip_suffix(".md")?;
    let language = name.rsplit_once('.').filter(|(_, code)| Language::from_code(code).is_some());
    Some(language.map_or(name, |(name, _)| name))
}

#[derive(Deserialize)]
pub(crate) struct Previewed {
    file: String,
    days: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Days {
    days: Option<i64>,
}

/// The chats of the last days whose path, lead or model calls the draft changes.
pub(crate) async fn chats(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Params(asked): Params<Days>,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    let days = asked.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
    let Ok(_one) = panel.tests.try_acquire() else { return Err(Failure::Bad("draft.tests.busy")) };
    let since = panel.now() - days * DAY;
    let report = what_if::chats(panel.store(), &panel.options.platform.get(), &opened.bundle, since).await;
    let (report, broken) = match report {
        Ok(report) => (report, false),
        Err(what_if::Error::DoesNotCompile) => (Default::default(), true),
        Err(error) => return Err(error.into()),
    };
    let turn = |turn: &ChangedTurn| {
        json!({
            "chat": format!("/admin/inbox/{}?turn={}", encode(&turn.chat), turn.turn), "wrote": turn.wrote, "at": turn.at,
            "before": turn.before, "after": turn.after, "path": turn.before != turn.after,
            "calls": turn.model_calls.before != turn.model_calls.after, "calls_before": turn.model_calls.before,
            "calls_after": turn.model_calls.after,
            "tried": format!(
                "{}?chat={}&turn={}", super::address(opened.draft.id, None), encode(&turn.chat), turn.turn
            ),
        })
    };
    let leads = |chats: &[String]| {
        chats
            .iter()
            .take(50)
            .map(|chat| json!({ "name": chat, "href": format!("/admin/inbox/{}", encode(chat)) }))
            .collect::<Vec<_>>()
    };
    let faults: Vec<Value> = report
        .faults
        .iter()
        .take(20)
        .map(|fault| json!({ "node": format!("{}.{}", fault.flow, fault.node), "fault": fault.fault, "turns": fault.turns }))
        .collect();
    let data = json!({
        "draft": row(&opened.draft), "days": days, "chats": report.chats, "turns": report.turns, "same": report.same,
        "changed": report.changed, "broken": broken, "rows": report.changed_turns.iter().map(turn).collect::<Vec<_>>(),
        "full": report.changed_turns.len() >= MAX_CHANGED, "capped": report.turns >= MAX_TURNS,
        "lost": leads(&report.leads.lost), "won": leads(&report.leads.new), "faults": faults,
        "calls_before": report.model_calls.before, "calls_after": report.model_calls.after,
        "approximate": report.approximate, "not_recorded": report.not_recorded,
    });
    let title = panel.renderer.text(visit.language, "chats.title");
    panel.page(&visit, Page { template: "draft_chats", section: "flows", title }, data).await
}
