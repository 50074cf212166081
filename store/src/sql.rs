//! The store over SQL: one write queue, one set of statements, and two dialects, [`crate::sqlite`] and
//! [`crate::postgres`].
//!
//! Writes use **group commit**: callers queue operations, and one task runs everything that waits in one transaction.
//! Each statement takes the rows of the whole group as one JSON array. Each caller gets its reply after the commit. The
//! number of disk flushes and of database calls therefore does not grow with the load.
//!
//! This module holds no policy: when to deliver, when to retry a task and what a turn means is decided by the runtime.

mod accounts;
mod answer;
mod batch;
mod clients;
mod dialogs;
mod figures;
mod look;
mod operation;
pub(crate) mod queue;
mod read;
pub(crate) mod retention;
pub(crate) mod statements;
mod writer;

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{FromRow, PgPool, SqlitePool, postgres::PgRow, sqlite::SqliteRow};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tolmach_engine::effect::Press;
use tolmach_runtime::{
    leads::{LeadChange, LeadHistoryRow, LeadRow},
    ports::{
        Account, AccountSaved, AccountStore, Actor, AnalyticsEvent, AnalyticsStore, AuditEntry, AuditQuery,
        AuditStore, Bundle, Chat, ChatKey, ChatStore, ClientStore, ClientTable, Commit, CommitOutcome, Day,
        DeliveryRow, DialogFigures, DialogQuery, DialogRow, DialogStore, Erased, Erasure, Error,
        FigurePeriod, FigureStore, Inbound, InboxStore, Invitation, Job, LeadChanged, LeadCount, LeadFigures,
        LeadQuery, LeadStore, LeaseStore, Login, Logins, Mention, MessageQuery, MessageRow, MeterStore,
        ModelCallQuery, ModelCallRow, ModelFigures, Needle, News, Next, NoteRow, NoticeRow, OutboxRow,
        OutboxStore, Page, Publication, PublishOutcome, Purged, QuarantineQuery, QuarantinedTask,
        ReleaseStore, Removed, ReplyFigures, Result, Retention, Said, Store, StoredTurn, TakenOverChat, Task,
        TaskStore, TimerStore, TurnLine, TurnQuery, TurnStore, UnsureTurn, Upload, UploadStore, Waiting,
        WaitingPlace,
    },
};
use uuid::Uuid;

use answer::Answer;
use look::Look;
use operation::Operation;
pub(crate) use operation::Pushed;
use statements::Statements;
use writer::Request;

/// Capacity of the write queue, and of the queue of reads for [`InboxStore::next`]. Callers wait when it is full.
const QUEUE: usize = 4096;

/// Timeout of the read in a ping, and of the probe write that follows after a failed write.
const PING: Duration = Duration::from_secs(2);

/// Task id of the probe write: this task is begun and ended to test whether the database accepts writes.
const PROBE: &str = "ping";

/// A parameter of a statement.
#[derive(Clone)]
pub enum Value {
    Text(String),
    Integer(i64),
}

/// Binds parameters to a query of either database.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                $crate::sql::Value::Text(text) => query.bind(text),
                $crate::sql::Value::Integer(integer) => query.bind(integer),
            };
        }
        query
    }};
}
pub(crate) use bound;

