//! The position of a turn in the dialog graph.

use crate::{kind::NodeInput, phrases::Phrase, session::Waiting, target::Target};

/// What the turn does next.
pub(super) enum Cursor {
    /// Run a node.
    Node(Waiting, NodeInput),
    /// Follow a transition.
    Follow(Target),
    /// The engine itself sends a sentence and the dialog stays where it is.
    Say(Phrase),
    /// The pressed button is out of date: send a message and offer to start over.
    Stale,
    /// End the turn.
    Stop,
}

/// A node that remembers nothing yet.
pub(super) fn waiting(node: &str) -> Waiting {
    Waiting { node: node.to_owned(), ..Waiting::default() }
}
