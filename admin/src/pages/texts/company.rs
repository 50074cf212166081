//! The company's particulars as a form.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tolmach_app::forms::{
    Refused, Wording,
    company::{self, Change, Field, Kind, Value},
    mark,
};
use tolmach_engine::{bundle::COMPANY, language::Language};

use super::{Texts, complaints, fault, store, texts_of};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::{encode, see_other},
    pages::flows::{address, row},
    render::Page,
};

const PAGE: &str = "/admin/texts/company";
/// Particulars of which the panel knows the name.
const KNOWN: [&str; 10] = [
    "name",
    "phone",
    "email",
    "site",
    "address",
    "hours",
    "timezone",
    "working_hours",
    "holidays",
    "whatsapp",
];

/// The fields of a new particular, and what a page calls them.
const NEW: [(&str, &str); 4] = [("key", "key"), ("kind", "kind"), ("new", "value"), ("new.en", "english")];

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    saved: Option<String>,
}

/// What was written and why it was not taken, by the name of the particular; of a new one by an empty name.
#[derive(Default)]
struct Told {
    values: BTreeMap<String, Value>,
    refused: BTreeMap<String, Json>,
    new: BTreeMap<&'static str, String>,
    saved: bool,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(asked): Params<Asked>,
) -> Served {
    show(&panel, &visit, Told { saved: asked.saved.is_some(), ..Told::default() }).await
}

async fn show(panel: &Panel, visit: &Visit, told: Told) -> Served {
    let Texts { own, bundle, can_edit, .. } = texts_of(panel, visit).await?;
    let text = bundle.files.get(COMPANY).map(String::as_str).unwrap_or_default();
    let (fields, unreadable) = match company::fields(text) {
        Ok(fields) => (fields, Json::Null),
        Err(why) => (Vec::new(), fault(&why)),
    };
    let wrong = complaints(panel, &bundle, COMPANY).await?;
    let field = |(at, field): (usize, &Field)| {
        let until = fields.get(at + 1).map_or(u32::MAX, |next| next.line);
        let mut shown = shown(field, told.values.get(&field.key));
        shown["refused"] = told.refused.get(&field.key).cloned().unwrap_or_default();
        shown["wrong"] =
            json!(wrong.iter().find(|(line, _)| (field.line..until).contains(line)).map(|(_, what)| what));
        shown["uses"] = json!(company::uses(&bundle, &field.key).len());
        shown
    };
    let data = json!({
        "own": own.as_ref().map(|opened| row(&opened.draft)), "can_edit": can_edit, "unreadable": unreadable,
        "count": fields.len(), "fields": fields.iter().enumerate().map(field).collect::<Vec<_>>(), "kinds": Kind::NEW.map(Kind::name),
        "text_href": own.as_ref().map(|opened| address(opened.draft.id, Some(COMPANY))), "file": COMPANY,
        "new": NEW.map(|(_, key)| (key, told.new.get(key).cloned().unwrap_or_default())).into_iter().collect::<BTreeMap<_, _>>(),
        "new_refused": told.refused.get(""), "saved": told.saved,
        "failed": !told.refused.is_empty(), "action": PAGE,
    });
    let status = if told.refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = panel.renderer.text(visit.language, "texts.company");
    panel.page_with(visit, status, Page { template: "company", section: "texts", title }, data).await
}

/// A particular for the page, with what was written in the place of its value.
fn shown(field: &Field, wrote: Option<&Value>) -> Json {
    let value = wrote.unwrap_or(&field.value);
    let texts = match value {
        Value::Plain(Wording::Common(text)) => {
            json!([{ "language": null, "text": text, "tall": text.contains('\n'), "rows": rows(text) }])
        }
        Value::Plain(Wording::ByLanguage(_)) => {
            let text = |language: Language| {
                let text = match value {
                    Value::Plain(wording) => wording.of(language).unwrap_or_default(),
                    _ => "",
                };
                json!({ "language": language.code(), "text": text, "tall": text.contains('\n'), "rows": rows(text) })
            };
            json!(Language::ALL.map(text))
        }
        Value::List { list } => {
            json!([{ "language": null, "text": list.join("\n"), "tall": true, "rows": list.len().clamp(2, 12) }])
        }
        Value::Days { days } => {
            let lines: Vec<String> = days.iter().map(|(day, hours)| format!("{day}: {hours}")).collect();
            json!([{ "language": null, "text": lines.join("\n"), "tall": true, "rows": lines.len().clamp(2, 12) }])
        }
        Value::Other {} => json!([]),
    };
    json!({
        "key": field.key, "known": KNOWN.contains(&field.key.as_str()), "kind": field.kind.name(), "texts": texts, "seen": mark(&field.value),
        "fixed": field.kind == Kind::Other, "theirs": wrote.map(|_| field.value != *value),
        "now": shown_short(&field.value),
    })
}

fn rows(text: &str) -> usize {
    text.lines().count().clamp(1, 12)
}

/// A value on one line, to stand beside another.
fn shown_short(value: &Value) -> String {
    match value {
        Value::Plain(Wording::Common(text)) => text.clone(),
        Value::Plain(Wording::ByLanguage(texts)) => {
            texts.iter().map(|(language, text)| format!("{language}: {text}")).collect::<Vec<_>>().join(" · ")
        }
        Value::List { list } => list.join(", "),
        Value::Days { days } => {
            days.iter().map(|(day, hours)| format!("{day} {hours}")).collect::<Vec<_>>().join(" · ")
        }
        Value::Other {} => String::new(),
    }
}