/// A row that can be decoded from both databases: a tuple of texts and numbers.
pub trait Fetched: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Fetched for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The write connection. Only the writer task owns it, so no caller can cancel a transaction half-way.
pub trait DbConnection: Send + 'static {
    /// Runs a statement and returns the number of affected rows.
    fn run(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// Runs a statement that returns no rows. A dialect may defer it and send it together with the next `run` or
    /// `fetch`; an error is then reported there.
    fn later(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<()>> + Send {
        async move { self.run(sql, values).await.map(drop) }
    }

    /// Rolls the transaction back and discards deferred statements.
    fn rollback(&mut self) -> impl Future<Output = sqlx::Result<()>> + Send {
        async { self.run("ROLLBACK", vec![]).await.map(drop) }
    }

    fn fetch<T: Fetched>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<Vec<T>>> + Send;

    /// Adds tasks to the queue, within the current transaction.
    fn push(&mut self, tasks: Vec<Pushed>) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// Classes of database errors, by what the caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DbError {
    /// Two transactions conflicted (serialization failure, deadlock): a retry may succeed.
    Conflict,
    /// The connection is lost. Whether the last commit took effect is unknown.
    Lost,
    /// Any other error.
    Other,
}

/// A database: its statements, connections and error codes.
pub trait Dialect: Send + Sync + 'static {
    type DbConnection: DbConnection;

    fn statements(&self) -> &'static Statements;

    /// Opens a connection for the writer.
    fn connect(&self) -> impl Future<Output = Result<Self::DbConnection>> + Send;

    /// Reads on a connection other than the writer's. Sees every acknowledged write.
    fn fetch<T: Fetched>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = sqlx::Result<Vec<T>>> + Send;

    fn classify_error(&self, error: &sqlx::Error) -> DbError;

    /// Converts an error into a port error whose text tells the operator what to do.
    fn explain(&self, error: &sqlx::Error) -> Error;

    /// The id under which this store takes leases and sends change notifications; `None` if no other process can use
    /// the database.
    fn owner(&self) -> Option<&str> {
        None
    }

    /// See [`LeaseStore::lease`]. The default, for a database with one process, grants every lease.
    fn lease(&self, chats: Vec<ChatKey>) -> impl Future<Output = Result<Vec<ChatKey>>> + Send {
        std::future::ready(Ok(chats))
    }

    /// See [`LeaseStore::give_back`].
    fn release_lease(&self, _chats: Vec<ChatKey>) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// See [`LeaseStore::changed`]. The default, for a database with one process, never returns.
    fn changed(&self) -> impl Future<Output = Vec<ChatKey>> + Send {
        std::future::pending()
    }

    /// See [`SqlStore::jobs`].
    fn jobs(&self) -> JobPool;

    /// The database's name in messages: a path or `user@host:port/database`, never a password.
    fn name(&self) -> &str;

    /// See [`ClientStore::purge`]. The default, for a server that keeps files of its own, leaves it to the server.
    fn purge(&self) -> impl Future<Output = Result<Purged>> + Send {
        std::future::ready(Ok(Purged::ByServer))
    }

    /// Called after each group with its number of operations, failed ones included.
    fn wrote(&self, operations: usize);

    fn close_readers(&self) -> impl Future<Output = ()> + Send;

    /// Closes the database after the last write. `session` is `None` if the write connection is lost.
    fn finish(&self, session: Option<Self::DbConnection>) -> impl Future<Output = Result<()>> + Send;
}

/// A store over one dialect; see the module. Share it behind an [`Arc`]. Dropping it without [`Store::close`] loses no
/// acknowledged write.
pub struct SqlStore<D> {
    dialect: Arc<D>,
    writer: mpsc::Sender<Request>,
    looks: mpsc::Sender<Look>,
    /// The last write error that was [`Error::Unavailable`]; cleared when a ping has written successfully.
    last_write_error: Arc<Mutex<Option<Error>>>,
}

/// Connections for the workers of the task queue, separate from the store's own.
#[derive(Clone, Debug)]
pub enum JobPool {
    /// To the SQLite file.
    Sqlite(SqlitePool),
    /// To the PostgreSQL server.
    Postgres(PgPool),
}

impl<D: Dialect> SqlStore<D> {
    /// Connections for a worker on the queue [`tolmach_runtime::ports::QUEUE`]. They are opened on first use and closed
    /// with the store.
    pub fn jobs(&self) -> JobPool {
        self.dialect.jobs()
    }

    pub(crate) fn start(dialect: D, session: D::DbConnection) -> SqlStore<D> {
        let dialect = Arc::new(dialect);
        let (writer, queue) = mpsc::channel(QUEUE);
        tokio::spawn(writer::run(Arc::clone(&dialect), session, queue));
        let (looks, queue) = mpsc::channel(QUEUE);
        tokio::spawn(look::run(Arc::clone(&dialect), queue));
        SqlStore { dialect, writer, looks, last_write_error: Arc::default() }
    }

