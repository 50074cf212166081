//! Labelled examples as vectors, and which of them a text is nearest to.

use std::collections::BTreeMap;

use tolmach_engine::{
    Release,
    effect::{LabelScore, NearestRequest, Outcome},
    kind::Example,
};

use crate::ports::{self, Embedder};

/// The example sets of one release, embedded.
pub(crate) struct Intents {
    sets: BTreeMap<String, Vec<(Example, Vec<f32>)>>,
}

impl Intents {
    pub(crate) async fn of(release: &Release, embedder: &dyn Embedder) -> ports::Result<Intents> {
        let mut sets = BTreeMap::new();
        for (name, examples) in &release.examples {
            let texts: Vec<String> = examples.iter().map(|example| example.text.clone()).collect();
            let vectors = embedder.embed(&texts).await?;
            sets.insert(name.clone(), examples.iter().cloned().zip(vectors).collect());
        }
        Ok(Intents { sets })
    }

    pub(crate) async fn nearest(
        &self,
        request: &NearestRequest,
        embedder: &dyn Embedder,
    ) -> ports::Result<Outcome> {
        let set = self.sets.get(&request.set);
        let set =
            set.ok_or_else(|| ports::Error::refused("nearest examples", format!("no set {}", request.set)))?;
        let vectors = embedder.embed(std::slice::from_ref(&request.text)).await?;
        let text = vectors.first().map(Vec::as_slice).unwrap_or_default();
        let mut best: BTreeMap<&str, LabelScore> = BTreeMap::new();
        for (example, vector) in set {
            let score: f32 = text.iter().zip(vector).map(|(a, b)| a * b).sum::<f32>().clamp(0.0, 1.0);
            let known = best.get(example.label.as_str()).map_or(-1.0, |known| known.score);
            if score > known {
                let label = example.label.clone();
                best.insert(&example.label, LabelScore { label, score, example: example.text.clone() });
            }
        }
        let mut labels: Vec<LabelScore> = best.into_values().collect();
        labels.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(Outcome::Nearest { labels })
    }
}
