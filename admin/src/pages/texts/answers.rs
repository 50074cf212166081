//! Quick answers one by one.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tolmach_app::forms::{
    Refused, Wording,
    answers::{self, Answer},
    mark,
};
use tolmach_engine::{language::Language, wording::normalized};

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

const PAGE: &str = "/admin/texts/answers";
/// The folder of quick answers.
const FOLDER: &str = "faq/";
/// Answers of a page.
const PER_PAGE: usize = 25;

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    file: Option<String>,
    #[serde(default)]
    q: String,
    from: Option<usize>,
    saved: Option<String>,
}

/// What was written and why it was not taken.
struct Refusal {
    /// The place of the answer; `None` of a new one, and of one that is gone.
    at: Option<usize>,
    why: Json,
    /// Whether somebody else changed or removed it.
    lost: bool,
    wrote: Answer,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(asked): Params<Asked>,
) -> Served {
    show(&panel, &visit, &asked, None).await
}

async fn show(panel: &Panel, visit: &Visit, asked: &Asked, refusal: Option<Refusal>) -> Served {
    let Texts { own, bundle, can_edit, .. } = texts_of(panel, visit).await?;
    let files: Vec<&String> = bundle.files.keys().filter(|path| path.starts_with(FOLDER)).collect();
    let path = match &asked.file {
        Some(file) => files.iter().copied().find(|path| *path == file).ok_or(Failure::NotFound)?.clone(),
        None => files.first().copied().cloned().unwrap_or_default(),
    };
    let text = bundle.files.get(&path).map(String::as_str).unwrap_or_default();
    let (placed, unreadable) = match answers::list(text) {
        Ok(placed) => (placed, Json::Null),
        Err(why) => (Vec::new(), fault(&why)),
    };
    let wrong = complaints(panel, &bundle, &path).await?;
    let words = normalized(&asked.q);
    let words: Vec<&str> = words.split_whitespace().collect();
    let found: Vec<usize> = (0..placed.len())
        .filter(|at| {
            placed.get(*at).is_some_and(|placed| {
                let said = normalized(&said(&placed.answer));
                words.iter().all(|word| said.contains(word))
            })
        })
        .collect();
    let from = asked.from.unwrap_or_default().min(found.len().saturating_sub(1) / PER_PAGE * PER_PAGE);
    let rows: Vec<Json> = found
        .iter()
        .skip(from)
        .take(PER_PAGE)
        .filter_map(|at| {
            let one = placed.get(*at)?;
            let until = placed.get(at + 1).map_or(u32::MAX, |next| next.line);
            let refused = refusal.as_ref().filter(|refusal| refusal.at == Some(*at));
            let mut shown = shown(refused.map_or(&one.answer, |refusal| &refusal.wrote));
            shown["at"] = json!(at);
            shown["seen"] = json!(mark(&one.answer));
            shown["refused"] = json!(refused.map(|refusal| &refusal.why));
            shown["wrong"] =
                json!(wrong.iter().find(|(line, _)| (one.line..until).contains(line)).map(|(_, what)| what));
            Some(shown)
        })
        .collect();
    let new = refusal.as_ref().filter(|refusal| refusal.at.is_none());
    let place = |from: usize| format!("{PAGE}?file={}&q={}&from={from}", encode(&path), encode(&asked.q));
    let data = json!({
        "own": own.as_ref().map(|opened| row(&opened.draft)), "can_edit": can_edit, "unreadable": unreadable, "file": path,
        "files": files.iter().map(|one| json!({ "path": one, "current": **one == path, "href": format!("{PAGE}?file={}", encode(one)) })).collect::<Vec<_>>(),
        "several": files.len() > 1, "q": asked.q, "total": placed.len(), "found": found.len(), "answers": rows,
        "previous": (from > 0).then(|| place(from.saturating_sub(PER_PAGE))),
        "next": (from + PER_PAGE < found.len()).then(|| place(from + PER_PAGE)),
        "first": from + 1, "last": (from + PER_PAGE).min(found.len()),
        "text_href": own.as_ref().map(|opened| address(opened.draft.id, Some(&path))),
        "new": new.map(|refusal| shown(&refusal.wrote)), "new_refused": new.map(|refusal| &refusal.why), "lost": new.is_some_and(|refusal| refusal.lost),
        "saved": asked.saved.is_some(), "action": PAGE,
    });
    let status = if refusal.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = panel.renderer.text(visit.language, "texts.answers");
    panel.page_with(visit, status, Page { template: "answers", section: "texts", title }, data).await
}

