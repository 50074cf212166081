//! Throughput and latency of turns in the SQLite store: `cargo bench --bench store`.
//!
//! All chats run concurrently, each of them its turns in sequence. The database file is on the disk that holds the
//! build, or in the folder named by `TOLMACH_BENCH_DIR`. A turn makes the same store calls as the runtime: receive the
//! message, read it with the chat, commit (session, two messages, trace, one outgoing message, one timer), mark as
//! delivered.

use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;
use tolmach_engine::{
    effect::{Author, Command, Effect, Outgoing},
    event::{Client, EventKind},
};
use tolmach_runtime::ports::prelude::*;
use tolmach_runtime::ports::{
    Address, ChatOverview, Commit, CommitOutcome, Inbound, MessageRow, Store, TurnFigures,
};
use tolmach_store::sqlite::{Durability, Options, SqliteStore};
use uuid::Uuid;

const TURNS: i64 = 50;

type Failure = Box<dyn Error + Send + Sync>;

/// One row of the result table.
struct Load {
    durability: Durability,
    chats: u32,
    /// The offered load: turns per second of all chats together; `None` is as fast as possible.
    offered: Option<u32>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = env::var_os("TOLMACH_BENCH_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    println!("flush     chats   offered   turns/s    p50 ms    p99 ms    max ms");
    for durability in [Durability::Full, Durability::Normal] {
        for (chats, offered) in [(1, None), (20, None), (200, None), (200, Some(1000)), (200, Some(2000))] {
            measure(&folder, Load { durability, chats, offered }).await?;
        }
    }
    Ok(())
}

async fn measure(folder: &Path, load: Load) -> Result<(), Failure> {
    let Load { durability, chats, offered } = load;
    let folder = tempfile::tempdir_in(folder)?;
    let options = Options { durability, ..Options::new(folder.path().join("bench.db")) };
    let store = Arc::new(SqliteStore::open(options).await?);
    let started = Instant::now();
    let mut tasks: JoinSet<Result<Vec<Duration>, Failure>> = JoinSet::new();
    for n in 0..chats {
        let store = Arc::clone(&store);
        let pace = offered.map(|offered| Duration::from_secs(1) * chats / offered);
        tasks.spawn(async move {
            // Spread the start of the chats over the first interval, like independent clients.
            tokio::time::sleep(pace.unwrap_or_default() * n / chats).await;
            chat(&store, &n.to_string(), pace).await
        });
    }
    let mut times = Vec::new();
    while let Some(chat) = tasks.join_next().await {
        times.extend(chat??);
    }
    let elapsed = started.elapsed();
    store.close().await?;
    times.sort_unstable();
    let milliseconds = |share: f64| {
        let at = ((times.len() - 1) as f64 * share) as usize;
        times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    println!(
        "{:<8} {chats:>6} {:>9} {:>9.0} {:>9.2} {:>9.2} {:>9.2}",
        format!("{durability:?}"),
        offered.map_or_else(|| "-".to_owned(), |offered| offered.to_string()),
        times.len() as f64 / elapsed.as_secs_f64(),
        milliseconds(0.5),
        milliseconds(0.99),
        milliseconds(1.0),
    );
    Ok(())
}

async fn chat(store: &SqliteStore, id: &str, pace: Option<Duration>) -> Result<Vec<Duration>, Failure> {
    let address = Address::new("web", id);
    let chat = address.to_string();
    let session = format!("{{\"slots\":\"{}\"}}", "х".repeat(500));
    let trace = format!("{{\"steps\":\"{}\"}}", "s".repeat(1500));
    let mut times = Vec::new();
    let mut ticks = tokio::time::interval(pace.unwrap_or(Duration::from_millis(1)));
    for turn in 0..TURNS {
        if pace.is_some() {
            ticks.tick().await;
        }
        let inbound = Inbound {
            address: address.clone(),
            key: format!("{id}-{turn}"),
            client: Client::default(),
            kind: EventKind::Message { text: "нужен насос для скважины".to_owned() },
            button: None,
            origin: None,
            sent: None,
        };
        let started = Instant::now();
        store.receive(turn, vec![(Uuid::now_v7(), inbound)]).await?;
        let next = store.next(&chat).await?;
        let (row, found) = (next.rows.into_iter().next().ok_or("the message is gone")?, next.chat);
        let send =
            Outgoing { text: "Вот что есть из насосов.".repeat(8), ..Outgoing::default() };
        let effect = format!("{}.0", row.event.id);
        let body = serde_json::to_string(&send)?;
        let commit = Commit {
            chat: chat.clone(),
            inbox: vec![row.seq],
            event: row.event,
            version: found.version,
            session: session.clone(),
            waits: None,
            taken_over_at: None,
            overview: ChatOverview::default(),
            figures: TurnFigures::default(),
            spoke: true,
            messages: vec![
                MessageRow {
                    seq: 0,
                    who: Author::Client,
                    body: "нужен насос для скважины".to_owned(),
                    at: turn,
                },
                MessageRow { seq: 0, who: Author::Bot, body, at: turn },
            ],
            effects: vec![
                Effect { id: effect.clone(), command: Command::Send(send) },
                Effect {
                    id: format!("{effect}.1"),
                    command: Command::StartTimer { name: "inactivity".to_owned(), due: turn + 1_800_000 },
                },
            ],
            notices: vec![],
            staff: None,
            trace: trace.clone(),
            release: "bench".to_owned(),
        };
        if store.commit(commit).await? != CommitOutcome::Stored {
            return Err("a turn was refused".into());
        }
        store.delivered(vec![effect]).await?;
        times.push(started.elapsed());
    }
    Ok(times)
}
