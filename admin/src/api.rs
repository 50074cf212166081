//! The API: what programs ask with an access token, over the same use cases and by the same table of routes as the pages.
//!
//! A route of the API is made of a function whose types say what it takes and answers ([`reads`], [`asks`], [`changes`]), so that the
//! document of all of them ([`document`]) cannot say anything else.

mod admin;
mod catalogue;
mod chats;
mod drafts;
mod figures;
mod leads;
mod manage;
mod releases;
pub(crate) mod typing;

pub(crate) mod document;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Query, Request, State},
    http::{StatusCode, request::Parts},
    routing::{MethodRouter, get, post},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tolmach_app::accounts::Permission as P;
use uuid::Uuid;

use crate::{
    Panel,
    context::Visit,
    error::Failure,
    routes::{MAX_TEXT, Route},
};

/// Items of a page unless another number is asked for, and at most.
const ITEMS: u32 = 50;
const MOST_ITEMS: u32 = 200;

/// A request.
pub(crate) struct Call<Q, B = ()> {
    pub(crate) panel: Arc<Panel>,
    pub(crate) visit: Visit,
    places: BTreeMap<String, String>,
    pub(crate) query: Q,
    pub(crate) body: B,
}

impl<Q, B> Call<Q, B> {
    /// What stands in a place of the address.
    fn place(&self, name: &str) -> &str {
        self.places.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The id in the address.
    fn id(&self) -> Result<Uuid, Failure> {
        Uuid::parse_str(self.place("id")).map_err(|_| Failure::NotFound)
    }
}

/// What a route answers.
pub(crate) type Answer<A> = Result<A, Failure>;

/// A query or a body without anything.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub(crate) struct Page<T> {
    /// The items.
    items: Vec<T>,
    /// What to send as `cursor` for the next page; `null` where there is none.
    next: Option<String>,
}

impl<T> Page<T> {
    /// A page of what was read with one more than asked for.
    fn of(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Page { items, next }
    }
}

/// How many items are asked for.
fn limit(asked: Option<u32>) -> Result<u32, Failure> {
    match asked.unwrap_or(ITEMS) {
        0 => Err(Failure::Bad("error.limit")),
        many if many > MOST_ITEMS => Err(Failure::Bad("error.limit")),
        limit => Ok(limit),
    }
}

/// A cursor that is a number.
fn after(cursor: Option<&str>) -> Result<Option<i64>, Failure> {
    cursor.map(str::parse).transpose().map_err(|_| Failure::Bad("error.cursor"))
}

/// What the document says of a route.
pub(crate) struct Operation {
    /// Its name: the key of the text that says what it does, after `api.`.
    pub(crate) name: &'static str,
    pub(crate) query: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) body: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(crate) answer: fn(&mut SchemaGenerator) -> Schema,
    /// A query or a body as an example.
    pub(crate) example: &'static str,
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A body of JSON, within the bound of its route.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Failure> {
        let body = Json::from_request(request, state).await;
        body.map(|Json(body)| Body(body)).map_err(|why| match why.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Failure::Bad("draft.too_large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Failure::Bad("error.no_json"),
            _ => Failure::Because("error.json", why.body_text()),
        })
    }
}

/// A query, whose refusal says what is wrong with it.
struct Asked<Q>(Q);

impl<S: Send + Sync, Q: DeserializeOwned> FromRequestParts<S> for Asked<Q> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<Q>, Failure> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(query)| Asked(query)).map_err(|why| Failure::Because("error.query", why.body_text()))
    }
}

/// A route that shows something.
fn reads<Q, A, F>(
    path: &'static str,
    needs: P,
    (name, example): (&'static str, &'static str),
    handler: fn(Call<Q>) -> F,
) -> Route
where
    Q: DeserializeOwned + JsonSchema + Send + 'static,
    A: Serialize + JsonSchema + 'static,
    F: Future<Output = Answer<A>> + Send + 'static,
{
    let on = get(
        move |State(panel): State<Arc<Panel>>,
              visit: Visit,
              Path(places): Path<BTreeMap<String, String>>,
              Asked(query): Asked<Q>| async move {
            handler(Call { panel, visit, places, query, body: () }).await.map(Json)
        },
    );
    let operation = Operation { name, query: schema::<Q>, body: None, answer: schema::<A>, example };
    Route::of_api((axum::http::Method::GET, path, needs), false, operation, on)
}

