//! Administration for programs: people, experiments, how the system is, the settings, and the database row by row. All of it reads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_app::{
    accounts::{self, PersonOpened, PersonShown},
    data::{self, Counted, DataFilter, DatabaseFacts, Found, Row},
    goals,
    settings::{self, SettingTold},
};

use super::{Answer, Call, Nothing};
use crate::{PartState, Shown, error::Failure};

const DAY: i64 = 86_400_000;
/// The most days that experiments are counted for.
const MOST_DAYS: i64 = 366;
/// The last row that pages of a table lead to.
const LAST_ROW: u32 = 100_000;

pub(crate) async fn people(call: Call<Nothing>) -> Answer<Vec<PersonShown>> {
    let people = accounts::people(call.panel.store(), call.panel.now()).await?;
    Ok(people.iter().map(PersonShown::of).collect())
}

pub(crate) async fn person(call: Call<Nothing>) -> Answer<PersonOpened> {
    let id = call.id()?.to_string();
    accounts::opened(call.panel.store(), call.panel.now(), &id).await?.ok_or(Failure::NotFound)
}

/// Since when experiments are counted.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Since {
    /// How many days back, 366 at most; 30 where nothing is said.
    days: Option<i64>,
}

pub(crate) async fn experiments(call: Call<Since>) -> Answer<goals::Report> {
    let days = call.query.days.unwrap_or(30);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Failure::Bad("error.limit"));
    }
    Ok(goals::report(call.panel.store(), call.panel.now().saturating_sub(days * DAY)).await?)
}

/// How the system is: the process that answers, its parts, and what serves.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SystemState")]
pub(crate) struct SystemTold {
    /// The version of the program.
    version: &'static str,
    /// The role of the process.
    role: &'static str,
    /// When the process was started, milliseconds since the Unix epoch.
    started: i64,
    /// The database.
    database: DatabaseFacts,
    /// The release that serves; `null` before the first publication.
    release: Option<ServingRelease>,
    /// The generation of the catalogue that serves; `null` where there is none.
    generation: Option<ServingGeneration>,
    /// Its parts.
    parts: Vec<SystemPart>,
}

/// The release that serves.
#[derive(Debug, Serialize, JsonSchema)]
struct ServingRelease {
    /// Its id.
    id: String,
    /// What was said of it.
    note: String,
    /// Who published it.
    by: String,
    /// When, milliseconds since the Unix epoch.
    at: i64,
}

/// The generation of the catalogue that serves.
#[derive(Debug, Serialize, JsonSchema)]
struct ServingGeneration {
    /// Its id.
    id: String,
    /// Its items.
    items: u64,
}

/// A part of the system.
#[derive(Debug, Serialize, JsonSchema)]
struct SystemPart {
    /// Which.
    name: &'static str,
    /// `good`, `warn`: it works in a lesser way, `bad`: it does not work, or `off`: it is not configured.
    state: &'static str,
    /// A text about it, such as a name; `null` where there is none.
    detail: Option<String>,
    /// A number about it; `null` where there is none.
    count: Option<u64>,
}

pub(crate) async fn system(call: Call<Nothing>) -> Answer<SystemTold> {
    let panel = &call.panel;
    let process = &panel.options.process;
    let part = |part: crate::Part| {
        let state = match part.state {
            PartState::Good => "good",
            PartState::Warn => "warn",
            PartState::Bad => "bad",
            PartState::Off => "off",
        };
        let (detail, count) = match part.detail {
            Shown::Nothing => (None, None),
            Shown::Text(text) => (Some(text), None),
            Shown::Count(_, count) => (None, Some(count)),
        };
        SystemPart { name: part.key, state, detail, count }
    };
    let release = panel.options.runtime.releases().publication().map(|one| ServingRelease {
        id: one.release.clone(),
        note: one.note.clone(),
        by: one.author.clone(),
        at: one.at,
    });
    let generation = panel.options.catalog.generation();
    Ok(SystemTold {
        version: process.version,
        role: process.role,
        started: process.started,
        database: panel.store().facts().await?,
        release,
        generation: generation.map(|(id, items)| ServingGeneration { id: id.to_string(), items }),
        parts: (panel.options.health)().into_iter().map(part).collect(),
    })
}

pub(crate) async fn settings(call: Call<Nothing>) -> Answer<Vec<SettingTold>> {
    Ok(settings::listed(&call.panel.options.settings.shown()))
}

pub(crate) async fn tables(call: Call<Nothing>) -> Answer<Vec<Counted>> {
    Ok(data::tables(call.panel.store()).await?)
}

/// Which rows of a table.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Rows {
    /// Only rows of which this column is `is` or contains `contains`.
    column: Option<String>,
    /// The whole value.
    is: Option<String>,
    /// A part of the value.
    contains: Option<String>,
    /// Rows to skip, 100,000 at most.
    offset: Option<u32>,
}

pub(crate) async fn rows(call: Call<Rows>) -> Answer<Found> {
    let Rows { column, is, contains, offset } = &call.query;
    let filter = match (column, is, contains) {
        (None, None, None) => None,
        (Some(column), Some(text), None) => {
            Some(DataFilter { column: column.clone(), contains: false, text: text.clone() })
        }
        (Some(column), None, Some(text)) => {
            Some(DataFilter { column: column.clone(), contains: true, text: text.clone() })
        }
        _ => return Err(Failure::Bad("error.filter")),
    };
    let offset = offset.unwrap_or_default();
    if offset > LAST_ROW {
        return Err(Failure::Bad("error.limit"));
    }
    Ok(data::rows(call.panel.store(), call.place("table"), filter, offset).await?)
}

/// Which row.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Key {
    /// The values of the key's columns: `key` of a row of the table, as JSON.
    key: String,
}

pub(crate) async fn row(call: Call<Key>) -> Answer<Row> {
    let key: Vec<String> = serde_json::from_str(&call.query.key).map_err(|_| Failure::Bad("error.key"))?;
    Ok(data::row(call.panel.store(), call.place("table"), &key).await?)
}
