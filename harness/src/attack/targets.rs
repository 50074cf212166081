//! How fast ordinary clients are to be served during an attack.

use std::time::Duration;

/// Target for the 99th percentile of the ordinary clients' answers.
pub const ANSWER: Duration = Duration::from_millis(200);
/// Target for the 99th percentile of /health.
pub const HEALTH: Duration = Duration::from_millis(100);
