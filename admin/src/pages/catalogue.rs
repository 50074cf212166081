//! The catalogue: what serves, generations, uploads, golden questions, search and rows.

mod preview;
mod receive;
mod row;
mod search;
mod upload;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{catalog, catalog_drafts::Drafts, uploads::MAX_BYTES};
use tolmach_catalog::{Answered, Error as CatalogError};
use tolmach_runtime::ports::AuditStore;
use uuid::Uuid;

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::{encode, see_other},
    render::Page,
};

pub(crate) use receive::receive;
pub(crate) use row::page as row;
pub(crate) use search::page as search;
pub(crate) use upload::{correct, discard, page as upload, publish, report};

/// How long the answers to golden questions are shown before they are asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// The answers to the golden questions, kept for pages that only count them.
#[derive(Default)]
pub(crate) struct KeptAnswers(std::sync::Mutex<Option<Kept>>);

/// The generation that answered, when (milliseconds since the Unix epoch), and the answers.
type Kept = (Option<String>, i64, Vec<Answered>);

impl KeptAnswers {
    fn of(&self, generation: Option<&str>, now: i64) -> Option<Vec<Answered>> {
        let kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (of, at, answers) = kept.as_ref()?;
        let young = u128::from(now.abs_diff(*at)) < ASKED_AGAIN.as_millis();
        (of.as_deref() == generation && young).then(|| answers.clone())
    }

