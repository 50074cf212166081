//! A draft: its files, the editor, its history.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    assist::{self, Finding},
    flow_drafts::{self, Opened},
};
use tolmach_runtime::ports::DraftState;

use super::{address, answer, api::Meant, editor, id, may_edit, row, short, state_of, what_if::prompt_of};
use crate::{
    Panel,
    api::typing::{computed, shown},
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::see_other,
    render::Page,
};

/// The most changes that the history shows at once.
const HISTORY: u32 = 100;

/// The page of a draft, with one file open.
pub(crate) async fn draft(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Params(meant): Params<Meant>,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    let file = match &meant.file {
        Some(file) if opened.bundle.files.contains_key(file) => file.clone(),
        Some(_) => return Err(Failure::NotFound),
        None => first(&opened).ok_or(Failure::NotFound)?,
    };
    let (bundle, platform) = (opened.bundle.clone(), (*panel.options.platform.get()).clone());
    let findings = computed(move || assist::findings(&bundle, &platform)).await?;
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let problems: Vec<Value> =
        findings.iter().take(100).map(|finding| with_address(&panel, &visit, &opened, finding)).collect();
    let text = opened.bundle.files.get(&file).map(String::as_str).unwrap_or_default();
    let is_open = opened.draft.state == DraftState::Open;
    let edits = is_open && may_edit(&visit, &file);
    let kind = if file.ends_with(".md") { "markdown" } else { "yaml" };
    let (changed, added, gone) = super::differences(&opened);
    let title = format!("{} · {file}", opened.draft.title);
    let data = json!({
        "draft": row(&opened.draft), "open": is_open, "behind": opened.behind && is_open,
        "groups": groups(&visit, &opened, &file, &counts(&findings)),
        "file": {
            "image": super::picture(&file, Some(text)), "is_image": tolmach_engine::image::is_path(&file),
            "path": file, "text": text, "kind": kind, "revision": opened.draft.revision, "edits": edits,
            "passages": file.starts_with("knowledge/"), "previews": prompt_of(&file).is_some() && visit.may(Permission::ReadChats), "large": text.len() > flow_drafts::MAX_FILE, "deletes": edits && opened.bundle.files.len() > 1 && !tolmach_engine::image::is_path(&file),
        },
        "saved_at": opened.draft.changed, "problems": problems, "errors": errors,
        "warnings": findings.len() - errors, "changed": changed.len(), "added": added, "gone": gone,
        "may_publish": is_open && opened.changed().all(|(path, _, _)| may_edit(&visit, path)),
        "texts": script_json(&panel.editor_texts(&visit)),
        "tried": meant.chat.as_ref().zip(meant.turn).map(|(chat, turn)| json!({
            "chat": chat, "turn": turn, "href": super::what_if::address(opened.draft.id, chat, turn),
        })),
        "can_flows": visit.may(tolmach_app::accounts::Permission::EditFlows),
        "can_content": visit.may(tolmach_app::accounts::Permission::EditContent),
    });
    panel.page(&visit, Page { template: "draft", section: section(&file), title: &title }, data).await
}

/// JSON that stands inside of a script element.
fn script_json(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// The section of the side bar that a file belongs to.
fn section(file: &str) -> &'static str {
    match flow_drafts::Area::of(file) {
        flow_drafts::Area::Content => "texts",
        flow_drafts::Area::Flows => "flows",
    }
}

/// The file that is open where none is meant: what was changed last, else the first flow.
fn first(opened: &Opened) -> Option<String> {
    let changed = opened.changed().filter(|(_, _, after)| after.is_some());
    let last = changed.max_by_key(|(path, _, _)| opened.revision(path)).map(|(path, _, _)| path.to_owned());
    let flow = || opened.bundle.flows().next().map(|(path, _)| path.to_owned());
    last.or_else(flow).or_else(|| opened.bundle.files.keys().next().cloned())
}

/// How many problems each file has: errors and warnings.
fn counts(findings: &[Finding]) -> BTreeMap<&str, (usize, usize)> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for finding in findings {
        let count = counts.entry(finding.file.as_str()).or_default();
        if finding.is_error() {
            count.0 += 1;
        } else {
            count.1 += 1;
        }
    }
    counts
}

/// The files by folder.
fn groups(
    visit: &Visit,
    opened: &Opened,
    current: &str,
    counts: &BTreeMap<&str, (usize, usize)>,
) -> Vec<Value> {
    let states: BTreeMap<&str, &str> =
        opened.changed().map(|(path, before, after)| (path, state_of(before, after))).collect();
    let mut folders: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (path, text) in &opened.bundle.files {
        let (folder, name) = path.split_once('/').unwrap_or(("", path));
        let (errors, warnings) = counts.get(path.as_str()).copied().unwrap_or_default();
        folders.entry(folder).or_default().push(json!({
            "path": path, "name": name, "href": address(opened.draft.id, Some(path)), "current": path == current,
            "picture": super::picture(path, Some(text)), "state": states.get(path.as_str()), "errors": errors, "warnings": warnings, "edits": may_edit(visit, path),
        }));
    }
    let group = |(folder, files): (&str, Vec<Value>)| json!({ "folder": folder, "files": files });
    folders.into_iter().map(group).collect()
}

