//! Output of suggestions.

use tolmach_app::suggest::{Cluster, Likeliest, Proposal, Suggestions};
use tolmach_engine::text::shorten;

use crate::out::counted;

/// How many messages of a group are printed besides the central one; --json prints all.
const SHOWN: usize = 3;
/// The length in characters to which printed messages are cut; the YAML line is not cut.
const WIDTH: usize = 120;

/// Prints the groups with their proposals, and counts of what was left out.
pub fn print(found: &Suggestions) {
    let groups = counted(found.clusters.len() + found.more, "group");
    let (messages, different) = (counted(found.messages, "message"), found.different);
    if found.messages > 0 {
        println!("{messages} ended in `unsure`, {different} different, in {groups}");
    } else if found.private + found.gone == 0 {
        println!("no message ended in `unsure`");
    }
    found.clusters.iter().for_each(group);
    let notes = [
        ("groups beyond the limit (--limit)", found.more),
        ("older messages left out", found.left_out),
        ("messages not shown, personal data or meant for a person", found.private),
        ("messages at nodes that the current release has not", found.gone),
    ];
    let notes: Vec<String> = notes
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{what}: {count}"))
        .collect();
    if !found.clusters.is_empty() && !notes.is_empty() {
        println!("");
    }
    notes.iter().for_each(|note| println!("{note}"));
}

fn group(cluster: &Cluster) {
    let Cluster { node, count, example, others, yaml, .. } = cluster;
    println!("\n{} at {node}: «{}»", counted(*count, "message"), shorten(example, WIDTH));
    for other in others.iter().take(SHOWN) {
        println!("    «{}»", shorten(other, WIDTH));
    }
    if others.len() > SHOWN {
        println!("    and {} more (--json shows all)", others.len() - SHOWN);
    }
    println!("  {}:", advice(cluster));
    println!("    {yaml}");
}

fn advice(cluster: &Cluster) -> String {
    match (cluster.add, &cluster.likeliest) {
        (Proposal::Example, Some(Likeliest { intent, confidence })) => {
            format!("add as an example of `{intent}` (likely by {confidence:.2})")
        }
        (_, Some(Likeliest { intent, confidence })) => {
            format!("a new intent (`{intent}` is likely by {confidence:.2} only)")
        }
        (_, None) => "a new intent".to_owned(),
    }
}