    async fn write(&self, operation: Operation) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Request::Run(operation, reply)).await.map_err(|_| self.closed())?;
        let answer = answer.await.map_err(|_| self.closed())?;
        self.note(answer.as_ref().err());
        answer
    }

    /// Remembers a failed write for [`Store::ping`]. A successful write does not clear it, because a write without rows
    /// succeeds even on a full disk.
    fn note(&self, error: Option<&Error>) {
        if let Some(error @ Error::Unavailable { .. }) = error {
            *self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
    }

    /// Probes whether the database accepts writes, by beginning and ending a task.
    async fn try_to_write(&self) -> Result<()> {
        self.begin_task(PROBE, &Task::Retain, 0).await?;
        self.end_task(PROBE).await
    }

    fn closed(&self) -> Error {
        Error::unavailable("database", format!("{} is closed", self.dialect.name()))
    }

    fn said<T>(&self, read: sqlx::Result<T>) -> Result<T> {
        read.map_err(|error| self.dialect.explain(&error))
    }
}

#[async_trait]
impl<D: Dialect> UploadStore for SqlStore<D> {
    async fn add_upload(&self, upload: &Upload) -> Result<()> {
        self.write(operation::add_upload(upload)?).await.map(drop)
    }

    async fn upload(&self, id: Uuid) -> Result<Option<Upload>> {
        self.said(read::upload(&*self.dialect, id).await)
    }

    async fn uploads_before(&self, at: i64) -> Result<Vec<Upload>> {
        self.said(read::uploads_before(&*self.dialect, at).await)
    }

    async fn remove_upload(&self, id: Uuid) -> Result<()> {
        self.write(operation::remove_upload(id)?).await.map(drop)
    }
}

#[async_trait]
impl<D: Dialect> MeterStore for SqlStore<D> {
    async fn record_model_calls(&self, rows: Vec<ModelCallRow>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.write(operation::model_calls(rows)?).await.map(drop)
    }

    async fn model_calls(&self, query: &ModelCallQuery) -> Result<Vec<ModelCallRow>> {
        self.said(read::model_calls(&*self.dialect, query).await)
    }
}

#[async_trait]
impl<D: Dialect> AuditStore for SqlStore<D> {
    async fn record(&self, entry: AuditEntry) -> Result<()> {
        self.write(operation::record(entry)?).await.map(drop)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>> {
        self.said(read::audit(&*self.dialect, query).await)
    }
}

#[async_trait]
impl<D: Dialect> InboxStore for SqlStore<D> {
    async fn receive(&self, at: i64, inbound: Vec<(Uuid, Inbound)>) -> Result<Vec<ChatKey>> {
        if inbound.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.write(operation::receive(at, inbound)?).await?.chats())
    }

    async fn next(&self, chat: &str) -> Result<Next> {
        let (reply, answer) = oneshot::channel();
        self.looks.send((chat.to_owned(), reply)).await.map_err(|_| self.closed())?;
        self.said(look::next(chat, answer.await.map_err(|_| self.closed())??))
    }

    async fn unfinished(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>> {
        self.said(read::unfinished(&*self.dialect, now, channels).await)
    }
}

#[async_trait]
impl<D: Dialect> TurnStore for SqlStore<D> {
    async fn chat(&self, chat: &str) -> Result<Chat> {
        self.said(read::chat(&*self.dialect, chat).await)
    }

    async fn commit(&self, commit: Commit) -> Result<CommitOutcome> {
        Ok(self.write(operation::commit(commit)?).await?.outcome())
    }

    async fn button(&self, chat: &str, id: &str) -> Result<Option<Press>> {
        self.said(read::button(&*self.dialect, chat, id).await)
    }

    async fn turns(&self, query: &TurnQuery) -> Result<Vec<StoredTurn>> {
        self.said(read::turns(&*self.dialect, query).await)
    }
}

#[async_trait]
impl<D: Dialect> OutboxStore for SqlStore<D> {
    async fn post(&self, notices: Vec<NoticeRow>, at: i64) -> Result<()> {
        if notices.is_empty() {
            return Ok(());
        }
        self.write(operation::post(notices, at)?).await.map(drop)
    }

    async fn outbox(&self, chat: &str) -> Result<Vec<OutboxRow>> {
        self.said(read::outbox(&*self.dialect, chat).await)
    }

    async fn delivered(&self, effects: Vec<String>) -> Result<()> {
        if effects.is_empty() {
            return Ok(());
        }
        self.write(operation::delivered(effects)?).await.map(drop)
    }

    async fn give_up(&self, effects: Vec<(String, String)>) -> Result<()> {
        if effects.is_empty() {
            return Ok(());
        }
        self.write(operation::give_up(effects)?).await.map(drop)
    }

