//! The conformance suite: what every store must do. An adapter passes it by implementing [`Place`]:
//! `suite::conformance!(new_place)` makes one test of each case. Where no database can be had (no server), the cases
//! are skipped.
//!
//! Tests of files, servers or crashes of one database stay with its adapter.

mod accounts;
mod audit;
mod clients;
mod data;
mod deliveries;
mod dialogs;
mod drafts;
mod figures;
mod images;
mod leads;
mod meter;
mod releases;
mod retention;
mod settings;
mod sharing;
mod tasks;
mod turns;
mod uploads;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use tolmach_engine::{
    effect::{Action, Author, Button, Choice, Command, Effect, Lead, Outgoing, Press},
    event::{Client, EventKind, Sent},
};
use tolmach_runtime::ports::{
    Address, Bundle, ChatOverview, Commit, CommitOutcome, Inbound, InboxRow, LeadQuery, MAX_PENDING,
    MessageQuery, MessageRow, Next, Store, Task, TurnFigures, TurnQuery,
};
use uuid::Uuid;

/// One empty database that may be opened several times at once.
#[async_trait]
pub(crate) trait TestDatabase: Send + Sync {
    async fn open(&self) -> Arc<dyn Store>;

    /// The pending tasks with their times in seconds since the Unix epoch, sorted by time and then by the task's JSON.
    async fn tasks(&self) -> Vec<(Task, i64)>;

    /// Marks all tasks as done at `at`, seconds since the Unix epoch, by a worker that was last seen long ago.
    async fn end_tasks(&self, at: i64);

    /// Every table of the database, from its own catalogue, with the names of its columns; all names in lower case.
    async fn columns(&self) -> Vec<(String, Vec<String>)>;

    /// Everything that each table holds, as one text.
    async fn dump(&self) -> Vec<(String, String)>;
}

macro_rules! conformance {
    ($place:path) => {
        $crate::suite::conformance!($place:
            keeps_received_events_in_order, ignores_a_repeated_update, stores_all_parts_of_a_turn,
            refuses_a_stale_turn, stores_nothing_of_a_refused_turn, lets_one_of_two_turns_win,
            delivers_in_order, postpones_deliveries_and_counts_attempts, gives_messages_up_and_delivers_them_again,
            keeps_old_buttons,
            fires_a_timer_once, replaces_and_cancels_timers, drops_a_fired_timer_that_the_turn_stops,
            merges_a_lead, pages_the_history, stores_unusual_texts, refuses_keys_with_nul, keeps_releases,
            serves_many_chats_at_once, serves_two_processes, lists_unfinished_chats,
            consumes_several_events_in_one_turn, keeps_which_message_an_event_is, keeps_what_a_chat_holds_back_from_staff,
            counts_chats_by_waiting_place, lists_taken_over_chats,
            stores_analytics_events, sends_notices_to_their_addresses, pages_turns_of_all_chats,
            stores_a_repeated_turn_once, stores_concurrent_duplicates_once,
            keeps_acknowledged_writes_after_closing, orders_keys_bytewise, publishes_in_order,
            lets_one_of_two_publications_win, finds_releases_by_prefix, pushes_tasks,
            pushes_a_delivery_task_for_each_notice_address, pushes_a_delivery_task_for_a_postponed_message,
            pushes_one_task_per_timer, counts_and_quarantines_tasks,
            grants_and_renews_leases, keeps_an_audit_log, makes_a_change_with_its_row_or_not_at_all, changes_a_lead, a_lead_changes_with_its_row, finds_leads_by_a_text,
            opens_another_lead_once_one_is_closed, keeps_one_open_lead_per_chat,
            finds_leads_by_status_and_page, keeps_model_calls, keeps_uploads, reads_every_row_of_a_client,
            finds_a_client_by_a_contact, erases_every_row_of_a_client,
            a_turn_in_progress_does_not_bring_an_erased_chat_back, erasing_beside_turns_leaves_nothing_of_them,
            erases_a_long_history_in_steps, every_table_is_known_to_the_erasure,
            keeps_accounts, keeps_logins, keeps_access_tokens, uses_an_invitation_once, lists_chats_by_queue_and_filter,
            tells_the_news_and_the_turns, keeps_notes, finds_words_in_messages,
            a_search_in_messages_is_just_words, words_leave_with_their_message, counts_dialogs_leads_and_intents, counts_model_calls, sums_model_calls_of_any_period, sums_intents_of_any_period,
            keeps_drafts, one_of_two_writers_of_a_draft_wins, forgets_old_changes_and_closed_drafts, tells_processes_who_is_in_a_draft, keeps_images,
            removes_images_that_nothing_names,
            keeps_settings_and_secrets, one_of_two_writers_of_settings_wins,
            lists_every_table_and_masks_secrets, changes_rows_by_hand_with_their_audit_row, shows_the_queue_and_the_timers,
            invites_several_and_keeps_an_owner);
    };
    ($place:path: $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let Some(place) = $place() else { return };
            $crate::suite::$case(&place).await;
        })+
    };
}
pub(crate) use accounts::*;
pub(crate) use audit::*;
pub(crate) use clients::*;
pub(crate) use conformance;
pub(crate) use data::*;
pub(crate) use deliveries::*;
pub(crate) use dialogs::*;
pub(crate) use drafts::*;
pub(crate) use figures::*;
pub(crate) use images::*;
pub(crate) use leads::*;
pub(crate) use meter::*;
pub(crate) use releases::*;
pub(crate) use retention::*;
pub(crate) use settings::*;
pub(crate) use sharing::*;
pub(crate) use tasks::*;
pub(crate) use turns::*;
pub(crate) use uploads::*;

