//! A reply to a client: a text, products, files. Files are written to disk as they arrive.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{
        FromRequest, Multipart, Path, Request, State,
        multipart::{Field, MultipartError},
    },
    http::header::CONTENT_TYPE,
};
use tolmach_app::{
    catalog,
    files::{ArrivedFile, MOST_FILES},
    handoff::{self, Reply},
};
use tolmach_engine::{card::card, language::Language};
use tolmach_runtime::ports::DialogRow;

use super::done;
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{self, Form},
    gate::is_token,
};

/// Most bytes of a form without files.
const MAX_FORM: usize = 64 * 1024;
/// Most bytes of a field that is no file: a text of the longest length.
const MAX_FIELD: usize = 32 * 1024;
/// Most fields that are no files: the token, the text, and products.
const MAX_FIELDS: usize = 8 + handoff::MOST_CARDS;

/// What a form brought.
#[derive(Default)]
struct Brought {
    text: String,
    articles: Vec<String>,
    files: Vec<ArrivedFile>,
}

pub(crate) async fn reply(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(key): Path<String>,
    request: Request,
) -> Served {
    let row = panel.store().dialog(&key).await?.ok_or(Failure::NotFound)?;
    // Whoever has not taken the chat writes between the words of somebody else.
    if row.holder.as_deref() != Some(visit.session()?.account.name.as_str()) {
        return Err(Failure::Bad("error.take_first"));
    }
    let headers = request.headers().clone();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Brought { text, articles, files } = if kind.starts_with("multipart/form-data") {
        let form = Multipart::from_request(request, &()).await;
        // The gate has checked the header. Without it the token is in the first field, before any file is read.
        let trusted = headers.contains_key("x-csrf");
        receive(&panel, &visit, &row, form.map_err(|_| Failure::Bad("error.form"))?, trusted).await?
    } else {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_FORM).await.map_err(|_| Failure::Bad("error.too_large"))?;
        let request = Request::from_parts(parts, Body::from(body));
        // An article may stand there several times, which a struct cannot hold.
        let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, &()).await?;
        let mut brought = Brought::default();
        fields.into_iter().for_each(|(name, value)| brought.add(&name, value));
        brought
    };
    let language = if row.language == "en" { Language::En } else { Language::Ru };
    let mut cards = Vec::new();
    for article in articles.iter().take(handoff::MOST_CARDS + 1) {
        let product = catalog::row(&*panel.options.catalog, article).await?;
        cards.push(card(&product.ok_or(Failure::Bad("error.unknown_article"))?, language));
    }
    let files = panel.options.files.keep(files).await?;
    let reply = Reply { text: &text, cards, files: files.clone() };
    let said = handoff::say(panel.store(), &visit.actor()?, panel.now(), &row.chat, reply).await;
    if let Err(why) = said {
        panel.options.files.forget(&files).await;
        return Err(why.into());
    }
    done(&headers, &key)
}

impl Brought {
    fn add(&mut self, name: &str, value: String) {
        match name {
            "text" => self.text = value,
            "article" => self.articles.push(value),
            _ => {}
        }
    }
}

async fn receive(
    panel: &Panel,
    visit: &Visit,
    row: &DialogRow,
    mut form: Multipart,
    mut trusted: bool,
) -> Result<Brought, Failure> {
    let mut brought = Brought::default();
    let mut fields = 0;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            None => {
                fields += 1;
                if fields > MAX_FIELDS {
                    return Err(Failure::Bad("error.form"));
                }
                let value = form::short(field, MAX_FIELD).await?;
                if name == "csrf" && !trusted {
                    trusted = is_token(value.as_bytes(), visit);
                }
                brought.add(&name, value);
            }
            Some(_) if !trusted => return Err(Failure::Expired),
            // What a browser sends for a field in which nothing was chosen.
            Some(file) if file.is_empty() => {}
            Some(_) if brought.files.len() >= MOST_FILES => return Err(Failure::Bad("file.too_many")),
            Some(file) => brought.files.push(arrive(panel, &row.chat, &file, field).await?),
        }
    }
    if trusted { Ok(brought) } else { Err(Failure::Expired) }
}

async fn arrive(panel: &Panel, chat: &str, name: &str, mut field: Field<'_>) -> Result<ArrivedFile, Failure> {
    let mut file = panel.options.files.arrive(chat, name).await?;
    while let Some(part) = field.chunk().await.map_err(|error| broken(&error))? {
        file.write(&part).await?;
    }
    Ok(file.end(panel.now()).await?)
}

/// The connection has ended, or what came is no form.
fn broken(error: &MultipartError) -> Failure {
    form::broken(error, "file.too_large")
}