    async fn postpone(&self, effect: &str, due: i64, why: &str) -> Result<()> {
        self.write(operation::postpone(effect, due, why)?).await.map(drop)
    }

    async fn deliveries(&self, chat: &str, first: i64, last: i64) -> Result<Vec<DeliveryRow>> {
        self.said(read::deliveries(&*self.dialect, chat, first, last).await)
    }

    async fn deliver_again(&self, chat: &str, message: i64, now: i64) -> Result<bool> {
        Ok(self.write(operation::deliver_again(chat, message, now)?).await?.found())
    }
}

#[async_trait]
impl<D: Dialect> TimerStore for SqlStore<D> {
    async fn fire_timers(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>> {
        Ok(self.write(operation::fire_timers(now, channels)?).await?.chats())
    }

    async fn fire_timer(&self, chat: &str, name: &str, now: i64) -> Result<bool> {
        Ok(self.write(operation::fire_timer(chat, name, now)?).await?.found())
    }

    async fn next_timer(&self, channels: &[String]) -> Result<Option<i64>> {
        self.said(read::next_timer(&*self.dialect, channels).await)
    }
}

#[async_trait]
impl<D: Dialect> ChatStore for SqlStore<D> {
    async fn messages(&self, query: &MessageQuery) -> Result<Vec<MessageRow>> {
        self.said(read::messages(&*self.dialect, query).await)
    }

    async fn waiting_places(&self) -> Result<Vec<WaitingPlace>> {
        self.said(read::waiting_places(&*self.dialect).await)
    }

    async fn chats_at_rest(&self) -> Result<u64> {
        self.said(read::chats_at_rest(&*self.dialect).await)
    }

    async fn chats_like(&self, part: &str) -> Result<Vec<ChatKey>> {
        self.said(read::chats_like(&*self.dialect, part).await)
    }

    async fn taken_over(&self) -> Result<Vec<TakenOverChat>> {
        self.said(read::taken_over(&*self.dialect).await)
    }
}

#[async_trait]
impl<D: Dialect> LeadStore for SqlStore<D> {
    async fn leads(&self, query: &LeadQuery) -> Result<Vec<LeadRow>> {
        self.said(read::leads(&*self.dialect, query).await)
    }

    async fn lead_counts(&self) -> Result<Vec<LeadCount>> {
        self.said(read::lead_counts(&*self.dialect).await)
    }

    async fn leads_like(&self, prefix: &str) -> Result<Vec<LeadRow>> {
        self.said(read::leads_like(&*self.dialect, prefix).await)
    }

    async fn lead_history(&self, id: &str) -> Result<Vec<LeadHistoryRow>> {
        self.said(read::lead_history(&*self.dialect, id).await)
    }

    async fn change_lead(&self, id: &str, change: LeadChange, actor: &Actor, at: i64) -> Result<LeadChanged> {
        Ok(self.write(operation::change_lead(id, change, actor, at)?).await?.lead())
    }
}

#[async_trait]
impl<D: Dialect> ClientStore for SqlStore<D> {
    async fn client_rows(&self, chat: &str, table: ClientTable) -> Result<Vec<serde_json::Value>> {
        self.said(clients::rows(&*self.dialect, chat, table).await)
    }

    async fn mentions(&self, needle: &Needle) -> Result<Vec<Mention>> {
        self.said(clients::mentions(&*self.dialect, needle).await)
    }

    async fn erase_history(&self, chat: &str, limit: u32) -> Result<Erased> {
        Ok(self.write(clients::erase_history(chat, limit)?).await?.erased())
    }

    async fn erase_client(&self, erasure: Erasure) -> Result<Erased> {
        Ok(self.write(clients::erase_client(erasure)?).await?.erased())
    }

    async fn purge(&self) -> Result<Purged> {
        self.dialect.purge().await
    }
}

#[async_trait]
impl<D: Dialect> AccountStore for SqlStore<D> {
    async fn accounts(&self) -> Result<Vec<Account>> {
        self.said(accounts::accounts(&*self.dialect).await)
    }

    async fn account_named(&self, name: &str) -> Result<Option<Account>> {
        self.said(accounts::account_named(&*self.dialect, name).await)
    }

    async fn save_account(&self, account: &Account) -> Result<AccountSaved> {
        Ok(self.write(accounts::save(account)?).await?.account())
    }

