//! From what a classifier sees to the probability that it is right.
//!
//! The weights are `build/calibrate.py`'s: a logistic regression on 240 sets of 2 to 60 labels with 1 to 120 examples each, drawn at
//! random from four public collections of intents, where a quarter of the messages belonged to none of the labels.

/// What speaks for the likeliest label.
pub(super) struct Signs {
    /// Its share among the labels, 0 to 1.
    pub share: f32,
    /// By how much its logit exceeds the mean one.
    pub logit: f32,
    /// Nearness of its nearest example, and by how much that exceeds the nearest one of another label.
    pub near: f32,
    pub ahead: f32,
    pub labels: usize,
    /// Examples of this label.
    pub examples: usize,
}

/// The probability that the label is right.
pub(super) fn of(signs: &Signs) -> f32 {
    let Signs { share, logit, near, ahead, .. } = *signs;
    let (labels, examples) = ((signs.labels as f32).ln(), (signs.examples.max(1) as f32).ln());
    let evidence = if signs.labels < 2 {
        // The only label has no rival to be ahead of.
        -2.77 + 8.46 * near - 0.54 * examples + 0.21 * near * examples
    } else {
        let odds = (share / (1.0 - share).max(1e-6)).ln().clamp(-6.0, 6.0);
        -1.633 + 1.039 * odds + 3.103 * near + 5.055 * ahead + 0.236 * logit + 0.487 * labels
            - 0.912 * examples
    };
    1.0 / (1.0 + (-evidence).exp())
}