const CHAT: &str = "web:1";

fn web() -> Vec<String> {
    vec!["web".to_owned()]
}

fn text(chat: &str, key: &str, text: &str) -> (Uuid, Inbound) {
    let inbound = Inbound {
        address: Address::parse(chat).expect("an address"),
        key: key.to_owned(),
        client: Client { first_name: "Анна".to_owned(), ..Client::default() },
        kind: EventKind::Message { text: text.to_owned() },
        button: None,
        origin: None,
        sent: None,
    };
    (Uuid::now_v7(), inbound)
}

async fn receive(store: &dyn Store, chat: &str, key: &str) -> InboxRow {
    store.receive(5, vec![text(chat, key, key)]).await.expect("received");
    oldest(store, chat).await
}

async fn oldest(store: &dyn Store, chat: &str) -> InboxRow {
    store.next(chat).await.expect("read").rows.remove(0)
}

fn turn(row: &InboxRow, version: i64, commands: Vec<Command>) -> Commit {
    let effects = commands.into_iter().enumerate();
    Commit {
        chat: row.chat.clone(),
        inbox: vec![row.seq],
        event: row.event.clone(),
        version,
        session: format!("{{\"turn\":{}}}", version + 1),
        waits: None,
        taken_over_at: None,
        overview: ChatOverview::default(),
        figures: TurnFigures::default(),
        spoke: true,
        messages: vec![MessageRow { seq: 0, who: Author::Client, body: "привет".to_owned(), at: 7 }],
        effects: effects
            .map(|(n, command)| Effect { id: format!("{}.{n}", row.event.id), command })
            .collect(),
        notices: vec![],
        staff: None,
        trace: "{\"steps\":[]}".to_owned(),
        release: "r1".to_owned(),
    }
}

/// Receives one event and commits its turn.
async fn run(store: &dyn Store, chat: &str, key: &str, commands: Vec<Command>) -> InboxRow {
    let row = receive(store, chat, key).await;
    let version = store.chat(chat).await.expect("read").version;
    let outcome = store.commit(turn(&row, version, commands)).await.expect("committed");
    assert_eq!(outcome, CommitOutcome::Stored);
    row
}

fn say(text: &str) -> Command {
    Command::Send(Outgoing { text: text.to_owned(), ..Outgoing::default() })
}

fn start(name: &str, due: i64) -> Command {
    Command::StartTimer { name: name.to_owned(), due }
}

async fn waiting(store: &dyn Store, chat: &str) -> Option<EventKind> {
    store.next(chat).await.expect("read").rows.first().map(|row| row.event.kind.clone())
}

