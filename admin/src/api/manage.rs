//! Who asks, tasks, the log of the process, and the audit log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_app::{
    accounts::Role,
    audit,
    logs::{Level, LogLine, LogQuery},
    tasks::{self, Overview},
};
use tolmach_runtime::ports::{AuditEntry, AuditQuery, Order, Page as Cut};

use super::{Answer, Call, Nothing, Page, after, limit};

/// The most rows of each part of the tasks.
const TASKS: u32 = 200;
/// Lines of the log at most.
const LINES: usize = 500;

/// Who asks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Me {
    /// The person.
    name: String,
    /// Their role.
    role: Role,
    /// The token; `null` for a login of the panel.
    token: Option<OwnToken>,
    /// The version of the program.
    version: &'static str,
}

/// The token that was sent.
#[derive(Debug, Serialize, JsonSchema)]
struct OwnToken {
    /// What it is for.
    name: String,
    /// Whether it may only read.
    read_only: bool,
    /// Until when it works, milliseconds since the Unix epoch.
    expires: i64,
}

pub(crate) async fn me(call: Call<Nothing>) -> Answer<Me> {
    let session = call.visit.session()?;
    let token = session.token.as_ref().map(|token| OwnToken {
        name: token.name.clone(),
        read_only: token.read_only,
        expires: token.expires,
    });
    let (name, version) = (session.account.name.clone(), call.panel.options.process.version);
    Ok(Me { name, role: session.role, token, version })
}

pub(crate) async fn tasks(call: Call<Nothing>) -> Answer<Overview> {
    Ok(tasks::overview(call.panel.store(), TASKS).await?)
}

/// Which lines of the log.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Lines {
    /// Only this level and worse.
    level: Option<Level>,
    /// Only parts of the program whose name contains this.
    target: Option<String>,
    /// Only lines that contain this, in any case.
    q: Option<String>,
    /// Only lines after this number: `last` of the answer before.
    after: Option<u64>,
}

/// Lines of the log of the process that answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Log {
    /// The number of the last line.
    last: u64,
    /// The newest lines that fit, at most 500, the oldest of them first.
    lines: Vec<LogLine>,
}

pub(crate) async fn log(call: Call<Lines>) -> Answer<Log> {
    let Lines { level, target, q, after } = call.query;
    let query = LogQuery { level, target, text: q, after: after.unwrap_or_default(), limit: LINES };
    let (last, lines) = call.panel.options.log.read(&query);
    Ok(Log { last, lines })
}

/// Filters for the audit log.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Changes {
    /// Only by this actor: the whole name.
    actor: Option<String>,
    /// Only actions that start with this, such as `release.`.
    action: Option<String>,
    /// Only on this object.
    object: Option<String>,
    /// Since when, milliseconds since the Unix epoch.
    since: Option<i64>,
    /// Before when, milliseconds since the Unix epoch.
    until: Option<i64>,
    /// At most so many, 200 at most; 50 where nothing is said.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

pub(crate) async fn audit(call: Call<Changes>) -> Answer<Page<AuditEntry>> {
    let Changes { actor, action, object, since, until, limit: asked, cursor } = call.query;
    let limit = limit(asked)?;
    let query = AuditQuery {
        actor,
        action,
        object,
        since,
        until,
        order: Order::NewestFirst,
        page: Cut { limit: limit + 1, after: after(cursor.as_deref())? },
    };
    let entries = audit::list(call.panel.store(), &query).await?;
    Ok(Page::of(entries, limit, |entry| entry.seq.to_string()))
}
