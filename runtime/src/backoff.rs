//! How long to wait before trying again. The spread keeps many clients from returning at the same moment.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Doubles from `first` with every attempt (counted from 0) up to `most`, then takes a random share between half and
/// all of it.
pub fn wait(first: Duration, most: Duration, attempt: u32) -> Duration {
    let whole = first.saturating_mul(2_u32.saturating_pow(attempt.min(20))).min(most);
    // The standard library's only source of randomness; ample for a spread.
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
