//! The inbox: the list of chats, one chat with its turns, and what staff do in it.

mod chat;
mod list;
mod reply;
mod turn;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    files::{ENDINGS, LARGEST, MOST_FILES},
    handoff,
    inbox::{self, Part, Right},
    saved_test::{self, SaveOptions},
};

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params, filled},
    gate::see_other,
    render::Page,
};

pub(crate) use list::Filter;
pub(crate) use reply::reply;

/// The file of a saved test.
const TEST_FILE: &str = "saved.test.yaml";

/// The most turns of a dialog that is saved as a test.
const LONGEST_TEST: u32 = 200;

/// After how many minutes of waiting a chat is amber, and red.
const MINUTES: (i64, i64) = (3, 10);

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(filter): Params<Filter>,
) -> Served {
    let data = frame(&panel, &visit, &filter, None).await?;
    let title = panel.renderer.text(visit.language, "nav.inbox");
    panel.page(&visit, Page { template: "inbox", section: "inbox", title }, data).await
}

pub(crate) async fn list(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(filter): Params<Filter>,
) -> Served {
    let list = list::shown(&panel, &visit, &filter, None).await?;
    let (warn, bad) = MINUTES;
    let data = json!({
        "queue": filter.queue(), "list": list, "warn_minutes": warn, "bad_minutes": bad,
    });
    panel.fragment(&visit, "inbox_list", data)
}

#[derive(Default, Deserialize)]
pub(crate) struct Shown {
    /// Only older messages than this.
    before: Option<String>,
    /// The turn whose trace is open.
    turn: Option<i64>,
    queue: Option<String>,
}

pub(crate) async fn chat(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(key): Path<String>,
    Params(shown): Params<Shown>,
) -> Served {
    let filter = Filter { queue: shown.queue.clone(), ..Filter::default() };
    let mut data = frame(&panel, &visit, &filter, Some(&key)).await?;
    let part = match filled(&shown.before).and_then(|before| before.parse().ok()) {
        Some(before) => Part::Before(before),
        None => Part::Last,
    };
    let conversation = inbox::conversation(panel.store(), &key, part).await?;
    let name = chat::name(&panel, &visit, &conversation.row);
    data["chat"] = chat::head(&panel, &visit, &conversation.row);
    if let Some(first) = conversation.messages.first() {
        data["chat"]["begun"] = first.at.into();
    }
    data["messages"] = chat::messages(&panel, &visit, &conversation, part);
    if let Some(seq) = shown.turn {
        let explained = inbox::explain(&panel.options.runtime, &key, seq).await?;
        data["turn"] = turn::shown(&panel, &visit, &key, &explained);
        data["turn_open"] = seq.into();
    }
    chat::beside(&panel, &visit, &key, &mut data).await?;
    if headers.contains_key("x-part") {
        return panel.fragment_titled(&visit, "chat_part", &name, data);
    }
    panel.page(&visit, Page { template: "inbox", section: "inbox", title: &name }, data).await
}

/// What the page has without a chat.
async fn frame(
    panel: &Panel,
    visit: &Visit,
    filter: &Filter,
    current: Option<&str>,
) -> Result<Value, Failure> {
    let waiting = panel.store().waiting(&visit.session()?.account.name).await?;
    let queue = |key: &str, count: Option<u64>| {
        json!({
            "key": key,
            "count": count.unwrap_or_default(),
            "counted": count.is_some(),
            "href": format!("/admin/inbox?queue={key}"),
            "current": key == filter.queue(),
        })
    };
    let text = |key| panel.renderer.text(visit.language, key);
    let (warn, bad) = MINUTES;
    let back = format!("/admin/inbox?queue={}", filter.queue());
    Ok(json!({
        "queue": filter.queue(),
        "queues": [
            queue("waiting", Some(waiting.awaited)),
            queue("mine", Some(waiting.mine)),
            queue("unanswered", None),
            queue("all", None),
        ],
        "filter": filter.shown(),
        "channels": [
            { "value": "web", "label": text("channel.web") },
            { "value": "telegram", "label": text("channel.telegram") },
        ],
        "warn_minutes": warn,
        "bad_minutes": bad,
        "list": list::shown(panel, visit, filter, current).await?,
        "chat": null,
        "back": back,
        "messages": { "items": [], "before": null, "before_href": null, "empty": false },
        "turn": null,
        "turn_open": null,
        "would": null,
        "facts": [],
        "memory": [],
        "lead": null,
        "notes": [],
        "accept": ENDINGS.map(|ending| format!(".{ending}")).join(","),
        "largest_file": LARGEST,
        "most_files": MOST_FILES,
    }))
}

