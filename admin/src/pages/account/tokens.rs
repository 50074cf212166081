//! Access tokens of one's own: made, shown once, ended.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Deserialize;
use tolmach_app::accounts::{self, NewToken, Whose};

use super::{Told, show};
use crate::{Panel, context::Visit, error::Served, form::Form, gate::see_other};

#[derive(Deserialize)]
pub(crate) struct Wanted {
    name: String,
    days: String,
    /// Whether it may only read; a box that is not checked is not sent.
    read_only: Option<String>,
}

pub(crate) async fn make_token(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(wanted): Form<Wanted>,
) -> Served {
    let new = NewToken {
        name: &wanted.name,
        read_only: wanted.read_only.is_some(),
        // What is no number is as unfit as a number that is.
        days: wanted.days.trim().parse().unwrap_or_default(),
    };
    let whose = Whose::own(visit.session()?);
    let told = match accounts::make_token(panel.store(), &whose, panel.now(), new).await {
        Ok(made) => Told { token: Some(made), ..Told::default() },
        Err(error) => {
            let error = match error {
                accounts::Error::BadTokenName => ("token.bad_name", "token_name"),
                accounts::Error::TokenNameTaken(_) => ("token.taken", "token_name"),
                accounts::Error::BadDays => ("token.bad_days", "token_days"),
                accounts::Error::TooManyTokens => ("token.too_many", "token_name"),
                error => return Err(error.into()),
            };
            Told { error: Some(error), ..Told::default() }
        }
    };
    show(&panel, &visit, told).await
}

pub(crate) async fn end_token(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Served {
    accounts::end_token(panel.store(), &Whose::own(visit.session()?), panel.now(), &id).await?;
    Ok(see_other("/admin/account?saved=token"))
}
