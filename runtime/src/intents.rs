//! Classifiers trained on sets of labelled examples.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;
use tolmach_engine::{
    Release,
    effect::{ClassifyRequest, QueryOutcome, ScoredLabel},
    event::{Event, EventKind, MAX_TEXT},
    kind::Example,
    text::cut,
};
use tolmach_model::{Classifier, Encoder, Words};

use crate::{
    cpu,
    ports::{self, Catalog, Embedder},
};

/// Trains classifiers and caches them by their examples, so that a release with unchanged examples, or many dialog
/// tests on one bundle, train only once.
pub struct Trainer {
    embedder: Arc<dyn Embedder>,
    /// Cached classifiers, most recently used last.
    known: Mutex<Vec<Arc<TrainedClassifier>>>,
    /// Vectors of messages of other subjects, by which a classifier tells foreign ones.
    elsewhere: OnceCell<Arc<[Vec<f32>]>>,
}

/// Maximum number of cached classifiers.
const KEPT: usize = 64;

/// A classifier trained on a set of examples.
pub struct TrainedClassifier {
    examples: Vec<Example>,
    /// Sorted; the classifier refers to labels by their index.
    labels: Vec<String>,
    words: Words,
    classifier: Classifier,
}

impl Trainer {
    /// A trainer with an empty cache.
    pub fn new(embedder: Arc<dyn Embedder>) -> Trainer {
        Trainer { embedder, known: Mutex::default(), elsewhere: OnceCell::new() }
    }

    /// Trains a classifier on a set of examples, or returns the cached one. Examples without letters or digits have no
    /// effect.
    ///
    /// # Errors
    /// When the examples cannot be embedded.
    pub async fn learn(&self, examples: &[Example]) -> ports::Result<Arc<TrainedClassifier>> {
        if let Some(learned) = self.recall(examples) {
            return Ok(learned);
        }
        let texts: Vec<String> = examples.iter().map(|example| example.text.clone()).collect();
        let vectors = self.embedder.embed(&texts).await?;
        let elsewhere = Arc::clone(self.elsewhere.get_or_try_init(|| self.embed_elsewhere()).await?);
        let examples = examples.to_vec();
        let learn = move || Arc::new(TrainedClassifier::of(examples, vectors, &elsewhere));
        let failed = |why| ports::Error::refused("learn examples", why);
        let learned = tokio::task::spawn_blocking(learn).await.map_err(failed)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == KEPT {
            known.remove(0);
        }
        known.push(Arc::clone(&learned));
        Ok(learned)
    }

    /// Classifies a text; labels come most likely first. A text typed in the wrong keyboard layout or in Latin letters,
    /// colloquial forms, and words close to those of the examples are corrected first.
    ///
    /// # Errors
    /// When the text cannot be embedded.
    pub async fn place(
        &self,
        learned: &Arc<TrainedClassifier>,
        text: &str,
    ) -> ports::Result<Vec<ScoredLabel>> {
        let (of, text) = (Arc::clone(learned), text.to_owned());
        let correct = move || {
            let text = Encoder::built_in().correct_layout(&text);
            of.words.correct(&of.words.read(&text, &|_| false).unwrap_or_else(|| text.into_owned()))
        };
        let text = cpu::run(correct).await?;
        let vectors = self.embedder.embed(std::slice::from_ref(&text)).await?;
        let (of, vector) = (Arc::clone(learned), vectors.into_iter().next().unwrap_or_default());
        Ok(cpu::run(move || of.place(&text, &vector)).await?)
    }

    async fn embed_elsewhere(&self) -> ports::Result<Arc<[Vec<f32>]>> {
        let texts: Vec<String> = tolmach_model::elsewhere().map(str::to_owned).collect();
        Ok(self.embedder.embed(&texts).await?.into())
    }

    fn recall(&self, examples: &[Example]) -> Option<Arc<TrainedClassifier>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().position(|learned| learned.examples == examples)?;
        let learned = known.remove(at);
        known.push(Arc::clone(&learned));
        Some(learned)
    }
}

impl TrainedClassifier {
    fn of(examples: Vec<Example>, vectors: Vec<Vec<f32>>, elsewhere: &[Vec<f32>]) -> TrainedClassifier {
        let mut labels: Vec<String> = examples.iter().map(|example| example.label.clone()).collect();
        labels.sort();
        labels.dedup();
        let taught = examples.iter().zip(vectors).filter_map(|(example, vector)| {
            let label = labels.binary_search(&example.label).ok()?;
            Some(tolmach_model::Example { label, text: &example.text, vector })
        });
        let classifier = Classifier::train(taught.collect(), elsewhere);
        let words = Words::of(examples.iter().map(|example| example.text.as_str()));
        TrainedClassifier { labels, words, classifier, examples }
    }

    fn place(&self, text: &str, vector: &[f32]) -> Vec<ScoredLabel> {
        let verdicts = self.classifier.classify(text, vector).into_iter();
        let scores = verdicts.filter_map(|verdict| {
            Some(ScoredLabel {
                label: self.labels.get(verdict.label)?.clone(),
                score: verdict.confidence,
                example: self.examples.get(verdict.nearest)?.text.clone(),
            })
        });
        scores.collect()
    }
}

/// The classifiers of one release, by the name of the example set.
pub(crate) struct Intents {
    sets: BTreeMap<String, Arc<TrainedClassifier>>,
    /// The label of a message that holds an article number, of the sets that have one.
    article_labels: BTreeMap<String, String>,
    /// The words of all sets.
    words: Arc<Words>,
}

impl Intents {
    pub(crate) async fn of(release: &Release, trainer: &Trainer) -> ports::Result<Intents> {
        let mut sets = BTreeMap::new();
        for (name, examples) in &release.resources.examples {
            sets.insert(name.clone(), trainer.learn(examples).await?);
        }
        let examples = release.resources.examples.iter();
        let article_labels =
            examples.filter_map(|(name, of)| Some((name.clone(), of.article_label()?.to_owned()))).collect();
        let texts =
            release.resources.examples.values().flat_map(|of| of.iter().map(|example| example.text.as_str()));
        let words = Arc::new(Words::of(texts));
        Ok(Intents { sets, article_labels, words })
    }

    /// The event with what its message is read as, where it is written otherwise than it is meant. What goods are called is
    /// spelt as it should be.
    pub(crate) async fn read(&self, event: Event, catalog: &Arc<dyn Catalog>) -> ports::Result<Event> {
        let EventKind::Message { text } = &event.kind else { return Ok(event) };
        let (words, text, catalog) = (Arc::clone(&self.words), text.clone(), Arc::clone(catalog));
        let read = move || words.read(cut(&text, MAX_TEXT), &|word| catalog.holds_word(word));
        Ok(Event { reading: cpu::run(read).await?, ..event })
    }

    /// The label that a set gives to a message that holds an article number of the catalogue; `None` if to none.
    pub(crate) fn article_label(&self, set: &str) -> Option<&str> {
        self.article_labels.get(set).map(String::as_str)
    }

    pub(crate) async fn nearest(
        &self,
        request: &ClassifyRequest,
        trainer: &Trainer,
    ) -> ports::Result<QueryOutcome> {
        let set = self.sets.get(&request.set);
        let set =
            set.ok_or_else(|| ports::Error::refused("nearest examples", format!("no set {}", request.set)))?;
        if request.text.is_empty() {
            return Ok(QueryOutcome::Classify { labels: Vec::new() });
        }
        Ok(QueryOutcome::Classify { labels: trainer.place(set, &request.text).await? })
    }
}
