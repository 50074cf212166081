//! The progress of reading and importing a price list, as one line of a terminal.

use std::{
    future::Future,
    io::{IsTerminal, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

use tolmach_app::price_list::ImportProgress;
use tolmach_catalog::Stage;

/// Characters of the bar.
const BAR: u64 = 24;
/// Shortest time between two lines.
const PAUSE: Duration = Duration::from_millis(100);
/// Clears the line.
const CLEAR: &str = "\r\x1b[2K";

/// A bar on stderr; nothing where that is not a terminal.
pub struct Bar {
    shown: bool,
    /// When the last line was written, and about which stage.
    last: Mutex<Option<(Instant, Stage)>>,
}

impl Bar {
    /// A bar that is shown if stderr is a terminal and `wanted`.
    pub fn new(wanted: bool) -> Bar {
        Bar { shown: wanted && std::io::stderr().is_terminal(), last: Mutex::default() }
    }

    /// Shows how far an import is, ten times a second at most.
    pub fn show(&self, progress: ImportProgress) {
        let Ok(mut last) = self.last.lock() else { return };
        let now = Instant::now();
        let stage = progress.stage;
        let soon = last.is_some_and(|(at, before)| before == stage && now.duration_since(at) < PAUSE);
        if !self.shown || soon && progress.done != progress.total {
            return;
        }
        *last = Some((now, stage));
        let ended = stage == Stage::Verifying && progress.done == progress.total;
        self.write(&if ended { String::new() } else { line(progress) });
    }

    /// Waits for a file to be read and counts the seconds from the second one on.
    pub async fn reading<T>(&self, read: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let mut read = std::pin::pin!(read);
        loop {
            tokio::select! {
                read = &mut read => {
                    self.write("");
                    return read;
                }
                _ = seconds.tick() => {
                    let passed = started.elapsed().as_secs();
                    if passed > 0 {
                        self.write(&format!("  reading    {passed} s"));
                    }
                }
            }
        }
    }

    fn write(&self, line: &str) {
        if self.shown {
            let mut out = std::io::stderr().lock();
            // A terminal that is gone is no reason to stop an import.
            let _ = write!(out, "{CLEAR}{line}").and_then(|()| out.flush());
        }
    }
}

/// A line of at most 80 columns: the stage, a bar, and how fast it goes.
fn line(ImportProgress { stage, done, total, rows_per_second }: ImportProgress) -> String {
    let name = match stage {
        Stage::Merging => "merging",
        Stage::Embedding => "embedding",
        Stage::Indexing => "indexing",
        Stage::Verifying => "verifying",
    };
    let part = |whole: u64| (done.min(total) * whole).checked_div(total).unwrap_or(whole);
    let full = part(BAR);
    let bar: String = (0..BAR).map(|place| if place < full { '█' } else { '░' }).collect();
    let rate = rows_per_second.map_or_else(String::new, |rate| format!(", {rate} rows/s"));
    format!("  {name:<10} {bar} {:>3} %  {done} of {total} rows{rate}", part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_the_stage_the_share_and_the_speed() {
        let progress =
            ImportProgress { stage: Stage::Indexing, done: 500, total: 1000, rows_per_second: Some(2500) };
        assert_eq!(
            line(progress),
            "  indexing   ████████████░░░░░░░░░░░░  50 %  500 of 1000 rows, 2500 rows/s"
        );
        let empty = ImportProgress { stage: Stage::Merging, done: 0, total: 0, rows_per_second: None };
        assert!(line(empty).contains("100 %"));
    }
}
