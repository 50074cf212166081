//! Reads. Each is one statement outside the writer's transaction, so it sees one snapshot that holds every acknowledged
//! write.

use tolmach_engine::effect::{Author, Press};
use tolmach_runtime::leads::{self, LeadHistoryRow, LeadRow, LeadStatus};
use tolmach_runtime::ports::{
    Actor, AnalyticsEvent, AnalyticsEventKind, Bundle, Chat, ChatKey, Day, DeliveryRow, DeliveryState,
    LeadCount, LeadQuery, MessageQuery, MessageRow, ModelCall, ModelCallQuery, ModelCallRow, Order,
    OutboxRow, Page, Publication, PublicationKind, Purpose, QuarantineQuery, QuarantinedTask, StoredTurn,
    TakenOverChat, TurnQuery, Upload, WaitingPlace,
};

use super::{
    Dialect, Value,
    operation::{lead, listed, stored},
};

pub(super) async fn chat<D: Dialect>(db: &D, chat: &str) -> sqlx::Result<Chat> {
    let row: Option<(String, i64, Option<String>)> =
        first(db, db.statements().reads.chat, vec![text(chat)]).await?;
    let chat = |(session, version, staff)| Chat { session: Some(session), version, staff };
    Ok(row.map_or_else(Chat::default, chat))
}

pub(super) async fn unfinished<D: Dialect>(
    db: &D,
    now: i64,
    channels: &[String],
) -> sqlx::Result<Vec<ChatKey>> {
    let mut values = vec![list(channels)?, Value::Integer(now)];
    values.extend(db.owner().map(text));
    firsts(db, db.statements().reads.unfinished, values).await
}

pub(super) async fn outbox<D: Dialect>(db: &D, chat: &str) -> sqlx::Result<Vec<OutboxRow>> {
    let rows = db.fetch(db.statements().reads.outbox, vec![text(chat)]).await?;
    let row = |(effect, payload, attempts, due)| OutboxRow {
        effect,
        chat: chat.to_owned(),
        payload,
        attempts,
        due,
    };
    Ok(rows.into_iter().map(row).collect())
}

pub(super) async fn deliveries<D: Dialect>(
    db: &D,
    chat: &str,
    first: i64,
    last: i64,
) -> sqlx::Result<Vec<DeliveryRow>> {
    type Row = (i64, i64, i64, i64, Option<String>);
    let values = vec![text(chat), Value::Integer(first), Value::Integer(last)];
    let rows: Vec<Row> = db.fetch(db.statements().reads.deliveries, values).await?;
    let row = |(message, delivered, attempts, due, failure): Row| {
        let state = match (delivered, failure) {
            (0, failure) => DeliveryState::Waiting { attempts, failure, due },
            (_, Some(why)) => DeliveryState::Failed { why },
            (_, None) => DeliveryState::Delivered,
        };
        DeliveryRow { message, state }
    };
    Ok(rows.into_iter().map(row).collect())
}

pub(super) async fn button<D: Dialect>(db: &D, chat: &str, id: &str) -> sqlx::Result<Option<Press>> {
    let row: Option<(String,)> = first(db, db.statements().reads.button, vec![text(chat), text(id)]).await?;
    row.map(|(press,)| stored(&press)).transpose()
}

pub(super) async fn next_timer<D: Dialect>(db: &D, channels: &[String]) -> sqlx::Result<Option<i64>> {
    let row: Option<(Option<i64>,)> =
        first(db, db.statements().reads.next_timer, vec![list(channels)?]).await?;
    Ok(row.and_then(|(due,)| due))
}

pub(super) async fn messages<D: Dialect>(db: &D, query: &MessageQuery) -> sqlx::Result<Vec<MessageRow>> {
    let before = Value::Integer(query.before.unwrap_or(i64::MAX));
    let values = vec![text(&query.chat), Value::Integer(query.after), before, number(query.limit)];
    let rows: Vec<(i64, String, String, i64)> = db.fetch(db.statements().reads.messages, values).await?;
    Ok(rows.into_iter().map(|(seq, who, body, at)| MessageRow { seq, who: author(&who), body, at }).collect())
}

/// An author from the stored form.
pub(super) fn author(who: &str) -> Author {
    match who {
        "client" => Author::Client,
        "staff" => Author::Staff,
        _ => Author::Bot,
    }
}

