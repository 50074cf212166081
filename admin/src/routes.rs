//! All routes of the panel, each with what it asks for. A route that is not here does not exist.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodRouter, get, post},
};
use tolmach_app::{accounts::Permission as P, files};

use crate::{
    Panel,
    api::{self, Operation},
    error::Failure,
    gate::{self, Gate, Needs},
    live,
    pages::{
        account, catalogue, dashboard, files as assets, flows, inbox, leads, login,
        manage::{audit, data, experiments, jobs, logs, people, settings, system},
        setup, texts,
    },
};

/// A route.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below `/admin`.
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    /// Whether its body is read by the handler as it arrives, token and all.
    streams: bool,
    /// Whether it changes something; otherwise it answers a question that is too long for an address.
    pub(crate) changes: bool,
    /// What the document of the API says of it; `None` for a page.
    pub(crate) operation: Option<Operation>,
    on: MethodRouter<Arc<Panel>>,
}

impl Route {
    /// A route of the API.
    pub(crate) fn of_api(
        (method, path, needs): (Method, &'static str, P),
        changes: bool,
        operation: Operation,
        on: MethodRouter<Arc<Panel>>,
    ) -> Route {
        Route { method, path, needs: needs.into(), streams: false, changes, operation: Some(operation), on }
    }
}

fn shows(path: &'static str, needs: impl Into<Needs>, on: MethodRouter<Arc<Panel>>) -> Route {
    Route {
        method: Method::GET,
        path,
        needs: needs.into(),
        streams: false,
        changes: false,
        operation: None,
        on,
    }
}

fn does(path: &'static str, needs: impl Into<Needs>, on: MethodRouter<Arc<Panel>>) -> Route {
    Route {
        method: Method::POST,
        path,
        needs: needs.into(),
        streams: false,
        changes: true,
        operation: None,
        on,
    }
}

/// A form with files, whose token the handler checks before it takes any of them.
fn receives(path: &'static str, needs: impl Into<Needs>, on: MethodRouter<Arc<Panel>>) -> Route {
    Route { streams: true, ..does(path, needs, on) }
}

/// A request with the text of a file, by a script or a form.
fn writes(path: &'static str, needs: impl Into<Needs>, on: MethodRouter<Arc<Panel>>) -> Route {
    does(path, needs, on.layer(DefaultBodyLimit::max(MAX_TEXT)))
}

impl From<P> for Needs {
    fn from(permission: P) -> Needs {
        Needs::Permission(permission)
    }
}

/// The table of all routes: pages, and the API.
pub(crate) fn table() -> Vec<Route> {
    let mut routes = pages();
    routes.extend(api::routes());
    routes
}

fn pages() -> Vec<Route> {
    vec![
        shows("/assets/{*name}", Needs::Nothing, get(assets::serve)),
        shows("/login", Needs::Nothing, get(login::page)),
        does("/login", Needs::Nothing, post(login::log_in)),
        shows("/login/code", Needs::Password, get(login::code_page)),
        does("/login/code", Needs::Password, post(login::pass)),
        does("/logout", Needs::Password, post(login::log_out)),
        shows("/setup/{token}", Needs::Nothing, get(setup::page)),
        does("/setup/{token}", Needs::Nothing, post(setup::accept)),
        shows("/account", P::OwnAccount, get(account::page)),
        does("/account/settings", P::OwnAccount, post(account::settings)),
        does("/account/password", P::OwnAccount, post(account::password)),
        does("/account/factor/begin", P::OwnAccount, post(account::begin_factor)),
        does("/account/factor/confirm", P::OwnAccount, post(account::confirm_factor)),
        does("/account/factor/codes", P::OwnAccount, post(account::new_codes)),
        does("/account/factor/off", P::OwnAccount, post(account::remove_factor)),
        does("/account/sessions/end", P::OwnAccount, post(account::end_others)),
        does("/account/sessions/{id}/end", P::OwnAccount, post(account::end_one)),
        does("/account/tokens", P::OwnAccount, post(account::make_token)),
        does("/account/tokens/{id}/end", P::OwnAccount, post(account::end_token)),
        shows("/account/api", P::OwnAccount, get(account::api)),
        shows("/live", P::ReadChats, get(live::upgrade)),
        shows("/inbox", P::ReadChats, get(inbox::page)),
        shows("/inbox/list", P::ReadChats, get(inbox::list)),
        shows("/inbox/{chat}", P::ReadChats, get(inbox::chat)),
        shows("/inbox/{chat}/messages", P::ReadChats, get(inbox::messages)),
        shows("/inbox/{chat}/turns/{turn}", P::ReadChats, get(inbox::turn)),
        shows("/inbox/{chat}/would", P::Answer, get(inbox::would)),
        does("/inbox/{chat}/take", P::Answer, post(inbox::take)),
        receives("/inbox/{chat}/reply", P::Answer, replies()),
        does("/inbox/{chat}/messages/{message}/again", P::Answer, post(inbox::deliver_again)),
        does("/inbox/{chat}/return", P::Answer, post(inbox::give_back)),
        does("/inbox/{chat}/note", P::Answer, post(inbox::note)),
        shows("/inbox/{chat}/test", P::Answer, get(inbox::test_file)),
        does("/inbox/{chat}/test", P::Answer, post(inbox::test)),
        does("/inbox/{chat}/wrong", P::Answer, post(inbox::wrong)),
        shows("/leads", P::SeeLeads, get(leads::page)),
        shows("/leads/export.csv", P::ExportLeads, get(leads::export)),
        shows("/leads/{id}", P::SeeLeads, get(leads::one)),
        does("/leads/{id}", P::ChangeLeads, post(leads::change)),
        shows("/catalogue", P::SeeCatalogue, get(catalogue::page)),
        shows("/catalogue/search", P::SeeCatalogue, get(catalogue::search)),
        shows("/catalogue/golden", P::SeeCatalogue, get(catalogue::golden)),
        shows("/catalogue/rows/{article}", P::SeeCatalogue, get(catalogue::row)),
        does("/catalogue/rollback", P::ChangeCatalogue, post(catalogue::roll_back)),
        receives("/catalogue/uploads", P::ChangeCatalogue, uploads()),
        shows("/catalogue/uploads/{id}", P::SeeCatalogue, get(catalogue::upload)),
        does("/catalogue/uploads/{id}", P::ChangeCatalogue, post(catalogue::correct)),
        does("/catalogue/uploads/{id}/publish", P::ChangeCatalogue, post(catalogue::publish)),
        does("/catalogue/uploads/{id}/discard", P::ChangeCatalogue, post(catalogue::discard)),
        shows("/catalogue/uploads/{id}/report.txt", P::SeeCatalogue, get(catalogue::report)),
        shows("/texts", P::SeeFlows, get(texts::page)),
        receives("/texts/document", P::EditContent, documents()),
        shows("/texts/company", P::SeeFlows, get(texts::company)),
        does("/texts/company", P::EditContent, post(texts::save_company)),
        shows("/texts/answers", P::SeeFlows, get(texts::answers)),
        does("/texts/answers", P::EditContent, post(texts::save_answer)),
        shows("/texts/images", P::SeeFlows, get(texts::images)),
        receives("/texts/images", P::EditContent, pictures()),
        does("/texts/images/change", P::EditContent, post(texts::change_image)),
        shows("/flows", P::SeeFlows, get(flows::page)),
        does("/flows", P::EditContent, post(flows::begin)),
        does("/flows/rollback", P::EditFlows, post(flows::roll_back)),
        shows("/flows/proposals", P::EditFlows, get(flows::proposals)),
        does("/flows/proposals/measure", P::EditFlows, post(flows::measure)),
        does("/flows/proposals/take", P::EditFlows, post(flows::take_over)),
        shows("/flows/releases/{id}", P::SeeFlows, get(flows::release)),
        shows("/flows/{id}", P::SeeFlows, get(flows::draft)),
        shows("/flows/{id}/files", P::SeeFlows, get(flows::files)),
        shows("/flows/{id}/passages", P::SeeFlows, get(texts::passages)),
        shows("/flows/{id}/state", P::SeeFlows, get(flows::state)),
        shows("/flows/{id}/published", P::SeeFlows, get(flows::published)),
        shows("/flows/{id}/changes", P::SeeFlows, get(flows::changes)),
        shows("/flows/{id}/history", P::SeeFlows, get(flows::history)),
        shows("/flows/{id}/publish", P::EditContent, get(flows::plan)),
        does("/flows/{id}/publish", P::EditContent, post(flows::publish)),
        does("/flows/{id}/tests", P::EditContent, post(flows::tests)),
        does("/flows/try", P::EditContent, post(flows::begin_try)),
        shows("/flows/{id}/turn", P::ReadChats, get(flows::turn)),
        shows("/flows/{id}/chats", P::ReadChats, get(flows::chats)),
        shows("/flows/{id}/previews", P::ReadChats, get(flows::previews)),
        writes("/flows/{id}/save", P::EditContent, post(flows::save)),
        does("/flows/{id}/undo", P::EditContent, post(flows::undo)),
        does("/flows/{id}/redo", P::EditContent, post(flows::redo)),
        does("/flows/{id}/create", P::EditContent, post(flows::create)),
        does("/flows/{id}/delete", P::EditContent, post(flows::delete)),
        does("/flows/{id}/rename", P::EditContent, post(flows::rename)),
        does("/flows/{id}/update", P::EditContent, post(flows::update)),
        does("/flows/{id}/discard", P::EditContent, post(flows::discard)),
        shows("/people", P::ManagePeople, get(people::page)),
        shows("/people/{id}", P::ManagePeople, get(people::one)),
        does("/people/invite", P::ManagePeople, post(people::invite)),
        does("/people/invitations/{id}/withdraw", P::ManagePeople, post(people::withdraw)),
        does("/people/{id}/role", P::ManagePeople, post(people::set_role)),
        does("/people/{id}/disable", P::ManagePeople, post(people::disable)),
        does("/people/{id}/factor", P::ManagePeople, post(people::reset_factor)),
        does("/people/{id}/sessions", P::ManagePeople, post(people::end_sessions)),
        does("/people/{id}/tokens/end", P::ManagePeople, post(people::end_tokens)),
        shows("/settings", P::ManageSettings, get(settings::first)),
        shows("/settings/{section}", P::ManageSettings, get(settings::page)),
        does("/settings/{section}", P::ManageSettings, post(settings::save)),
        does("/settings/{section}/test", P::ManageSettings, post(settings::test)),
        shows("/audit", P::SeeAudit, get(audit::page)),
        shows("/audit.csv", P::SeeAudit, get(audit::export)),
        shows("/system", P::SeeSystem, get(system::page)),
        shows("/jobs", P::SeeSystem, get(jobs::page)),
        does("/jobs/{id}/retry", P::ManageJobs, post(jobs::retry)),
        does("/jobs/{id}/discard", P::ManageJobs, post(jobs::discard)),
        shows("/logs", P::SeeSystem, get(logs::page)),
        shows("/logs/lines", P::SeeSystem, get(logs::lines)),
        shows("/data", P::EditData, get(data::tables)),
        shows("/data/{table}", P::EditData, get(data::rows)),
        shows("/data/{table}/row", P::EditData, get(data::row)),
        does("/data/{table}/set", P::EditData, post(data::set)),
        does("/data/{table}/delete", P::EditData, post(data::delete)),
        shows("/experiments", P::SeeExperiments, get(experiments::page)),
        shows("/dashboard.csv", P::SeeFigures, get(dashboard::export)),
        shows("", P::SeeFigures, get(dashboard::page)),
        shows("/", P::SeeFigures, get(dashboard::page)),
    ]
}

/// Every route with its method, its address and what is needed for it; `None` for nothing.
pub fn listed() -> Vec<(Method, String, Option<P>)> {
    let row = |route: Route| {
        let needs = match route.needs {
            Needs::Nothing => None,
            Needs::Password => Some(P::OwnAccount),
            Needs::Permission(what) => Some(what),
        };
        (route.method, format!("/admin{}", route.path), needs)
    };
    table().into_iter().map(row).collect()
}

pub(crate) fn router(panel: Arc<Panel>) -> Router {
    let guarded = |route: Route| {
        let Route { path, needs, streams, changes, on, .. } = route;
        let api = path.starts_with(API);
        let gate = Gate { panel: Arc::clone(&panel), needs, api, changes, streams };
        on.layer(from_fn_with_state(gate, gate::pass))
    };
    let mut router = Router::new();
    for route in table() {
        router = router.route(&format!("/admin{}", route.path), guarded(route));
    }
    let nowhere = guarded(shows("/{*rest}", Needs::Nothing, get(unknown).post(unknown)));
    router = router.route("/admin/{*rest}", nowhere);
    router.layer(DefaultBodyLimit::max(MAX_BODY)).with_state(panel)
}

/// Uploads, which are written to disk as they arrive.
fn uploads() -> MethodRouter<Arc<Panel>> {
    post(catalogue::receive).layer(DefaultBodyLimit::max(MAX_UPLOAD))
}

/// Documents, which are read whole: they are small.
fn documents() -> MethodRouter<Arc<Panel>> {
    post(texts::document).layer(DefaultBodyLimit::max(tolmach_app::documents::MAX_BYTES + (1 << 20)))
}

/// Images, one after the other.
fn pictures() -> MethodRouter<Arc<Panel>> {
    post(texts::receive_images).layer(DefaultBodyLimit::max(MAX_PICTURES))
}

/// The most bytes of an upload of images: the files, and what a form adds to them.
const MAX_PICTURES: usize = texts::MAX_FILES * tolmach_engine::image::MAX_BYTES + (1 << 20);

/// Replies, whose files are written to disk as they arrive.
fn replies() -> MethodRouter<Arc<Panel>> {
    post(inbox::reply).layer(DefaultBodyLimit::max(MAX_REPLY))
}

/// The most bytes of a reply: its files, and what a form adds to them.
const MAX_REPLY: usize = files::MOST_FILES * files::LARGEST as usize + (1 << 20);

/// The most bytes of an upload: files, and what a form adds to them.
const MAX_UPLOAD: usize = tolmach_app::uploads::MAX_BYTES as usize + (1 << 20);

/// The most bytes of a request with the text of a file: as JSON or in a form it takes more than the text itself.
pub(crate) const MAX_TEXT: usize = 4 * tolmach_app::flow_drafts::MAX_FILE;

/// Where the routes of the API are, below `/admin`.
const API: &str = "/api/";

/// The most bytes of a request that is no upload.
const MAX_BODY: usize = 64 * 1024;

async fn unknown() -> Failure {
    Failure::NotFound
}
