//! `/health`: the state of the process and its dependencies.
//!
//! Everybody is told whether clients get answers. The details name other systems and count clients: only this machine
//! and whoever knows the health token see them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json, Router,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use tolmach_adapters::email::EmailChannel;
use tolmach_admin::{Part, PartState, Shown, System, SystemState};
use tolmach_app::text::when;
use tolmach_catalog::{
    Cached, EmbeddedCatalog,
    meilisearch::{self, Mirror},
};
use tolmach_channels::web::{Visitor, WebChannel};
use tolmach_llm::fallback::FallbackLlm;
use tolmach_runtime::{Runtime, Shared, ports::Catalog, secret::Secret};

use crate::{
    config::{Config, Role},
    jobs::Jobs,
};

/// The parts that /health reports on.
pub struct Health {
    pub runtime: Arc<Runtime>,
    pub catalog: Arc<EmbeddedCatalog>,
    /// The Meilisearch mirror, if one is configured.
    pub mirror: Option<Arc<Mirror>>,
    pub cached: Arc<Cached<dyn Catalog>>,
    pub model: Shared<Option<Arc<FallbackLlm>>>,
    pub web: Arc<WebChannel>,
    pub email: Shared<Option<Arc<EmailChannel>>>,
    pub telegram: Arc<dyn Fn() -> Value + Send + Sync>,
    pub started: Instant,
    pub role: Role,
    /// The task worker, if this process has one.
    pub jobs: Option<Arc<Jobs>>,
    /// Has the token of other machines that see the details; empty for none.
    pub config: Shared<Config>,
}

/// How long an answer for everybody is given again, so that asking does not load the database.
const KEPT: Duration = Duration::from_millis(250);

/// The route `/health`. It needs [`tolmach_channels::web::protected`] around it.
pub fn router(health: Arc<Health>) -> Router {
    let served = Served { health, last: Arc::default() };
    Router::new().route("/health", get(show)).with_state(served)
}

#[derive(Clone)]
struct Served {
    health: Arc<Health>,
    /// The last status for everybody. Whoever finds it too old asks anew under the lock, so that one asks at a time.
    last: Arc<Mutex<Option<(Instant, StatusCode, Value)>>>,
}

