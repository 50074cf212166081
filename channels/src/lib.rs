//! Messaging channels: Telegram, the web chat and the terminal. One module per channel, with its own intake, rendering
//! and delivery.
//!
//! A channel depends on the runtime's ports; channels do not depend on each other.

pub mod telegram;
pub mod terminal;
pub mod web;

use tolmach_engine::channel::Capabilities;

/// The capabilities of every channel in which clients talk: the compiler checks flows against them.
pub const ALL: [Capabilities; 3] = [telegram::CAPABILITIES, web::CAPABILITIES, terminal::CAPABILITIES];
