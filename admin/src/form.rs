//! What forms and queries bring, read within bounds.

use axum::{
    extract::{
        FromRequest, FromRequestParts, Query, Request,
        multipart::{Field, MultipartError},
    },
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::error::Failure;

/// A form. The gate has checked its token and its size.
pub(crate) struct Form<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Form<T>, Failure> {
        let form = axum::Form::from_request(request, state).await;
        form.map(|axum::Form(form)| Form(form)).map_err(|_| Failure::Bad("error.form"))
    }
}

/// The text of a field that is no file, of at most so many bytes.
pub(crate) async fn short(mut field: Field<'_>, most: usize) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(part) = field.chunk().await.map_err(|error| broken(&error, "error.too_long"))? {
        bytes.extend_from_slice(&part);
        if bytes.len() > most {
            return Err(Failure::Bad("error.too_long"));
        }
    }
    // Browsers end the lines of such a form with CR and LF.
    let text = String::from_utf8(bytes).map_err(|_| Failure::Bad("error.form"))?;
    Ok(text.replace("\r\n", "\n"))
}

/// Why a form with files could not be read: the connection has ended, what came is no form, or it is `too_large`.
pub(crate) fn broken(error: &MultipartError, too_large: &'static str) -> Failure {
    tracing::info!(%error, "a form with files broke off");
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Failure::Bad(too_large)
    } else {
        Failure::Bad("upload.broken")
    }
}

/// The values of a query; one that cannot be read is refused.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Params<T>, Failure> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(query)| Params(query)).map_err(|_| Failure::Bad("error.form"))
    }
}

/// A field that forms may leave out or empty.
pub(crate) fn filled(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}
