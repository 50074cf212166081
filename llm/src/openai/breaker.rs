//! Circuit breaker: opens after consecutive failures, then lets one trial call through per pause.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tolmach_runtime::ports::{Error, Result};

use super::WHAT;

/// The breaker of one endpoint.
pub(super) struct Breaker {
    /// Consecutive failures that open the breaker; at least 1.
    limit: u32,
    /// How long it stays open before a trial call.
    pause: Duration,
    now: Box<dyn Fn() -> Instant + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    /// Set while the breaker is open. A trial call moves it forward, so that other calls keep waiting.
    until: Option<Instant>,
}

/// Permit for one call. Dropping it without calling [`Permit::succeeded`], as a cancelled caller does, counts as a
/// failure.
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    settled: bool,
}

impl Breaker {
    pub(super) fn new(limit: u32, pause: Duration) -> Breaker {
        Breaker::with_clock(limit, pause, Instant::now)
    }

    fn with_clock(limit: u32, pause: Duration, now: impl Fn() -> Instant + Send + Sync + 'static) -> Breaker {
        Breaker { limit: limit.max(1), pause, now: Box::new(now), state: Mutex::default() }
    }

    /// A permit for one call.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while the breaker is open.
    pub(super) fn enter(&self) -> Result<Permit<'_>> {
        let mut state = self.state();
        let now = (self.now)();
        if let Some(until) = state.until {
            if now < until {
                let seconds = (until - now).as_secs_f32();
                let failures = state.failures;
                return Err(Error::unavailable(
                    WHAT,
                    format!("left alone after {failures} failures in a row; tried again in {seconds:.0} s"),
                ));
            }
            state.until = Some(now + self.pause);
        }
        Ok(Permit { breaker: self, settled: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    pub(super) fn succeeded(mut self) {
        self.settled = true;
        *self.breaker.state() = State::default();
    }

    /// The same as dropping it, but explicit.
    pub(super) fn failed(self) {
        drop(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let mut state = self.breaker.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.breaker.limit {
            state.until = Some((self.breaker.now)() + self.breaker.pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_trial_through() {
        let (start, passed) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let clock = Arc::clone(&passed);
        let now = move || start + Duration::from_secs(clock.load(Ordering::Relaxed));
        let breaker = Breaker::with_clock(3, Duration::from_secs(30), now);
        let advance = |seconds| passed.fetch_add(seconds, Ordering::Relaxed);
        let fail = || breaker.enter().map(Permit::failed).is_ok();
        assert!(fail() && fail());
        breaker.enter().expect("closed").succeeded();
        assert!(fail() && fail());
        drop(breaker.enter().expect("a call whose caller gives up"));
        assert!(breaker.enter().is_err(), "open");
        advance(29);
        assert!(breaker.enter().is_err(), "still open");
        advance(2);
        let trial = breaker.enter().expect("one trial");
        assert!(breaker.enter().is_err(), "but only one");
        trial.failed();
        assert!(breaker.enter().is_err(), "open again");
        advance(31);
        breaker.enter().expect("one trial").succeeded();
        assert!(fail() && fail(), "closed, and counting from zero");
        assert!(breaker.enter().is_ok());
    }
}
