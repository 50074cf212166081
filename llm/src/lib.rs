//! Language models: OpenAI-compatible endpoints, an offline composer without a model, a fallback from one model to
//! another, the masking of contacts, what models cost, and the sentence embedder.

pub mod embedder;
pub mod fallback;
pub mod masked;
pub mod meter;
pub mod offline;
pub mod openai;
pub mod prices;
#[cfg(test)]
mod test_call;
