//! Computation off the asynchronous threads, so that sockets, timers and /health go on while a turn, a search or a
//! classifier computes.

use std::{sync::LazyLock, time::Duration};

use tokio::{sync::Semaphore, time::timeout};

use crate::ports;

/// As many short computations at once as the processor has cores; more would only take time from each other.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from).max(2)));

/// How long a computation keeps its place. One that takes longer goes on beside the others, so that a few long ones do
/// not keep everybody waiting.
const PLACE: Duration = Duration::from_millis(100);

/// Runs `work` on a thread for blocking work and returns its result. Waits for a free core first.
///
/// A computation cannot be stopped from outside: when the returned future is dropped, its thread goes on by itself.
///
/// # Errors
/// [`Stopped::Panicked`] when `work` panics.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stopped> {
    run_within(None, work).await
}

/// Like [`run`], for at most `limit` from its beginning, without the time that it waits for a core.
///
/// # Errors
/// [`Stopped`] when `work` panics or takes longer.
pub async fn run_within<T: Send + 'static>(
    limit: impl Into<Option<Duration>>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stopped> {
    let limit = limit.into().unwrap_or(Duration::MAX);
    // The semaphore is never closed.
    let place = PLACES.acquire().await;
    let mut work = tokio::task::spawn_blocking(work);
    let done = match timeout(PLACE.min(limit), &mut work).await {
        Ok(done) => done,
        Err(_) => {
            drop(place);
            let left = limit.saturating_sub(PLACE);
            timeout(left, work).await.map_err(|_| Stopped::TooLong)?
        }
    };
    done.map_err(|_| Stopped::Panicked)
}

/// Why a computation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// It panicked; the panic itself is in the log.
    #[error("it panicked")]
    Panicked,
    /// It took longer than its limit.
    #[error("it took too long")]
    TooLong,
}

impl From<Stopped> for ports::Error {
    fn from(why: Stopped) -> ports::Error {
        ports::Error::refused("compute", why)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn computations_that_do_not_end_keep_nobody_waiting() {
        let mut held = Vec::new();
        let mut endless = Vec::new();
        for _ in 0..20 {
            let (release, wait) = mpsc::channel::<()>();
            endless.push(tokio::spawn(run_within(Duration::from_secs(3), move || wait.recv().is_ok())));
            held.push(release);
        }
        assert_eq!(run(|| 5).await, Ok(5));
        for endless in endless {
            assert_eq!(endless.await.unwrap(), Err(Stopped::TooLong));
        }
        drop(held);
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let panics = run(|| assert_eq!(1, std::hint::black_box(2)));
        assert_eq!(panics.await, Err(Stopped::Panicked));
    }
}
