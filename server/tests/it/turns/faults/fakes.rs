//! Ports with scripted faults. A call without a scripted fault goes to the real implementation, or gets a plain
//! success.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::watch;
use tolmach_engine::channel::Capabilities;
use tolmach_engine::{
    catalog::{SearchRequest, SearchResults},
    effect::{
        Classification, GenerateRequest, HttpReply, HttpRequest, LlmClassifyRequest, Outgoing, Press, Reply,
        Usage,
    },
};
use tolmach_runtime::{
    leads::{LeadChange, LeadHistoryRow, LeadRow},
    ports::{
        self, AccessToken, Account, AccountSaved, AccountStore, Actor, Address, AnalyticsEvent,
        AnalyticsStore, AuditEntry, AuditQuery, AuditStore, Bundle, Catalog, Channel, Chat, ChatKey,
        ChatStore, ClientStore, ClientTable, Commit, CommitOutcome, DataChange, DataQuery, DataReference,
        DataRow, DataStore, DataTable, DatabaseFacts, Day, Delivery, DeliveryRow, DialogFigures, DialogQuery,
        DialogRow, DialogStore, DraftChange, DraftFile, DraftPerson, DraftStore, DraftWrite, Embedder,
        Erased, Erasure, FigurePeriod, FigureStore, FlowDraft, FoundSaid, Http, ImageStore, Inbound,
        InboxStore, Invitation, Job, LeadChanged, LeadCount, LeadFigures, LeadQuery, LeadStore, LeaseStore,
        Llm, Login, LoginCount, Logins, Mention, MessageQuery, MessageRow, MeterStore, ModelCall,
        ModelCallQuery, ModelCallRow, ModelFigures, ModelTimes, Needle, News, Next, NoteRow, NoticeRow,
        OutboxRow, OutboxStore, Page, Publication, PublishOutcome, Purged, QuarantineQuery, QuarantinedTask,
        QueueCount, QueuedTask, ReleaseStore, Removed, ReplyFigures, Retention, SettingsStore, Store,
        StoredImage, StoredSettings, StoredTurn, TakenOverChat, Task, TaskStore, TimerRow, TimerStore,
        TokenStore, TurnLine, TurnQuery, TurnStore, UnsureTurn, Upload, UploadStore, Waiting, WaitingPlace,
        Write, Written,
    },
};
use uuid::Uuid;

/// A fault of one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The call does not return before [`Script::release`].
    Hang,
    /// A transient error.
    Unavailable,
    /// A permanent error.
    Refused,
    /// The call takes this long.
    Slow(Duration),
    /// The call takes effect, but its result is lost.
    Lost,
}

/// The scripted faults by call.
#[derive(Default)]
pub struct Script {
    due: Mutex<Vec<(String, VecDeque<Fault>)>>,
    released: watch::Sender<bool>,
}

impl Script {
    /// The next `times` calls of this name fail with `fault`. A name may be narrowed: `deliver a` means chat `a` only.
    pub fn fails(&self, call: &str, fault: Fault, times: usize) {
        let faults = std::iter::repeat_n(fault, times).collect();
        self.due.lock().unwrap().push((call.to_owned(), faults));
    }

    /// Ends all hanging calls; calls that would hang later return at once.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    /// Whether every scripted fault has happened.
    pub fn is_spent(&self) -> bool {
        self.due.lock().unwrap().iter().all(|(_, faults)| faults.is_empty())
    }

    fn next(&self, call: &str) -> Option<Fault> {
        let mut due = self.due.lock().unwrap();
        due.iter_mut().find(|(name, faults)| name == call && !faults.is_empty())?.1.pop_front()
    }

    /// Runs a call with its fault, if one is scripted.
    async fn meet<T>(&self, call: &str, good: impl Future<Output = ports::Result<T>>) -> ports::Result<T> {
        match self.next(call) {
            Some(Fault::Unavailable) => return Err(ports::Error::unavailable("fault", "away")),
            Some(Fault::Refused) => return Err(ports::Error::refused("fault", "no")),
            Some(Fault::Lost) => {
                good.await?;
                return Err(ports::Error::unavailable("fault", "nobody knows whether it was done"));
            }
            Some(Fault::Hang) => drop(self.released.subscribe().wait_for(|released| *released).await),
            Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
            None => {}
        }
        good.await
    }
}