async fn outbox(store: &dyn Store, chat: &str) -> Vec<String> {
    let rows = store.outbox(chat).await.expect("read");
    let outgoing = rows.iter().map(|row| serde_json::from_str::<Outgoing>(&row.payload).expect("a message"));
    outgoing.map(|outgoing| outgoing.text).collect()
}

pub(crate) async fn keeps_received_events_in_order(place: &dyn TestDatabase) {
    let store = place.open().await;
    let batch = vec![text(CHAT, "a", "раз"), text("web:2", "b", "другой"), text(CHAT, "c", "два")];
    let ids: Vec<Uuid> = batch.iter().map(|(id, _)| *id).collect();
    let chats = store.receive(5, batch).await.expect("received");
    assert_eq!(chats, ["web:1", "web:2"]);
    let Next { mut rows, chat, .. } = store.next(CHAT).await.expect("read");
    let row = rows.remove(0);
    assert_eq!(rows.iter().map(|row| row.event.id).collect::<Vec<_>>(), [ids[2]]);
    assert_eq!(row.event.id, ids[0]);
    assert_eq!((row.event.at, row.event.client.first_name.as_str()), (5, "Анна"));
    assert_eq!(row.event.kind, EventKind::Message { text: "раз".to_owned() });
    assert_eq!((chat.session, chat.version), (None, 0));
    store.commit(turn(&row, 0, vec![])).await.expect("committed");
    let Next { rows, chat, .. } = store.next(CHAT).await.expect("read");
    assert_eq!(rows[0].event.id, ids[2]);
    assert_eq!((chat.session.as_deref(), chat.version), (Some("{\"turn\":1}"), 1));
    assert_eq!(waiting(&*store, "web:3").await, None);
    assert_eq!(store.receive(5, vec![]).await.expect("nothing"), Vec::<String>::new());
}

pub(crate) async fn ignores_a_repeated_update(place: &dyn TestDatabase) {
    let store = place.open().await;
    let twice = vec![text(CHAT, "u1", "раз"), text(CHAT, "u1", "ещё раз")];
    assert_eq!(store.receive(5, twice).await.expect("received"), [CHAT]);
    let again = store.receive(6, vec![text(CHAT, "u1", "раз")]).await.expect("received");
    assert_eq!(again, Vec::<String>::new());
    // Keys belong to a channel: another channel may use the same one.
    let other = store.receive(6, vec![text("terminal:1", "u1", "раз")]).await.expect("received");
    assert_eq!(other, ["terminal:1"]);
    let row = oldest(&*store, CHAT).await;
    assert_eq!(row.event.kind, EventKind::Message { text: "раз".to_owned() });
    store.commit(turn(&row, 0, vec![])).await.expect("committed");
    // A consumed update is still recognised.
    let late = store.receive(9, vec![text(CHAT, "u1", "раз")]).await.expect("received");
    assert_eq!(late, Vec::<String>::new());
    assert_eq!(waiting(&*store, CHAT).await, None);
    // If many callers bring the same update at once, only one of them gets the chat reported.
    let callers = (0..50).map(|_| store.receive(9, vec![text(CHAT, "u2", "два")]));
    let chats: Vec<_> = futures_util::future::try_join_all(callers).await.expect("received").concat();
    assert_eq!(chats, [CHAT]);
}

pub(crate) async fn stores_all_parts_of_a_turn(place: &dyn TestDatabase) {
    let store = place.open().await;
    let row = run(&*store, CHAT, "a", vec![say("здравствуйте"), start("inactivity", 100)]).await;
    assert_eq!(waiting(&*store, CHAT).await, None);
    let chat = store.chat(CHAT).await.expect("read");
    assert_eq!((chat.session.as_deref(), chat.version), (Some("{\"turn\":1}"), 1));
    let messages = store.messages(&MessageQuery::of(CHAT, 0, 10)).await.expect("read");
    let said: Vec<_> = messages.iter().map(|m| (m.who, m.body.as_str(), m.at)).collect();
    assert_eq!(said, [(Author::Client, "привет", 7)]);
    assert_eq!(outbox(&*store, CHAT).await, ["здравствуйте"]);
    assert_eq!(store.outbox(CHAT).await.expect("read")[0].effect, format!("{}.0", row.event.id));
    assert_eq!(store.next_timer(&web()).await.expect("read"), Some(100));
    let turns = store.turns(&TurnQuery::of(CHAT, 10)).await.expect("read");
    assert_eq!(turns.len(), 1);
    assert_eq!((turns[0].event.id, turns[0].release.as_str()), (row.event.id, "r1"));
    assert_eq!(turns[0].trace, "{\"steps\":[]}");
    // Another process reads the same.
    let other = place.open().await;
    assert_eq!(other.chat(CHAT).await.expect("read").version, 1);
    assert_eq!(outbox(&*other, CHAT).await, ["здравствуйте"]);
}

