//! Events of an import in progress, for a bar in a terminal or a page.
//!
//! What they look like is decided by whoever receives them.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use tolmach_catalog::{Progress, Stage};

/// Fewest milliseconds from which a speed is computed.
const MEASURED: u128 = 200;

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ImportProgress {
    /// The current stage.
    pub stage: Stage,
    /// Rows processed in this stage.
    pub done: u64,
    /// Rows of the new generation.
    pub total: u64,
    /// Rows per second in this stage; `None` until a fifth of a second of it has passed.
    pub rows_per_second: Option<u64>,
}

/// Measures how fast the rows of each stage are processed.
#[derive(Debug)]
pub(crate) struct Meter {
    started: Instant,
    /// The current stage and when it began.
    stage: Mutex<Option<(Stage, Duration)>>,
}

impl Meter {
    pub fn start() -> Meter {
        Meter { started: Instant::now(), stage: Mutex::default() }
    }

    /// The event for what a build reports.
    pub fn observe(&self, progress: Progress) -> ImportProgress {
        self.observe_at(progress, self.started.elapsed())
    }

    fn observe_at(&self, Progress { stage, done, total }: Progress, now: Duration) -> ImportProgress {
        let mut current = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        // The time before the first stage belongs to it: nothing is reported while it runs.
        let begun =
            current.map_or(Duration::ZERO, |(before, begun)| if before == stage { begun } else { now });
        *current = Some((stage, begun));
        let passed = now.saturating_sub(begun).as_millis();
        let rate = |done: u64| u64::try_from(u128::from(done) * 1000 / passed.max(1)).unwrap_or(u64::MAX);
        ImportProgress { stage, done, total, rows_per_second: (passed >= MEASURED).then(|| rate(done)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_is_measured_from_its_own_beginning() {
        let meter = Meter::start();
        let mut seen = Vec::new();
        for (stage, done, at) in [
            (Stage::Merging, 1000, 500),
            (Stage::Embedding, 256, 1000),
            (Stage::Embedding, 512, 1100),
            (Stage::Embedding, 1000, 2000),
            (Stage::Indexing, 1000, 2000),
        ] {
            let progress = meter.observe_at(Progress { stage, done, total: 1000 }, Duration::from_millis(at));
            seen.push((progress.stage, progress.rows_per_second));
        }
        assert_eq!(
            seen,
            [
                (Stage::Merging, Some(2000)),
                (Stage::Embedding, None),
                (Stage::Embedding, None),
                (Stage::Embedding, Some(1000)),
                (Stage::Indexing, None),
            ]
        );
    }
}