pub(super) async fn leads<D: Dialect>(db: &D, query: &LeadQuery) -> sqlx::Result<Vec<LeadRow>> {
    let reads = &db.statements().reads;
    let (since, limit) = (Value::Integer(query.since.unwrap_or(i64::MIN)), number(query.page.limit));
    let before = Value::Integer(query.page.after.unwrap_or(i64::MAX));
    if let Some(holds) = &query.text {
        let (wanted, digits) = leads::wanted(holds);
        // One lane of a board is read by the index of its status.
        let (sql, statuses) = match query.status.as_slice() {
            [status] => (reads.leads_of_status_holding, status.name().to_owned()),
            all => (reads.leads_holding, listed_statuses(all)),
        };
        let statuses = Value::Text(statuses);
        let (assignee, chat) = (optional(&query.assignee), optional(&query.chat));
        let values = vec![statuses, assignee, chat, since, before, limit, text(&wanted), Value::Text(digits)];
        return db.fetch(sql, values).await?.into_iter().map(lead).collect();
    }
    // The usual lists have an index each: one column of a board, and what a chat brought.
    match (query.order, query.status.as_slice(), &query.assignee, &query.chat) {
        (Order::NewestFirst, [status], assignee, None) => {
            let values = vec![text(status.name()), optional(assignee), since, before, limit];
            return db.fetch(reads.leads_of_status, values).await?.into_iter().map(lead).collect();
        }
        (Order::NewestFirst, [], None, Some(chat)) if query.since.is_none() => {
            let values = vec![text(chat), before, limit];
            return db.fetch(reads.leads_of_chat, values).await?.into_iter().map(lead).collect();
        }
        _ => {}
    }
    let (sql, from) = match query.order {
        Order::NewestFirst => (reads.leads_newest, i64::MAX),
        Order::OldestFirst => (reads.leads_oldest, i64::MIN),
    };
    let values = vec![
        Value::Text(listed_statuses(&query.status)),
        optional(&query.assignee),
        optional(&query.chat),
        Value::Integer(query.since.unwrap_or(i64::MIN)),
        Value::Integer(query.page.after.unwrap_or(from)),
        number(query.page.limit),
    ];
    db.fetch(sql, values).await?.into_iter().map(lead).collect()
}

/// Statuses with a comma around each; empty for all.
fn listed_statuses(statuses: &[LeadStatus]) -> String {
    let names: Vec<&str> = statuses.iter().map(|status| status.name()).collect();
    if names.is_empty() { String::new() } else { format!(",{},", names.join(",")) }
}

pub(super) async fn lead_counts<D: Dialect>(db: &D) -> sqlx::Result<Vec<LeadCount>> {
    let rows: Vec<(String, i64, i64)> = db.fetch(db.statements().reads.lead_counts, vec![]).await?;
    let count = |(status, leads, unassigned): (String, i64, i64)| {
        let number = |number| u64::try_from(number).unwrap_or_default();
        let status = LeadStatus::parse(&status)?;
        Some(LeadCount { status, leads: number(leads), unassigned: number(unassigned) })
    };
    Ok(rows.into_iter().filter_map(count).collect())
}

pub(super) async fn leads_like<D: Dialect>(db: &D, prefix: &str) -> sqlx::Result<Vec<LeadRow>> {
    db.fetch(db.statements().reads.leads_like, vec![text(prefix)]).await?.into_iter().map(lead).collect()
}

pub(super) async fn lead_history<D: Dialect>(db: &D, id: &str) -> sqlx::Result<Vec<LeadHistoryRow>> {
    type Row = (i64, String, i64, String, String, String);
    let rows: Vec<Row> = db.fetch(db.statements().reads.lead_history, vec![text(id)]).await?;
    let row = |(seq, lead, at, id, via, event): Row| {
        let actor = Actor { id, via: via.into() };
        Ok(LeadHistoryRow { seq, lead, at, actor, event: stored(&event)? })
    };
    rows.into_iter().map(row).collect()
}

type TurnRow = (i64, String, i64, String, String, String);

pub(super) async fn turns<D: Dialect>(db: &D, query: &TurnQuery) -> sqlx::Result<Vec<StoredTurn>> {
    let (since, after) = (query.since.unwrap_or(i64::MIN), query.page.after.unwrap_or(i64::MIN));
    let reads = &db.statements().reads;
    let (sql, of) = match &query.chat {
        Some(chat) => (reads.turns_of_chat, Some(text(chat))),
        None => (reads.turns, None),
    };
    let mut values = vec![Value::Integer(since), Value::Integer(after), number(query.page.limit)];
    values.extend(of);
    db.fetch(sql, values).await?.into_iter().map(turn).collect()
}

