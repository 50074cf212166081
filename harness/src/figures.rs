//! Statistics for reports.

use std::time::Duration;

use serde_json::{Value, json};

/// Sorted durations, for percentiles.
#[derive(Clone, Debug, Default)]
pub struct Spread(Vec<Duration>);

impl Spread {
    /// From values in any order.
    pub fn new(mut values: Vec<Duration>) -> Spread {
        values.sort();
        Spread(values)
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The quantile `share` (0 to 1); zero without values.
    pub fn at(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.0.get(at).copied().unwrap_or_default()
    }

    /// The largest value; zero without values.
    pub fn max(&self) -> Duration {
        self.at(1.0)
    }

    /// `count`, and `p50_ms`, `p95_ms`, `p99_ms` and `max_ms` in milliseconds.
    pub fn json(&self) -> Value {
        let millis = |share| (self.at(share).as_secs_f64() * 1e4).round() / 10.0;
        json!({
            "count": self.count(), "p50_ms": millis(0.5), "p95_ms": millis(0.95), "p99_ms": millis(0.99),
            "max_ms": millis(1.0),
        })
    }
}

/// Formats milliseconds, with one decimal below 10.
pub fn millis(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1e3;
    if millis < 10.0 { format!("{millis:.1} ms") } else { format!("{millis:.0} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_use_the_sorted_values() {
        let spread = Spread::new((1..=101).rev().map(Duration::from_millis).collect());
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| spread.at(share).as_millis()), [1, 51, 100, 101]);
        assert_eq!(Spread::default().max(), Duration::ZERO);
        assert_eq!(
            (millis(Duration::from_micros(1234)), millis(spread.max())),
            ("1.2 ms".into(), "101 ms".into())
        );
    }
}
