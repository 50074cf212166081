//! The names of the engine's timers; a chat has at most one timer of each name.

/// The timer of an inactivity interrupt.
pub const INACTIVITY: &str = "inactivity";
/// The timer after which a chat that staff have taken over returns to the bot.
pub const HANDOFF: &str = "handoff";
/// The timer of a node that waits for a time.
pub const DELAY: &str = "delay";
