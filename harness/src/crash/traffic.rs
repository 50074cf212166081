//! Clients who write, and bad days of the outside, both from the seed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fastrand::Rng;
use tolmach_testkit::smtp::{Fault, Step};

use super::test_bed::TestBed;

/// Chats of a run.
const CHATS: i64 = 20;
/// Chats that talk at a time; the others are silent, so that their timers fall due.
const AWAKE: usize = 6;
/// Updates that may wait; more are not written while nobody takes them.
const PENDING: usize = 300;
/// Between two messages, at most.
const GAP: Duration = Duration::from_millis(16);
/// One message in so many goes to the staff as well.
const URGENT: u64 = 7;

/// Writes until it is dropped.
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
        test_bed.look();
    }
}

/// Something goes wrong outside, or nothing does. None of this may show: what fails is tried again.
///
/// It passes with the cycle: faults that waited for what is put off would strike each attempt, and every pause is twice as
/// long as the one before.
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

/// A random share of this.
pub fn up_to(rng: &mut Rng, most: Duration) -> Duration {
    most.mul_f64(rng.f64())
}
