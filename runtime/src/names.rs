//! What chats are called in logs.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A chat's name for logs: enough to tell chats apart, too little to find the person.
pub(crate) fn short(chat: &str) -> String {
    let mut hasher = DefaultHasher::new();
    chat.hash(&mut hasher);
    let channel = chat.split(':').next().unwrap_or_default();
    format!("{channel}:{:08x}", hasher.finish() as u32)
}
