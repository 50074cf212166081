//! Where a transition leads.

use std::fmt;

use crate::span::Spanned;

/// Where a transition leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A node of the same flow.
    Node(String),
    /// The turn ends; the next message enters at `start`.
    Wait,
    /// The session ends.
    End,
    /// Back to the calling flow.
    Return,
}

impl Target {
    /// Names that no node may have.
    pub const RESERVED: [&str; 3] = ["wait", "end", "return"];

    /// Reads a target's name.
    pub fn parse(name: &str) -> Target {
        match name {
            "wait" => Target::Wait,
            "end" => Target::End,
            "return" => Target::Return,
            node => Target::Node(node.to_owned()),
        }
    }

    /// Reads a target's name and keeps its place.
    pub fn spanned(name: &Spanned<String>) -> Spanned<Target> {
        Spanned::new(Target::parse(&name.value), name.span)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::Node(name) => name,
            Target::Wait => "wait",
            Target::End => "end",
            Target::Return => "return",
        })
    }
}
