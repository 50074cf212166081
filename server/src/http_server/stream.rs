//! A connection whose peer must read what it asked for.
//!
//! The time during which a write waits for the peer comes from a budget, which every written byte refills: a peer on a
//! slow line gets its photo, one that reads a byte now and then is disconnected. Reading has no such budget: while a head
//! or a body is expected the server has deadlines of its own, and a WebSocket has its pings.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};
use tolmach_channels::web::Counted;

/// The slowest rate at which a peer may read in the long run, in bytes a second.
const SLOWEST: u32 = 4096;

/// A TCP stream with a budget for waiting. Counts as a connection until it is dropped, also when it became a WebSocket.
pub(super) struct BoundedStream {
    stream: TcpStream,
    budget: Budget,
    /// Wakes the task when the budget is used up, while a write waits.
    alarm: Option<Pin<Box<Sleep>>>,
    _counted: Counted,
}

impl BoundedStream {
    pub(super) fn new(stream: TcpStream, budget: Duration, counted: Counted) -> BoundedStream {
        BoundedStream { stream, budget: Budget::new(budget), alarm: None, _counted: counted }
    }

    fn written(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(written) => {
                self.alarm = None;
                self.budget.written(written.as_ref().map_or(0, |bytes| *bytes), Instant::now());
                Poll::Ready(written)
            }
            Poll::Pending => {
                let end = self.budget.waits(Instant::now());
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(end)));
                match alarm.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }
}

/// How long writes may still wait.
struct Budget {
    most: Duration,
    left: Duration,
    /// Since when a write waits.
    since: Option<Instant>,
}

impl Budget {
    fn new(most: Duration) -> Budget {
        Budget { most, left: most, since: None }
    }

    /// A write waits: the time at which the budget ends.
    fn waits(&mut self, now: Instant) -> Instant {
        *self.since.get_or_insert(now) + self.left
    }

    fn written(&mut self, bytes: usize, now: Instant) {
        if let Some(since) = self.since.take() {
            self.left = self.left.saturating_sub(now - since);
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.left = (self.left + Duration::from_secs(1) * bytes / SLOWEST).min(self.most);
    }
}

impl AsyncRead for BoundedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for BoundedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_uses_the_budget_up_and_reading_refills_it() {
        let (most, second) = (Duration::from_secs(10), Duration::from_secs(1));
        let start = Instant::now();
        let mut budget = Budget::new(most);
        assert_eq!(budget.waits(start), start + most);
        assert_eq!(budget.waits(start + second), start + most, "the same wait goes on");
        budget.written(1, start + 9 * second);
        assert!(budget.left < second + Duration::from_millis(1), "{:?}", budget.left);
        budget.written(2 * SLOWEST as usize, start + 9 * second);
        assert!(budget.left >= 3 * second, "{:?}", budget.left);
        budget.written(1 << 30, start + 9 * second);
        assert_eq!(budget.left, most, "it cannot be saved up");
        // A peer that reads at half the slowest rate is disconnected in the end.
        let mut now = start + 20 * second;
        for _ in 0..20 {
            let end = budget.waits(now);
            if end < now + 2 * second {
                return;
            }
            now += 2 * second;
            budget.written(SLOWEST as usize, now);
        }
        panic!("it reads on at half the rate");
    }
}
