//! What goes wrong in a request, and what is said of it. A handler returns a [`Failure`]; the gate renders it as the request
//! wants it: a page for a navigation, JSON for a script.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tolmach_app::{
    accounts, catalog_drafts, documents, files, flow_drafts, handoff, inbox, leads, release, saved_test,
    suggest, what_if,
};
use tolmach_runtime::ports;

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such page or thing.
    NotFound,
    /// The role may not do it.
    Forbidden(accounts::Permission),
    /// The request did not come from our own page.
    Foreign,
    /// Nobody is logged in any more.
    LoggedOut,
    /// The access token is unknown or has ended.
    BadToken,
    /// A route of the API was asked without an access token or a login.
    NoToken,
    /// The access token may only read.
    ReadOnly,
    /// The token of the form is missing or of another login.
    Expired,
    /// The request cannot be read, or asks for something that is not to be had; the key of a text.
    Bad(&'static str),
    /// The same, with more about it for a program.
    Because(&'static str, String),
    /// Somebody else changed the same lines: both versions.
    Conflict(serde_json::Value),
    /// Too many attempts; seconds until the next one.
    TooMany(u64),
    /// The database or another part does not answer.
    Unavailable,
}

impl Failure {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Failure::NotFound => StatusCode::NOT_FOUND,
            Failure::LoggedOut | Failure::BadToken | Failure::NoToken => StatusCode::UNAUTHORIZED,
            Failure::ReadOnly | Failure::Forbidden(_) | Failure::Foreign | Failure::Expired => {
                StatusCode::FORBIDDEN
            }
            Failure::Bad(_) | Failure::Because(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Failure::Conflict(_) => StatusCode::CONFLICT,
            Failure::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Failure::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The key of the text that tells it.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Failure::NotFound => "error.404",
            Failure::Forbidden(_) => "error.403",
            Failure::Foreign => "error.foreign",
            Failure::LoggedOut | Failure::Expired => "error.expired",
            Failure::BadToken => "error.token",
            Failure::NoToken => "error.no_token",
            Failure::ReadOnly => "error.read_only",
            Failure::Bad(key) | Failure::Because(key, _) => key,
            Failure::Conflict(_) => "draft.conflict",
            Failure::TooMany(_) => "error.429",
            Failure::Unavailable => "error.503",
        }
    }
}

/// The gate replaces this response: it alone knows the language and the person.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ports::Error> for Failure {
    fn from(error: ports::Error) -> Failure {
        tracing::warn!(%error, "a page of the panel could not be served");
        Failure::Unavailable
    }
}

impl From<accounts::Error> for Failure {
    fn from(error: accounts::Error) -> Failure {
        use accounts::Error as E;
        match error {
            E::Wrong => Failure::Bad("error.wrong"),
            E::WrongCode => Failure::Bad("error.code"),
            E::BadName => Failure::Bad("error.name"),
            E::BadPassword => Failure::Bad("error.password"),
            E::NameTaken(_) => Failure::Bad("error.name_taken"),
            E::Unknown(_) | E::BadLink => Failure::NotFound,
            E::LastOwner => Failure::Bad("error.last_owner"),
            E::OwnersOnly => Failure::Bad("error.owners_only"),
            E::OwnAccount => Failure::Bad("error.own_account"),
            E::TooManyInvitations => Failure::Bad("error.many_invitations"),
            E::BadTokenName => Failure::Bad("token.bad_name"),
            E::TokenNameTaken(_) => Failure::Bad("token.taken"),
            E::TooManyTokens => Failure::Bad("token.too_many"),
            E::BadDays => Failure::Bad("token.bad_days"),
            E::NoToken(_) => Failure::NotFound,
            E::Disabled => Failure::Bad("error.wrong"),
            E::Conflict => Failure::Bad("error.conflict"),
            E::Hash(why) => {
                tracing::error!(why, "a password could not be hashed");
                Failure::Unavailable
            }
            E::Store(error) => error.into(),
        }
    }
}

impl From<handoff::Error> for Failure {
    fn from(error: handoff::Error) -> Failure {
        use handoff::Error as E;
        match error {
            E::Empty => Failure::Bad("error.empty"),
            E::TooLong(_) | E::TooManyCards(_) => Failure::Bad("error.too_long"),
            E::TooManyFiles(_) => Failure::Bad("file.too_many"),
            E::NotTaken(_) => Failure::Bad("error.not_taken"),
            E::NoName | E::Unknown { .. } | E::Ambiguous { .. } | E::BadKey(_) => Failure::NotFound,
            E::Store(error) => error.into(),
        }
    }
}

impl From<inbox::Error> for Failure {
    fn from(error: inbox::Error) -> Failure {
        use inbox::Error as E;
        match error {
            E::UnknownChat(_) | E::UnknownTurn(..) | E::UnknownMessage => Failure::NotFound,
            E::Arrived => Failure::Bad("error.arrived"),
            E::EmptyNote => Failure::Bad("error.empty"),
            E::LongNote(_) => Failure::Bad("error.too_long"),
            E::Unreadable(why) => {
                tracing::error!(why, "a stored turn cannot be read");
                Failure::Unavailable
            }
            E::Store(error) => error.into(),
        }
    }
}

