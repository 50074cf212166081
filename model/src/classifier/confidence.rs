//! From what a classifier sees to the probability that it is right.
//!
//! The weights are `build/calibrate.py`'s: a logistic regression on 180 sets of 2 to 60 labels with 1 to 200 examples each, drawn at
//! random from four collections of intents, where a quarter of the messages belonged to none of the labels. Weights fitted on
//! three of the collections are off by 0.02 to 0.05 on the fourth.

/// What speaks for the likeliest label.
pub(super) struct Signs {
    /// Its share among the labels, 0 to 1.
    pub share: f32,
    /// By how much its logit exceeds the mean one.
    pub logit: f32,
    /// Nearness of its nearest example, and by how much that exceeds the nearest one of another label.
    pub near: f32,
    pub ahead: f32,
    /// How near an example is to the nearest other one of its label, on average: where examples are much alike, a message must be
    /// nearer to count as near.
    pub dense: f32,
    /// How many there are.
    pub labels: usize,
}

/// The probability that the label is right.
pub(super) fn of(signs: &Signs) -> f32 {
    let Signs { share, logit, near, ahead, dense, labels } = *signs;
    let evidence = if labels < 2 {
        // The only label has no rival to be ahead of, and no collection shows how it fares: a message about as near as foreign
        // ones are to the nearest of many is as likely as not.
        9.5 * near - 4.4
    } else {
        let odds = (share / (1.0 - share).max(1e-6)).ln().clamp(-6.0, 6.0);
        0.858 + 0.442 * odds + 5.645 * near + 6.368 * ahead + 0.140 * logit - 6.756 * dense
    };
    1.0 / (1.0 + (-evidence).exp())
}
