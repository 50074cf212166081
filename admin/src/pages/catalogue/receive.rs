//! Files that are uploaded: written to disk as they arrive, and never held in memory.

use std::sync::Arc;

use axum::{
    extract::{
        Multipart, State,
        multipart::{Field, MultipartError},
    },
    http::HeaderMap,
};
use tolmach_app::catalog_drafts::Receiving;

use super::{address, done};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form,
    gate::{is_token, see_other},
};

/// Most bytes of a field that is no file.
const MAX_FIELD: usize = 1024;
/// Most fields that are no files.
const MAX_FIELDS: usize = 8;

pub(crate) async fn receive(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    mut form: Multipart,
) -> Served {
    // The gate has checked the header. Without it the token is in the first field, before any file is read.
    let mut trusted = headers.contains_key("x-csrf");
    let mut received: Option<Receiving> = None;
    let (mut supplier, mut fields) = (String::new(), 0);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        match file {
            None => {
                fields += 1;
                let text = form::short(field, MAX_FIELD).await?;
                match name.as_str() {
                    "csrf" if !trusted => {
                        trusted = is_token(text.as_bytes(), &visit);
                        if !trusted {
                            return Err(Failure::Expired);
                        }
                    }
                    "supplier" => supplier = text,
                    _ => {}
                }
                if fields > MAX_FIELDS {
                    return Err(Failure::Bad("error.form"));
                }
            }
            Some(_) if !trusted => return Err(Failure::Expired),
            // What a browser sends for a field in which nothing was chosen.
            Some(file) if file.is_empty() => {}
            Some(file) => {
                let receiving = match &mut received {
                    Some(receiving) => receiving,
                    None => received.insert(panel.drafts().receive().await?),
                };
                store(receiving, &file, field).await?;
            }
        }
    }
    if !trusted {
        return Err(Failure::Expired);
    }
    let Some(received) = received else { return Err(Failure::Bad("upload.no_list")) };
    let supplier = Some(supplier.trim()).filter(|name| !name.is_empty());
    let made = panel.drafts().add(&visit.actor()?, supplier, received).await?;
    let goto = match made.as_slice() {
        [one] => address(*one),
        _ => "/admin/catalogue?saved=upload.several".to_owned(),
    };
    Ok(if headers.contains_key("x-csrf") { done(Some(&goto)) } else { see_other(&goto) })
}

async fn store(receiving: &mut Receiving, name: &str, mut field: Field<'_>) -> Result<(), Failure> {
    let mut file = receiving.file(name).await?;
    while let Some(part) = field.chunk().await.map_err(|error| broken(&error))? {
        file.write(&part).await?;
    }
    Ok(file.end().await?)
}

/// The connection has ended, or what came is no form.
fn broken(error: &MultipartError) -> Failure {
    form::broken(error, "upload.too_large_all")
}