#[derive(Default, Deserialize)]
pub(crate) struct Window {
    after: Option<i64>,
    before: Option<i64>,
}

/// Further messages of a chat, for the script.
pub(crate) async fn messages(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(key): Path<String>,
    Params(window): Params<Window>,
) -> Served {
    let part = match (window.after, window.before) {
        (Some(after), _) => Part::After(after),
        (None, Some(before)) => Part::Before(before),
        (None, None) => Part::Last,
    };
    let conversation = inbox::conversation(panel.store(), &key, part).await?;
    let data = json!({
        "chat": chat::head(&panel, &visit, &conversation.row),
        "messages": chat::messages(&panel, &visit, &conversation, part),
        "turn": null,
        "turn_open": null,
    });
    panel.fragment(&visit, "messages", data)
}

/// The trace of a turn, for the script.
pub(crate) async fn turn(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path((key, seq)): Path<(String, i64)>,
) -> Served {
    let explained = inbox::explain(&panel.options.runtime, &key, seq).await?;
    panel.fragment(&visit, "turn", json!({ "turn": turn::shown(&panel, &visit, &key, &explained) }))
}

/// What the bot would say, for the script.
pub(crate) async fn would(State(panel): State<Arc<Panel>>, visit: Visit, Path(key): Path<String>) -> Served {
    let row = panel.store().dialog(&key).await?.ok_or(Failure::NotFound)?;
    let _place = panel.would.try_acquire().map_err(|_| Failure::TooMany(5))?;
    let would = panel.options.runtime.would_say(&key).await?;
    let data = json!({
        "chat": chat::head(&panel, &visit, &row),
        "would": chat::would(would.as_ref()),
    });
    panel.fragment(&visit, "would", data)
}

