//! `--move FROM=TO`: where chats go that wait at a node of the current release.

use std::collections::BTreeMap;

use anyhow::bail;
use tolmach_engine::{Release, diagnostic::nearest, flow::NodeEntry};
use tolmach_runtime::{RESTART, place};

/// Reads and checks the moves from `old` to `new`; everything that is wrong is told at once.
///
/// # Errors
/// A text that is no `FROM=TO`; a node that does not exist, does not wait or is of another kind than its successor.
pub fn check(texts: &[String], old: &Release, new: &Release) -> anyhow::Result<BTreeMap<String, String>> {
    let mut moves = BTreeMap::new();
    let mut wrong = Vec::new();
    for text in texts {
        let Some((from, to)) = text.split_once('=').map(|(from, to)| (from.trim(), to.trim())) else {
            wrong.push(format!(
                "error[bad-move]: `{text}`\n  help: write flow.node=flow.node or flow.node=restart"
            ));
            continue;
        };
        match one(from, to, old, new) {
            Ok(()) if moves.contains_key(from) => {
                wrong.push(format!("error[bad-move]: {from} is moved twice\n  help: give one --move for it"));
            }
            Ok(()) => {
                moves.insert(from.to_owned(), to.to_owned());
            }
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if !wrong.is_empty() {
        bail!("the moves are wrong; nothing was published\n\n{}", wrong.join("\n\n"));
    }
    Ok(moves)
}

fn one(from: &str, to: &str, old: &Release, new: &Release) -> Result<(), String> {
    let source = waiting(from, old, "the current release")?;
    if to == RESTART {
        return Ok(());
    }
    let target = waiting(to, new, "the new release")?;
    if source.kind.name != target.kind.name {
        return Err(format!(
            "error[wrong-kind]: {from} is `{}` and {to} is `{}`, which cannot go on with what the other remembers\n  \
             help: name a node of the kind `{}`, or write {from}=restart",
            source.kind.name, target.kind.name, source.kind.name
        ));
    }
    Ok(())
}

fn waiting<'r>(name: &str, release: &'r Release, whose: &str) -> Result<&'r NodeEntry, String> {
    let entry = place(release, name).and_then(|(flow, node)| release.flow(flow)?.nodes.get(node));
    match entry {
        Some(entry) if entry.node.waits() => Ok(entry),
        Some(entry) => Err(format!(
            "error[no-wait]: {name} of {whose} is `{}`, at which no chat waits\n  help: name a node that waits",
            entry.kind.name
        )),
        None => {
            let known: Vec<String> = release
                .flows
                .values()
                .flat_map(|flow| {
                    let waits = flow.nodes.iter().filter(|(_, entry)| entry.node.waits());
                    waits.map(move |(node, _)| format!("{}.{node}", flow.id))
                })
                .collect();
            let near = nearest(name, known.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("\n  did you mean: {near}"));
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(format!(
                "error[unknown-node]: there is no node {name} in {whose}{near}\n  help: name one that waits: {known}"
            ))
        }
    }
}
