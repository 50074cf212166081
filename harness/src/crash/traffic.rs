//! Random client messages and failures of the external systems, both from the seed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fastrand::Rng;
use tolmach_testkit::smtp::{Fault, Step};

use super::test_bed::TestBed;

/// Number of chats.
const CHATS: i64 = 20;
/// Chats that write at a time. The others are silent, so that their timers fire.
const AWAKE: usize = 6;
/// Maximum number of unconfirmed updates. At the limit clients pause.
const PENDING: usize = 300;
/// Longest pause between two messages.
const GAP: Duration = Duration::from_millis(16);
/// One in this many messages is urgent and also goes to the staff.
const URGENT: u64 = 7;

/// Writes messages until the future is dropped.
pub async fn write(test_bed: Arc<TestBed>, mut rng: Rng) {
    let mut chats: Vec<i64> = (0..CHATS).map(|chat| 5_000_000_000 + chat).collect();
    let mut shift = Instant::now();
    let mut number = 0;
    loop {
        if Instant::now() >= shift {
            rng.shuffle(&mut chats);
            shift = Instant::now() + up_to(&mut rng, Duration::from_secs(3));
        }
        if test_bed.pending() < PENDING
            && let Some(chat) = rng.choice(&chats[..AWAKE])
        {
            number += 1;
            let urgent = if number % URGENT == 0 { "!" } else { "" };
            test_bed.write(*chat, format!("вопрос {number} <i> & «ё»{urgent}"));
        }
        tokio::time::sleep(up_to(&mut rng, GAP)).await;
        test_bed.collect_shown();
    }
}

/// Schedules a random failure of an external system, or none. Failures must have no visible effect, because failed
/// deliveries are retried.
///
/// Failures that were not used in the last cycle are removed. Otherwise they would hit the same delivery at every
/// retry, and each backoff is twice as long as the one before.
pub fn bad_day(test_bed: &TestBed, rng: &mut Rng) {
    test_bed.smtp.inner().faults.clear();
    let mut telegram = test_bed.telegram.inner();
    telegram.faults.clear();
    telegram.poll_faults.clear();
    match rng.u8(..16) {
        0 => telegram.faults.push_back(Some((502, "Bad Gateway", None))),
        1 => telegram.faults.push_back(Some((429, "Too Many Requests: retry after 1", Some(1)))),
        2 => telegram.poll_faults.push_back((502, "Bad Gateway", None)),
        3 => test_bed.smtp.fails(Step::Receipt, Fault::TakeAndHangUp),
        4 => test_bed.smtp.fails(Step::Receipt, Fault::Say("451 4.3.0 later")),
        _ => {}
    }
}

/// A random duration up to `most`.
pub fn up_to(rng: &mut Rng, most: Duration) -> Duration {
    most.mul_f64(rng.f64())
}
