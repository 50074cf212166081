//! Session migrations as given by a person, `FROM=TO`: chats that wait at node FROM of the current release continue at
//! node TO of the new one.

use std::collections::BTreeMap;

use tolmach_engine::{Release, diagnostic::nearest, flow::NodeEntry};
use tolmach_runtime::{RESTART, place};

use super::Error;

/// What is wrong with one `FROM=TO`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// There is no `=`.
    #[error("error[bad-move]: `{0}`\n  help: write flow.node=flow.node or flow.node=restart")]
    Malformed(String),
    /// FROM occurs twice.
    #[error("error[bad-move]: {0} is moved twice\n  help: give one --move for it")]
    Twice(String),
    /// The nodes are of different kinds, so TO cannot read the state of FROM.
    #[error(
        "error[wrong-kind]: {from} is `{from_kind}` and {to} is `{to_kind}`, which cannot go on with what the other \
         remembers\n  help: name a node of the kind `{from_kind}`, or write {from}=restart"
    )]
    WrongKind {
        /// The node of the current release, as `flow.node`.
        from: String,
        /// The kind of its node.
        from_kind: &'static str,
        /// The node of the new release, as `flow.node`.
        to: String,
        /// The kind of its node.
        to_kind: &'static str,
    },
    /// The node is of a kind that does not wait.
    #[error(
        "error[no-wait]: {place} of {whose} is `{kind}`, at which no chat waits\n  help: name a node that waits"
    )]
    NoWait {
        /// The node, as `flow.node`.
        place: String,
        /// The kind of its node.
        kind: &'static str,
        /// The release in which it was looked up.
        whose: &'static str,
    },
    /// There is no such node.
    #[error(
        "error[unknown-node]: there is no node {place} in {whose}{}\n  help: name one that waits: {}",
        nearest.as_ref().map_or_else(String::new, |near| format!("\n  did you mean: {near}")),
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    )]
    UnknownNode {
        /// What was given.
        place: String,
        /// The release in which it was looked up.
        whose: &'static str,
        /// The node with the most similar name.
        nearest: Option<String>,
        /// The nodes that can wait.
        known: Vec<String>,
    },
}

/// Parses and checks the migrations from `old` to `new`. On failure the error lists everything that is wrong.
pub(super) fn check(
    texts: &[String],
    old: &Release,
    new: &Release,
) -> Result<BTreeMap<String, String>, Error> {
    let mut moves = BTreeMap::new();
    let mut wrong = Vec::new();
    for text in texts {
        let Some((from, to)) = text.split_once('=').map(|(from, to)| (from.trim(), to.trim())) else {
            wrong.push(MoveError::Malformed(text.clone()));
            continue;
        };
        match one(from, to, old, new) {
            Ok(()) if moves.contains_key(from) => wrong.push(MoveError::Twice(from.to_owned())),
            Ok(()) => {
                moves.insert(from.to_owned(), to.to_owned());
            }
            Err(why) => wrong.push(why),
        }
    }
    if wrong.is_empty() { Ok(moves) } else { Err(Error::Moves(wrong)) }
}

fn one(from: &str, to: &str, old: &Release, new: &Release) -> Result<(), MoveError> {
    let source = waiting(from, old, "the current release")?;
    if to == RESTART {
        return Ok(());
    }
    let target = waiting(to, new, "the new release")?;
    if source.kind.name != target.kind.name {
        return Err(MoveError::WrongKind {
            from: from.to_owned(),
            from_kind: source.kind.name,
            to: to.to_owned(),
            to_kind: target.kind.name,
        });
    }
    Ok(())
}

fn waiting<'r>(name: &str, release: &'r Release, whose: &'static str) -> Result<&'r NodeEntry, MoveError> {
    let entry = place(release, name).and_then(|(flow, node)| release.flow(flow)?.nodes.get(node));
    match entry {
        Some(entry) if entry.node.waits() => Ok(entry),
        Some(entry) => Err(MoveError::NoWait { place: name.to_owned(), kind: entry.kind.name, whose }),
        None => {
            let known: Vec<String> = release
                .flows
                .values()
                .flat_map(|flow| {
                    let waits = flow.nodes.iter().filter(|(_, entry)| entry.node.waits());
                    waits.map(move |(node, _)| format!("{}.{node}", flow.id))
                })
                .collect();
            let nearest = nearest(name, known.iter().map(String::as_str)).map(|near| near.to_string());
            Err(MoveError::UnknownNode { place: name.to_owned(), whose, nearest, known })
        }
    }
}