    async fn add_login(&self, login: &Login) -> Result<()> {
        self.write(accounts::add_login(login)?).await.map(drop)
    }

    async fn login(&self, id: &str) -> Result<Option<(Login, Account)>> {
        self.said(accounts::login(&*self.dialect, id).await)
    }

    async fn logins(&self, account: Uuid) -> Result<Vec<Login>> {
        self.said(accounts::logins(&*self.dialect, account).await)
    }

    async fn touch_login(&self, id: &str, at: i64) -> Result<()> {
        self.write(accounts::touch_login(id, at)).await.map(drop)
    }

    async fn end_logins(&self, which: &Logins) -> Result<u64> {
        let ended = self.write(accounts::end_logins(which)).await?.count();
        Ok(u64::try_from(ended).unwrap_or_default())
    }

    async fn invite(&self, invitation: &Invitation) -> Result<()> {
        self.write(accounts::end_invitations(&invitation.role)).await?;
        self.write(accounts::invite(invitation)?).await.map(drop)
    }

    async fn invitation(&self, id: &str) -> Result<Option<Invitation>> {
        self.said(accounts::invitation(&*self.dialect, id).await)
    }

    async fn use_invitation(&self, id: &str) -> Result<bool> {
        Ok(self.write(accounts::use_invitation(id)).await?.count() > 0)
    }
}

#[async_trait]
impl<D: Dialect> DialogStore for SqlStore<D> {
    async fn dialogs(&self, query: &DialogQuery) -> Result<Vec<DialogRow>> {
        self.said(dialogs::dialogs(&*self.dialect, query).await)
    }

    async fn dialog(&self, chat: &str) -> Result<Option<DialogRow>> {
        self.said(dialogs::dialog(&*self.dialect, chat).await)
    }

    async fn waiting(&self, holder: &str) -> Result<Waiting> {
        self.said(dialogs::waiting(&*self.dialect, holder).await)
    }

    async fn news(&self, after: i64, limit: u32) -> Result<Vec<News>> {
        self.said(dialogs::news(&*self.dialect, after, limit).await)
    }

    async fn said_before(&self, seq: i64, limit: u32) -> Result<Vec<Said>> {
        self.said(dialogs::said_before(&*self.dialect, seq, limit).await)
    }

    async fn last_news(&self) -> Result<i64> {
        self.said(dialogs::last_news(&*self.dialect).await)
    }

    async fn turn_lines(&self, chat: &str, from: i64, until: i64, limit: u32) -> Result<Vec<TurnLine>> {
        self.said(dialogs::turn_lines(&*self.dialect, chat, (from, until), limit).await)
    }

    async fn add_note(&self, note: &NoteRow) -> Result<bool> {
        Ok(self.write(dialogs::add_note(note)?).await?.found())
    }

    async fn notes(&self, chat: &str) -> Result<Vec<NoteRow>> {
        self.said(dialogs::notes(&*self.dialect, chat).await)
    }
}

#[async_trait]
impl<D: Dialect> FigureStore for SqlStore<D> {
    async fn dialog_figures(&self, period: &FigurePeriod, step: i64) -> Result<Vec<DialogFigures>> {
        self.said(figures::dialogs(&*self.dialect, period, step).await)
    }

    async fn reply_figures(&self, period: &FigurePeriod) -> Result<ReplyFigures> {
        self.said(figures::replies(&*self.dialect, period).await)
    }

    async fn lead_figures(&self, period: &FigurePeriod, step: i64) -> Result<Vec<LeadFigures>> {
        self.said(figures::leads(&*self.dialect, period, step).await)
    }

