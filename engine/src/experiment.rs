//! Which arm of an experiment a client is put into.

/// An arm with its share of the clients.
pub type Arm<'a> = (&'a str, u32);

/// The arm that a client is put into: always the same for a chat and an experiment, and spread over chats by the shares. `None`
/// without arms.
pub fn drawn<'a>(experiment: &str, chat: &str, arms: &[Arm<'a>]) -> Option<&'a str> {
    let whole: f64 = arms.iter().map(|(_, share)| f64::from(*share)).sum();
    let mut left = fraction(experiment, chat) * whole;
    let chosen = arms.iter().find(|(_, share)| {
        left -= f64::from(*share);
        left < 0.0
    });
    // Rounding may leave the last one without its end.
    chosen.or(arms.last()).map(|(arm, _)| *arm)
}

/// A number from 0 (included) to 1 (excluded), evenly distributed over chats.
fn fraction(experiment: &str, chat: &str) -> f64 {
    let hash = blake3::hash(format!("{experiment}\0{chat}").as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    // 53 bits are what a double holds exactly.
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_spread_by_the_shares_and_stay() {
        let arms = [("new", 3), ("old", 1)];
        let of = |chat: usize| drawn("greeting", &format!("web:{chat}"), &arms);
        let new = (0..4000).filter(|chat| of(*chat) == Some("new")).count();
        assert!((2850..3150).contains(&new), "{new} of 4000");
        assert_eq!(of(7), of(7));
        assert_eq!(drawn("greeting", "web:1", &[]), None);
    }
}