/// A port with a fault script.
pub struct Faulty<P> {
    pub inner: P,
    pub script: Arc<Script>,
}

#[async_trait]
impl Catalog for Faulty<()> {
    async fn search(&self, _: &SearchRequest) -> ports::Result<SearchResults> {
        self.script.meet("search", async { Ok(SearchResults::default()) }).await
    }

    async fn holds_article(&self, _: &str) -> bool {
        false
    }

    fn generation(&self) -> Option<(String, u64)> {
        None
    }
}

#[async_trait]
impl Http for Faulty<()> {
    async fn request(&self, _: &HttpRequest) -> ports::Result<HttpReply> {
        let good = HttpReply { status: 200, body: serde_json::json!({ "left": 7 }) };
        self.script.meet("http", async { Ok(good) }).await
    }
}

#[async_trait]
impl Llm for Faulty<()> {
    fn name(&self) -> &str {
        "faulty"
    }

    async fn classify(&self, _: &ModelCall, request: &LlmClassifyRequest) -> ports::Result<Classification> {
        let label = request.labels.first().map(|label| label.name.clone());
        self.script.meet("decide", async { Ok(Classification { label, usage: Usage::default() }) }).await
    }

    async fn generate(&self, _: &ModelCall, _: &GenerateRequest) -> ports::Result<Reply> {
        let reply = Reply { text: "The model says yes.".to_owned(), usage: Usage::default() };
        self.script.meet("answer", async { Ok(reply) }).await
    }
}

#[async_trait]
impl<E: Embedder> Embedder for Faulty<E> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }

    async fn embed(&self, texts: &[String]) -> ports::Result<Vec<Vec<f32>>> {
        self.script.meet("embed", self.inner.embed(texts)).await
    }
}

#[async_trait]
impl<C: Channel> Channel for Faulty<Arc<C>> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn deliver(&self, to: &Address, effect: &str, message: &Outgoing) -> Delivery {
        let good = async { Ok(self.inner.deliver(to, effect, message).await) };
        match self.script.meet(&format!("deliver {}", to.id), good).await {
            Ok(delivery) => delivery,
            Err(ports::Error::Unavailable { why, .. }) => Delivery::Later { after: Duration::ZERO, why },
            Err(ports::Error::Refused { why, .. }) => Delivery::Refused { why },
        }
    }
}

