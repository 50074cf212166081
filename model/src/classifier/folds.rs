//! Cross-validation on a set's own examples: how sure halves of the set are of the other half, and how often they are right.
//!
//! Of examples that are nearly the same none may judge the other, so they are kept in one half. Halves err more often than the
//! whole set does, and are less sure; what is fitted is how often they are right when they are so sure.

use super::{
    Signalling,
    confidence::{Calibration, HeldOut, Signals},
    descent::{Precision, dot},
    elsewhere::Subject,
    regression::{Features, Regression},
};

/// Minimum number of examples; fewer say less than is known of most sets.
const LEAST: usize = 150;
/// Maximum number of examples. Training with more would take long, and most sets of so many are like those that the usual
/// calibration was fitted on.
const MOST: usize = 2000;
/// Cosine similarity from which two examples of a label are nearly the same.
const SAME: f32 = 0.85;
/// Minimum mean number of examples of a label. The half of fewer is too unlike the whole.
const LEAST_EACH: usize = 15;
/// Weight of all messages of other subjects relative to that of all examples: about one message in eight is foreign.
const FOREIGN: f64 = 0.15;

/// A set of examples.
pub(super) struct Set<'a> {
    /// Features and label of each example.
    pub examples: &'a [(Features, usize)],
    /// Features of messages of other subjects.
    pub others: &'a [Features],
    /// Dimensions of the embedding.
    pub dimensions: usize,
    /// Number of n-grams.
    pub grams: usize,
    /// Number of labels.
    pub labels: usize,
    /// See [`super::Signals::dense`].
    pub dense: f32,
}

/// The calibration of a set by its own examples, or the usual one where they are too few or too many.
pub(super) fn calibrated(set: &Set<'_>) -> Calibration {
    let count = set.examples.len();
    if !(LEAST..=MOST).contains(&count) || set.labels < 2 || count < LEAST_EACH * set.labels {
        return Calibration::USUAL;
    }
    let is_first = first_half(set);
    // The halves do not depend on each other, so two threads take half as long.
    let halves = std::thread::scope(|scope| {
        let second = scope.spawn(|| judged(set, &is_first, false));
        let first = judged(set, &is_first, true);
        second.join().ok().map(|second| [first, second])
    });
    let Some([first, second]) = halves else { return Calibration::USUAL };
    let inside: Vec<(Signals, bool)> = first.inside.into_iter().chain(second.inside).collect();
    let foreign: Vec<Signals> = first.foreign.into_iter().chain(second.foreign).collect();
    let weight = inside.len() as f64 * FOREIGN / foreign.len().max(1) as f64;
    let inside = inside.into_iter().map(|(signals, right)| HeldOut { signals, right, weight: 1.0 });
    let foreign = foreign.into_iter().map(|signals| HeldOut { signals, right: false, weight });
    Calibration::fitted(&inside.chain(foreign).collect::<Vec<_>>())
}

/// What a half of a set says of the other half.
struct Judged {
    /// The signals of each example, and whether the label is right.
    inside: Vec<(Signals, bool)>,
    /// The signals of messages of other subjects.
    foreign: Vec<Signals>,
}

/// Holds out the first half, or the second, and trains on the other one.
fn judged(set: &Set<'_>, is_first: &[bool], held_out: bool) -> Judged {
    let examples = || set.examples.iter().zip(is_first);
    let known: Vec<&(Features, usize)> =
        examples().filter(|(_, first)| **first != held_out).map(|(example, _)| example).collect();
    let regression = Regression::train(&known, set.dimensions, set.grams, set.labels, Precision::ROUGH);
    let mut counts = vec![0; set.labels];
    known.iter().for_each(|(_, label)| counts[*label] += 1);
    let near: Vec<(usize, usize, &[f32])> = known
        .iter()
        .enumerate()
        .map(|(at, (features, label))| (at, *label, features.meaning.as_slice()))
        .collect();
    let vectors: Vec<&[f32]> = near.iter().map(|(_, _, vector)| *vector).collect();
    let others = |first: bool| set.others.iter().skip(usize::from(!first)).step_by(2);
    let subject = Subject::of(&vectors, &others(!held_out).collect::<Vec<_>>());
    let of = Signalling {
        examples: &near,
        counts: &counts,
        dense: set.dense,
        regression: &regression,
        subject: &subject,
    };
    let inside = examples()
        // A label whose examples are all held out cannot be found.
        .filter(|((_, label), first)| **first == held_out && counts[*label] > 0)
        .filter_map(|((features, label), _)| {
            let found = of.signals(features)?;
            Some((found.signals, found.order.first() == Some(label)))
        })
        .collect();
    let foreign = others(held_out).filter_map(|features| Some(of.signals(features)?.signals)).collect();
    Judged { inside, foreign }
}

/// Whether each example is of the first half. Each label is halved; examples that are nearly the same are kept together.
pub(super) fn first_half(set: &Set<'_>) -> Vec<bool> {
    let mut halves: Vec<bool> = Vec::with_capacity(set.examples.len());
    // The examples of each label so far, and how many more of them are in the first half than in the second.
    let mut seen: Vec<(Vec<usize>, i32)> = vec![(Vec::new(), 0); set.labels];
    for (at, (features, label)) in set.examples.iter().enumerate() {
        let (members, lead) = &mut seen[*label];
        let is_same = |other: &&usize| dot(&features.meaning, &set.examples[**other].0.meaning) >= SAME;
        let is_first = members.iter().find(is_same).map_or(*lead <= 0, |other| halves[*other]);
        *lead += if is_first { 1 } else { -1 };
        members.push(at);
        halves.push(is_first);
    }
    halves
}