pub(crate) async fn refuses_a_stale_turn(place: &dyn TestDatabase) {
    let store = place.open().await;
    let first = receive(&*store, CHAT, "a").await;
    let stale = turn(&first, 0, vec![]);
    store.commit(stale.clone()).await.expect("committed");
    assert_eq!(store.commit(stale).await.expect("answered"), CommitOutcome::Conflict);
    // The version is right, but the event was consumed before.
    let repeated = turn(&first, 1, vec![]);
    assert_eq!(store.commit(repeated).await.expect("answered"), CommitOutcome::Conflict);
    let second = receive(&*store, CHAT, "b").await;
    for wrong in [0, 2, -1] {
        let outcome = store.commit(turn(&second, wrong, vec![])).await.expect("answered");
        assert_eq!(outcome, CommitOutcome::Conflict, "version {wrong}");
    }
    // Another chat's event cannot be consumed.
    let foreign = receive(&*store, "web:2", "c").await;
    let mut stolen = turn(&foreign, 1, vec![]);
    stolen.chat = CHAT.to_owned();
    assert_eq!(store.commit(stolen).await.expect("answered"), CommitOutcome::Conflict);
    assert_eq!(store.commit(turn(&second, 1, vec![])).await.expect("answered"), CommitOutcome::Stored);
}

pub(crate) async fn stores_nothing_of_a_refused_turn(place: &dyn TestDatabase) {
    let store = place.open().await;
    run(&*store, CHAT, "a", vec![say("раз"), start("inactivity", 100)]).await;
    let row = receive(&*store, CHAT, "b").await;
    let lead = Command::Lead(Lead { source: "form".to_owned(), ..Lead::default() });
    let late = turn(&row, 0, vec![say("нет"), button("b1", "stop"), start("inactivity", 900), lead]);
    assert_eq!(store.commit(late).await.expect("answered"), CommitOutcome::Conflict);
    assert_eq!(store.chat(CHAT).await.expect("read").version, 1);
    assert_eq!(store.messages(&MessageQuery::of(CHAT, 0, 10)).await.expect("read").len(), 1);
    assert_eq!(outbox(&*store, CHAT).await, ["раз"]);
    assert_eq!(store.button(CHAT, "b1").await.expect("read"), None);
    assert_eq!(store.next_timer(&web()).await.expect("read"), Some(100));
    assert_eq!(store.leads(&LeadQuery::newest(10)).await.expect("read"), []);
    assert_eq!(store.turns(&TurnQuery::of(CHAT, 10)).await.expect("read").len(), 1);
    assert!(waiting(&*store, CHAT).await.is_some(), "the event still waits");
}

pub(crate) async fn lets_one_of_two_turns_win(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    for round in 0..20 {
        let row = receive(&*store, CHAT, &format!("k{round}")).await;
        let commits = (0..4).map(|n| {
            let by = if n % 2 == 0 { &store } else { &other };
            by.commit(turn(&row, round, vec![say(&format!("{round}"))]))
        });
        let outcomes = futures_util::future::try_join_all(commits).await.expect("answered");
        let stored = outcomes.iter().filter(|outcome| **outcome == CommitOutcome::Stored).count();
        assert_eq!(stored, 1, "{outcomes:?}");
    }
    assert_eq!(store.chat(CHAT).await.expect("read").version, 20);
    assert_eq!(store.messages(&MessageQuery::of(CHAT, 0, 100)).await.expect("read").len(), 20);
    assert_eq!(store.outbox(CHAT).await.expect("read").len(), 20);
}