pub(crate) async fn take(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Served {
    let row = known(&panel, &key).await?;
    handoff::take(panel.store(), &visit.actor()?, panel.now(), &row).await?;
    done(&headers, &key)
}

#[derive(Deserialize)]
pub(crate) struct Text {
    text: String,
}

/// Sends a message again that did not arrive.
pub(crate) async fn deliver_again(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path((key, message)): Path<(String, i64)>,
) -> Served {
    let chat = known(&panel, &key).await?;
    inbox::deliver_again(panel.store(), &visit.actor()?, panel.now(), &chat, message).await?;
    done(&headers, &key)
}

pub(crate) async fn give_back(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Served {
    let chat = known(&panel, &key).await?;
    handoff::give_back(panel.store(), &visit.actor()?, panel.now(), &chat).await?;
    done(&headers, &key)
}

pub(crate) async fn note(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(key): Path<String>,
    Form(Text { text }): Form<Text>,
) -> Served {
    let chat = known(&panel, &key).await?;
    inbox::note(panel.store(), &visit.actor()?, panel.now(), &chat, &text).await?;
    done(&headers, &key)
}

#[derive(Default, Deserialize)]
pub(crate) struct Until {
    turn: Option<i64>,
}

/// The chat's dialog as a dialog test, to be read.
pub(crate) async fn test(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(key): Path<String>,
    Form(Until { turn }): Form<Until>,
) -> Served {
    let yaml = saved(&panel, &key, turn).await?;
    let query = turn.map(|turn| format!("?turn={turn}")).unwrap_or_default();
    let test = json!({
        "path": TEST_FILE,
        "file": TEST_FILE,
        "yaml": yaml,
        "download": format!("{}/test{query}", chat::address(&key)),
        "left_out": true,
    });
    sheet(&panel, &visit, &headers, &key, "test", test).await
}

/// The same as a file.
pub(crate) async fn test_file(
    State(panel): State<Arc<Panel>>,
    _: Visit,
    Path(key): Path<String>,
    Params(Until { turn }): Params<Until>,
) -> Served {
    let yaml = saved(&panel, &key, turn).await?;
    let name = format!("attachment; filename=\"{TEST_FILE}\"");
    Ok(([(CONTENT_TYPE, "text/yaml; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], yaml)
        .into_response())
}

/// The entry of a test file. The catalogue in use is none of a test, so no cards are expected.
async fn saved(panel: &Panel, key: &str, until: Option<i64>) -> Result<String, Failure> {
    let runtime = &panel.options.runtime;
    let taken = saved_test::names_of_release(runtime).await?;
    let options = SaveOptions {
        until,
        most: Some(LONGEST_TEST),
        taken: &taken,
        script: (panel.options.models)(),
        ..SaveOptions::default()
    };
    Ok(saved_test::save(runtime, key, options).await?.yaml)
}

#[derive(Deserialize)]
pub(crate) struct Wrong {
    turn: i64,
    intent: Option<String>,
    article: Option<String>,
    reply: Option<String>,
}

/// What would put a turn right.
pub(crate) async fn wrong(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Path(key): Path<String>,
    Form(form): Form<Wrong>,
) -> Served {
    let given = |field: &Option<String>| filled(field).map(str::to_owned);
    let right =
        Right { intent: given(&form.intent), article: given(&form.article), reply: given(&form.reply) };
    let proposed = inbox::propose(&panel.options.runtime, &key, form.turn, &right).await?;
    let proposals: Vec<Value> = proposed
        .proposals
        .iter()
        .map(|one| {
            json!({ "kind": one.kind, "path": one.path, "yaml": one.yaml, "rows": one.yaml.lines().count() + 1 })
        })
        .collect();
    let data = json!({ "said": proposed.said, "proposals": proposals });
    sheet(&panel, &visit, &headers, &key, "wrong", data).await
}

/// Something to be read: in the script's dialog, or a page of its own.
async fn sheet(
    panel: &Panel,
    visit: &Visit,
    headers: &HeaderMap,
    key: &str,
    what: &'static str,
    shown: Value,
) -> Served {
    let row = panel.store().dialog(key).await?.ok_or(Failure::NotFound)?;
    let mut data = json!({
        "back": chat::address(key), "back_title": chat::name(panel, visit, &row), "test": null, "wrong": null,
    });
    data[what] = shown;
    if headers.contains_key("x-part") {
        return panel.fragment(visit, what, data);
    }
    let title =
        panel.renderer.text(visit.language, if what == "test" { "test.title" } else { "wrong.title" });
    panel.page(visit, Page { template: "sheet", section: "inbox", title }, data).await
}

/// The whole key of a chat that exists: use cases take parts of keys as well, pages do not.
async fn known(panel: &Panel, key: &str) -> Result<String, Failure> {
    Ok(panel.store().dialog(key).await?.ok_or(Failure::NotFound)?.chat)
}

/// The answer to a form: a script goes on by itself, a browser is sent back to the chat.
fn done(headers: &HeaderMap, key: &str) -> Result<Response, Failure> {
    if headers.contains_key("x-csrf") {
        return Ok((StatusCode::OK, Json(json!({ "done": true }))).into_response());
    }
    Ok(see_other(&chat::address(key)))
}

/// Whether somebody may see contacts of clients.
fn sees_contacts(visit: &Visit) -> bool {
    visit.may(Permission::SeeLeads)
}