/// Implements store methods; each is scripted by its own name.
macro_rules! store {
    ($area:ident $(fn $name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl<S: Store> $area for Faulty<Arc<S>> {
            $(async fn $name(&self, $($arg: $type),*) -> ports::Result<$answer> {
                self.script.meet(stringify!($name), self.inner.$name($($arg),*)).await
            })*
        }
    };
}

#[async_trait]
impl<S: Store> LeaseStore for Faulty<Arc<S>> {
    async fn lease(&self, chats: Vec<ChatKey>) -> ports::Result<Vec<ChatKey>> {
        self.script.meet("lease", self.inner.lease(chats)).await
    }

    async fn release_lease(&self, chats: Vec<ChatKey>) -> ports::Result<()> {
        self.script.meet("release_lease", self.inner.release_lease(chats)).await
    }

    async fn changed(&self) -> Vec<ChatKey> {
        self.inner.changed().await
    }
}

store! { InboxStore
    fn receive(at: i64, inbound: Vec<(Uuid, Inbound)>) -> Vec<ChatKey>;
    fn next(chat: &str) -> Next;
    fn unfinished(now: i64, channels: &[String]) -> Vec<ChatKey>;
}

store! { TurnStore
    fn chat(chat: &str) -> Chat;
    fn commit(commit: Commit) -> CommitOutcome;
    fn button(chat: &str, id: &str) -> Option<Press>;
    fn turns(query: &TurnQuery) -> Vec<StoredTurn>;
}

store! { OutboxStore
    fn post(notices: Vec<NoticeRow>, at: i64) -> ();
    fn outbox(chat: &str) -> Vec<OutboxRow>;
    fn delivered(effects: Vec<String>) -> ();
    fn give_up(effects: Vec<(String, String)>) -> ();
    fn postpone(effect: &str, due: i64, why: &str) -> ();
    fn deliveries(chat: &str, first: i64, last: i64) -> Vec<DeliveryRow>;
    fn deliver_again(chat: &str, message: i64, now: i64) -> bool;
}

store! { TimerStore
    fn timers(limit: u32) -> Vec<TimerRow>;
    fn fire_timers(now: i64, channels: &[String]) -> Vec<ChatKey>;
    fn fire_timer(chat: &str, name: &str, now: i64) -> bool;
    fn next_timer(channels: &[String]) -> Option<i64>;
}

store! { ChatStore
    fn messages(query: &MessageQuery) -> Vec<MessageRow>;
    fn waiting_places() -> Vec<WaitingPlace>;
    fn chats_at_rest() -> u64;
    fn chats_like(part: &str) -> Vec<ChatKey>;
    fn taken_over() -> Vec<TakenOverChat>;
}

store! { TokenStore
    fn token(id: &str) -> Option<(AccessToken, Account)>;
    fn tokens(account: Uuid) -> Vec<AccessToken>;
    fn touch_token(id: &str, day: i64) -> ();
}

store! { AccountStore
    fn accounts() -> Vec<Account>;
    fn account_named(name: &str) -> Option<Account>;
    fn save_account(account: &Account) -> AccountSaved;
    fn add_login(login: &Login) -> ();
    fn login(id: &str) -> Option<(Login, Account)>;
    fn logins(account: Uuid) -> Vec<Login>;
    fn touch_login(id: &str, at: i64) -> ();
    fn end_logins(which: &Logins) -> u64;
    fn invite(invitation: &Invitation) -> ();
    fn invitation(id: &str) -> Option<Invitation>;
    fn invitations(now: i64) -> Vec<Invitation>;
    fn login_counts(made: i64, seen: i64) -> Vec<LoginCount>;
    fn use_invitation(id: &str) -> bool;
}

store! { DialogStore
    fn dialogs(query: &DialogQuery) -> Vec<DialogRow>;
    fn dialog(chat: &str) -> Option<DialogRow>;
    fn waiting(holder: &str) -> Waiting;
    fn news(after: i64, limit: u32) -> Vec<News>;
    fn find_said(text: &str, limit: u32) -> FoundSaid;
    fn last_news() -> i64;
    fn turn_lines(chat: &str, from: i64, until: i64, limit: u32) -> Vec<TurnLine>;
    fn add_note(note: &NoteRow) -> bool;
    fn notes(chat: &str) -> Vec<NoteRow>;
}

store! { DraftStore
    fn flow_drafts() -> Vec<FlowDraft>;
    fn flow_draft(id: Uuid) -> Option<FlowDraft>;
    fn draft_files(id: Uuid) -> Vec<DraftFile>;
    fn draft_changes(id: Uuid, before: i64, limit: u32) -> Vec<DraftChange>;
    fn write_draft(write: &DraftWrite) -> bool;
    fn note_draft_person(person: &DraftPerson) -> ();
    fn draft_people(draft: Uuid, since: i64) -> Vec<DraftPerson>;
}

store! { SettingsStore
    fn settings() -> StoredSettings;
    fn setting_versions() -> Vec<(String, i64)>;
}

store! { FigureStore
    fn dialog_figures(period: &FigurePeriod, step: i64) -> Vec<DialogFigures>;
    fn reply_figures(period: &FigurePeriod) -> ReplyFigures;
    fn lead_figures(period: &FigurePeriod, step: i64) -> Vec<LeadFigures>;
    fn intent_figures(period: &FigurePeriod, limit: u32) -> Vec<(String, u64)>;
    fn unsure_turns(period: &FigurePeriod, limit: u32) -> Vec<UnsureTurn>;
    fn model_figures(period: &FigurePeriod) -> Vec<ModelFigures>;
    fn model_times(period: &FigurePeriod, limit: u32) -> Vec<ModelTimes>;
    fn undelivered() -> u64;
}

store! { LeadStore
    fn lead_counts() -> Vec<LeadCount>;
    fn leads(query: &LeadQuery) -> Vec<LeadRow>;
    fn leads_like(prefix: &str) -> Vec<LeadRow>;
    fn lead_history(id: &str) -> Vec<LeadHistoryRow>;
    fn change_lead(id: &str, change: LeadChange, actor: &Actor, at: i64, audit: Option<AuditEntry>) -> LeadChanged;
}

store! { ReleaseStore
    fn publish(publication: Publication, expected: Option<String>) -> PublishOutcome;
    fn current_release() -> Option<Publication>;
    fn publications(page: Page) -> Vec<Publication>;
    fn releases_like(prefix: &str) -> Vec<String>;
    fn keep_release(bundle: &Bundle, at: i64) -> ();
    fn release(id: &str) -> Option<Bundle>;
}

store! { ImageStore
    fn keep_image(image: &StoredImage, at: i64) -> ();
    fn image(hash: &str) -> Option<StoredImage>;
    fn stored_images(hashes: &BTreeSet<String>) -> BTreeSet<String>;
}

store! { AnalyticsStore
    fn analytics_since(at: i64) -> Vec<AnalyticsEvent>;
    fn day(at: i64) -> Day;
}

store! { TaskStore
    fn push(job: Job, at: i64) -> ();
    fn push_once(key: &str, task: Task, at: i64) -> bool;
    fn begin_task(id: &str, task: &Task, now: i64) -> i64;
    fn end_task(id: &str) -> ();
    fn quarantine(id: &str, why: &str, now: i64) -> ();
    fn quarantined(query: &QuarantineQuery) -> Vec<QuarantinedTask>;
    fn queued(limit: u32) -> Vec<QueuedTask>;
    fn queue_counts() -> Vec<QueueCount>;
    fn retry_task(id: &str, now: i64) -> bool;
}

store! { UploadStore
    fn add_upload(upload: &Upload) -> ();
    fn upload(id: Uuid) -> Option<Upload>;
    fn uploads_before(at: i64) -> Vec<Upload>;
    fn remove_upload(id: Uuid) -> ();
}

store! { MeterStore
    fn record_model_calls(rows: Vec<ModelCallRow>) -> ();
    fn model_calls(query: &ModelCallQuery) -> Vec<ModelCallRow>;
}

store! { AuditStore
    fn record(entry: AuditEntry) -> ();
    fn change(writes: Vec<Write>, entry: AuditEntry) -> Written;
    fn audit(query: &AuditQuery) -> Vec<AuditEntry>;
}

store! { ClientStore
    fn client_rows(chat: &str, table: ClientTable) -> Vec<serde_json::Value>;
    fn mentions(needle: &Needle) -> Vec<Mention>;
    fn erase_history(chat: &str, limit: u32) -> Erased;
    fn erase_client(erasure: Erasure) -> Erased;
    fn purge() -> Purged;
}

store! { DataStore
    fn facts() -> DatabaseFacts;
    fn data_tables() -> Vec<DataTable>;
    fn data_count(table: &str) -> u64;
    fn data_rows(query: &DataQuery) -> Vec<DataRow>;
    fn data_row(table: &str, key: &[String]) -> Option<DataRow>;
    fn data_references(table: &str, row: &DataRow) -> Vec<DataReference>;
    fn change_data(change: &DataChange, entry: AuditEntry) -> bool;
}

store! { Store
    fn retain(keep: &Retention, limit: u32) -> Removed;
    fn ping() -> ();
    fn close() -> ();
}
