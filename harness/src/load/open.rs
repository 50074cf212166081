//! The server under load, and the simulated clients.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use fastrand::Rng;
use futures_util::{StreamExt, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{sync::watch, task::JoinSet};

use super::{
    report::{Errors, Measured},
    server::{OPENING, Server},
};
use crate::page::{Answered, Failure, HERE, Page, WORDS};

/// Open files besides the pages' sockets: the database, the catalogue, threads.
const SPARE: u64 = 512;
/// Pause before the memory of idle chats is read.
const SETTLE: Duration = Duration::from_secs(5);

/// Raises the limit of open files for this process and the child, which inherits it.
///
/// # Errors
/// If the system does not allow that many.
pub fn enough_files(sockets: usize) -> anyhow::Result<()> {
    let needed = sockets as u64 + SPARE;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if maximum.is_some_and(|maximum| maximum < needed) {
        bail!(
            "{sockets} sockets need {needed} open files, and the system allows {}; raise `ulimit -Hn`",
            maximum.unwrap_or_default()
        );
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })
        .with_context(|| format!("{sockets} sockets need {needed} open files; raise `ulimit -n`"))
}

/// Opens `count` pages, runs `first` on each and passes each to `hand_over` at once, because the server disconnects a
/// page that does not answer pings.
async fn open<F>(
    server: &Server,
    count: usize,
    errors: &mut Errors,
    first: F,
    mut hand_over: impl FnMut(Page),
) where
    F: AsyncFn(usize, &mut Page) -> Result<(), Failure>,
{
    let opening = stream::iter(0..count).map(async |number| {
        let mut page = Page::open(&server.address, HERE).await?;
        first(number, &mut page).await?;
        Ok::<_, Failure>(page)
    });
    let mut opening = std::pin::pin!(opening.buffer_unordered(OPENING));
    while let Some(page) = opening.next().await {
        match page {
            Ok(page) => hand_over(page),
            Err(why) => *errors.entry(why).or_default() += 1,
        }
    }
}

/// Measures clients that send a message, read the answer and pause, for `length`.
///
/// # Errors
/// If a client task panics.
pub async fn busy(
    server: &Server,
    clients: usize,
    think: Duration,
    length: Duration,
) -> anyhow::Result<Measured> {
    let mut errors = Errors::new();
    let (go, gone) = watch::channel(None);
    let mut talking = JoinSet::new();
    let opening = Instant::now();
    let talk = |page| {
        let rng = Rng::with_seed(talking.len() as u64);
        talking.spawn(client(page, rng, think, gone.clone()));
    };
    open(server, clients, &mut errors, async |_, _| Ok(()), talk).await;
    let opened = opening.elapsed();
    let before = server.usage();
    go.send_replace(Some(Instant::now() + length));
    let mut answered: Vec<Answered> = Vec::new();
    while let Some(one) = talking.join_next().await {
        let (of, failure) = one.context("a client broke down")?;
        answered.extend(of);
        if let Some(why) = failure {
            *errors.entry(why).or_default() += 1;
        }
    }
    let measured = Measured::new(server, before, &answered, errors);
    Ok(Measured { clients, think: Some(think), opened, length, ..measured })
}

/// One client. Returns its measurements, and the reason if it ended early.
async fn client(
    mut page: Page,
    mut rng: Rng,
    think: Duration,
    mut go: watch::Receiver<Option<Instant>>,
) -> (Vec<Answered>, Option<Failure>) {
    let mut answered = Vec::new();
    let end = match page.until(go.wait_for(Option::is_some)).await {
        Ok(end) => end.ok().and_then(|end| *end).unwrap_or_else(Instant::now),
        Err(why) => return (answered, Some(why)),
    };
    // A random first pause, so that clients do not start in step.
    let mut pause = think.mul_f64(rng.f64());
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if let Err(why) = page.until(tokio::time::sleep(pause.min(left))).await {
            return (answered, Some(why));
        }
        if Instant::now() >= end {
            return (answered, None);
        }
        match page.ask(WORDS[rng.usize(..WORDS.len())]).await {
            Ok(one) => answered.push(one),
            Err(why) => return (answered, Some(why)),
        }
        pause = think.mul_f64(0.5 + rng.f64()).max(Duration::from_secs(1));
    }
}

/// Measures the memory of chats that have sent one message and stay open.
///
/// # Errors
/// Returns no error at present: failures of pages are counted in the result.
pub async fn idle(server: &Server, chats: usize) -> anyhow::Result<Measured> {
    let mut errors = Errors::new();
    let (end, ended) = watch::channel(false);
    let mut silent = JoinSet::new();
    let (before, opening) = (server.usage(), Instant::now());
    let answered = Mutex::new(Vec::with_capacity(chats));
    let first = async |number: usize, page: &mut Page| {
        let one = page.ask(WORDS[number % WORDS.len()]).await?;
        answered.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        Ok(())
    };
    let keep = |mut page: Page| {
        let mut ended = ended.clone();
        silent.spawn(async move { page.until(ended.wait_for(|ended| *ended)).await.map(drop) });
    };
    open(server, chats, &mut errors, first, keep).await;
    let opened = opening.elapsed();
    tokio::time::sleep(SETTLE).await;
    // Reads the memory while all pages are still connected.
    let answered = answered.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut measured = Measured::new(server, before, &answered, errors);
    end.send_replace(true);
    for ended in silent.join_all().await {
        if let Err(why) = ended {
            *measured.errors.entry(why).or_default() += 1;
        }
    }
    Ok(Measured { clients: chats, think: None, opened, length: opened, ..measured })
}