fn with_address(panel: &Panel, visit: &Visit, opened: &Opened, finding: &Finding) -> Value {
    let mut problem = serde_json::to_value(shown(panel, visit, finding.clone())).unwrap_or_default();
    problem["href"] = format!(
        "{}#L{}:{}",
        address(opened.draft.id, Some(&finding.file)),
        finding.line,
        finding.column.max(1)
    )
    .into();
    problem
}

/// The list of files alone, for the script.
pub(crate) async fn files(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Params(meant): Params<Meant>,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    let current = meant.file.unwrap_or_default();
    let data = json!({ "groups": groups(&visit, &opened, &current, &BTreeMap::new()) });
    panel.fragment(&visit, "draft_files", data)
}

/// A file as it is published.
pub(crate) async fn published(
    State(panel): State<Arc<Panel>>,
    _: Visit,
    path: Path<String>,
    Params(meant): Params<Meant>,
) -> Served {
    let opened = flow_drafts::open(panel.store(), id(&path)?).await?;
    Ok(answer(json!({ "text": opened.base.files.get(&meant.file.unwrap_or_default()) })))
}

/// What was changed, by whom and when.
pub(crate) async fn history(State(panel): State<Arc<Panel>>, visit: Visit, path: Path<String>) -> Served {
    let id = id(&path)?;
    let opened = flow_drafts::open(panel.store(), id).await?;
    let changes = panel.store().draft_changes(id, i64::MAX, HISTORY).await?;
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| {
            let (before, after) = (change.before.as_deref(), change.after.as_deref());
            let parts = flow_drafts::difference(before.unwrap_or_default(), after.unwrap_or_default(), 1);
            let (mut added, mut gone) = (0, 0);
            let file = super::file_difference(&change.path, (before, after), &parts, (&mut added, &mut gone));
            json!({
                "revision": change.revision, "author": change.author, "at": change.at, "kind": change.kind,
                "undone": change.undone, "file": file,
            })
        })
        .collect();
    let title = panel.renderer.text(visit.language, "draft.history");
    let data =
        json!({ "draft": row(&opened.draft), "changes": changes, "full": changes.len() >= HISTORY as usize });
    panel.page(&visit, Page { template: "draft_history", section: "flows", title }, data).await
}

#[derive(Deserialize)]
pub(crate) struct New {
    #[serde(default)]
    folder: String,
    name: String,
}

/// Makes a file.
pub(crate) async fn create(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Form(new): Form<New>,
) -> Served {
    let id = id(&path)?;
    let (folder, name) = (new.folder.trim(), new.name.trim());
    let ending = match folder {
        "prompts" | "knowledge" => ".md",
        _ => ".yaml",
    };
    let name = if name.contains('.') && !name.ends_with(".ru") && !name.ends_with(".en") {
        name.to_owned()
    } else {
        format!("{name}{ending}")
    };
    let file = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
    let text = begun(folder, name.trim_end_matches(".yaml"));
    flow_drafts::create(panel.store(), &editor(&visit)?, panel.now(), id, (&file, &text)).await?;
    Ok(see_other(&address(id, Some(&file))))
}

/// What a new file begins with.
fn begun(folder: &str, stem: &str) -> String {
    match folder {
        "" => format!(
            "flow: {stem}\nstart: hello\n\nnodes:\n  hello:\n    say: {{ text: {{ ru: Здравствуйте, en: Hello }} }}\n    next: return\n"
        ),
        "faq" => "- questions: [как спрашивают, how they ask]\n  answer: { ru: Ответ, en: The answer }\n"
            .to_owned(),
        "tests" => "- name: \n  steps:\n    - client: \n      expect: {}\n".to_owned(),
        "golden" => "- query: \"\"\n  expect: []\n".to_owned(),
        _ => String::new(),
    }
}

#[derive(Deserialize)]
pub(crate) struct Named {
    file: String,
}

/// Deletes a file.
pub(crate) async fn delete(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    path: Path<String>,
    Form(named): Form<Named>,
) -> Served {
    let id = id(&path)?;
    flow_drafts::delete(panel.store(), &editor(&visit)?, panel.now(), id, &named.file).await?;
    Ok(see_other(&address(id, None)))
}

#[derive(Deserialize)]
pub(crate) struct Titled {
    title: String,
}

/// Renames a draft.
pub(crate) async fn rename(
    State(panel): State<Arc<Panel>>,
    path: Path<String>,
    Form(titled): Form<Titled>,
) -> Served {
    let id = id(&path)?;
    flow_drafts::rename(panel.store(), panel.now(), id, &titled.title).await?;
    Ok(see_other(&address(id, None)))
}

/// Takes what was published since into a draft.
pub(crate) async fn update(State(panel): State<Arc<Panel>>, visit: Visit, path: Path<String>) -> Served {
    let id = id(&path)?;
    let updated = flow_drafts::update(panel.store(), &editor(&visit)?, panel.now(), id).await?;
    tracing::info!(draft = %id, base = short(&updated.base), conflicts = updated.conflicts.len(), "a draft was brought up to date");
    Ok(see_other(&address(id, updated.conflicts.first().map(String::as_str))))
}

/// Throws a draft away.
pub(crate) async fn discard(State(panel): State<Arc<Panel>>, visit: Visit, path: Path<String>) -> Served {
    flow_drafts::discard(panel.store(), &editor(&visit)?, panel.now(), id(&path)?).await?;
    Ok(see_other("/admin/flows"))
}
