//! What a handler knows of its request: who asks, in which language, at what time.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::ACCEPT_LANGUAGE, request::Parts},
};
use tolmach_app::accounts::{Choice, Permission, Session, Settings};
use tolmach_engine::language::Language;
use tolmach_runtime::ports::Actor;

use crate::{Panel, Peer, error::Failure, times::Times};

/// A request that has passed the gate.
#[derive(Clone)]
pub(crate) struct Visit(Arc<Inner>);

pub(crate) struct Inner {
    /// `None` on pages that need no login.
    pub(crate) session: Option<Session>,
    /// The value of the cookie to which the form token belongs.
    pub(crate) cookie: String,
    /// The token that forms bring.
    pub(crate) csrf: String,
    pub(crate) settings: Settings,
    pub(crate) language: Language,
    pub(crate) times: Times,
    pub(crate) company: String,
    pub(crate) peer: Peer,
    /// Path and query, for links back here.
    pub(crate) here: String,
    pub(crate) agent: String,
}

impl std::ops::Deref for Visit {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Visit {
    pub(crate) fn new(
        panel: &Panel,
        parts: RequestParts<'_>,
        session: Option<Session>,
        cookie: String,
    ) -> Visit {
        let RequestParts { headers, peer, here } = parts;
        let settings = session.as_ref().map(|session| Settings::of(&session.account)).unwrap_or_default();
        let chosen = settings.language.as_deref().and_then(language);
        let asked = here.split_once('?').and_then(|(_, query)| {
            query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(language)
        });
        let language = chosen.or(asked).unwrap_or_else(|| preferred(headers));
        let zone = panel.options.runtime.releases().time_zone();
        let agent = headers.get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        Visit(Arc::new(Inner {
            csrf: token_of(&cookie),
            times: Times { language, zone, now: panel.now() },
            company: panel.options.company.get(language).to_owned(),
            agent: agent.to_owned(),
            here: here.to_owned(),
            session,
            cookie,
            settings,
            language,
            peer,
        }))
    }

    /// The same request with the session as it is stored now.
    pub(crate) fn with_session(&self, session: Session) -> Visit {
        let old = &self.0;
        Visit(Arc::new(Inner {
            settings: Settings::of(&session.account),
            session: Some(session),
            cookie: old.cookie.clone(),
            csrf: old.csrf.clone(),
            language: old.language,
            times: old.times.clone(),
            company: old.company.clone(),
            peer: old.peer,
            here: old.here.clone(),
            agent: old.agent.clone(),
        }))
    }

    /// Whoever is logged in.
    ///
    /// # Errors
    /// Nobody, which the gate excludes where a login is needed.
    pub(crate) fn session(&self) -> Result<&Session, Failure> {
        self.session.as_ref().ok_or(Failure::LoggedOut)
    }

    /// Who acts, for use cases.
    ///
    /// # Errors
    /// As [`Visit::session`].
    pub(crate) fn actor(&self) -> Result<Actor, Failure> {
        Ok(self.session()?.actor())
    }

    pub(crate) fn may(&self, what: Permission) -> bool {
        self.session.as_ref().is_some_and(|session| session.may(what))
    }

    pub(crate) fn theme(&self) -> &'static str {
        match self.settings.theme {
            Choice::Auto => "auto",
            Choice::Light => "light",
            Choice::Dark => "dark",
        }
    }
}

/// What a [`Visit`] is made of.
#[derive(Clone, Copy)]
pub(crate) struct RequestParts<'r> {
    pub(crate) headers: &'r HeaderMap,
    pub(crate) peer: Peer,
    pub(crate) here: &'r str,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visit, Failure> {
        parts.extensions.get::<Visit>().cloned().ok_or(Failure::NotFound)
    }
}

/// The token of the forms that belong to a cookie. Whoever sees a page's source has no more than its form.
pub(crate) fn token_of(cookie: &str) -> String {
    data_encoding::HEXLOWER.encode(&blake3::derive_key("tolmach 2026-11 form token", cookie.as_bytes()))
}

fn language(code: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.code() == code)
}

/// The first of our languages in `Accept-Language`; the values of quality are in order as browsers send them.
fn preferred(headers: &HeaderMap) -> Language {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = accepted.split(',').map(|tag| tag.trim().to_ascii_lowercase());
    tags.filter_map(|tag| language(tag.get(..2)?)).next().unwrap_or(Language::En)
}
