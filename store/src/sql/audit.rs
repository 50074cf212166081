//! Reading the audit log by its filters.
//!
//! A page of the log is in the order of its rows' numbers. Each filter has an index: of an object's or a person's rows it is in that order
//! already, so a page is read and no more; those of an action or of a time are read and sorted, and no others. One statement for all
//! filters would be planned for none of them. A `+` keeps a planner from another index than the one that is meant.

use tolmach_runtime::ports::{Actor, AuditEntry, AuditQuery, AuditResult, Order};

use super::{
    Dialect, Value,
    operation::stored,
    read::{number, optional},
};

macro_rules! statements {
    ($lead:literal, $seq:literal, $at:literal) => {
        [
            statements!($lead, $seq, $at, " < $5", "seq DESC"),
            statements!($lead, $seq, $at, " > $5", "seq"),
        ]
    };
    ($lead:literal, $seq:literal, $at:literal, $beyond:literal, $order:literal) => {
        concat!(
            "SELECT seq, at, actor, via, action, object, failure, details FROM audit WHERE ",
            $lead,
            " ($1 = '' OR actor = $1) AND substr(action, 1, length($2)) = $2 AND ($3 = '' OR object = $3) AND ",
            $at,
            " >= $4 AND ",
            $at,
            " < $7 AND ",
            $seq,
            $beyond,
            " ORDER BY ",
            $order,
            " LIMIT $6"
        )
    };
}

/// Newest first, and oldest first.
type Both = [&'static str; 2];
const OF_OBJECT: Both = statements!("object = $3 AND", "seq", "+at");
const OF_ACTOR: Both = statements!("actor = $1 AND", "seq", "+at");
const OF_ACTION: Both = statements!("action >= $2 AND action < $8 AND", "+seq", "+at");
const OF_TIME: Both = statements!("", "+seq", "at");
const ALL: Both = statements!("", "seq", "+at");

/// The statement of a query with its values; whether it sorts the rows of its filter.
pub(crate) fn statement(query: &AuditQuery) -> (&'static str, Vec<Value>, bool) {
    let AuditQuery { actor, action, object, since, until, order, page } = query;
    let mut values = vec![
        optional(actor),
        optional(action),
        optional(object),
        Value::Integer(since.unwrap_or(i64::MIN)),
        Value::Integer(page.after.unwrap_or(match order {
            Order::NewestFirst => i64::MAX,
            Order::OldestFirst => i64::MIN,
        })),
        number(page.limit),
        Value::Integer(until.unwrap_or(i64::MAX)),
    ];
    let given = |filter: &Option<String>| filter.as_ref().is_some_and(|filter| !filter.is_empty());
    let (both, sorts) = if given(object) {
        (OF_OBJECT, false)
    } else if given(actor) {
        (OF_ACTOR, false)
    } else if given(action) {
        // Nothing that begins so comes after it, in the order of bytes.
        values.push(Value::Text(format!("{}\u{10FFFF}", action.as_deref().unwrap_or_default())));
        (OF_ACTION, true)
    } else if since.is_some() || until.is_some() {
        (OF_TIME, true)
    } else {
        (ALL, false)
    };
    let sql = match order {
        Order::NewestFirst => both[0],
        Order::OldestFirst => both[1],
    };
    (sql, values, sorts)
}

pub(super) async fn audit<D: Dialect>(db: &D, query: &AuditQuery) -> sqlx::Result<Vec<AuditEntry>> {
    type Row = (i64, i64, String, String, String, String, Option<String>, String);
    let (sql, values, _) = statement(query);
    let rows: Vec<Row> = db.fetch(sql, values).await?;
    let entry = |(seq, at, id, via, action, object, failure, details): Row| {
        let actor = Actor { id, via: via.into() };
        let result = failure.map_or(AuditResult::Done, AuditResult::Failed);
        Ok(AuditEntry { seq, at, actor, action, object, result, details: stored(&details)? })
    };
    rows.into_iter().map(entry).collect()
}
