//! Language models: OpenAI-compatible endpoints, the offline composer that needs none, the fallback from one to the other, and
//! the embedder of meanings.

pub mod embedder;
pub mod fallback;
pub mod offline;
pub mod openai;
