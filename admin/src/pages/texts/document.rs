//! A document becomes a text of the reader's draft; and a text as the bot sees it, in passages.

use std::sync::Arc;

use axum::{
    extract::{Multipart, Path, State},
    http::HeaderMap,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    documents::{self, MAX_BYTES},
    flow_drafts::{self, Edit, Saved},
};
use tolmach_engine::{language::Language, wording::normalized};
use tolmach_runtime::ports::DraftChangeKind;
use uuid::Uuid;

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{self, Params},
    gate::{encode, is_token, see_other},
    pages::flows::{address, editor, own_draft, row},
    render::Page,
};

/// Most bytes of a field that is no file, and most of such fields.
const MAX_FIELD: usize = 1024;
const MAX_FIELDS: usize = 8;
/// The longest name of a text, in characters.
const MAX_NAME: usize = 60;

/// What a form brought.
#[derive(Default)]
struct Brought {
    name: String,
    language: String,
    file: Vec<u8>,
}

/// Reads a document into the reader's own draft.
pub(crate) async fn document(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    form: Multipart,
) -> Served {
    let Brought { name, language, file } = receive(&visit, headers.contains_key("x-csrf"), form).await?;
    let name = name.trim().to_owned();
    let fits = !name.is_empty()
        && name.chars().count() <= MAX_NAME
        && name.chars().all(|sign| sign.is_alphanumeric() || "-_".contains(sign));
    if !fits {
        return Err(Failure::Bad("document.bad_name"));
    }
    let language = Language::from_code(&language);
    let path = match language {
        Some(language) => format!("knowledge/{name}.{}.md", language.code()),
        None => format!("knowledge/{name}.md"),
    };
    let title = name.clone();
    let read = tokio::task::spawn_blocking(move || {
        let blocks = documents::read_docx(&file)?;
        Ok::<String, documents::Error>(documents::markdown(&documents::passages(&blocks, &title)))
    });
    let text = read.await.map_err(|_| Failure::Unavailable)??;
    let draft = own_draft(&panel, &visit).await?;
    let base = flow_drafts::open(panel.store(), draft.id).await?.draft.revision;
    let edit = Edit { path: path.clone(), base, text, kind: DraftChangeKind::Document };
    match flow_drafts::save(panel.store(), &editor(&visit)?, panel.now(), draft.id, &edit).await? {
        Saved::Stored { .. } => {
            Ok(see_other(&format!("{}/passages?file={}", address(draft.id, None), encode(&path))))
        }
        Saved::Conflict(_) => Err(Failure::Bad("draft.busy")),
    }
}

async fn receive(visit: &Visit, mut trusted: bool, mut form: Multipart) -> Result<Brought, Failure> {
    let mut brought = Brought::default();
    let (mut fields, mut chosen) = (0, false);
    while let Some(mut field) =
        form.next_field().await.map_err(|error| form::broken(&error, "document.too_large"))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            None => {
                fields += 1;
                if fields > MAX_FIELDS {
                    return Err(Failure::Bad("error.form"));
                }
                let value = form::short(field, MAX_FIELD).await?;
                match name.as_str() {
                    "csrf" if !trusted => trusted = is_token(value.as_bytes(), visit),
                    "name" => brought.name = value,
                    "language" => brought.language = value,
                    _ => {}
                }
            }
            Some(_) if !trusted => return Err(Failure::Expired),
            // What a browser sends for a field in which nothing was chosen.
            Some(file) if file.is_empty() => {}
            Some(_) if chosen => return Err(Failure::Bad("error.form")),
            Some(_) => {
                chosen = true;
                while let Some(part) =
                    field.chunk().await.map_err(|error| form::broken(&error, "document.too_large"))?
                {
                    brought.file.extend_from_slice(&part);
                    if brought.file.len() > MAX_BYTES {
                        return Err(Failure::Bad("document.too_large"));
                    }
                }
            }
        }
    }
    match (trusted, chosen) {
        (false, _) => Err(Failure::Expired),
        (_, false) => Err(Failure::Bad("document.none")),
        _ => Ok(brought),
    }
}

#[derive(Default, Deserialize)]
pub(crate) struct Meant {
    #[serde(default)]
    file: String,
    #[serde(default)]
    q: String,
}

/// A text of knowledge as the bot sees it.
pub(crate) async fn passages(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
    Params(meant): Params<Meant>,
) -> Served {
    let id = Uuid::parse_str(&id).map_err(|_| Failure::NotFound)?;
    let opened = flow_drafts::open(panel.store(), id).await?;
    if !meant.file.starts_with("knowledge/") || !opened.bundle.files.contains_key(&meant.file) {
        return Err(Failure::NotFound);
    }
    let words = normalized(&meant.q);
    let words: Vec<&str> = words.split_whitespace().collect();
    let all = tolmach_engine::resources::passages_of(&opened.bundle, &meant.file);
    let total = all.len();
    let shown: Vec<Value> = all
        .iter()
        .filter(|passage| {
            let said = normalized(&format!("{} {}", passage.title, passage.text));
            words.iter().all(|word| said.contains(word))
        })
        .take(500)
        .map(|passage| {
            json!({ "title": passage.title, "text": passage.text, "length": passage.text.chars().count() })
        })
        .collect();
    let data = json!({
        "draft": row(&opened.draft), "file": meant.file, "edit": address(id, Some(&meant.file)), "total": total,
        "found": shown.len(), "q": meant.q, "passages": shown,
    });
    let title = panel.renderer.text(visit.language, "passages.title");
    panel.page(&visit, Page { template: "passages", section: "texts", title }, data).await
}