    fn keep(&self, generation: Option<String>, now: i64, answers: &[Answered]) {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *kept = Some((generation, now, answers.to_vec()));
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct Said {
    saved: Option<String>,
    error: Option<String>,
}

impl Said {
    fn of(&self) -> (Option<&'static str>, Option<&'static str>) {
        let known = |said: &Option<String>, all: &[&'static str]| {
            all.iter().copied().find(|key| Some(*key) == said.as_deref())
        };
        (
            known(&self.saved, &["catalogue.rolled_back", "upload.discarded", "upload.several"]),
            known(&self.error, &["upload.busy", "catalogue.no_earlier"]),
        )
    }
}

/// Answers of the serving catalogue; old by a minute at most, unless `fresh`. The error is readable.
async fn answers(panel: &Panel, fresh: bool) -> Result<Vec<Answered>, String> {
    let catalogue = panel.drafts().catalog();
    catalogue.refresh().await;
    let generation = catalogue.manifest().map(|manifest| manifest.id);
    if let Some(kept) = panel.answers.of(generation.as_deref(), panel.now()).filter(|_| !fresh) {
        return Ok(kept);
    }
    let questions = catalogue.questions().map_err(|why| why.to_string())?;
    let answers = catalogue.answers(questions).await.map_err(|why| why.to_string())?;
    panel.answers.keep(generation, panel.now(), &answers);
    Ok(answers)
}

/// What the tabs of all pages of the catalogue show, with `more`.
async fn with_tabs(panel: &Panel, tab: &str, more: Value) -> Value {
    let answers = answers(panel, false).await.unwrap_or_default();
    let failed = answers.iter().filter(|answered| answered.fails()).count();
    let mut data = json!({
        "tab": tab, "golden_failed": failed, "golden_total": answers.len(), "saved": null, "error": null,
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    data
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(said): Params<Said>,
) -> Served {
    let drafts = panel.drafts();
    let catalogue = drafts.catalog();
    catalogue.refresh().await;
    let kept = catalog::generations(catalogue).map_err(failed)?;
    let at = kept.iter().position(|generation| generation.serving);
    let generations: Vec<Value> = kept
        .iter()
        .enumerate()
        .map(|(number, generation)| {
            let manifest = &generation.manifest;
            json!({
                "id": manifest.id, "short": short(&manifest.id), "created": manifest.created, "rows": manifest.rows,
                "sources": sources(manifest), "serving": generation.serving,
                // Newest first: the one behind the serving one is where a step back leads.
                "can_return": at.is_some_and(|at| number == at + 1),
            })
        })
        .collect();
    let serving = at.and_then(|at| kept.get(at)).map(|generation| {
        let manifest = &generation.manifest;
        json!({ "rows": manifest.rows, "created": manifest.created, "sources": sources(manifest) })
    });
    let suppliers: Vec<&str> = at
        .and_then(|at| kept.get(at))
        .map(|generation| {
            let real = generation.manifest.sources.iter().filter(|source| !source.demo);
            real.map(|source| source.name.as_str()).collect()
        })
        .unwrap_or_default();
    let uploads: Vec<Value> = drafts
        .list()
        .await?
        .into_iter()
        .filter(|(_, state)| *state != "published")
        .map(|(draft, state)| {
            json!({
                "id": draft.id, "href": address(draft.id), "supplier": draft.supplier, "state": state, "at": draft.at,
                "by": draft.by.id,
            })
        })
        .collect();
    let (saved, error) = said.of();
    let more = json!({
        "serving": serving, "generations": generations, "uploads": uploads, "max_bytes": MAX_BYTES,
        "suppliers": suppliers, "saved": saved, "error": error,
    });
    let data = with_tabs(&panel, "overview", more).await;
    let title = panel.renderer.text(visit.language, "nav.catalogue");
    panel.page(&visit, Page { template: "catalogue", section: "catalogue", title }, data).await
}

fn sources(manifest: &tolmach_catalog::Manifest) -> Vec<Value> {
    let sources = manifest.sources.iter();
    sources.map(|source| json!({ "name": source.name, "rows": source.rows, "demo": source.demo })).collect()
}

/// The beginning of a generation's id that is not only its time.
fn short(id: &str) -> &str {
    id.get(..13).unwrap_or(id)
}

fn address(id: Uuid) -> String {
    format!("/admin/catalogue/uploads/{id}")
}

#[derive(Deserialize)]
pub(crate) struct Back {
    /// The generation that the person saw as the one to return to.
    generation: String,
}

pub(crate) async fn roll_back(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(back): Form<Back>,
) -> Served {
    let catalogue = panel.drafts().catalog();
    catalogue.refresh().await;
    let kept = catalog::generations(catalogue).map_err(failed)?;
    let at = kept.iter().position(|generation| generation.serving);
    let earlier = at.and_then(|at| kept.get(at + 1)).map(|generation| generation.manifest.id.clone());
    // Somebody was faster: a second step back was not asked for.
    if earlier.is_none_or(|earlier| earlier != back.generation) {
        return Ok(see_other("/admin/catalogue?error=catalogue.no_earlier"));
    }
    let audit: &dyn AuditStore = panel.store();
    Ok(match catalog::roll_back(catalogue, Some(audit), &visit.actor()?, panel.now()).await {
        Ok(_) => see_other("/admin/catalogue?saved=catalogue.rolled_back"),
        Err(CatalogError::Busy { .. }) => see_other("/admin/catalogue?error=upload.busy"),
        Err(CatalogError::NoEarlier) => see_other("/admin/catalogue?error=catalogue.no_earlier"),
        Err(why) => return Err(failed(why)),
    })
}

pub(crate) async fn golden(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    let asked = answers(&panel, true).await;
    let questions: Vec<Value> = asked.as_ref().map_or_else(
        |_| Vec::new(),
        |asked| {
            let mut asked: Vec<&Answered> = asked.iter().collect();
            asked.sort_by_key(|answered| (!answered.fails(), answered.skipped));
            asked.into_iter().map(question).collect()
        },
    );
    let file = (!questions.is_empty()).then_some("golden/*.yaml");
    let more = json!({ "questions": questions, "file": file, "error": asked.err() });
    let data = with_tabs(&panel, "golden", more).await;
    let title = panel.renderer.text(visit.language, "catalogue.golden");
    panel.page(&visit, Page { template: "golden", section: "catalogue", title }, data).await
}

fn question(answered: &Answered) -> Value {
    let state = match (answered.skipped, answered.place) {
        (true, _) => "skipped",
        (_, Some(_)) => "good",
        (_, None) => "failed",
    };
    json!({
        "asked": answered.asked, "articles": answered.articles, "state": state, "place": answered.place,
        "found": answered.found, "top": answered.within,
        "href": format!("/admin/catalogue/search?q={}", encode(&answered.asked)),
    })
}

fn failed(error: CatalogError) -> Failure {
    tracing::warn!(%error, "the catalogue cannot be read for the panel");
    Failure::Unavailable
}

/// The id in an address.
fn id(Path(id): Path<String>) -> Result<Uuid, Failure> {
    Uuid::parse_str(&id).map_err(|_| Failure::NotFound)
}

impl Panel {
    fn drafts(&self) -> &Arc<Drafts> {
        &self.options.drafts
    }
}

fn done(goto: Option<&str>) -> axum::response::Response {
    (StatusCode::OK, axum::Json(json!({ "say": null, "undo": null, "goto": goto }))).into_response()
}
