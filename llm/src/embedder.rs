//! The embedder backed by the built-in language model.

use async_trait::async_trait;
use tolmach_model::Encoder;
use tolmach_runtime::{
    cpu,
    ports::{self, Embedder},
};

/// Sentence embeddings from the built-in language model, for Russian and English. Paraphrases and translations get
/// similar vectors. About 0.5 ms of CPU time per text; batches of more than 16 texts are split over all CPU cores.
#[derive(Clone, Copy, Debug, Default)]
pub struct MeaningEmbedder;

#[async_trait]
impl Embedder for MeaningEmbedder {
    fn name(&self) -> &str {
        "meaning-512-v1"
    }

    fn dimensions(&self) -> usize {
        tolmach_model::DIMENSIONS
    }

    async fn embed(&self, texts: &[String]) -> ports::Result<Vec<Vec<f32>>> {
        /// Texts per blocking task, at least. Below this, a task costs more than it saves.
        const SHARE: usize = 16;
        let vectors = |texts: &[String]| texts.iter().map(|text| Encoder::built_in().vector(text)).collect();
        if texts.len() <= SHARE {
            let texts = texts.to_vec();
            return Ok(cpu::run(move || vectors(&texts)).await?);
        }
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let shares = texts.chunks(texts.len().div_ceil(workers).max(SHARE)).map(<[String]>::to_vec);
        let tasks: Vec<_> = shares.map(|share| tokio::spawn(cpu::run(move || vectors(&share)))).collect();
        let mut all = Vec::with_capacity(texts.len());
        for task in tasks {
            let share: Vec<Vec<f32>> = task.await.map_err(|why| ports::Error::refused("embed", why))??;
            all.extend(share);
        }
        Ok(all)
    }
}
