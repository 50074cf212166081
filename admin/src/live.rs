//! Live updates: pages learn over a WebSocket which chats have news, and fetch what they show.
//!
//! # Protocol
//! JSON text frames. The page begins with `{"type":"hello","after":SEQ}`, the highest number of a message that it has seen. The
//! server sends `{"type":"news","seq":N,"chats":[{"chat","who"}],"counts":{"waiting","mine","new_leads"}}`, or
//! `{"type":"reset"}` when more was missed than is told one by one: the page loads its lists anew.
//!
//! Nothing that a client wrote is in a frame. One task of the process asks the store while pages are connected; so news of other
//! processes on the same database come as well.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::HeaderMap,
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tolmach_app::accounts::{self, Permission};
use tolmach_engine::effect::Author;
use tolmach_runtime::ports::News;

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    gate,
};

/// How often the store is asked for news.
const ASKED: Duration = Duration::from_millis(500);
/// How often a socket is pinged, and whether its login has ended is looked up.
const PING: Duration = Duration::from_secs(30);
/// How long a page may take to say hello, and a frame to be sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most sockets of a process, and of one account.
const SOCKETS: usize = 200;
/// The most bytes of a frame from a page.
const MAX_FRAME: usize = 1024;
/// The most news that are told one by one.
const TOLD: u32 = 500;
/// On a database with several writers a message may appear after later ones: so many before the last are asked for again.
const BEFORE: i64 = 200;

/// The hub of a process.
pub(crate) struct Live {
    news: broadcast::Sender<Arc<Vec<News>>>,
    places: Arc<Semaphore>,
    /// Whether somebody asks the store.
    watching: AtomicBool,
}

impl Default for Live {
    fn default() -> Live {
        Live {
            news: broadcast::Sender::new(64),
            places: Arc::new(Semaphore::new(SOCKETS)),
            watching: AtomicBool::new(false),
        }
    }
}

/// What was told already.
#[derive(Default)]
struct Seen {
    last: i64,
    recent: BTreeSet<i64>,
}

impl Seen {
    /// The news that were not there before.
    fn fresh(&mut self, news: Vec<News>) -> Vec<News> {
        let fresh: Vec<News> = news.into_iter().filter(|news| self.recent.insert(news.seq)).collect();
        self.last = fresh.iter().map(|news| news.seq).max().unwrap_or(self.last).max(self.last);
        while self.recent.first().is_some_and(|first| *first < self.last - 2 * BEFORE) {
            self.recent.pop_first();
        }
        fresh
    }
}

impl Panel {
    /// Asks the store for news while pages are connected. One call at a time does the work; others end.
    async fn watch(self: Arc<Panel>) {
        if self.live.watching.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut seen = Seen::default();
        if let Ok(last) = self.store().last_news().await {
            seen.last = last;
            let before = self.store().news(last - BEFORE, TOLD).await.unwrap_or_default();
            seen.fresh(before);
        }
        let mut ticks = interval(ASKED);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.live.news.receiver_count() > 0 {
            ticks.tick().await;
            let from = seen.last - BEFORE;
            // Without the database there are no news; pages notice by the ping of their own requests.
            let Ok(found) = self.store().news(from, TOLD).await else { continue };
            let fresh = seen.fresh(found);
            if !fresh.is_empty() {
                // Nobody listens any more: the loop ends.
                let _ = self.live.news.send(Arc::new(fresh));
            }
        }
        self.live.watching.store(false, Ordering::Release);
    }
}

