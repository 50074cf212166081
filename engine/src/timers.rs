//! The names of the engine's timers; a chat has at most one timer of each name.

/// The timer of an inactivity interrupt.
pub const INACTIVITY: &str = "inactivity";
/// The timer after which a chat that staff have taken over returns to the bot.
pub const HANDOFF: &str = "handoff";
/// The timer of a node that waits for a time.
pub const DELAY: &str = "delay";

/// The timer of a node that waits for a time while the dialog goes on.
pub(crate) fn lasting(flow: &str, node: &str) -> String {
    format!("{DELAY}:{flow}/{node}")
}

/// The flow and the node whose timer it is.
pub(crate) fn of_lasting(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(DELAY)?.strip_prefix(':')?.split_once('/')
}
