//! The external systems of a run. They outlive the processes under test and record what they see.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tolmach_testkit::{smtp::Smtp, telegram::Telegram};

use super::ledger::{Entry, Ledger};

/// Subject of the notice to the staff about a quarantined task.
const QUARANTINED: &str = "A task is quarantined";

/// The fakes and the ledger.
pub struct TestBed {
    /// Source of updates and receiver without deduplication.
    pub telegram: Telegram,
    /// Receiver that deduplicates by Message-ID.
    pub smtp: Smtp,
    began: Instant,
    ledger: Mutex<Ledger>,
}

impl TestBed {
    /// Starts the fakes with an empty ledger.
    pub async fn new() -> TestBed {
        TestBed {
            telegram: Telegram::start().await,
            smtp: Smtp::start().await,
            began: Instant::now(),
            ledger: Mutex::default(),
        }
    }

    /// Sends a client's message.
    pub fn write(&self, chat: i64, text: String) {
        self.note(Entry::Wrote { chat, text: text.clone() });
        self.telegram.writes(chat, &text);
    }

    /// Records an entry after all messages that have been shown so far.
    pub fn note(&self, entry: Entry) {
        let mut ledger = self.ledger();
        self.collect_into(&mut ledger);
        ledger.note(self.began.elapsed(), entry);
    }

    /// Moves shown messages and mails into the ledger. Returns how many effects are still expected.
    pub fn collect_shown(&self) -> usize {
        let mut ledger = self.ledger();
        self.collect_into(&mut ledger);
        ledger.missing()
    }

    /// Number of updates that are not acknowledged.
    pub fn pending(&self) -> usize {
        self.telegram.inner().updates.len()
    }

    /// Time since the start of the run.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Locks the ledger.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Entries are recorded whole, so a poisoned lock is harmless.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collect_into(&self, ledger: &mut Ledger) {
        let shown = {
            let mut inner = self.telegram.inner();
            // Unused here, and large in a long run.
            inner.seen.clear();
            inner.refused.clear();
            std::mem::take(&mut inner.shown)
        };
        let mails = std::mem::take(&mut self.smtp.inner().mails);
        let at = self.began.elapsed();
        for message in shown {
            let chat = message["chat"].as_i64().unwrap_or_default();
            let text = message["text"].as_str().unwrap_or_default().to_owned();
            ledger.note(at, Entry::Shown { chat, text });
        }
        for mail in mails {
            // A task that was running during three crashes is quarantined, and the staff is told. This is expected and
            // not part of the dialogs.
            if mail.headers.get("subject").is_some_and(|subject| subject == QUARANTINED) {
                continue;
            }
            // The lines after the first one say how to reply.
            let text = mail.text.lines().next().unwrap_or_default().to_owned();
            ledger.note(at, Entry::Mail { id: mail.id().to_owned(), text });
        }
    }
}
