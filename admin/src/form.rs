//! What forms and queries bring, read within bounds.

use axum::{
    extract::{FromRequest, FromRequestParts, Query, Request},
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