/// Returns 200 while clients get answers, even in degraded mode; 503 when the database is unavailable, so that no turn
/// can be stored.
async fn show(
    State(served): State<Served>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Response {
    let (code, body) = if visitor.local || knows(&headers, &served.health.config.get().health_token) {
        details(&served.health).await
    } else {
        let mut last = served.last.lock().await;
        match &*last {
            Some((at, code, status)) if at.elapsed() < KEPT => (*code, status.clone()),
            _ => {
                let (code, body) = details(&served.health).await;
                let status = json!({ "status": body["status"] });
                *last = Some((Instant::now(), code, status.clone()));
                (code, status)
            }
        }
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Whether the request has the token. Takes the same time for every wrong one of the same length.
fn knows(headers: &HeaderMap, token: &Secret) -> bool {
    let given = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
    let given = given.and_then(|given| given.strip_prefix(b"Bearer "));
    !token.is_empty() && given.is_some_and(|given| given.ct_eq(token.expose().as_bytes()).into())
}

impl Health {
    /// The worst of what can be told without asking anybody, for the panel's top bar.
    pub fn system(&self) -> System {
        let of =
            |state, key, detail: Option<String>| System { state, key, detail: detail.unwrap_or_default() };
        let telegram = (self.telegram)();
        if let Some(why) = telegram["error"].as_str() {
            return of(SystemState::Bad, "system.telegram", Some(why.to_owned()));
        }
        if let Some(email) = (*self.email.get()).as_ref().filter(|email| email.state() == "failing") {
            return of(SystemState::Warn, "system.mail", email.last_error());
        }
        if let Some(why) = (*self.model.get()).as_ref().and_then(|model| model.degraded()) {
            return of(SystemState::Warn, "system.model", Some(why));
        }
        if let Some(meilisearch::State::Fallback(why)) = self.mirror.as_ref().map(|mirror| mirror.state()) {
            return of(SystemState::Warn, "system.search", Some(why));
        }
        of(SystemState::Good, "system.good", None)
    }
}

impl Health {
    /// How the parts are that can be told without asking anybody, for the panel's first page. That page is read from the
    /// database, so this is not asked.
    pub fn parts(&self) -> Vec<Part> {
        let part = |key, state, detail| Part { key, state, detail };
        let text = |text: Option<String>| text.map_or(Shown::Nothing, Shown::Text);
        let telegram = (self.telegram)();
        let telegram = match telegram["error"].as_str() {
            Some(why) => part("telegram", PartState::Bad, Shown::Text(why.to_owned())),
            None if telegram.is_null() => part("telegram", PartState::Off, Shown::Nothing),
            None => part("telegram", PartState::Good, Shown::Nothing),
        };
        let mail = (*self.email.get()).as_ref().map_or((PartState::Off, None), |email| match email.state() {
            "failing" => (PartState::Warn, email.last_error()),
            _ => (PartState::Good, Some(email.server().to_owned())),
        });
        let model =
            (*self.model.get()).as_ref().map_or((PartState::Off, None), |model| match model.degraded() {
                Some(why) => (PartState::Warn, Some(why)),
                None => (PartState::Good, Some(tolmach_runtime::ports::Llm::name(&**model).to_owned())),
            });
        let search = self.mirror.as_ref().map_or((PartState::Off, None), |mirror| match mirror.state() {
            meilisearch::State::Fallback(why) => (PartState::Warn, Some(why)),
            _ => (PartState::Good, None),
        });
        let catalogue = match self.cached.generation() {
            Some((_, items)) => {
                part("catalogue", PartState::Good, Shown::Count("health.detail.items", items))
            }
            None => part("catalogue", PartState::Off, Shown::Nothing),
        };
        let jobs = match self.jobs.as_ref().map(|jobs| jobs.working()) {
            Some(true) => PartState::Good,
            Some(false) => PartState::Warn,
            None => PartState::Off,
        };
        let open = Shown::Count("health.detail.open", self.web.connected() as u64);
        let release = self.runtime.releases().current_id().map(|id| id.chars().take(8).collect());
        vec![
            part("database", PartState::Good, Shown::Nothing),
            part("web", PartState::Good, open),
            telegram,
            part("mail", mail.0, text(mail.1)),
            catalogue,
            part("model", model.0, text(model.1)),
            part("jobs", jobs, Shown::Nothing),
            part("release", PartState::Good, text(release)),
            part("search", search.0, text(search.1)),
        ]
    }
}

async fn details(health: &Health) -> (StatusCode, Value) {
    let database = health.runtime.store().ping().await;
    let degraded = (*health.model.get()).as_ref().and_then(|model| model.degraded());
    // Load a new generation first: after an import there may have been no search yet that would load it.
    health.catalog.refresh().await;
    let catalogue = health.cached.generation();
    let status = match (&database, &degraded) {
        (Err(_), _) => "failed",
        (_, Some(_)) => "degraded",
        _ if health
            .mirror
            .as_ref()
            .is_some_and(|mirror| matches!(mirror.state(), meilisearch::State::Fallback(_))) =>
        {
            "degraded"
        }
        _ if health.jobs.as_ref().is_some_and(|jobs| !jobs.working()) => "degraded",
        _ => "ok",
    };
    let body = json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": health.started.elapsed().as_secs(),
        "role": health.role.name(),
        "jobs": health.jobs.as_ref().map(|jobs| jobs.show()),
        "database": match &database { Ok(()) => "ok".to_owned(), Err(why) => why.to_string() },
        "release": release(&health.runtime),
        "catalogue": catalogue.map(|(generation, items)| json!({ "generation": generation, "items": items })),
        "search": search(health),
        "model": match &*health.model.get() {
            Some(model) => json!({ "name": tolmach_runtime::ports::Llm::name(&**model), "degraded": degraded }),
            None => json!({ "name": "offline", "degraded": null }),
        },
        "telegram": (health.telegram)(),
        "email": (*health.email.get()).as_ref().map(|email| json!({ "state": email.state(), "error": email.last_error() })),
        "web": { "connected": health.web.connected() },
    });
    let code = if database.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, body)
}

/// The current release; with `run --dev` a draft without a publication. The publication's author is left out:
/// nothing here names a person.
fn release(runtime: &Runtime) -> Value {
    let releases = runtime.releases();
    json!({
        "id": releases.current_id(),
        "note": releases.publication().map(|publication| publication.note),
        "since": releases.since().map(when),
    })
}

/// The state of the search backend and the hit rate of its cache.
fn search(health: &Health) -> Value {
    let cache = health.cached.counts();
    let server = health.mirror.as_ref().map(|mirror| {
        use meilisearch::State;
        let counts = mirror.counts();
        let (state, generation, why) = match mirror.state() {
            State::Waiting => ("waiting", None, None),
            State::Publishing(generation) => ("publishing", Some(generation), None),
            State::Serving(generation) => ("serving", Some(generation), None),
            State::Fallback(why) => ("fallback", None, Some(why)),
        };
        json!({
            "state": state, "generation": generation, "why": why,
            "answered": { "server": counts.server, "embedded": counts.embedded },
        })
    });
    json!({
        "meilisearch": server,
        "cache": { "hits": cache.hits, "misses": cache.misses, "entries": cache.entries, "bytes": cache.bytes },
    })
}
