//! The kinds of attack. Each runs until it is dropped.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use clap::ValueEnum;
use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};

use super::{
    target::{Target, attacker},
    texts,
};
use crate::page::{Page, connect};

/// The most sockets that an attack and the ordinary clients have open.
pub const MOST_SOCKETS: usize = 2048;
/// Connections of an attack that keeps them open; more than one address may have.
const CONNECTIONS: usize = 700;
/// Clients of an attack that repeats something as fast as it can.
const CLIENTS: usize = 24;
/// Addresses that the attackers have.
const ADDRESSES: u8 = 3;
/// Pause of a client that was refused.
const REFUSED: Duration = Duration::from_millis(50);
/// What a client of Telegram asks for once more.
const NAGGING: [&str; 3] = ["позовите менеджера", "Анна, +7 916 123-45-67", "перезвоните срочно!"];
/// Clients of Telegram who do so.
pub const NAGGERS: u32 = 10;
/// Their pause; without one they would only be merged into long messages.
const NAG: Duration = Duration::from_millis(300);

/// A kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wave {
    /// No attack, to compare with.
    Nothing,
    /// Requests whose head comes a line a second.
    SlowHeaders,
    /// Requests whose body comes a byte a second.
    SlowBodies,
    /// Connections and sockets that say nothing.
    IdleSockets,
    /// New visitors, one after the other.
    HelloFlood,
    /// Frames that are none, as fast as the socket takes them.
    FrameFlood,
    /// Messages of 4,000 characters that are expensive to read.
    PoisonTexts,
    /// A chat with a long history that connects again and again.
    Reconnects,
    /// Requests and sockets whose answers nobody reads.
    SlowReaders,
    /// Clients of Telegram who ask for the staff without an end.
    NoticeFlood,
    /// Updates of Telegram that cannot be read.
    BrokenUpdates,
    /// Flows that a manager checks and publishes.
    PoisonFlows,
}

/// What the attackers did.
#[derive(Debug, Default)]
pub struct Tally {
    /// Connections, messages, frames: what they tried.
    pub tries: AtomicUsize,
    /// How often they were refused or disconnected.
    pub refused: AtomicUsize,
    /// Poisoned flows that were not refused.
    pub accepted: AtomicUsize,
}

impl Tally {
    fn tried(&self) {
        self.tries.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refusal, and pauses: a refused client that turns in a circle would only measure the harness.
    async fn was_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        sleep(REFUSED).await;
    }
}

impl Wave {
    /// All of them, in the order in which they run.
    pub const ALL: [Wave; 12] = [
        Wave::Nothing,
        Wave::SlowHeaders,
        Wave::SlowBodies,
        Wave::IdleSockets,
        Wave::HelloFlood,
        Wave::FrameFlood,
        Wave::PoisonTexts,
        Wave::Reconnects,
        Wave::SlowReaders,
        Wave::NoticeFlood,
        Wave::BrokenUpdates,
        Wave::PoisonFlows,
    ];

    /// The name, as on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Attacks until this is dropped.
    pub async fn run(self, target: &Target, tally: &Tally) {
        let address = target.address.as_str();
        match self {
            Wave::Nothing => std::future::pending().await,
            Wave::SlowHeaders => {
                let head = format!("GET / HTTP/1.1\r\nhost: {address}\r\n");
                many(CONNECTIONS, |from| slow_request(address, from, head.clone(), "x-a: b\r\n", tally))
                    .await;
            }
            Wave::SlowBodies => {
                let head = format!("POST /ws HTTP/1.1\r\nhost: {address}\r\ncontent-length: 100000\r\n\r\n");
                many(CONNECTIONS, |from| slow_request(address, from, head.clone(), "a", tally)).await;
            }
            Wave::IdleSockets => many(CONNECTIONS, |from| idle_socket(address, from, tally)).await,
            Wave::HelloFlood => many(CLIENTS, |from| hello_flood(address, from, tally)).await,
            Wave::FrameFlood => many(CLIENTS, |from| frame_flood(address, from, tally)).await,
            Wave::PoisonTexts => poison_texts(address, tally).await,
            Wave::Reconnects => reconnects(address, tally).await,
            Wave::SlowReaders => many(CONNECTIONS / 4, |from| slow_reader(address, from, tally)).await,
            Wave::NoticeFlood => notice_flood(target, tally).await,
            Wave::BrokenUpdates => broken_updates(target, tally).await,
            Wave::PoisonFlows => poison_flows(target, tally).await,
        }
    }
}

/// Runs many clients at once, spread over the attackers' addresses.
async fn many<F: Future>(count: usize, client: impl Fn(IpAddr) -> F) {
    let addresses = (1..=ADDRESSES).cycle().take(count);
    join_all(addresses.map(|number| client(attacker(number)))).await;
}

