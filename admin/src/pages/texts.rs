//! The texts of the bot for those who know the business: prompts, services, quick answers, the company's particulars.

mod document;

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use serde_json::{Value, json};
use tolmach_app::{accounts::Permission, flow_drafts, release};
use tolmach_engine::bundle::{Bundle, COMPANY};
use tolmach_runtime::ports::DraftState;

use super::flows::{address, row};
use crate::{Panel, context::Visit, error::Served, render::Page};

pub(crate) use document::{document, passages};

/// The texts of the current release, and of the reader's own draft where there is one.
pub(crate) async fn page(State(panel): State<Arc<Panel>>, visit: Visit) -> Served {
    let name = visit.session()?.account.name.clone();
    let drafts = flow_drafts::list(panel.store()).await?;
    let own = drafts.iter().find(|draft| draft.state == DraftState::Open && draft.author == name);
    let others: Vec<Value> = drafts
        .iter()
        .filter(|draft| draft.state == DraftState::Open && draft.author != name)
        .take(10)
        .map(row)
        .collect();
    let current = release::current(panel.store()).await?;
    let (bundle, changed) = match (own, &current) {
        (Some(draft), _) => {
            let opened = flow_drafts::open(panel.store(), draft.id).await?;
            let changed = opened.changed().map(|(path, _, _)| path.to_owned()).collect();
            (opened.bundle, changed)
        }
        (None, Some(current)) => (release::bundle(panel.store(), &current.release).await?, Vec::new()),
        (None, None) => (Bundle::default(), Vec::new()),
    };
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
                            "href": own.map(|draft| address(draft.id, Some(&path))),
                            "changed": changed.contains(&path),
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
        "own": own.map(row), "others": others, "groups": groups, "changed": changed.len(),
        "can_edit": current.is_some() && visit.may(Permission::EditContent),
    });
    let title = panel.renderer.text(visit.language, "nav.texts");
    panel.page(&visit, Page { template: "texts", section: "texts", title }, data).await
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