impl From<saved_test::Error> for Failure {
    fn from(error: saved_test::Error) -> Failure {
        use saved_test::Error as E;
        match error {
            E::Nothing(_) => Failure::NotFound,
            E::LongDialog(_) => Failure::Bad("error.long_dialog"),
            E::Unreadable(why) => {
                tracing::error!(%why, "a stored turn cannot be read");
                Failure::Unavailable
            }
            E::Store(error) => error.into(),
        }
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Failure {
        use files::Error as E;
        Failure::Bad(match error {
            E::TooMany => "file.too_many",
            E::TooLarge => "file.too_large",
            E::Empty => "file.empty",
            E::Program => "file.program",
            E::Page => "file.page",
            E::UnknownKind => "file.unknown_kind",
            E::Mismatch => "file.mismatch",
            E::NoRoom(_) => {
                tracing::warn!(%error, "a file of the staff was refused");
                "file.no_room"
            }
            E::Channel(_) => "file.channel",
            E::Unwritable { .. } => {
                tracing::error!(%error, "a file of the staff cannot be stored");
                "upload.no_room"
            }
        })
    }
}

impl From<flow_drafts::Error> for Failure {
    fn from(error: flow_drafts::Error) -> Failure {
        use flow_drafts::Error as E;
        match error {
            E::Unknown | E::NoFile(_) => Failure::NotFound,
            E::Closed(_) => Failure::Bad("draft.closed"),
            E::BadTitle => Failure::Bad("draft.bad_title"),
            E::BadPath(_) => Failure::Bad("draft.bad_path"),
            E::NoImage(_) => Failure::Bad("images.missing"),
            E::FileThere(_) => Failure::Bad("draft.file_there"),
            E::TooLarge => Failure::Bad("draft.too_large"),
            E::TooManyFiles => Failure::Bad("draft.too_many_files"),
            E::TooManyDrafts => Failure::Bad("draft.too_many"),
            E::NotYours(_) => Failure::Bad("draft.not_yours"),
            E::NothingToUndo => Failure::Bad("draft.nothing_to_undo"),
            E::NothingToRedo => Failure::Bad("draft.nothing_to_redo"),
            E::ChangedSince(..) => Failure::Bad("draft.changed_since"),
            E::Busy => Failure::Bad("draft.busy"),
            E::Unsettled { .. } => Failure::Bad("draft.unsettled"),
            E::Behind => Failure::Bad("draft.behind"),
            E::NoChanges => Failure::Bad("draft.no_changes"),
            E::Release(error) => error.into(),
            E::Store(error) => error.into(),
        }
    }
}

impl From<documents::Error> for Failure {
    fn from(error: documents::Error) -> Failure {
        use documents::Error as E;
        Failure::Bad(match error {
            E::Empty => "document.empty",
            E::TooLarge => "document.too_large",
            E::NotDocx => "document.not_docx",
            E::OldOrLocked => "document.old",
            E::Damaged(why) => {
                tracing::info!(why, "a document cannot be read");
                "document.damaged"
            }
            E::Bomb => "document.bomb",
            E::TooLong => "document.too_long",
            E::NoText => "document.no_text",
        })
    }
}

impl From<suggest::Error> for Failure {
    fn from(error: suggest::Error) -> Failure {
        match error {
            suggest::Error::Port(error) => error.into(),
            suggest::Error::Release(error) => error.into(),
            error => {
                tracing::warn!(%error, "proposals cannot be made");
                Failure::Bad("proposals.unable")
            }
        }
    }
}

impl From<what_if::Error> for Failure {
    fn from(error: what_if::Error) -> Failure {
        use what_if::Error as E;
        match error {
            E::UnknownTurn(..) => Failure::NotFound,
            E::DoesNotCompile => Failure::Bad("tried.broken"),
            E::Replay(error) => {
                tracing::warn!(%error, "a stored turn cannot be run on a draft");
                Failure::Bad("tried.unreadable")
            }
            E::Release(error) => error.into(),
            E::Store(error) => error.into(),
        }
    }
}

impl From<release::Error> for Failure {
    fn from(error: release::Error) -> Failure {
        use release::Error as E;
        match error {
            E::Store(error) => error.into(),
            E::NothingPublished | E::NothingToServe => Failure::Bad("release.none"),
            E::Unknown(_) | E::Ambiguous { .. } | E::NotKept(_) => Failure::NotFound,
            E::NeverPublished(_) | E::NoLongerCompiles { .. } | E::Unusable { .. } => {
                Failure::Bad("release.unusable")
            }
            E::ImagesMissing(_) => Failure::Bad("images.missing"),
            E::Conflict(_) | E::NotTheParent { .. } => Failure::Bad("draft.behind"),
            error => {
                tracing::warn!(%error, "a release of the panel could not be read or published");
                Failure::Bad("release.failed")
            }
        }
    }
}

impl From<leads::Error> for Failure {
    fn from(error: leads::Error) -> Failure {
        match error {
            leads::Error::Unknown(_) | leads::Error::Ambiguous { .. } => Failure::NotFound,
            leads::Error::AnotherOpen(_) => Failure::Bad("error.another_open"),
            leads::Error::Store(error) => error.into(),
        }
    }
}

impl From<catalog_drafts::Error> for Failure {
    fn from(error: catalog_drafts::Error) -> Failure {
        use catalog_drafts::Error as E;
        match error {
            E::Unknown => Failure::NotFound,
            E::NoList => Failure::Bad("upload.no_list"),
            E::ManyArchives => Failure::Bad("upload.many_archives"),
            E::TooManyFiles => Failure::Bad("upload.many_files"),
            E::TooLarge => Failure::Bad("upload.too_large_all"),
            E::BadSupplier => Failure::Bad("upload.bad_supplier"),
            E::Busy => Failure::Bad("upload.at_work"),
            E::NotReady => Failure::Bad("upload.not_ready"),
            E::Unwritable { .. } => {
                tracing::error!(%error, "an upload cannot be stored");
                Failure::Bad("upload.no_room")
            }
            E::Store(error) => error.into(),
        }
    }
}

/// What a handler returns.
pub(crate) type Served = Result<Response, Failure>;
