//! Texts to vectors by the built-in language model.

use async_trait::async_trait;
use tolmach_model::Encoder;
use tolmach_runtime::ports::{self, Embedder};

/// The built-in language model: Russian and English texts by what they mean. It knows paraphrases, and either language's
/// translation of the other; about half a millisecond a text, shared among processors.
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
        /// Below this, handing a text to another thread costs more than it saves.
        const SHARE: usize = 16;
        let vectors = |texts: &[String]| texts.iter().map(|text| Encoder::built_in().vector(text)).collect();
        if texts.len() <= SHARE {
            return Ok(vectors(texts));
        }
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let shares = texts.chunks(texts.len().div_ceil(workers).max(SHARE)).map(<[String]>::to_vec);
        let tasks: Vec<_> =
            shares.map(|share| tokio::task::spawn_blocking(move || vectors(&share))).collect();
        let mut all = Vec::with_capacity(texts.len());
        for task in tasks {
            let share: Vec<Vec<f32>> = task.await.map_err(|why| ports::Error::refused("embed", why))?;
            all.extend(share);
        }
        Ok(all)
    }
}