/// A route with a body.
fn takes<B, A, F>(
    (path, needs, changes): (&'static str, P, bool),
    (name, example): (&'static str, &'static str),
    handler: fn(Call<(), B>) -> F,
) -> Route
where
    B: DeserializeOwned + JsonSchema + Send + 'static,
    A: Serialize + JsonSchema + 'static,
    F: Future<Output = Answer<A>> + Send + 'static,
{
    let on: MethodRouter<Arc<Panel>> = post(
        move |State(panel): State<Arc<Panel>>,
              visit: Visit,
              Path(places): Path<BTreeMap<String, String>>,
              Body(body): Body<B>| async move {
            handler(Call { panel, visit, places, query: (), body }).await.map(Json)
        },
    );
    let operation =
        Operation { name, query: schema::<Nothing>, body: Some(schema::<B>), answer: schema::<A>, example };
    let on = on.layer(DefaultBodyLimit::max(MAX_TEXT));
    Route::of_api((axum::http::Method::POST, path, needs), changes, operation, on)
}

/// All routes of the API.
pub(crate) fn routes() -> Vec<Route> {
    let asks = false;
    let changes = true;
    vec![
        reads("/api/me", P::OwnAccount, ("me", ""), manage::me),
        reads("/api/figures", P::SeeFigures, ("figures", "period=week"), figures::figures),
        reads("/api/spending", P::SeeFigures, ("spending", "days=30"), figures::spending),
        reads("/api/chats", P::ReadChats, ("chats.list", "queue=waiting"), chats::list),
        reads("/api/chats/{chat}", P::ReadChats, ("chats.one", ""), chats::one),
        reads("/api/chats/{chat}/turns/{turn}", P::ReadChats, ("chats.turn", ""), chats::turn),
        reads("/api/leads", P::SeeLeads, ("leads.list", "status=new&limit=20"), leads::list),
        reads("/api/leads/{id}", P::SeeLeads, ("leads.one", ""), leads::one),
        takes(
            ("/api/leads/{id}", P::ChangeLeads, changes),
            ("leads.change", r#"{"status":"taken","assignee":"Mila"}"#),
            leads::change,
        ),
        reads("/api/catalogue", P::SeeCatalogue, ("catalogue.state", ""), catalogue::state),
        reads("/api/catalogue/search", P::SeeCatalogue, ("catalogue.search", "q=pump"), catalogue::search),
        reads("/api/catalogue/items/{article}", P::SeeCatalogue, ("catalogue.item", ""), catalogue::item),
        reads("/api/catalogue/uploads", P::SeeCatalogue, ("catalogue.uploads", ""), catalogue::uploads),
        reads("/api/releases", P::SeeFlows, ("releases.list", "limit=20"), releases::list),
        reads("/api/releases/{id}", P::SeeFlows, ("releases.one", ""), releases::one),
        reads("/api/releases/{id}/diff", P::SeeFlows, ("releases.diff", "to=current"), releases::diff),
        reads("/api/drafts", P::SeeFlows, ("drafts.list", ""), drafts::list),
        takes(
            ("/api/drafts", P::EditContent, changes),
            ("drafts.begin", r#"{"title":"Delivery"}"#),
            drafts::begin,
        ),
        reads("/api/drafts/{id}", P::SeeFlows, ("drafts.one", ""), drafts::one),
        reads("/api/drafts/{id}/images", P::SeeFlows, ("drafts.images", ""), drafts::images),
        reads("/api/drafts/{id}/file", P::SeeFlows, ("drafts.file", "path=shop.yaml"), drafts::file),
        takes(
            ("/api/drafts/{id}/file", P::EditContent, changes),
            ("drafts.save", r###"{"path":"knowledge/delivery.en.md","base":0,"text":"## Delivery\n"}"###),
            drafts::save,
        ),
        takes(
            ("/api/drafts/{id}/publish", P::EditContent, changes),
            (
                "drafts.publish",
                r#"{"note":"Delivery","dry_run":true,"moves":{"shop.size":"shop.how_big","shop.colour":"restart"}}"#,
            ),
            drafts::publish,
        ),
        takes(
            ("/api/drafts/{id}/discard", P::EditContent, changes),
            ("drafts.discard", "{}"),
            drafts::discard,
        ),
        takes(
            ("/api/check", P::SeeFlows, asks),
            (
                "typing.check",
                r#"{"draft":"019abcde-0000-7000-8000-000000000000","file":"shop.yaml","text":"flow: shop\n"}"#,
            ),
            typing::check,
        ),
        takes(
            ("/api/complete", P::SeeFlows, asks),
            (
                "typing.complete",
                r#"{"draft":"019abcde-0000-7000-8000-000000000000","file":"shop.yaml","text":"fl","offset":2}"#,
            ),
            typing::complete,
        ),
        takes(
            ("/api/hover", P::SeeFlows, asks),
            (
                "typing.hover",
                r#"{"draft":"019abcde-0000-7000-8000-000000000000","file":"shop.yaml","text":"flow: shop\n","offset":1}"#,
            ),
            typing::hover,
        ),
        reads("/api/tasks", P::SeeSystem, ("tasks", ""), manage::tasks),
        reads("/api/log", P::SeeSystem, ("log", "level=warn"), manage::log),
        reads("/api/audit", P::SeeAudit, ("audit", "action=release."), manage::audit),
        reads("/api/people", P::ManagePeople, ("people.list", ""), admin::people),
        reads("/api/people/{id}", P::ManagePeople, ("people.one", ""), admin::person),
        reads("/api/experiments", P::SeeExperiments, ("experiments", "days=30"), admin::experiments),
        reads("/api/system", P::SeeSystem, ("system", ""), admin::system),
        reads("/api/settings", P::ManageSettings, ("settings", ""), admin::settings),
        reads("/api/data", P::EditData, ("data.tables", ""), admin::tables),
        reads("/api/data/{table}", P::EditData, ("data.rows", "column=state&is=open"), admin::rows),
        reads("/api/data/{table}/row", P::EditData, ("data.row", "key=%5B%22ID%22%5D"), admin::row),
        reads("/api/openapi.json", P::OwnAccount, ("openapi", ""), document::serve),
    ]
}