pub(crate) async fn delivers_in_order(place: &dyn TestDatabase) {
    let store = place.open().await;
    let first = run(&*store, CHAT, "a", vec![say("1"), say("2")]).await;
    run(&*store, "web:2", "b", vec![say("чужое")]).await;
    run(&*store, CHAT, "c", vec![say("3")]).await;
    assert_eq!(outbox(&*store, CHAT).await, ["1", "2", "3"]);
    store.delivered(vec![format!("{}.0", first.event.id)]).await.expect("marked");
    assert_eq!(outbox(&*store, CHAT).await, ["2", "3"]);
    // Marking twice, or something unknown, is harmless.
    store.delivered(vec![format!("{}.0", first.event.id), "unknown".to_owned()]).await.expect("marked");
    let rest = store.outbox(CHAT).await.expect("read").into_iter().map(|row| row.effect).collect();
    store.delivered(rest).await.expect("marked");
    store.delivered(vec![]).await.expect("nothing to mark");
    assert_eq!(outbox(&*store, CHAT).await, Vec::<String>::new());
    assert_eq!(outbox(&*store, "web:2").await, ["чужое"]);
}

pub(crate) async fn postpones_deliveries_and_counts_attempts(place: &dyn TestDatabase) {
    let store = place.open().await;
    let row = run(&*store, CHAT, "a", vec![say("1"), say("2")]).await;
    let effect = format!("{}.0", row.event.id);
    store.postpone(&effect, 50, "no answer in time").await.expect("put off");
    store.postpone(&effect, 90, "503").await.expect("put off");
    let rows = store.outbox(CHAT).await.expect("read");
    let state: Vec<_> = rows.iter().map(|row| (row.attempts, row.due)).collect();
    assert_eq!(state, [(2, 90), (0, 5)]);
}

fn button(id: &str, to: &str) -> Command {
    Command::Send(Outgoing {
        text: "?".to_owned(),
        buttons: vec![
            Button {
                label: "сайт".to_owned(),
                action: Action::Open { url: "https://example.com".to_owned() },
            },
            Button {
                label: "да".to_owned(), action: Action::Press { id: id.to_owned(), press: press(to) }
            },
        ],
        ..Outgoing::default()
    })
}

fn press(to: &str) -> Press {
    Press {
        id: String::new(),
        release: "r1".to_owned(),
        flow: "consultant".to_owned(),
        node: "greet".to_owned(),
        choice: Choice::Go { to: to.to_owned() },
    }
}

pub(crate) async fn keeps_old_buttons(place: &dyn TestDatabase) {
    let store = place.open().await;
    run(&*store, CHAT, "a", vec![button("b1", "contact")]).await;
    run(&*store, CHAT, "b", vec![button("b2", "help")]).await;
    assert_eq!(store.button(CHAT, "b1").await.expect("read"), Some(press("contact")));
    assert_eq!(store.button(CHAT, "b2").await.expect("read"), Some(press("help")));
    assert_eq!(store.button(CHAT, "b3").await.expect("read"), None);
    // Another chat cannot press it.
    assert_eq!(store.button("web:2", "b1").await.expect("read"), None);
    let inbound = Inbound {
        kind: EventKind::Press { label: "да".to_owned(), press: None },
        button: Some("b1".to_owned()),
        ..text(CHAT, "p", "").1
    };
    store.receive(5, vec![(Uuid::now_v7(), inbound)]).await.expect("received");
    let row = oldest(&*store, CHAT).await;
    assert_eq!(row.button.as_deref(), Some("b1"));
}