/// Saves the form, adds a particular or removes one, in the reader's own draft.
pub(crate) async fn save(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(fields): Form<Vec<(String, String)>>,
) -> Served {
    let form: BTreeMap<String, String> =
        fields.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect();
    let written = |name: &str| form.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let act = form.get("act").map(String::as_str).unwrap_or_default();
    let texts = texts_of(&panel, &visit).await?;
    let text = texts.bundle.files.get(COMPANY).map(String::as_str).unwrap_or_default();
    let stored = match company::fields(text) {
        Ok(stored) => stored,
        Err(why) => return show(&panel, &visit, refused(String::new(), &why)).await,
    };
    let mut told = Told::default();
    let (changed, anchor) = if act == "add" {
        let (key, kind) = (written("key"), written("kind"));
        let kind = Kind::NEW.into_iter().find(|one| one.name() == kind).ok_or(Failure::Bad("error.form"))?;
        let value = new_value(kind, &written("new"), &written("new.en"));
        told.new = NEW.map(|(name, key)| (key, written(name))).into();
        match company::add(text, &key, kind, &value) {
            Ok(text) => (text, key),
            Err(why) => {
                told.refused.insert(String::new(), fault(&why));
                return show(&panel, &visit, told).await;
            }
        }
    } else {
        let removed = act.strip_prefix("remove:");
        let mut changes = Vec::new();
        for field in &stored {
            let Some(seen) = form.get(&format!("seen.{}", field.key)) else { continue };
            let new = match removed {
                Some(key) if key == field.key => None,
                _ => Some(wrote(field, &written)),
            };
            let is_seen = *seen == mark(&field.value);
            let stays = new.as_ref().is_some_and(|new| company::same(new, &field.value));
            if stays || field.kind == Kind::Other {
                continue;
            }
            if let Some(new) = &new {
                told.values.insert(field.key.clone(), new.clone());
            }
            match is_seen {
                true => changes.push(Change { key: field.key.clone(), was: field.value.clone(), new }),
                false => drop(told.refused.insert(field.key.clone(), fault(&Refused::Changed))),
            }
        }
        let applied = company::apply(text, &changes);
        let anchor = changes.first().map(|change| change.key.clone()).unwrap_or_default();
        match applied {
            Ok(text) if told.refused.is_empty() => (text, anchor),
            Ok(_) => return show(&panel, &visit, told).await,
            Err(refused) => {
                told.refused.extend(refused.into_iter().map(|(key, why)| (key, fault(&why))));
                return show(&panel, &visit, told).await;
            }
        }
    };
    if changed != text {
        // What the compiler refuses of this file is told where it was written, and not stored.
        let mut bundle = texts.bundle.clone();
        bundle.files.insert(COMPANY.to_owned(), changed.clone());
        let found = complaints(&panel, &bundle, COMPANY).await?;
        let lines = company::fields(&changed).map_err(|_| Failure::Bad("error.form"))?;
        for (line, what) in found.into_iter().filter(|(_, what)| what["error"] == true) {
            let field = lines.iter().rfind(|field| field.line <= line);
            let key = field.map(|field| field.key.clone()).unwrap_or_default();
            let key = if stored.iter().any(|field| field.key == key) { key } else { String::new() };
            told.refused.insert(key, what);
        }
        if !told.refused.is_empty() {
            return show(&panel, &visit, told).await;
        }
        store(&panel, &visit, &texts, COMPANY, changed).await?;
    }
    Ok(see_other(&format!("{PAGE}?saved=1#f-{}", encode(&anchor))))
}

fn refused(key: String, why: &Refused) -> Told {
    Told { refused: [(key, fault(why))].into(), ..Told::default() }
}

/// What the form has for a particular, in the shape that it is stored in.
fn wrote(field: &Field, written: &dyn Fn(&str) -> String) -> Value {
    let name = format!("v.{}", field.key);
    let lines = || {
        written(&name)
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    match &field.value {
        Value::Plain(Wording::Common(_)) => Value::Plain(Wording::Common(written(&name))),
        Value::Plain(Wording::ByLanguage(old)) => {
            let of = |language: Language| written(&format!("{name}.{}", language.code()));
            // The order of the file stays.
            let order = old.iter().map(|(language, _)| *language);
            let others =
                Language::ALL.into_iter().filter(|language| old.iter().all(|(of, _)| of != language));
            let texts = order.chain(others).map(|language| (language, of(language)));
            Value::Plain(Wording::ByLanguage(texts.filter(|(_, text)| !text.is_empty()).collect()))
        }
        Value::List { .. } => Value::List { list: lines() },
        Value::Days { .. } => Value::Days {
            days: lines()
                .iter()
                .map(|line| {
                    let (day, hours) = line.split_once(':').unwrap_or((line, ""));
                    (day.trim().to_owned(), hours.trim().to_owned())
                })
                .collect(),
        },
        Value::Other {} => Value::Other {},
    }
}

fn new_value(kind: Kind, text: &str, english: &str) -> Value {
    match kind {
        Kind::List => Value::List {
            list: text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        },
        Kind::Text if !english.is_empty() => {
            Value::Plain(Wording::from_languages(|language| match language {
                Language::En => english.to_owned(),
                Language::Ru => text.to_owned(),
            }))
        }
        _ => Value::Plain(Wording::Common(text.to_owned())),
    }
}
