//! Messaging channels: Telegram and the web chat. One module per channel, with its own intake, rendering and delivery.
//!
//! A channel depends on the runtime's ports; channels do not depend on each other.

pub mod telegram;
pub mod web;