pub(crate) async fn fires_a_timer_once(place: &dyn TestDatabase) {
    let store = place.open().await;
    run(&*store, CHAT, "a", vec![start("inactivity", 100), start("remind", 200)]).await;
    run(&*store, "telegram:1", "a", vec![start("inactivity", 50)]).await;
    assert_eq!(store.next_timer(&web()).await.expect("read"), Some(100));
    assert_eq!(store.next_timer(&["web".to_owned(), "telegram".to_owned()]).await.expect("read"), Some(50));
    assert_eq!(store.next_timer(&[]).await.expect("read"), None);
    assert_eq!(store.fire_timers(99, &web()).await.expect("fired"), Vec::<String>::new());
    let fires = (0..10).map(|_| async { store.fire_timers(100, &web()).await });
    let chats = futures_util::future::try_join_all(fires).await.expect("fired").concat();
    assert_eq!(chats, [CHAT]);
    let row = oldest(&*store, CHAT).await;
    assert_eq!(row.event.kind, EventKind::Timer { name: "inactivity".to_owned() });
    assert_eq!(row.event.at, 100);
    assert_eq!(store.next_timer(&web()).await.expect("read"), Some(200));
    let outcome = store.commit(turn(&row, 1, vec![start("inactivity", 300)])).await.expect("committed");
    assert_eq!(outcome, CommitOutcome::Stored);
    assert_eq!(waiting(&*store, CHAT).await, None);
    assert_eq!(store.fire_timers(1000, &web()).await.expect("fired"), [CHAT]);
    let row = oldest(&*store, CHAT).await;
    assert_eq!(row.event.kind, EventKind::Timer { name: "remind".to_owned() }, "the earlier one first");
}

pub(crate) async fn replaces_and_cancels_timers(place: &dyn TestDatabase) {
    let store = place.open().await;
    let cancel = |name: &str| Command::CancelTimer { name: name.to_owned() };
    run(&*store, CHAT, "a", vec![start("inactivity", 100)]).await;
    run(&*store, CHAT, "b", vec![start("inactivity", 300)]).await;
    assert_eq!(store.next_timer(&web()).await.expect("read"), Some(300));
    // Commands apply in order: the last one wins.
    run(&*store, CHAT, "c", vec![cancel("inactivity"), start("inactivity", 400)]).await;
    assert_eq!(store.next_timer(&web()).await.expect("read"), Some(400));
    run(&*store, CHAT, "d", vec![start("inactivity", 500), cancel("inactivity"), cancel("unknown")]).await;
    assert_eq!(store.next_timer(&web()).await.expect("read"), None);
    assert_eq!(store.fire_timers(1000, &web()).await.expect("fired"), Vec::<String>::new());
}

pub(crate) async fn drops_a_fired_timer_that_the_turn_stops(place: &dyn TestDatabase) {
    let store = place.open().await;
    run(&*store, CHAT, "a", vec![start("inactivity", 100)]).await;
    // The client writes; before that turn is committed the timer falls due; the turn restarts it.
    let row = receive(&*store, CHAT, "b").await;
    store.fire_timers(100, &web()).await.expect("fired");
    let outcome = store.commit(turn(&row, 1, vec![start("inactivity", 200)])).await.expect("committed");
    assert_eq!(outcome, CommitOutcome::Stored);
    assert_eq!(waiting(&*store, CHAT).await, None, "the client is not silent");
    assert_eq!(store.next_timer(&web()).await.expect("read"), Some(200));
    // A message of the same millisecond starts the timer for the same time; this new timer must still fire.
    let row = receive(&*store, CHAT, "c").await;
    store.fire_timers(200, &web()).await.expect("fired");
    store.commit(turn(&row, 2, vec![start("inactivity", 200)])).await.expect("committed");
    assert_eq!(waiting(&*store, CHAT).await, None);
    assert_eq!(store.fire_timers(200, &web()).await.expect("fired"), [CHAT]);
    let row = oldest(&*store, CHAT).await;
    assert_eq!(row.event.kind, EventKind::Timer { name: "inactivity".to_owned() }, "the silence is noticed");
}