fn said(answer: &Answer) -> String {
    let texts = Language::ALL.map(|language| answer.answer.of(language).unwrap_or_default());
    format!("{} {}", answer.questions.join(" "), texts.join(" "))
}

fn shown(answer: &Answer) -> Json {
    let rows = |text: &str| (text.chars().count() / 60 + text.lines().count()).clamp(2, 12);
    let texts = match &answer.answer {
        Wording::Common(text) => json!([{ "language": null, "text": text, "rows": rows(text) }]),
        wording => json!(Language::ALL.map(|language| {
            let text = wording.of(language).unwrap_or_default();
            json!({ "language": language.code(), "text": text, "rows": rows(text) })
        })),
    };
    json!({
        "first": answer.questions.first(), "count": answer.questions.len(), "questions": answer.questions.join("\n"),
        "rows": answer.questions.len().clamp(2, 12), "texts": texts,
    })
}

#[derive(Deserialize)]
pub(crate) struct Written {
    file: String,
    act: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    questions: String,
    /// The same answer for every language.
    common: Option<String>,
    #[serde(default)]
    ru: String,
    #[serde(default)]
    en: String,
    #[serde(default)]
    q: String,
}

impl Written {
    fn answer(&self) -> Answer {
        let clean = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        let answer = match &self.common {
            Some(text) => Wording::Common(clean(text)),
            None => Wording::from_languages(|language| match language {
                Language::Ru => clean(&self.ru),
                Language::En => clean(&self.en),
            }),
        };
        Answer { questions: self.questions.lines().map(str::to_owned).collect(), answer }.tidied()
    }
}

/// Changes, adds or removes an answer in the reader's own draft.
pub(crate) async fn save(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(written): Form<Written>,
) -> Served {
    let path = written.file.as_str();
    if !path.starts_with(FOLDER) {
        return Err(Failure::NotFound);
    }
    let texts = texts_of(&panel, &visit).await?;
    let text = texts.bundle.files.get(path).ok_or(Failure::NotFound)?;
    let wrote = written.answer();
    let stored = answers::list(text).unwrap_or_default();
    let is_seen = |at: &usize| stored.get(*at).is_some_and(|placed| mark(&placed.answer) == written.seen);
    let at = written.at.parse().ok().filter(is_seen).or_else(|| (0..stored.len()).find(is_seen));
    let change = |new: Option<&Answer>| {
        let (at, was) = at.and_then(|at| Some((at, stored.get(at)?))).ok_or(Refused::Changed)?;
        answers::change(text, at, &was.answer, new)
    };
    let changed = match written.act.as_str() {
        "add" => answers::add(text, &wrote),
        "delete" => change(None),
        "save" => change(Some(&wrote)),
        _ => return Err(Failure::Bad("error.form")),
    };
    let asked = Asked { file: Some(path.to_owned()), q: written.q.clone(), ..Asked::default() };
    let changed = match changed {
        Ok(changed) => changed,
        Err(why) => {
            // An answer that somebody else changed is not overwritten: what was written is offered as a new one.
            let at = at.filter(|_| written.act != "add");
            let refusal = Refusal { at, why: fault(&why), lost: why == Refused::Changed, wrote };
            let from = at.map(|at| at / PER_PAGE * PER_PAGE);
            // Without the words that were looked for: the answer may not have them any more.
            return show(&panel, &visit, &Asked { q: String::new(), from, ..asked }, Some(refusal)).await;
        }
    };
    if changed != *text {
        store(&panel, &visit, &texts, path, changed).await?;
    }
    let at = match written.act.as_str() {
        "add" => Some(stored.len()),
        "save" => at,
        _ => None,
    };
    let from = match at {
        Some(at) if written.q.is_empty() => at / PER_PAGE * PER_PAGE,
        _ => 0,
    };
    let anchor = at.map(|at| format!("#a-{at}")).unwrap_or_default();
    // A new answer may not have the words that were looked for.
    let q = if written.act == "add" { "" } else { written.q.as_str() };
    Ok(see_other(&format!("{PAGE}?file={}&q={}&from={from}&saved=1{anchor}", encode(path), encode(q))))
}
