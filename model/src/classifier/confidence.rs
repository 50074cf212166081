//! Calibration: turns the classifier's signals into the probability that it is right.
//!
//! The weights come from `build/calibrate.py`: a logistic regression on 240 sets of 2 to 40 labels with 1 to 200
//! examples each, drawn at random from four intent datasets, with a quarter of the messages outside all labels. Weights
//! fitted on three of the datasets have a calibration error of 0.02 to 0.03 on the fourth. A set of hundreds of examples
//! shifts and scales the evidence by cross-validation on itself; see [`super::folds`].

/// Signals for the most probable label.
#[derive(Clone, Copy, Debug)]
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
    /// Log odds that the message is of the set's subject; see [`super::elsewhere`].
    pub inside: f32,
    /// Number of labels that have examples.
    pub labels: usize,
}

impl Signals {
    /// Log odds that the label is right, in most sets.
    fn evidence(&self) -> f64 {
        let Signals { share, logit, near, ahead, dense, inside, labels } = *self;
        f64::from(if labels < 2 {
            // A single label has no competitor, and the datasets do not cover this case. These weights give 0.5 at about
            // the similarity that out-of-scope messages have to the nearest of many labels.
            9.5 * near - 4.4
        } else {
            let odds = (share / (1.0 - share).max(1e-6)).ln().clamp(-6.0, 6.0);
            1.807 + 0.482 * odds + 4.837 * near + 7.626 * ahead + 0.131 * logit - 7.692 * dense
                + 0.268 * inside
        })
    }
}

/// Standard deviations, over sets, of the scale and the shift that [`Calibration::fitted`] looks for.
const SPREAD: [f64; 2] = [0.15, 0.5];
/// Newton steps of the fit. The loss is smooth and convex, and a handful of steps reach its minimum.
const STEPS: usize = 12;

/// What a set's evidence is scaled by and shifted by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Calibration {
    scale: f64,
    shift: f64,
}

/// What a classifier said of a message that it was not trained on.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldOut {
    pub signals: Signals,
    pub right: bool,
    /// How much it counts.
    pub weight: f64,
}

impl Calibration {
    /// That of most sets.
    pub const USUAL: Calibration = Calibration { scale: 1.0, shift: 0.0 };

    /// The most probable calibration by held-out messages, with [`Calibration::USUAL`] as the mean of a normal prior (Platt
    /// scaling, by Newton's method).
    pub fn fitted(held_out: &[HeldOut]) -> Calibration {
        let known: Vec<(f64, f64, f64)> = held_out
            .iter()
            .map(|held_out| {
                (held_out.signals.evidence(), f64::from(u8::from(held_out.right)), held_out.weight)
            })
            .collect();
        let [scale_precision, shift_precision] = SPREAD.map(|spread| spread.powi(-2));
        let Calibration { mut scale, mut shift } = Calibration::USUAL;
        for _ in 0..STEPS {
            let mut slope = [(scale - 1.0) * scale_precision, shift * shift_precision];
            let (mut both, mut curvature) = (0.0, [scale_precision, shift_precision]);
            for (evidence, right, weight) in &known {
                let sure = logistic(scale * evidence + shift);
                let (error, bend) = (weight * (sure - right), weight * sure * (1.0 - sure));
                slope = [slope[0] + error * evidence, slope[1] + error];
                curvature = [curvature[0] + bend * evidence * evidence, curvature[1] + bend];
                both += bend * evidence;
            }
            let area = curvature[0] * curvature[1] - both * both;
            scale -= (slope[0] * curvature[1] - slope[1] * both) / area;
            shift -= (slope[1] * curvature[0] - slope[0] * both) / area;
        }
        // More evidence never makes a label less likely.
        let is_sane = scale.is_finite() && shift.is_finite() && scale > 0.0;
        if is_sane { Calibration { scale, shift } } else { Calibration::USUAL }
    }

    /// The probability that the label is right, 0 to 1.
    pub fn confidence(&self, signals: &Signals) -> f32 {
        logistic(self.scale * signals.evidence() + self.shift) as f32
    }
}

fn logistic(evidence: f64) -> f64 {
    1.0 / (1.0 + (-evidence).exp())
}
