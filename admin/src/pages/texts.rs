//! The texts of the bot for those who know the business: prompts, services, quick answers, the company's particulars.

mod answers;
mod company;
mod document;
mod images;

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    check::check,
    flow_drafts::{self, Edit, Opened, Saved},
    forms::Refused,
    release,
};
use tolmach_engine::bundle::{Bundle, COMPANY};
use tolmach_runtime::ports::{DraftChangeKind, DraftState, FlowDraft};

use super::flows::{address, editor, own_draft, row};
use crate::{
    Panel,
    api::typing::computed,
    context::Visit,
    error::{Failure, Served},
    gate::encode,
    render::Page,
};

pub(crate) use answers::{page as answers, save as save_answer};
pub(crate) use company::{page as company, save as save_company};
pub(crate) use document::{document, passages};
pub(crate) use images::{MAX_FILES, change as change_image, page as images, receive as receive_images};

/// The texts that a reader works on: those of their own draft, or of the current release.
struct Texts {
    own: Option<Opened>,
    bundle: Bundle,
    /// Whether there is a release to change, and the reader may.
    can_edit: bool,
    /// All drafts.
    drafts: Vec<FlowDraft>,
}

async fn texts_of(panel: &Panel, visit: &Visit) -> Result<Texts, Failure> {
    let name = &visit.session()?.account.name;
    let drafts = flow_drafts::list(panel.store()).await?;
    let own = drafts.iter().find(|draft| draft.state == DraftState::Open && draft.author == *name);
    let current = release::current(panel.store()).await?;
    let can_edit = current.is_some() && visit.may(Permission::EditContent);
    let own = match own {
        Some(draft) => Some(flow_drafts::open(panel.store(), draft.id).await?),
        None => None,
    };
    let bundle = match (&own, &current) {
        (Some(opened), _) => opened.bundle.clone(),
        (None, Some(current)) => release::bundle(panel.store(), &current.release).await?,
        (None, None) => Bundle::default(),
    };
    Ok(Texts { own, bundle, can_edit, drafts })
}

/// Stores a file that a form has changed in the reader's own draft, which begins with it where there is none.
async fn store(panel: &Panel, visit: &Visit, texts: &Texts, path: &str, text: String) -> Result<(), Failure> {
    let draft = match &texts.own {
        Some(opened) => opened.draft.clone(),
        None => {
            let begun = own_draft(panel, visit).await?;
            // What was published since the form's file was read is not written over.
            let opened = flow_drafts::open(panel.store(), begun.id).await?;
            if opened.bundle.files.get(path) != texts.bundle.files.get(path) {
                return Err(Failure::Bad("draft.busy"));
            }
            begun
        }
    };
    let edit = Edit { path: path.to_owned(), base: draft.revision, text, kind: DraftChangeKind::Form };
    match flow_drafts::save(panel.store(), &editor(visit)?, panel.now(), draft.id, &edit).await? {
        Saved::Stored { .. } => Ok(()),
        Saved::Conflict(_) => Err(Failure::Bad("draft.busy")),
    }
}

/// Why a form was not taken, in the words of the panel.
fn fault(why: &Refused) -> Value {
    let (key, what) = match why {
        Refused::NotYaml(line) => ("forms.not_yaml", line.to_string()),
        Refused::Unusual => ("forms.unusual", String::new()),
        Refused::Changed => ("forms.changed", String::new()),
        Refused::Exists(name) => ("forms.exists", name.clone()),
        Refused::BadName => ("forms.bad_name", String::new()),
        Refused::BadValue(value) => ("forms.bad_value", value.clone()),
        Refused::Empty => ("forms.empty", String::new()),
    };
    json!({ "key": key, "what": what, "message": null, "help": null, "error": true })
}

