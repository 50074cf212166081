//! Styles, scripts and icons.

use axum::{extract::Path, response::Response};

use crate::assets;

pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    assets::serve(&name)
}
