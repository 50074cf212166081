//! A flow as a graph for drawings, and as Mermaid text.

use crate::{flow::Flow, target::Target};

/// A flow's nodes and edges, in a stable order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Node names with their kinds.
    pub nodes: Vec<(String, &'static str)>,
    /// Edges.
    pub edges: Vec<Edge>,
    /// The node at which messages enter.
    pub start: String,
}

/// An edge of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The node that it leaves.
    pub from: String,
    /// Its target: a node, `end` or `return`.
    pub to: String,
    /// The labels of the transitions that it stands for.
    pub labels: Vec<String>,
}

impl Graph {
    /// The graph of a flow. Parallel edges are one with several labels; edges to `wait` are left out.
    pub fn of(flow: &Flow) -> Graph {
        let mut graph = Graph { start: flow.header.start.value.clone(), ..Graph::default() };
        for name in in_order(flow) {
            let Some(entry) = flow.nodes.get(name) else { continue };
            graph.nodes.push((name.to_owned(), entry.kind.name));
            for transition in entry.all_transitions() {
                if matches!(transition.to.value, Target::Wait) {
                    continue;
                }
                let to = transition.to.value.to_string();
                match graph.edges.iter_mut().find(|edge| edge.from == name && edge.to == to) {
                    Some(edge) if edge.labels.contains(&transition.label) => {}
                    Some(edge) => edge.labels.push(transition.label),
                    None => {
                        graph.edges.push(Edge { from: name.to_owned(), to, labels: vec![transition.label] })
                    }
                }
            }
        }
        graph
    }

    /// Mermaid's text, for anything that renders it.
    pub fn mermaid(&self) -> String {
        let mut text = format!("flowchart TD\n  START(( )) --> {}\n", id(&self.start));
        for (name, kind) in &self.nodes {
            text.push_str(&format!("  {}[\"{name}<br/><i>{kind}</i>\"]\n", id(name)));
        }
        for edge in &self.edges {
            let label = edge.labels.join(", ").replace('"', "'");
            text.push_str(&format!("  {} -->|\"{label}\"| {}\n", id(&edge.from), id(&edge.to)));
        }
        if self.edges.iter().any(|edge| edge.to == "end") {
            text.push_str("  n_end((end))\n");
        }
        text
    }
}

/// Nodes in breadth-first order from the start, then from the other entry points, then the rest. Layouts draw the first
/// ones on top.
fn in_order(flow: &Flow) -> Vec<&str> {
    let on = &flow.header.on;
    let silence = on.inactivity.iter().map(|inactivity| &inactivity.to);
    let entry_points = std::iter::once(&flow.header.start)
        .chain(&on.refer)
        .chain(on.command.values())
        .chain(silence)
        .chain(&on.error)
        .chain(&on.contact);
    let mut order: Vec<&str> = Vec::with_capacity(flow.nodes.len());
    let all =
        entry_points.map(|entry_point| entry_point.as_str()).chain(flow.nodes.keys().map(String::as_str));
    for entry_point in all {
        let mut next = order.len();
        push(&mut order, flow, entry_point);
        while let Some(name) = order.get(next).copied() {
            next += 1;
            for transition in flow.nodes.get(name).map(|entry| entry.all_transitions()).unwrap_or_default() {
                if let Target::Node(to) = &transition.to.value {
                    push(&mut order, flow, to);
                }
            }
        }
    }
    order
}

fn push<'f>(order: &mut Vec<&'f str>, flow: &'f Flow, name: &str) {
    if let Some((name, _)) = flow.nodes.get_key_value(name)
        && !order.contains(&name.as_str())
    {
        order.push(name);
    }
}

/// An id for Mermaid, prefixed because words of its own, such as `end`, break it.
fn id(name: &str) -> String {
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    format!("n_{safe}")
}
