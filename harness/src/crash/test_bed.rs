//! The outside of a run: it stays while processes come and go, and writes down what it sees.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tolmach_testkit::{smtp::Smtp, telegram::Telegram};

use super::ledger::{Entry, Ledger};

/// What the staff is told of a task that is tried no more.
const PUT_ASIDE: &str = "A task is put aside";

/// The fakes and the ledger.
pub struct TestBed {
    /// The plain receiver, and where updates come from.
    pub telegram: Telegram,
    /// The receiver that knows ids.
    pub smtp: Smtp,
    began: Instant,
    ledger: Mutex<Ledger>,
}

impl TestBed {
    /// One in which nothing has happened.
    pub async fn new() -> TestBed {
        TestBed {
            telegram: Telegram::start().await,
            smtp: Smtp::start().await,
            began: Instant::now(),
            ledger: Mutex::default(),
        }
    }

    /// A client writes.
    pub fn write(&self, chat: i64, text: String) {
        self.note(Entry::Wrote { chat, text: text.clone() });
        self.telegram.writes(chat, &text);
    }

    /// Notes something after all that was shown before it.
    pub fn note(&self, entry: Entry) {
        let mut ledger = self.ledger();
        self.look_into(&mut ledger);
        ledger.note(self.began.elapsed(), entry);
    }

    /// Takes what was shown and mailed into the ledger; gives how much is still to come.
    pub fn look(&self) -> usize {
        let mut ledger = self.ledger();
        self.look_into(&mut ledger);
        ledger.missing()
    }

    /// Updates that are not acknowledged.
    pub fn pending(&self) -> usize {
        self.telegram.inner().updates.len()
    }

    /// Since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What happened so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // An entry is whole or not there.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_into(&self, ledger: &mut Ledger) {
        let shown = {
            let mut inner = self.telegram.inner();
            // Nobody asks for these, and a long run has many.
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
            // A task that was in hand at three blows is put aside and the staff is told: that is promised too, and is no
            // message of the dialogs.
            if mail.headers.get("subject").is_some_and(|subject| subject == PUT_ASIDE) {
                continue;
            }
            // Below the first line a mail says how to answer.
            let text = mail.text.lines().next().unwrap_or_default().to_owned();
            ledger.note(at, Entry::Mail { id: mail.id().to_owned(), text });
        }
    }
}