fn turn((seq, chat, at, event, release, trace): TurnRow) -> sqlx::Result<StoredTurn> {
    Ok(StoredTurn { seq, chat, at, event: stored(&event)?, release, trace })
}

pub(super) async fn waiting_places<D: Dialect>(db: &D) -> sqlx::Result<Vec<WaitingPlace>> {
    type Row = (String, String, String, i64);
    let rows: Vec<Row> = db.fetch(db.statements().reads.waiting_places, vec![]).await?;
    let place = |(release, flow, node, chats)| WaitingPlace {
        release,
        flow,
        node,
        chats: u64::try_from(chats).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(place).collect())
}

pub(super) async fn chats_at_rest<D: Dialect>(db: &D) -> sqlx::Result<u64> {
    let row: Option<(i64,)> = first(db, db.statements().reads.chats_at_rest, vec![]).await?;
    Ok(row.and_then(|(count,)| u64::try_from(count).ok()).unwrap_or_default())
}

pub(super) async fn chats_like<D: Dialect>(db: &D, part: &str) -> sqlx::Result<Vec<ChatKey>> {
    firsts(db, db.statements().reads.chats_like, vec![text(part)]).await
}

pub(super) async fn taken_over<D: Dialect>(db: &D) -> sqlx::Result<Vec<TakenOverChat>> {
    let rows = db.fetch(db.statements().reads.taken_over, vec![]).await?;
    Ok(rows.into_iter().map(|(chat, since)| TakenOverChat { chat, since }).collect())
}

pub(super) async fn analytics_since<D: Dialect>(db: &D, at: i64) -> sqlx::Result<Vec<AnalyticsEvent>> {
    type Row = (String, String, String, String, Option<f64>, Option<String>, Option<String>, String, i64);
    let rows: Vec<Row> = db.fetch(db.statements().reads.analytics_since, vec![Value::Integer(at)]).await?;
    let mark = |(effect, chat, kind, name, value, arms, arm, release, at): Row| {
        let what = if kind == "goal" {
            AnalyticsEventKind::Goal { name, value, arms: stored(&arms.unwrap_or_default())? }
        } else {
            AnalyticsEventKind::Arm { experiment: name, arm: arm.unwrap_or_default() }
        };
        Ok(AnalyticsEvent { effect, chat, what, release, at })
    };
    rows.into_iter().map(mark).collect()
}

pub(super) async fn publications<D: Dialect>(db: &D, page: Page) -> sqlx::Result<Vec<Publication>> {
    type Row = (i64, String, Option<String>, String, String, i64, String, String);
    let values = vec![Value::Integer(page.after.unwrap_or(i64::MAX)), number(page.limit)];
    let rows: Vec<Row> = db.fetch(db.statements().reads.publications, values).await?;
    let publication = |(seq, release, parent, author, note, at, kind, moves): Row| {
        let kind = match kind.as_str() {
            "rollback" => PublicationKind::Rollback,
            _ => PublicationKind::Publish,
        };
        Ok(Publication { seq, release, parent, author, note, at, kind, moves: stored(&moves)? })
    };
    rows.into_iter().map(publication).collect()
}

pub(super) async fn releases_like<D: Dialect>(db: &D, prefix: &str) -> sqlx::Result<Vec<String>> {
    firsts(db, db.statements().reads.releases_like, vec![text(prefix)]).await
}

pub(super) async fn release<D: Dialect>(db: &D, id: &str) -> sqlx::Result<Option<Bundle>> {
    let row: Option<(String,)> = first(db, db.statements().reads.release, vec![text(id)]).await?;
    Ok(row.map(|(files,)| Bundle { id: id.to_owned(), files }))
}

pub(super) async fn quarantined<D: Dialect>(
    db: &D,
    query: &QuarantineQuery,
) -> sqlx::Result<Vec<QuarantinedTask>> {
    type Row = (String, String, i64, String, i64);
    let values = vec![Value::Integer(query.before.unwrap_or(i64::MAX)), number(query.limit)];
    let rows: Vec<Row> = db.fetch(db.statements().reads.quarantined, values).await?;
    let task =
        |(id, task, starts, why, at): Row| Ok(QuarantinedTask { id, task: stored(&task)?, starts, why, at });
    rows.into_iter().map(task).collect()
}