pub(crate) async fn upgrade(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Served {
    // A page of another site can open a socket with the cookie: browsers do not ask before.
    if !gate::is_own(&headers) {
        return Err(Failure::Foreign);
    }
    let place = Arc::clone(&panel.live.places).try_acquire_owned().map_err(|_| Failure::Unavailable)?;
    let upgrade = upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME);
    Ok(upgrade.on_upgrade(move |socket| serve(panel, visit, socket, place)).into_response())
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Frame {
    Hello { after: i64 },
}

async fn serve(panel: Arc<Panel>, visit: Visit, mut socket: WebSocket, _place: OwnedSemaphorePermit) {
    let Some(after) = hello(&mut socket).await else { return close(socket, close_code::POLICY).await };
    let mut news = panel.live.news.subscribe();
    tokio::spawn(Arc::clone(&panel).watch());
    let mut seen = Seen { last: after, recent: BTreeSet::new() };
    let missed = match panel.store().news(after, TOLD).await {
        Ok(missed) => missed,
        Err(_) => return close(socket, close_code::AGAIN).await,
    };
    let first = if missed.len() >= usize::try_from(TOLD).unwrap_or(usize::MAX) {
        seen.last = panel.store().last_news().await.unwrap_or(after);
        json!({ "type": "reset" }).to_string()
    } else {
        let fresh = seen.fresh(missed);
        match told(&panel, &visit, &seen, &fresh).await {
            Ok(frame) => frame,
            Err(_) => return close(socket, close_code::AGAIN).await,
        }
    };
    if !send(&mut socket, Message::text(first)).await {
        return;
    }
    let mut pings = tokio::time::interval_at(Instant::now() + PING, PING);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            found = news.recv() => {
                let frame = match found {
                    Ok(found) => {
                        let fresh = seen.fresh(found.iter().filter(|news| news.seq > after).cloned().collect());
                        if fresh.is_empty() {
                            continue;
                        }
                        told(&panel, &visit, &seen, &fresh).await
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => Ok(json!({ "type": "reset" }).to_string()),
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                let Ok(frame) = frame else { return close(socket, close_code::AGAIN).await };
                if !send(&mut socket, Message::text(frame)).await {
                    return;
                }
            }
            frame = socket.recv() => match frame {
                Some(Ok(Message::Pong(_) | Message::Ping(_))) => heard = Instant::now(),
                // A page has nothing else to say.
                Some(Ok(Message::Text(_) | Message::Binary(_))) => return close(socket, close_code::POLICY).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            _ = pings.tick() => {
                let session = accounts::session(panel.store(), panel.now(), &visit.cookie).await;
                let ended = matches!(&session, Ok(session) if !session.as_ref().is_some_and(|session| session.may(Permission::ReadChats)));
                if ended {
                    return close(socket, close_code::POLICY).await;
                }
                if heard.elapsed() > 3 * PING || !send(&mut socket, Message::Ping(Vec::new().into())).await {
                    return;
                }
            }
        }
    }
}

async fn hello(socket: &mut WebSocket) -> Option<i64> {
    match timeout(PATIENCE, socket.recv()).await {
        Ok(Some(Ok(Message::Text(text)))) => {
            let Frame::Hello { after } = serde_json::from_str(&text).ok()?;
            Some(after.max(0))
        }
        _ => None,
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(PATIENCE, socket.send(message)).await, Ok(Ok(())))
}

async fn close(mut socket: WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: "".into() };
    send(&mut socket, Message::Close(Some(frame))).await;
}

/// The frame of news, with the numbers of whoever reads it.
async fn told(panel: &Panel, visit: &Visit, seen: &Seen, news: &[News]) -> Result<String, Failure> {
    let waiting = panel.store().waiting(&visit.session()?.account.name).await?;
    let chats: Vec<_> = news
        .iter()
        .map(|news| {
            let who = match news.who {
                Author::Client => "client",
                Author::Bot => "bot",
                Author::Staff => "staff",
            };
            json!({ "chat": news.chat, "who": who })
        })
        .collect();
    let new_leads = if visit.may(Permission::SeeLeads) { waiting.new_leads } else { 0 };
    let counts = json!({ "waiting": waiting.awaited, "mine": waiting.mine, "new_leads": new_leads });
    Ok(json!({ "type": "news", "seq": seen.last, "chats": chats, "counts": counts }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(seq: i64) -> News {
        News { seq, chat: "web:1".to_owned(), who: Author::Client }
    }

    #[test]
    fn each_message_is_told_once_and_a_late_one_too() {
        let mut seen = Seen { last: 10, recent: BTreeSet::new() };
        let told = |seen: &mut Seen, seqs: &[i64]| {
            seen.fresh(seqs.iter().copied().map(news).collect())
                .iter()
                .map(|news| news.seq)
                .collect::<Vec<_>>()
        };
        assert_eq!(told(&mut seen, &[11, 13]), [11, 13]);
        assert_eq!(told(&mut seen, &[11, 12, 13]), [12], "it was committed later");
        assert_eq!(seen.last, 13);
        let many: Vec<i64> = (14..5_000).collect();
        told(&mut seen, &many);
        assert!(seen.recent.len() <= 401, "{}", seen.recent.len());
    }
}
