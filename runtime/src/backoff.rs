//! Exponential backoff with jitter, which keeps many callers from retrying at the same moment.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// The pause before the next attempt: doubles from `first` with every attempt (counted from 0) up to `most`; a random
/// value between half of that and all of it is returned.
pub fn wait(first: Duration, most: Duration, attempt: u32) -> Duration {
    let whole = first.saturating_mul(2_u32.saturating_pow(attempt.min(20))).min(most);
    // `RandomState` is the only source of randomness in the standard library; it is good enough for jitter.
    let random = RandomState::new().build_hasher().finish();
    whole.mul_f64(0.5 + (random % 1024) as f64 / 2048.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_within_its_bounds() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        for attempt in 0..100 {
            let whole = first.saturating_mul(1 << attempt.min(10)).min(most);
            let wait = wait(first, most, attempt);
            assert!(wait >= whole / 2 && wait <= whole, "attempt {attempt}: {wait:?}");
        }
    }
}