pub(crate) async fn merges_a_lead(place: &dyn TestDatabase) {
    let store = place.open().await;
    let lead = |source: &str, contact: &[(&str, &str)], summary: &str, details: serde_json::Value| {
        Command::Lead(Lead {
            source: source.to_owned(),
            contact: contact.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            summary: summary.to_owned(),
            details: serde_json::from_value(details).expect("an object"),
        })
    };
    let form =
        lead("form", &[("name", "Анна"), ("phone", "+79990000000")], "насос", json!({"n": 1, "m": [2]}));
    let first = run(&*store, CHAT, "a", vec![form]).await;
    let more = lead("inactivity", &[("phone", "+78880000000")], "", json!({"n": 3}));
    let mail = lead("", &[("email", "a@example.com")], "насос и шланг", json!({}));
    run(&*store, CHAT, "b", vec![more, mail]).await;
    run(&*store, "web:2", "c", vec![lead("inactivity", &[], "дрель", json!({}))]).await;
    let leads = store.leads(&LeadQuery::newest(10)).await.expect("read");
    assert_eq!(leads.len(), 2);
    assert_eq!((leads[0].chat.as_str(), leads[0].lead.source.as_str()), ("web:2", "inactivity"));
    let merged = &leads[1];
    assert_eq!(merged.id, format!("{}.0", first.event.id));
    assert_eq!((merged.lead.source.as_str(), merged.lead.summary.as_str()), ("form", "насос и шланг"));
    let contact: Vec<_> = merged.lead.contact.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(contact, [("email", "a@example.com"), ("name", "Анна"), ("phone", "+78880000000")]);
    assert_eq!(json!(merged.lead.details), json!({"n": 3, "m": [2]}));
    assert_eq!(store.leads(&LeadQuery::newest(1)).await.expect("read").len(), 1);
    // A lead that began with inactivity takes `form` as its source once the form brings a contact.
    run(&*store, "web:2", "d", vec![lead("form", &[("phone", "+79990000000")], "", json!({}))]).await;
    let leads = store.leads(&LeadQuery::newest(10)).await.expect("read");
    let late = leads.iter().find(|row| row.chat == "web:2").expect("the lead");
    assert_eq!((late.lead.source.as_str(), late.lead.summary.as_str()), ("form", "дрель"));
}

