//! Rate limiters. Pure: the time is a value.

use std::{collections::HashMap, hash::Hash, time::Duration};

/// Most keys of a limiter in each of its two generations.
const KEYS: usize = 8192;

/// How many units may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Units a minute, at least 1.
    pub per_minute: u32,
    /// Units that may be taken at once, at least 1.
    pub burst: u32,
}

impl Rate {
    /// As many at once as in a minute.
    pub fn a_minute(per_minute: u32) -> Rate {
        Rate { per_minute: per_minute.max(1), burst: per_minute.max(1) }
    }

    /// The time in which one unit is allowed again.
    fn interval(self) -> Duration {
        Duration::from_secs(60) / self.per_minute.max(1)
    }
}

/// A token bucket for each key, in the form of the generic cell rate algorithm (ITU-T I.371): of a bucket only the time
/// is kept at which it is full again.
///
/// Keys are bounded. When a generation is full it becomes the older one, and the older one is forgotten: a key that was
/// not used since starts with a full bucket.
#[derive(Debug)]
pub struct RateLimiter<K> {
    rate: Rate,
    recent: HashMap<K, Duration>,
    older: HashMap<K, Duration>,
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// With full buckets.
    pub fn new(rate: Rate) -> RateLimiter<K> {
        RateLimiter { rate, recent: HashMap::new(), older: HashMap::new() }
    }

    /// Takes `amount` units of a key's bucket at `now`, a time since any fixed point. An amount above the burst counts as
    /// the burst.
    ///
    /// # Errors
    /// When there are not so many: the time after which there are. Nothing is taken then.
    pub fn take(&mut self, key: K, amount: u32, now: Duration) -> Result<(), Duration> {
        let known = self.recent.get(&key).or_else(|| self.older.get(&key));
        let full_at = known.copied().unwrap_or(now).max(now);
        let after = full_at + self.rate.interval() * amount.min(self.rate.burst);
        let tolerance = self.rate.interval() * self.rate.burst;
        let wait = after.saturating_sub(now).saturating_sub(tolerance);
        if !wait.is_zero() {
            return Err(wait);
        }
        if self.recent.len() >= KEYS && !self.recent.contains_key(&key) {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, after);
        Ok(())
    }

    #[cfg(test)]
    fn keys(&self) -> usize {
        self.recent.len() + self.older.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let mut limiter = RateLimiter::new(Rate { per_minute: 60, burst: 3 });
        let mut take = |at: u64| limiter.take("a", 1, seconds(at));
        assert_eq!([take(0), take(0), take(0)], [Ok(()), Ok(()), Ok(())]);
        assert_eq!(take(0), Err(seconds(1)));
        assert_eq!([take(1), take(1)], [Ok(()), Err(seconds(1))]);
        assert_eq!([take(100), take(100), take(100), take(100)], [Ok(()), Ok(()), Ok(()), Err(seconds(1))]);
    }

    #[test]
    fn keys_do_not_share_a_bucket() {
        let mut limiter = RateLimiter::new(Rate::a_minute(1));
        assert!(limiter.take("a", 1, seconds(0)).is_ok());
        assert!(limiter.take("b", 1, seconds(0)).is_ok());
        assert_eq!(limiter.take("a", 1, seconds(20)), Err(seconds(40)));
    }

    #[test]
    fn amounts_are_taken_whole_or_not_at_all() {
        let mut limiter = RateLimiter::new(Rate::a_minute(60));
        assert!(limiter.take("a", 50, seconds(0)).is_ok());
        assert_eq!(limiter.take("a", 20, seconds(0)), Err(seconds(10)));
        assert!(limiter.take("a", 10, seconds(0)).is_ok());
        // More than a bucket can ever hold is allowed with a full bucket, or it never would be.
        assert!(limiter.take("b", 1000, seconds(0)).is_ok());
        assert!(limiter.take("b", 1, seconds(0)).is_err());
    }

    #[test]
    fn keys_are_bounded_and_those_in_use_are_kept() {
        let mut limiter = RateLimiter::new(Rate::a_minute(1));
        assert!(limiter.take(usize::MAX, 1, seconds(0)).is_ok());
        for key in 0..KEYS {
            assert!(limiter.take(key, 1, seconds(0)).is_ok());
        }
        assert!(limiter.take(usize::MAX, 1, seconds(1)).is_err(), "it is in the older generation");
        for key in 0..10 * KEYS {
            let _ = limiter.take(key, 1, seconds(2));
            assert!(limiter.keys() <= 2 * KEYS);
        }
        assert!(limiter.take(usize::MAX, 1, seconds(3)).is_ok(), "a key that is not used is forgotten");
    }
}
