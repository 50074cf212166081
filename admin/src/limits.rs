//! How often somebody may try to log in.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tolmach_runtime::rate::{Rate, RateLimiter};

/// Attempts from one address; an IPv6 address stands for its /64.
const BY_ADDRESS: Rate = Rate { per_minute: 6, burst: 20 };
/// Attempts on one account, from anywhere.
const BY_ACCOUNT: Rate = Rate { per_minute: 1, burst: 10 };

/// Counts attempts to log in.
#[derive(Debug)]
pub(crate) struct Limits {
    started: Instant,
    rates: Mutex<(RateLimiter<IpAddr>, RateLimiter<String>)>,
}

impl Default for Limits {
    fn default() -> Limits {
        let rates = Mutex::new((RateLimiter::new(BY_ADDRESS), RateLimiter::new(BY_ACCOUNT)));
        Limits { started: Instant::now(), rates }
    }
}

impl Limits {
    /// Counts an attempt.
    ///
    /// # Errors
    /// When there were too many: the time after which the next one is allowed.
    pub(crate) fn attempt(&self, address: IpAddr, account: &str) -> Result<(), Duration> {
        let now = self.started.elapsed();
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates.0.take(network(address), 1, now)?;
        // A bounded key, whatever a stranger sends.
        rates.1.take(blake3::hash(account.as_bytes()).to_hex().to_string(), 1, now)
    }

    /// Counts an access token that nobody has.
    ///
    /// # Errors
    /// As [`Limits::attempt`].
    pub(crate) fn wrong_token(&self, address: IpAddr) -> Result<(), Duration> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates.0.take(network(address), 1, self.started.elapsed())
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_limited_by_account_and_by_address() {
        let limits = Limits::default();
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let tries = (0..12).filter(|_| limits.attempt(address(1), "anna").is_ok()).count();
        assert_eq!(tries, 10);
        assert!(limits.attempt(address(2), "anna").is_err(), "from anywhere");
        assert!(limits.attempt(address(2), "boris").is_ok());
        let tries = (0..40).filter(|n| limits.attempt(address(3), &n.to_string()).is_ok()).count();
        assert_eq!(tries, 20);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let limits = Limits::default();
        let tries = (0..40_u16).filter(|n| {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, *n]);
            limits.attempt(address, &n.to_string()).is_ok()
        });
        assert_eq!(tries.count(), 20);
    }
}