pub(crate) async fn pages_the_history(place: &dyn TestDatabase) {
    let store = place.open().await;
    for n in 0..5 {
        run(&*store, CHAT, &format!("k{n}"), vec![]).await;
        run(&*store, "web:2", &format!("o{n}"), vec![]).await;
    }
    let all = store.messages(&MessageQuery::of(CHAT, 0, 100)).await.expect("read");
    assert_eq!(all.len(), 5);
    assert!(all.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    let last = store.messages(&MessageQuery::of(CHAT, 0, 2)).await.expect("read");
    assert_eq!(last, all[3..], "the last ones, oldest first");
    assert_eq!(store.messages(&MessageQuery::of(CHAT, all[2].seq, 100)).await.expect("read"), all[3..]);
    assert_eq!(store.messages(&MessageQuery::of(CHAT, all[4].seq, 100)).await.expect("read"), []);
    assert_eq!(store.turns(&TurnQuery::of(CHAT, 3)).await.expect("read").len(), 3);
}

pub(crate) async fn stores_unusual_texts(place: &dyn TestDatabase) {
    let store = place.open().await;
    let chat = "web:'); DROP TABLE chats;--%_\"\\\n\u{1}🦀 [1,2] \u{2028}";
    let huge = "ы\"\\\u{7}".repeat(300_000);
    store.receive(5, vec![text(chat, "k'\"[]", &huge)]).await.expect("received");
    let row = oldest(&*store, chat).await;
    assert_eq!(row.event.kind, EventKind::Message { text: huge.clone() });
    let mut commit = turn(&row, 0, vec![say(&huge)]);
    commit.session = serde_json::to_string(&json!({ "all": huge, "null": null })).expect("json");
    let session = commit.session.clone();
    commit.messages[0].body.clone_from(&huge);
    commit.messages.push(MessageRow { seq: 0, who: Author::Bot, body: "a\0b".to_owned(), at: 1 });
    assert_eq!(store.commit(commit).await.expect("committed"), CommitOutcome::Stored);
    assert_eq!(store.chat(chat).await.expect("read").session, Some(session));
    let messages = store.messages(&MessageQuery::of(chat, 0, 10)).await.expect("read");
    assert_eq!(messages[0].body, huge);
    assert_eq!(messages[1].body, "a\u{FFFD}b", "a NUL is shown, not a reason to shorten");
    assert_eq!(outbox(&*store, chat).await, [huge]);
    assert_eq!(store.unfinished(5, &web()).await.expect("read"), [chat]);
    // Inside an event JSON escapes the NUL, so it is kept.
    store.receive(5, vec![text(CHAT, "nul", "до\0после")]).await.expect("received");
    assert_eq!(waiting(&*store, CHAT).await, Some(EventKind::Message { text: "до\0после".to_owned() }));
}

pub(crate) async fn refuses_keys_with_nul(place: &dyn TestDatabase) {
    let store = place.open().await;
    for (chat, key) in [("web:a\0b", "k"), ("web:a", "k\0")] {
        let error = store.receive(5, vec![text(chat, key, "?")]).await.expect_err("refused");
        assert!(error.to_string().contains("U+0000"), "{error}");
    }
    assert_eq!(waiting(&*store, "web:a").await, None);
}

pub(crate) async fn keeps_releases(place: &dyn TestDatabase) {
    let store = place.open().await;
    let bundle = Bundle { id: "abc".to_owned(), files: json!({"flows/a.yaml": "flow: a\n"}).to_string() };
    assert_eq!(store.release("abc").await.expect("read"), None);
    store.keep_release(&bundle, 5).await.expect("kept");
    let changed = Bundle { files: "{}".to_owned(), ..bundle.clone() };
    store.keep_release(&changed, 6).await.expect("kept already");
    assert_eq!(store.release("abc").await.expect("read"), Some(bundle), "a release never changes");
    store.ping().await.expect("alive");
}

pub(crate) async fn serves_many_chats_at_once(place: &dyn TestDatabase) {
    let store = place.open().await;
    many(&[Arc::clone(&store)], 60, 8).await;
}

pub(crate) async fn serves_two_processes(place: &dyn TestDatabase) {
    let stores = [place.open().await, place.open().await];
    many(&stores, 20, 6).await;
}

/// Runs many chats in parallel, each with its turns in order; the turns of a chat alternate between the stores.
async fn many(stores: &[Arc<dyn Store>], chats: usize, turns: i64) {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..chats {
        let stores = stores.to_vec();
        tasks.spawn(async move {
            let chat = format!("web:{n}");
            for version in 0..turns {
                let store = &stores[(n + usize::try_from(version).expect("small")) % stores.len()];
                let row = receive(&**store, &chat, &format!("{n}-{version}")).await;
                let read = store.chat(&chat).await.expect("read").version;
                assert_eq!(read, version, "reads see every acknowledged write");
                let commit = turn(&row, version, vec![say("ок"), start("inactivity", 1_000 + version)]);
                assert_eq!(store.commit(commit).await.expect("committed"), CommitOutcome::Stored);
                let waiting = store.outbox(&chat).await.expect("read");
                assert_eq!(waiting.len(), 1);
                store.delivered(vec![waiting[0].effect.clone()]).await.expect("marked");
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.expect("every chat went on");
    }
    let store = &stores[0];
    for n in 0..chats {
        let messages = store.messages(&MessageQuery::of(format!("web:{n}"), 0, 100)).await.expect("read");
        assert_eq!(i64::try_from(messages.len()), Ok(turns));
    }
    assert_eq!(store.unfinished(9_999, &web()).await.expect("read"), Vec::<String>::new());
    assert_eq!(store.fire_timers(9_999, &web()).await.expect("fired").len(), chats);
}

pub(crate) async fn lists_unfinished_chats(place: &dyn TestDatabase) {
    let store = place.open().await;
    receive(&*store, "web:waiting", "a").await;
    let sent = run(&*store, "web:sent", "b", vec![say("1")]).await;
    run(&*store, "web:done", "c", vec![]).await;
    receive(&*store, "telegram:9", "d").await;
    assert_eq!(store.unfinished(5, &web()).await.expect("read"), ["web:sent", "web:waiting"]);
    store.delivered(vec![format!("{}.0", sent.event.id)]).await.expect("marked");
    assert_eq!(store.unfinished(5, &web()).await.expect("read"), ["web:waiting"]);
    assert_eq!(store.unfinished(5, &[]).await.expect("read"), Vec::<String>::new());
}
