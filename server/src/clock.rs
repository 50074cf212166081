//! The time, which the use cases are given.

use tolmach_runtime::ports::{Clock, SystemClock};

/// Now, milliseconds since the Unix epoch.
pub fn now() -> i64 {
    SystemClock.now()
}