/// What the compiler says of a file, by line.
async fn complaints(panel: &Panel, bundle: &Bundle, path: &str) -> Result<Vec<(u32, Value)>, Failure> {
    let (bundle, platform) = (bundle.clone(), (*panel.options.platform.get()).clone());
    let checked = computed(move || check(&bundle, &platform)).await?;
    let of_file = checked.diagnostics.into_iter().filter(|diagnostic| diagnostic.file == path);
    Ok(of_file
        .map(|diagnostic| {
            let error = diagnostic.is_error();
            (
                diagnostic.span.line,
                json!({ "key": null, "what": null, "message": diagnostic.message, "help": diagnostic.help, "error": error }),
            )
        })
        .collect())
}

/// The texts of the current release, and of the reader's own draft where there is one.
pub(crate) async fn page(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    let Texts { own, bundle, can_edit, drafts } = texts_of(&panel, &visit).await?;
    let name = &visit.session()?.account.name;
    let others: Vec<Value> = drafts
        .iter()
        .filter(|draft| draft.state == DraftState::Open && draft.author != *name)
        .take(10)
        .map(row)
        .collect();
    let changed: Vec<&str> = own.iter().flat_map(Opened::changed).map(|(path, _, _)| path).collect();
    let groups: Vec<Value> = ["company", "services", "prompts", "answers", "golden"]
        .into_iter()
        .map(|group| {
            let files = files(&bundle, group).into_iter().map(|(title, versions)| {
                let versions: Vec<Value> = versions
                    .into_iter()
                    .map(|path| {
                        let text = bundle.files.get(&path).map(String::as_str).unwrap_or_default();
                        json!({
                            "path": path, "language": language(&path), "begins": begins(text),
                            "href": own.as_ref().map(|opened| address(opened.draft.id, Some(&path))),
                            "changed": changed.contains(&path.as_str()), "form": form(&path),
                        })
                    })
                    .collect();
                json!({ "title": title, "versions": versions })
            });
            json!({ "group": group, "files": files.collect::<Vec<_>>() })
        })
        .collect();
    let data = json!({
        "names": files(&bundle, "services").into_keys().collect::<Vec<_>>(), "max_bytes": tolmach_app::documents::MAX_BYTES,
        "own": own.as_ref().map(|opened| row(&opened.draft)), "others": others, "groups": groups, "changed": changed.len(),
        "can_edit": can_edit, "images": bundle.images().count(),
    });
    let title = panel.renderer.text(visit.language, "nav.texts");
    panel.page(&visit, Page { template: "texts", section: "texts", title }, data).await
}

/// The page on which a file is a form.
fn form(path: &str) -> Option<String> {
    match path {
        COMPANY => Some("/admin/texts/company".to_owned()),
        _ if path.starts_with("faq/") => Some(format!("/admin/texts/answers?file={}", encode(path))),
        _ => None,
    }
}

/// Files of a group: the name, and its versions by language.
fn files(bundle: &Bundle, group: &str) -> BTreeMap<String, Vec<String>> {
    let prefix = match group {
        "company" => COMPANY,
        "services" => "knowledge/",
        "prompts" => "prompts/",
        "answers" => "faq/",
        _ => "golden/",
    };
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in bundle.files.keys().filter(|path| path.starts_with(prefix)) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let name = name.trim_end_matches(".md").trim_end_matches(".yaml");
        let name = name.strip_suffix(".ru").or_else(|| name.strip_suffix(".en")).unwrap_or(name);
        files.entry(name.to_owned()).or_default().push(path.clone());
    }
    files
}

fn language(path: &str) -> Option<&'static str> {
    let stem = path.trim_end_matches(".md");
    ["ru", "en"].into_iter().find(|code| stem.ends_with(&format!(".{code}")))
}

/// The beginning of a text, without the head of a prompt.
fn begins(text: &str) -> String {
    let body =
        text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(text, |(_, body)| body);
    let line = body.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    tolmach_engine::text::shorten(line.unwrap_or_default(), 120).to_owned()
}
