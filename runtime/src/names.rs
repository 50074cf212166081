//! Pseudonyms of chats for logs.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The channel and a 32-bit hash of the chat key: enough to tell chats apart, too little to identify the client.
pub(crate) fn short(chat: &str) -> String {
    let mut hasher = DefaultHasher::new();
    chat.hash(&mut hasher);
    let channel = chat.split(':').next().unwrap_or_default();
    format!("{channel}:{:08x}", hasher.finish() as u32)
}
