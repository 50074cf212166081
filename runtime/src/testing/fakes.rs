//! Test doubles: a manual clock, a recording channel, a catalogue that fails.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use tolmach_engine::{
    catalog::{SearchRequest, SearchResults},
    channel::Capabilities,
    effect::Outgoing,
};

use crate::ports::{self, Address, Catalog, Channel, Clock, Delivery};

/// A clock that moves only when it is told to.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `at`, milliseconds since the Unix epoch.
    pub fn new(at: i64) -> ManualClock {
        ManualClock(AtomicI64::new(at))
    }

    /// Moves the clock forward by this many milliseconds.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A channel that records messages instead of delivering them.
#[derive(Debug)]
pub struct Recorder {
    name: &'static str,
    delivered: Mutex<Vec<(Address, String, Outgoing)>>,
}

impl Recorder {
    /// A recorder with the name of a channel.
    pub fn new(name: &'static str) -> Recorder {
        Recorder { name, delivered: Mutex::default() }
    }

    /// Takes the messages delivered since the last call, in order: address, effect id and message.
    pub fn take(&self) -> Vec<(Address, String, Outgoing)> {
        std::mem::take(&mut self.delivered.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Channel for Recorder {
    fn name(&self) -> &str {
        self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { name: self.name, ..Capabilities::UNLIMITED }
    }

    async fn deliver(&self, to: &Address, effect: &str, message: &Outgoing) -> Delivery {
        let mut delivered = self.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        delivered.push((to.clone(), effect.to_owned(), message.clone()));
        Delivery::Done
    }
}

/// A catalogue whose searches all fail.
#[derive(Debug)]
pub struct FailingCatalog;

#[async_trait]
impl Catalog for FailingCatalog {
    async fn search(&self, _: &SearchRequest) -> ports::Result<SearchResults> {
        Err(ports::Error::unavailable("search", "the test's catalogue is away"))
    }

    async fn holds_article(&self, _: &str) -> bool {
        false
    }

    fn generation(&self) -> Option<(String, u64)> {
        None
    }
}
