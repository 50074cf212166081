//! What one client may take of the server. The configuration is read into these types.

use serde::{Deserialize, Serialize};

/// Limits of the web chat. The defaults leave an office of two hundred people behind one address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are open at a time, of all clients.
    pub connections: usize,
    /// Limits for each address; an IPv6 address stands for its /64.
    pub address: AddressLimits,
    /// Limits for each chat, counted across reconnects.
    pub chat: ChatLimits,
}

/// Limits for each address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressLimits {
    /// Connections that are open at a time. Behind a proxy: sockets of the web chat that are open at a time.
    pub connections: usize,
    /// HTTP requests a minute.
    pub requests: u32,
    /// Sockets opened a minute.
    pub sockets: u32,
    /// Chats begun a minute.
    pub chats: u32,
    /// Messages and presses a minute.
    pub messages: u32,
    /// Frames of any kind a minute.
    pub frames: u32,
    /// KiB in frames a minute.
    pub kib: u32,
    /// Requests for older messages a minute.
    pub older: u32,
}

/// Limits for each chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChatLimits {
    /// Sockets opened a minute.
    pub sockets: u32,
    /// Messages and presses a minute; a twelfth of them at once.
    pub messages: u32,
    /// Frames of any kind a minute.
    pub frames: u32,
    /// KiB in frames a minute.
    pub kib: u32,
    /// Requests for older messages a minute.
    pub older: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: 1512, address: AddressLimits::default(), chat: ChatLimits::default() }
    }
}

impl Default for AddressLimits {
    fn default() -> AddressLimits {
        AddressLimits {
            connections: 256,
            requests: 3000,
            sockets: 300,
            chats: 60,
            messages: 600,
            frames: 6000,
            kib: 8192,
            older: 300,
        }
    }
}

impl Default for ChatLimits {
    fn default() -> ChatLimits {
        ChatLimits { sockets: 30, messages: 60, frames: 600, kib: 1024, older: 30 }
    }
}