/// A request that goes on piece by piece, and again when the server has had enough.
async fn slow_request(address: &str, from: IpAddr, head: String, piece: &str, tally: &Tally) {
    loop {
        tally.tried();
        if let Ok(mut stream) = connect(address, from).await {
            let mut answer = [0; 512];
            if stream.write_all(head.as_bytes()).await.is_ok() {
                loop {
                    tokio::select! {
                        // An answer or the end: both are a refusal of what is not a whole request.
                        _ = stream.read(&mut answer) => break,
                        () = sleep(Duration::from_secs(1)) => {}
                    }
                    if stream.write_all(piece.as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        }
        tally.was_refused().await;
    }
}

/// A connection that says nothing; half of them as a WebSocket without a hello.
async fn idle_socket(address: &str, from: IpAddr, tally: &Tally) {
    loop {
        tally.tried();
        if tally.tries.load(Ordering::Relaxed).is_multiple_of(2) {
            if let Ok(mut page) = Page::connect(address, from).await {
                while page.receive().await.is_ok() {}
            }
        } else if let Ok(mut stream) = connect(address, from).await {
            // Ends when the server closes it.
            let _ = stream.read(&mut [0; 512]).await;
        }
        tally.was_refused().await;
    }
}

async fn hello_flood(address: &str, from: IpAddr, tally: &Tally) {
    loop {
        tally.tried();
        if Page::open(address, from).await.is_err() {
            tally.was_refused().await;
        }
    }
}

async fn frame_flood(address: &str, from: IpAddr, tally: &Tally) {
    let frames = [json!({ "type": "hello" }), json!({ "type": "older", "before": -1 }), json!([[[[]]]])];
    loop {
        if let Ok(mut page) = Page::open(address, from).await {
            for frame in frames.iter().cycle() {
                tally.tried();
                if page.send(frame.clone()).await.is_err() {
                    break;
                }
                // Lets the answers come in: a full buffer would stop the flood.
                let _ = page.until(tokio::task::yield_now()).await;
            }
        }
        tally.was_refused().await;
    }
}

/// One visitor with several pages, each of which writes as fast as a page may.
async fn poison_texts(address: &str, tally: &Tally) {
    let pages = texts::MOTIFS.iter().enumerate().map(async |(number, motif)| {
        let text = texts::poison(motif);
        let from = attacker(number as u8 % ADDRESSES + 1);
        loop {
            if let Ok(mut page) = Page::open(address, from).await {
                loop {
                    tally.tried();
                    let id = tally.tries.load(Ordering::Relaxed).to_string();
                    let sent = page.send(json!({ "type": "message", "id": id, "text": text })).await;
                    if sent.is_err() || page.until(sleep(Duration::from_millis(500))).await.is_err() {
                        break;
                    }
                }
            }
            tally.was_refused().await;
        }
    });
    join_all(pages).await;
}

/// One chat gets a history as fast as it may, and is opened from everywhere meanwhile.
async fn reconnects(address: &str, tally: &Tally) {
    let Ok(mut page) = Page::connect(address, attacker(1)).await else { return tally.was_refused().await };
    if page.send(json!({ "type": "hello", "language": "ru" })).await.is_err() {
        return tally.was_refused().await;
    }
    let Ok(welcome) = page.wait_for("welcome").await else { return tally.was_refused().await };
    let token = welcome["token"].clone();
    let talk = async {
        let text = texts::poison("история ");
        for number in 0.. {
            let frame = json!({ "type": "message", "id": format!("{number}"), "text": text });
            if page.send(frame).await.is_err() || page.until(sleep(Duration::from_secs(1))).await.is_err() {
                break;
            }
        }
    };
    let again = many(CLIENTS, async |from| {
        loop {
            tally.tried();
            let opened = async {
                let mut page = Page::connect(address, from).await?;
                page.send(json!({ "type": "hello", "language": "ru", "token": token, "after": 0 })).await?;
                page.wait_for("welcome").await
            };
            if opened.await.is_err() {
                tally.was_refused().await;
            }
        }
    });
    tokio::join!(talk, again);
}

/// Asks for much and reads nothing.
async fn slow_reader(address: &str, from: IpAddr, tally: &Tally) {
    let request = format!("GET / HTTP/1.1\r\nhost: {address}\r\n\r\n").repeat(50);
    loop {
        tally.tried();
        if let Ok(mut stream) = connect(address, from).await {
            // Goes on until the server takes no more requests or closes the connection.
            while stream.write_all(request.as_bytes()).await.is_ok() {
                tally.tried();
            }
        }
        tally.was_refused().await;
    }
}

/// People who want the staff, leave their number, and want the staff again.
async fn notice_flood(target: &Target, tally: &Tally) {
    for words in NAGGING.iter().cycle() {
        for chat in 0..NAGGERS {
            tally.tried();
            target.telegram.writes(7_000_000_000 + i64::from(chat), words);
        }
        sleep(NAG).await;
    }
}

async fn broken_updates(target: &Target, tally: &Tally) {
    let mut deep = json!({});
    for _ in 0..100 {
        deep = json!({ "reply_to_message": deep });
    }
    let broken = [
        json!({ "message": deep }),
        json!({ "message": "a text" }),
        json!({ "message": { "message_id": "seven", "chat": {}, "date": -1 } }),
        json!({ "callback_query": { "id": 5, "from": [] } }),
        json!({ "an_update_of_the_future": { "a": [1, 2, 3] } }),
        json!({ "message": { "message_id": 1, "date": 1, "chat": { "id": 1e40, "type": "private" } } }),
    ];
    for update in broken.iter().cycle() {
        tally.tried();
        target.telegram.push(update.clone());
        sleep(Duration::from_millis(20)).await;
    }
}

/// A manager who checks and publishes flows that no reader should try.
async fn poison_flows(target: &Target, tally: &Tally) {
    let flows = texts::flows();
    for (number, (flow, code)) in flows.iter().enumerate().cycle() {
        tally.tried();
        match target.refuses(number, flow, code).await {
            Ok(true) => tally.was_refused().await,
            Ok(false) | Err(_) => {
                tally.accepted.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
