//! The current time, for the use cases.

use tolmach_runtime::ports::{Clock, SystemClock};

/// Now, milliseconds since the Unix epoch.
pub fn now() -> i64 {
    SystemClock.now()
}
