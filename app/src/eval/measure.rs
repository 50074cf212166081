//! Accuracy, coverage and calibration of the intent classifier.

use std::{cmp::Reverse, collections::BTreeMap};

use super::Classified;

/// The confidence thresholds that are reported.
const CONFIDENCES: [f32; 7] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// The share of in-scope messages that must be classified correctly for [`Figures::kept`].
pub const KEPT: f64 = 0.85;

/// The figures of an evaluation; shares are 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// In-scope messages: those with an intent.
    pub inside: usize,
    /// Out-of-scope messages.
    pub outside: usize,
    /// In-scope messages whose most probable intent is the expected one.
    pub right: usize,
    /// Their share of the in-scope messages.
    pub accuracy: f64,
    /// The effect of each confidence threshold, ascending.
    pub cuts: Vec<Cut>,
    /// The effect of the highest threshold at which at least [`KEPT`] of the in-scope messages are classified
    /// correctly; `None` if there is none.
    pub kept: Option<Cut>,
    /// The expected calibration error: the mean difference between confidence and accuracy.
    pub calibration_error: f64,
    /// Pairs of expected and predicted intent that differ, most frequent first.
    pub confusions: Vec<Confusion>,
}

/// The effect of a confidence threshold: messages below it are refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The threshold.
    pub confidence: f32,
    /// Share of in-scope messages that are accepted.
    pub coverage: f64,
    /// Share of the accepted in-scope messages that are classified correctly.
    pub precision: f64,
    /// Share of all in-scope messages that are accepted and classified correctly.
    pub accuracy: f64,
    /// Share of out-of-scope messages that are refused; `None` when there are none.
    pub refused: Option<f64>,
}

/// An expected intent and a wrong prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// The expected intent.
    pub wanted: String,
    /// The predicted intent, or `out of scope`.
    pub found: String,
    /// How often.
    pub times: usize,
    /// The first such message.
    pub example: String,
}

/// Computes the figures of classified messages.
pub(super) fn figures(placed: &[Classified]) -> Figures {
    let inside: Vec<&Classified> = placed.iter().filter(|message| message.wanted.is_some()).collect();
    let right = inside.iter().filter(|message| is_right(message)).count();
    Figures {
        inside: inside.len(),
        outside: placed.len() - inside.len(),
        right,
        accuracy: share(right, inside.len()),
        cuts: CONFIDENCES.iter().map(|confidence| cut(placed, *confidence)).collect(),
        kept: keeping(placed, KEPT),
        calibration_error: miscalibration(placed),
        confusions: confusions(&inside),
    }
}

fn is_right(message: &Classified) -> bool {
    message.wanted.is_some() && message.found == message.wanted
}

fn is_placed(message: &Classified, confidence: f32) -> bool {
    message.found.is_some() && message.confidence >= confidence
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn cut(placed: &[Classified], confidence: f32) -> Cut {
    let (mut inside, mut outside, mut covered, mut right, mut accepted) = (0, 0, 0, 0, 0);
    for message in placed {
        let taken = is_placed(message, confidence);
        if message.wanted.is_none() {
            outside += 1;
            accepted += usize::from(taken);
        } else {
            inside += 1;
            covered += usize::from(taken);
            right += usize::from(taken && is_right(message));
        }
    }
    Cut {
        confidence,
        coverage: share(covered, inside),
        precision: share(right, covered),
        accuracy: share(right, inside),
        refused: (outside > 0).then(|| share(outside - accepted, outside)),
    }
}

/// The effect of the highest threshold at which at least `least` of the in-scope messages are classified correctly.
fn keeping(placed: &[Classified], least: f64) -> Option<Cut> {
    let inside = placed.iter().filter(|message| message.wanted.is_some()).count();
    let mut right: Vec<f32> =
        placed.iter().filter(|message| is_right(message)).map(|message| message.confidence).collect();
    right.sort_by(|a, b| b.total_cmp(a));
    let needed = (least * inside as f64).ceil() as usize;
    let confidence = *right.get(needed.checked_sub(1)?)?;
    Some(cut(placed, confidence))
}

/// Expected calibration error over ten equal bins of confidence. A prediction for an out-of-scope message counts as
/// wrong.
fn miscalibration(placed: &[Classified]) -> f64 {
    let mut tenths = [(0.0_f64, 0_usize, 0_usize); 10];
    for message in placed.iter().filter(|message| message.found.is_some()) {
        let at = ((message.confidence * 10.0) as usize).min(9);
        if let Some((confidence, right, count)) = tenths.get_mut(at) {
            *confidence += f64::from(message.confidence);
            *right += usize::from(is_right(message));
            *count += 1;
        }
    }
    let all: usize = tenths.iter().map(|(.., count)| count).sum();
    tenths.iter().map(|(confidence, right, _)| (confidence - *right as f64).abs()).sum::<f64>()
        / all.max(1) as f64
}

fn confusions(inside: &[&Classified]) -> Vec<Confusion> {
    let mut found: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
    for message in inside.iter().filter(|message| !is_right(message)) {
        let wanted = message.wanted.as_deref().unwrap_or_default();
        let taken_for = message.found.as_deref().unwrap_or("out of scope");
        found.entry((wanted, taken_for)).or_insert((0, &message.text)).0 += 1;
    }
    let mut confusions: Vec<Confusion> = found
        .into_iter()
        .map(|((wanted, found), (times, example))| Confusion {
            wanted: wanted.to_owned(),
            found: found.to_owned(),
            times,
            example: example.to_owned(),
        })
        .collect();
    confusions.sort_by_key(|confusion| Reverse(confusion.times));
    confusions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(wanted: Option<&str>, found: Option<&str>, confidence: f32) -> Classified {
        let owned = |label: Option<&str>| label.map(str::to_owned);
        Classified { text: "x".to_owned(), wanted: owned(wanted), found: owned(found), confidence }
    }

    #[test]
    fn shares_are_of_what_is_in_scope() {
        let all = [
            placed(Some("a"), Some("a"), 0.9),
            placed(Some("a"), Some("b"), 0.4),
            placed(None, Some("a"), 0.3),
            placed(None, None, 0.0),
        ];
        let figures = figures(&all);
        assert_eq!((figures.inside, figures.outside, figures.right), (2, 2, 1));
        assert_eq!(figures.accuracy, 0.5);
        let half = figures.cuts.iter().find(|cut| cut.confidence == 0.5).unwrap();
        assert_eq!((half.coverage, half.precision, half.refused), (0.5, 1.0, Some(1.0)));
        assert_eq!(figures.confusions.len(), 1);
        assert_eq!((figures.confusions[0].wanted.as_str(), figures.confusions[0].times), ("a", 1));
        assert_eq!(figures.kept, None, "85 % are not right");
    }
}
