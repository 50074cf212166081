//! Experiments that tell nothing: arms that all lead to the same place, and one experiment with different arms at two nodes.

use std::collections::BTreeMap;

use super::graph::{FlowGraph, GraphNode};
use crate::{
    diagnostic::{Code, Diagnostic},
    span::Spanned,
};

type Experiment<'f, 'g> = (&'g GraphNode<'f>, &'f Spanned<String>, Vec<&'f str>);

pub(super) fn check(graph: &FlowGraph<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut by_name: BTreeMap<&str, Vec<Experiment<'_, '_>>> = BTreeMap::new();
    for node in &graph.nodes {
        if let Some((name, arms)) = node.entry.node.experiment() {
            let arms = arms.into_iter().map(|(arm, _)| arm).collect();
            by_name.entry(name.as_str()).or_default().push((node, name, arms));
        }
    }
    for nodes in by_name.values_mut() {
        nodes.sort_by_key(|(node, name, _)| (node.flow.file.as_str(), name.span));
        // A client's arm may be used by another node than the one that chose it.
        if let [(node, name, arms)] = nodes.as_slice() {
            same_place(node, name, arms, diagnostics);
        }
        let Some((first, _, arms)) = nodes.first() else { continue };
        for (node, name, others) in nodes.iter().skip(1).filter(|(_, _, others)| others != arms) {
            let message = format!(
                "the experiment `{}` has the arms {} here and {} at the node `{}` of `{}`: a client whose arm is not \
                 among these is put into another one",
                name.value,
                listed(others),
                listed(arms),
                first.name,
                first.flow.id
            );
            let help = "give both the same arms, or this one another name";
            diagnostics.push(Diagnostic::new(Code::ClashingArms, &node.flow.file, name.span, message, help));
        }
    }
}

fn same_place(
    node: &GraphNode<'_>,
    name: &Spanned<String>,
    arms: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut targets = node.edges.iter().map(|(edge, _)| &edge.to.value);
    let Some(first) = targets.next() else { return };
    if arms.len() > 1 && targets.all(|target| target == first) {
        let message = format!(
            "every arm of the experiment `{}` leads to `{first}`: all clients get the same",
            name.value
        );
        let help = "lead the arms to different nodes, or remove the experiment";
        diagnostics.push(Diagnostic::new(Code::IdleExperiment, &node.flow.file, name.span, message, help));
    }
}

fn listed(arms: &[&str]) -> String {
    format!("`{}`", arms.join("`, `"))
}