pub(super) async fn day<D: Dialect>(db: &D, at: i64) -> sqlx::Result<Day> {
    type Row = (i64, i64, i64, i64, i64, i64, i64);
    let row: Option<Row> = first(db, db.statements().reads.day, vec![Value::Integer(at)]).await?;
    let (chats, turns, leads, goals, taken_over, undelivered, quarantined) = row.unwrap_or_default();
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Day {
        chats: count(chats),
        turns: count(turns),
        leads: count(leads),
        goals: count(goals),
        taken_over: count(taken_over),
        undelivered: count(undelivered),
        quarantined: count(quarantined),
    })
}

type UploadColumns = (String, String, i64, String, i64, String, String);

pub(super) async fn upload<D: Dialect>(db: &D, id: uuid::Uuid) -> sqlx::Result<Option<Upload>> {
    let found = first(db, db.statements().reads.upload, vec![Value::Text(id.to_string())]).await?;
    found.map(uploaded).transpose()
}

pub(super) async fn uploads_before<D: Dialect>(db: &D, at: i64) -> sqlx::Result<Vec<Upload>> {
    let rows = db.fetch(db.statements().reads.uploads_before, vec![Value::Integer(at)]).await?;
    rows.into_iter().map(uploaded).collect()
}

fn uploaded((id, name, bytes, hash, at, actor, via): UploadColumns) -> sqlx::Result<Upload> {
    let id = uuid::Uuid::parse_str(&id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let by = Actor { id: actor, via: via.into() };
    Ok(Upload { id, name, bytes: u64::try_from(bytes).unwrap_or_default(), hash, at, by })
}

/// The columns of a model call.
type ModelCallColumns = (
    i64,
    String,
    i64,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<String>,
    Option<String>,
);

pub(super) async fn model_calls<D: Dialect>(
    db: &D,
    query: &ModelCallQuery,
) -> sqlx::Result<Vec<ModelCallRow>> {
    let reads = &db.statements().reads;
    let (sql, from) = match query.order {
        Order::NewestFirst => (reads.model_calls_newest, i64::MAX),
        Order::OldestFirst => (reads.model_calls_oldest, i64::MIN),
    };
    let values = vec![
        optional(&query.chat),
        Value::Integer(query.since.unwrap_or(i64::MIN)),
        Value::Integer(query.page.after.unwrap_or(from)),
        number(query.page.limit),
    ];
    db.fetch(sql, values).await?.into_iter().map(model_call).collect()
}

fn model_call(columns: ModelCallColumns) -> sqlx::Result<ModelCallRow> {
    let (seq, id, at, chat, turn, release, flow, node, purpose, role, model, attempt, millis, failure, usage) =
        columns;
    let uuid = |text: &str| uuid::Uuid::parse_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)));
    let purpose = if purpose == Purpose::Classify.name() { Purpose::Classify } else { Purpose::Generate };
    let call = ModelCall { chat, turn: uuid(&turn)?, release, flow, node, purpose, role };
    Ok(ModelCallRow {
        seq,
        id: uuid(&id)?,
        at,
        call,
        model,
        attempt: u32::try_from(attempt).unwrap_or_default(),
        millis: u64::try_from(millis).unwrap_or_default(),
        failure,
        usage: usage.map(|usage| stored(&usage)).transpose()?,
    })
}

pub(super) async fn ping<D: Dialect>(db: &D) -> sqlx::Result<()> {
    first::<_, (i64,)>(db, db.statements().reads.ping, vec![]).await.map(drop)
}

pub(super) async fn first<D: Dialect, T: super::Fetched>(
    db: &D,
    sql: &'static str,
    values: Vec<Value>,
) -> sqlx::Result<Option<T>> {
    Ok(db.fetch(sql, values).await?.into_iter().next())
}

async fn firsts<D: Dialect>(db: &D, sql: &'static str, values: Vec<Value>) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = db.fetch(sql, values).await?;
    Ok(rows.into_iter().map(|(text,)| text).collect())
}

/// A text parameter. SQLite accepts U+0000 and finds nothing, PostgreSQL rejects it. No stored key contains it, so it
/// is replaced by U+FFFD and finds nothing on both.
pub(super) fn text(text: &str) -> Value {
    Value::Text(if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.to_owned() })
}

/// An optional filter. The statements treat an empty text as unset.
pub(super) fn optional(field: &Option<String>) -> Value {
    text(field.as_deref().unwrap_or_default())
}

pub(super) fn number(number: u32) -> Value {
    Value::Integer(i64::from(number))
}

fn list(channels: &[String]) -> sqlx::Result<Value> {
    let listed = listed(channels).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(Value::Text(listed))
}
