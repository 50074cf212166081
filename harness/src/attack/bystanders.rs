//! Ordinary clients, and somebody who watches /health, during an attack.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinSet,
    time::timeout,
};

use super::{
    target::Target,
    targets::{ANSWER, HEALTH},
};
use crate::{
    figures::Spread,
    page::{Page, WORDS, connect},
};

/// Number of clients. Each has an address of its own.
const CLIENTS: u8 = 8;
/// Pause of a client between an answer and its next message; a page may send one message a second.
const THINK: Duration = Duration::from_millis(1100);
/// Pause between two requests for /health.
const LOOK: Duration = Duration::from_millis(200);
/// Time limit of a request for /health.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long is waited until all is as before.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many answers in a row within the targets are as before.
const IN_A_ROW: usize = 3;

/// What they notice.
#[derive(Debug, Default)]
pub struct Noticed {
    /// Times from a message to the bot's answer.
    pub answers: Spread,
    /// Times of a request for /health.
    pub health: Spread,
    /// Messages that were not answered, and requests that failed.
    pub failures: Vec<String>,
}

#[derive(Debug, Default)]
struct Notes {
    answers: Vec<Duration>,
    health: Vec<Duration>,
    failures: Vec<String>,
}

/// Clients that talk until this is dropped.
pub struct Bystanders {
    notes: Arc<Mutex<Notes>>,
    _tasks: JoinSet<()>,
}

impl Bystanders {
    /// Opens their pages and lets them talk.
    ///
    /// # Errors
    /// If a page cannot be opened.
    pub async fn start(target: &Target) -> anyhow::Result<Bystanders> {
        let notes = Arc::<Mutex<Notes>>::default();
        let mut tasks = JoinSet::new();
        for number in 0..CLIENTS {
            let page = open(&target.address, number).await.map_err(anyhow::Error::msg);
            let page = page.context("an ordinary client cannot open the page")?;
            tasks.spawn(talk(page, target.address.clone(), number, Arc::clone(&notes)));
        }
        tasks.spawn(watch(target.address.clone(), Arc::clone(&notes)));
        Ok(Bystanders { notes, _tasks: tasks })
    }

    /// What was noticed since the last call.
    pub fn take(&self) -> Noticed {
        let notes = std::mem::take(&mut *lock(&self.notes));
        Noticed {
            answers: Spread::new(notes.answers),
            health: Spread::new(notes.health),
            failures: notes.failures,
        }
    }

    /// Waits until answers come as fast as they should again; `None` when they do not in half a minute.
    pub async fn normal_again(&self, target: &Target) -> Option<Duration> {
        let began = Instant::now();
        let mut good = 0;
        while began.elapsed() < PATIENCE {
            let health = health(&target.address).await;
            let noticed = self.take();
            let fast = health.is_ok_and(|health| health < HEALTH)
                && noticed.failures.is_empty()
                && noticed.answers.max() < ANSWER;
            good = if fast { good + 1 } else { 0 };
            if good == IN_A_ROW {
                return Some(began.elapsed());
            }
            tokio::time::sleep(LOOK).await;
        }
        None
    }
}

async fn open(address: &str, number: u8) -> Result<Page, String> {
    Page::open(address, IpAddr::V4(Ipv4Addr::new(127, 1, 0, number + 1))).await
}

/// One client: asks, reads the answer, pauses; opens the page again after a failure.
async fn talk(mut page: Page, address: String, number: u8, notes: Arc<Mutex<Notes>>) {
    // They do not write in step.
    let _ = page.until(tokio::time::sleep(THINK * u32::from(number) / u32::from(CLIENTS))).await;
    for words in WORDS.iter().cycle().skip(usize::from(number)) {
        let failed = match page.ask(words).await {
            Ok(answered) => {
                lock(&notes).answers.push(answered.answer);
                page.until(tokio::time::sleep(THINK)).await.err()
            }
            Err(why) => Some(why),
        };
        let Some(why) = failed else { continue };
        lock(&notes).failures.push(why);
        loop {
            match open(&address, number).await {
                Ok(opened) => break page = opened,
                Err(why) => lock(&notes).failures.push(why),
            }
            tokio::time::sleep(THINK).await;
        }
    }
}

async fn watch(address: String, notes: Arc<Mutex<Notes>>) {
    loop {
        match health(&address).await {
            Ok(took) => lock(&notes).health.push(took),
            Err(why) => lock(&notes).failures.push(format!("/health: {why}")),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The time of a request for /health over a new connection, as a monitor makes it.
async fn health(address: &str) -> Result<Duration, String> {
    let began = Instant::now();
    let asked = async {
        let mut stream = connect(address, IpAddr::V4(Ipv4Addr::new(127, 1, 1, 1))).await?;
        let request = format!("GET /health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = timeout(TIMEOUT, asked).await.map_err(|_| "no answer in time")?;
    let answer = answer.map_err(|error| error.to_string())?;
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(answer.lines().next().unwrap_or("an empty answer").to_owned());
    }
    Ok(began.elapsed())
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
