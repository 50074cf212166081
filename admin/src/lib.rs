//! The admin panel: pages for the people who run the business, at `/admin`.
//!
//! Every page parses its request, calls one use case of [`tolmach_app`] and renders what comes back: no page changes anything in
//! a way of its own, and none knows SQL. The server renders everything; scripts add live updates and keys.
//!
//! # Who may do what
//! [`routes`] is the list of all routes, each with what is needed for it; [`gate`] stands before every one and refuses whoever
//! does not have it. What a role may do is decided in [`tolmach_app::accounts::Role::may`] alone.
//!
//! # What a browser is told
//! Sessions are cookies without a readable value. A request that changes something must come from our own page (Fetch Metadata
//! or `Origin`) and bring a token that belongs to its cookie. Pages run scripts and styles of this server alone.

mod api;
mod assets;
mod charts;
mod context;
mod cookies;
mod error;
mod form;
mod gate;
mod limits;
mod live;
mod pages;
mod render;
mod routes;
mod texts;
mod times;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use axum::Router;
use tolmach_app::{
    accounts::Passwords, catalog_drafts::Drafts, files::FileFolder, logs::LogRing, settings::Tuning,
    spending::Prices,
};
use tolmach_engine::{Platform, catalog::Localized};
use tolmach_runtime::{
    Runtime, Shared,
    ports::{Catalog, Clock, Store},
};

use tokio::sync::Semaphore;

pub use api::document::document as openapi;
pub use routes::listed as routes;

use limits::Limits;
use live::Live;
use pages::catalogue::KeptAnswers;
use pages::dashboard::LastQuestions;
use render::Renderer;

/// The address to which files are uploaded. The body of a request to it is as large as [`tolmach_app::uploads::MAX_BYTES`]; the
/// handler reads it part by part.
pub const UPLOADS: &str = "/admin/catalogue/uploads";

/// The address to which a document is uploaded, which becomes a text of a draft.
pub(crate) const DOCUMENTS: &str = "/admin/texts/document";
/// The address that takes images.
pub(crate) const IMAGES: &str = "/admin/texts/images";

/// Whether the handler of an address reads the body itself, part by part, and bounds it: a form with files. Every other body is
/// small and may be read before.
pub fn takes_files(path: &str) -> bool {
    let part = |begin: &str, end: &str| {
        path.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end)).is_some_and(|id| !id.contains('/'))
    };
    path == UPLOADS || path == DOCUMENTS || path == IMAGES || part("/admin/inbox/", "/reply")
}

/// Whether the body of an address is a text of a draft, which may be larger than a form: the handler bounds it.
pub fn takes_text(path: &str) -> bool {
    let save = || path.strip_prefix("/admin/flows/")?.strip_suffix("/save").map(|id| !id.contains('/'));
    let form = ["/admin/texts/company", "/admin/texts/answers"].contains(&path);
    path.starts_with("/admin/api/") || form || save() == Some(true)
}

/// Who sent a request. The HTTP server puts it into the request's extensions; without it all requests share one address.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The client's address, behind a trusted proxy too.
    pub address: IpAddr,
    /// Whether it came over HTTPS.
    pub https: bool,
}

/// What the panel needs of the process.
pub struct Options {
    /// The turn loop, with its store.
    pub runtime: Arc<Runtime>,
    /// The catalogue as clients search it.
    pub catalog: Arc<dyn Catalog>,
    /// Drafts of the catalogue, and the catalogue that they are for.
    pub drafts: Arc<Drafts>,
    /// The files that staff send to clients.
    pub files: FileFolder,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The company's name.
    pub company: Localized,
    /// How the system is, for the top bar.
    pub system: Arc<dyn Fn() -> System + Send + Sync>,
    /// How the parts of the system are, for the first page.
    pub health: Arc<dyn Fn() -> Vec<Part> + Send + Sync>,
    /// What the program offers flows.
    pub platform: Shared<Platform>,
    /// The process.
    pub process: Process,
    /// The last lines of its log.
    pub log: Arc<LogRing>,
    /// What language models cost.
    pub prices: Shared<Prices>,
    /// Whether language models are configured.
    pub models: Arc<dyn Fn() -> bool + Send + Sync>,
    /// The settings that may change while it runs.
    pub settings: Arc<dyn Tuning>,
    /// Whether the data are made up: `tolmach demo`.
    pub demo: bool,
}

/// The process that serves the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The version of the program.
    pub version: &'static str,
    /// The role of the process.
    pub role: &'static str,
    /// When it was started, milliseconds since the Unix epoch.
    pub started: i64,
}

/// How the system is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// How bad it is.
    pub state: SystemState,
    /// The key of the text: `system.good`, `system.mail` and so on.
    pub key: &'static str,
    /// What is wrong, for whoever looks closer; empty when nothing is.
    pub detail: String,
}

/// A part of the system and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The end of the key of its name: `health.KEY`.
    pub key: &'static str,
    /// How it is.
    pub state: PartState,
    /// More about it.
    pub detail: Shown,
}

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartState {
    /// It works.
    Good,
    /// It works in a lesser way.
    Warn,
    /// It does not work.
    Bad,
    /// It is not configured.
    Off,
}

/// What is said of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A text in no language, such as a name.
    Text(String),
    /// A number, in the text of a key that has `{n}`.
    Count(&'static str, u64),
}

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemState {
    /// Everything works.
    Good,
    /// Something works in a lesser way.
    Warn,
    /// Something does not work.
    Bad,
}

/// Answers of the bot that are worked out at once beside chats.
const WOULD: usize = 4;

/// The panel of a process.
pub struct Panel {
    options: Options,
    passwords: Passwords,
    limits: Limits,
    /// How many answers of the bot are worked out at once beside chats.
    would: Semaphore,
    /// The last answers to golden questions.
    answers: KeptAnswers,
    live: Live,
    /// The questions that the first page showed last.
    questions: Mutex<LastQuestions>,
    /// Who is in which draft.
    people: pages::flows::People,
    /// How many runs of dialog tests go on at once.
    tests: Semaphore,
    renderer: Renderer,
}

impl Panel {
    /// A panel.
    ///
    /// # Errors
    /// When a template or a text of the program is malformed, which its tests exclude.
    pub fn new(options: Options) -> Result<Panel, String> {
        Ok(Panel {
            renderer: Renderer::new()?,
            limits: Limits::default(),
            would: Semaphore::new(WOULD),
            answers: KeptAnswers::default(),
            live: Live::default(),
            questions: Mutex::default(),
            passwords: Passwords::default(),
            people: pages::flows::People::default(),
            tests: Semaphore::new(1),
            options,
        })
    }

    fn store(&self) -> &dyn Store {
        &**self.options.runtime.store()
    }

    fn now(&self) -> i64 {
        self.options.clock.now()
    }
}

/// All routes of the panel, under `/admin`.
pub fn router(panel: Arc<Panel>) -> Router {
    routes::router(panel)
}
