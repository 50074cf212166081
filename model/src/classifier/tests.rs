use super::{
    Calibration, Classifier, Example, elsewhere,
    folds::{self, Set},
    regression::Features,
};

const DIMENSIONS: usize = 48;

/// A xorshift generator (Marsaglia), so that a failure comes again.
struct Chance(u64);

impl Chance {
    /// Roughly normal, of mean 0 and variance 1.
    fn normal(&mut self) -> f32 {
        let mut uniform = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 40) as f32 / (1_u64 << 24) as f32
        };
        (0..12).map(|_| uniform()).sum::<f32>() - 6.0
    }

    /// A vector of length 1 around `centre`.
    fn vector(&mut self, centre: &[f32], noise: f32) -> Vec<f32> {
        let vector: Vec<f32> = centre.iter().map(|x| x + noise * self.normal()).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter().map(|x| x / length).collect()
    }

    fn vectors(&mut self, count: usize) -> Vec<Vec<f32>> {
        (0..count).map(|_| self.vector(&[0.0; DIMENSIONS], 1.0)).collect()
    }
}

/// A synthetic set: the centre of each label, and messages around them; the noise says how much the labels overlap.
struct Drawn {
    chance: Chance,
    centres: Vec<Vec<f32>>,
    others: Vec<Vec<f32>>,
    noise: f32,
}

impl Drawn {
    fn new(seed: u64, labels: usize, noise: f32) -> Drawn {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let centres = chance.vectors(labels);
        let others = chance.vectors(elsewhere().count());
        Drawn { chance, centres, others, noise }
    }

    fn messages(&mut self, each: usize) -> Vec<(usize, Vec<f32>)> {
        let all = (0..each * self.centres.len()).map(|at| at % self.centres.len());
        all.map(|label| (label, self.chance.vector(&self.centres[label], self.noise))).collect()
    }

    fn trained(&mut self, each: usize) -> Classifier {
        let examples = self.messages(each).into_iter();
        let examples = examples.map(|(label, vector)| Example { label, text: "", vector }).collect();
        Classifier::train(examples, &self.others)
    }
}

/// The expected calibration error over ten bins.
fn calibration_error(classifier: &Classifier, messages: &[(usize, Vec<f32>)]) -> f32 {
    let mut bins = [0.0_f32; 10];
    for (label, vector) in messages {
        let best = classifier.classify("", vector)[0];
        let right = if best.label == *label { 1.0 } else { 0.0 };
        bins[((best.confidence * 10.0) as usize).min(9)] += best.confidence - right;
    }
    bins.iter().map(|bin| bin.abs()).sum::<f32>() / messages.len() as f32
}

#[test]
fn calibration_by_folds_is_no_worse_than_the_usual_one() {
    let (mut usual, mut own) = (0.0, 0.0);
    // From labels that hardly overlap to ones that are often taken for each other.
    for (seed, noise) in [0.08, 0.12, 0.16, 0.2, 0.25, 0.3].into_iter().enumerate() {
        let mut set = Drawn::new(seed as u64 + 1, 8, noise);
        let mut classifier = set.trained(30);
        let messages = set.messages(100);
        assert_ne!(classifier.calibration, Calibration::USUAL);
        let calibrated = calibration_error(&classifier, &messages);
        classifier.calibration = Calibration::USUAL;
        let before = calibration_error(&classifier, &messages);
        assert!(calibrated <= before + 0.02, "noise {noise}: {before:.3} before, {calibrated:.3} after");
        (usual, own) = (usual + before, own + calibrated);
    }
    assert!(own < 0.8 * usual, "{own:.3} of {usual:.3}");
}

#[test]
fn few_examples_leave_the_usual_calibration() {
    for (labels, each) in [(7, 21), (40, 14), (1, 200)] {
        let classifier = Drawn::new(9, labels, 0.15).trained(each);
        assert_eq!(classifier.calibration, Calibration::USUAL, "{labels} labels of {each} examples");
    }
}

#[test]
fn the_order_of_labels_does_not_depend_on_the_calibration() {
    let mut set = Drawn::new(3, 6, 0.25);
    let mut classifier = set.trained(40);
    let messages = set.messages(20);
    let order = |classifier: &Classifier| -> Vec<Vec<usize>> {
        let labels = |vector| classifier.classify("", vector).iter().map(|of| of.label).collect();
        messages.iter().map(|(_, vector)| labels(vector)).collect()
    };
    let calibrated = order(&classifier);
    classifier.calibration = Calibration::USUAL;
    assert_eq!(calibrated, order(&classifier));
    for (_, vector) in &messages {
        let sum: f32 = classifier.classify("", vector).iter().map(|of| of.confidence).sum();
        assert!(sum <= 1.0001, "{sum}");
    }
}

#[test]
fn messages_of_other_subjects_lower_the_confidence_in_their_like() {
    let mut set = Drawn::new(5, 5, 0.15);
    let examples = set.messages(20);
    let trained = |others: &[Vec<f32>]| {
        let examples = examples.iter().cloned().map(|(label, vector)| Example { label, text: "", vector });
        Classifier::train(examples.collect(), others)
    };
    let (with, without) = (trained(&set.others), trained(&[]));
    let mean = |classifier: &Classifier, vectors: &[Vec<f32>]| {
        let sum: f32 = vectors.iter().map(|vector| classifier.classify("", vector)[0].confidence).sum();
        sum / vectors.len() as f32
    };
    let foreign: Vec<Vec<f32>> =
        set.others.clone().iter().map(|other| set.chance.vector(other, 0.05)).collect();
    assert!(mean(&with, &foreign) < 0.6 * mean(&without, &foreign));
    let own: Vec<Vec<f32>> = set.messages(20).into_iter().map(|(_, vector)| vector).collect();
    assert!(mean(&with, &own) > mean(&without, &own) - 0.05);
}

#[test]
fn examples_that_are_nearly_the_same_are_held_out_together() {
    let mut chance = Chance(77);
    let origins = chance.vectors(60);
    // Each of sixty messages of three labels comes four times, nearly the same.
    let examples: Vec<(Features, usize)> = (0..240)
        .map(|at| {
            let meaning = chance.vector(&origins[at % 60], 0.01);
            (Features { meaning, spelling: Vec::new() }, at % 3)
        })
        .collect();
    let set =
        Set { examples: &examples, others: &[], dimensions: DIMENSIONS, grams: 0, labels: 3, dense: 0.5 };
    let halves = folds::first_half(&set);
    assert!((60..240).all(|at| halves[at] == halves[at - 60]));
    let first = halves.iter().filter(|first| **first).count();
    assert!((108..=132).contains(&first), "{first} of 240");
}