    async fn intent_figures(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<(String, u64)>> {
        self.said(figures::intents(&*self.dialect, period, limit).await)
    }

    async fn unsure_turns(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<UnsureTurn>> {
        self.said(figures::unsure(&*self.dialect, period, limit).await)
    }

    async fn model_figures(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<ModelFigures>> {
        self.said(figures::models(&*self.dialect, period, limit).await)
    }

    async fn model_calls_made(&self, period: &FigurePeriod) -> Result<u64> {
        self.said(figures::calls(&*self.dialect, period).await)
    }

    async fn undelivered(&self) -> Result<u64> {
        self.said(figures::undelivered(&*self.dialect).await)
    }
}

#[async_trait]
impl<D: Dialect> ReleaseStore for SqlStore<D> {
    async fn publish(&self, publication: Publication, expected: Option<String>) -> Result<PublishOutcome> {
        Ok(self.write(operation::publish(publication, expected)?).await?.published())
    }

    async fn current_release(&self) -> Result<Option<Publication>> {
        let last = self.said(read::publications(&*self.dialect, Page::first(1)).await)?;
        Ok(last.into_iter().next())
    }

    async fn publications(&self, page: Page) -> Result<Vec<Publication>> {
        self.said(read::publications(&*self.dialect, page).await)
    }

    async fn releases_like(&self, prefix: &str) -> Result<Vec<String>> {
        self.said(read::releases_like(&*self.dialect, prefix).await)
    }

    async fn keep_release(&self, bundle: &Bundle, at: i64) -> Result<()> {
        self.write(operation::keep_release(bundle, at)?).await.map(drop)
    }

    async fn release(&self, id: &str) -> Result<Option<Bundle>> {
        self.said(read::release(&*self.dialect, id).await)
    }
}

#[async_trait]
impl<D: Dialect> AnalyticsStore for SqlStore<D> {
    async fn analytics_since(&self, at: i64) -> Result<Vec<AnalyticsEvent>> {
        self.said(read::analytics_since(&*self.dialect, at).await)
    }

    async fn day(&self, at: i64) -> Result<Day> {
        self.said(read::day(&*self.dialect, at).await)
    }
}

#[async_trait]
impl<D: Dialect> LeaseStore for SqlStore<D> {
    async fn lease(&self, chats: Vec<ChatKey>) -> Result<Vec<ChatKey>> {
        self.dialect.lease(chats).await
    }

    async fn release_lease(&self, chats: Vec<ChatKey>) -> Result<()> {
        self.dialect.release_lease(chats).await
    }

    async fn changed(&self) -> Vec<ChatKey> {
        self.dialect.changed().await
    }
}

#[async_trait]
impl<D: Dialect> TaskStore for SqlStore<D> {
    async fn push(&self, task: Job, at: i64) -> Result<()> {
        self.write(Operation::Push(operation::pushed(&task, at)?)).await.map(drop)
    }

    async fn push_once(&self, key: &str, task: Task, at: i64) -> Result<bool> {
        Ok(self.write(operation::push_once(key, &task, at)?).await?.found())
    }

    async fn begin_task(&self, id: &str, task: &Task, now: i64) -> Result<i64> {
        Ok(self.write(operation::begin_task(id, task, now)?).await?.count())
    }

    async fn end_task(&self, id: &str) -> Result<()> {
        self.write(operation::end_task(id)?).await.map(drop)
    }

    async fn quarantine(&self, id: &str, why: &str, now: i64) -> Result<()> {
        self.write(operation::quarantine(id, why, now)?).await.map(drop)
    }

    async fn quarantined(&self, query: &QuarantineQuery) -> Result<Vec<QuarantinedTask>> {
        self.said(read::quarantined(&*self.dialect, query).await)
    }

    async fn retry_task(&self, id: &str, now: i64) -> Result<bool> {
        Ok(self.write(operation::retry_task(id, now)?).await?.found())
    }
}

#[async_trait]
impl<D: Dialect> Store for SqlStore<D> {
    async fn retain(&self, keep: &Retention, limit: u32) -> Result<Removed> {
        Ok(self.write(Operation::Retain(Box::new(*keep), limit)).await?.removed())
    }

    async fn ping(&self) -> Result<()> {
        if self.writer.is_closed() {
            return Err(self.closed());
        }
        let away = || Error::unavailable("database", format!("{} does not answer", self.dialect.name()));
        let read = timeout(PING, read::ping(&*self.dialect)).await;
        self.said(read.map_err(|_| away())?)?;
        let Some(last_write_error) =
            self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
        else {
            return Ok(());
        };
        // Reads can succeed while writes fail, such as on a full disk. Without other traffic only the ping can notice
        // that the database accepts writes again.
        timeout(PING, self.try_to_write()).await.unwrap_or(Err(last_write_error))?;
        *self.last_write_error.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.dialect.close_readers().await;
        let (reply, answer) = oneshot::channel();
        if self.writer.send(Request::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Ok(()))
    }
}
