//! Calibration: turns the classifier's signals into the probability that it is right.
//!
//! The weights come from `build/calibrate.py`: a logistic regression on 180 sets of 2 to 60 labels with 1 to 200
//! examples each, drawn at random from four intent datasets, with a quarter of the messages outside all labels. Weights
//! fitted on three of the datasets have a calibration error of 0.02 to 0.05 on the fourth.

/// Signals for the most probable label.
pub(super) struct Signals {
    /// Its softmax probability among the labels, 0 to 1.
    pub share: f32,
    /// By how much its logit exceeds the mean logit.
    pub logit: f32,
    /// Cosine similarity of its nearest example.
    pub near: f32,
    /// By how much `near` exceeds the similarity of the nearest example of any other label.
    pub ahead: f32,
    /// Mean similarity of an example to the nearest other one of its label. If examples are much alike, a message must
    /// be nearer to count as near.
    pub dense: f32,
    /// Number of labels that have examples.
    pub labels: usize,
}

/// The probability that the label is right.
pub(super) fn of(signs: &Signals) -> f32 {
    let Signals { share, logit, near, ahead, dense, labels } = *signs;
    let evidence = if labels < 2 {
        // A single label has no competitor, and the datasets do not cover this case. These weights give 0.5 at about
        // the similarity that out-of-scope messages have to the nearest of many labels.
        9.5 * near - 4.4
    } else {
        let odds = (share / (1.0 - share).max(1e-6)).ln().clamp(-6.0, 6.0);
        0.858 + 0.442 * odds + 5.645 * near + 6.368 * ahead + 0.140 * logit - 6.756 * dense
    };
    1.0 / (1.0 + (-evidence).exp())
}
