//! A flow as a drawing: what there is to draw, and the Mermaid text of it.

use crate::flow::{Flow, Target};

/// A flow's nodes and arrows, in a stable order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Node names with their kinds.
    pub nodes: Vec<(String, &'static str)>,
    /// Arrows.
    pub arrows: Vec<Arrow>,
    /// The node at which messages enter.
    pub start: String,
}

/// An arrow of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// Where it begins.
    pub from: String,
    /// Where it leads: a node, `wait` or `end`.
    pub to: String,
    /// Exits and jumps that take it.
    pub labels: Vec<String>,
}

impl Graph {
    /// The graph of a flow. Parallel arrows are one with several labels; arrows to `wait` are left out.
    pub fn of(flow: &Flow) -> Graph {
        let mut graph = Graph { start: flow.header.start.value.clone(), ..Graph::default() };
        for (name, entry) in &flow.nodes {
            graph.nodes.push((name.clone(), entry.kind.name));
            for way in entry.ways() {
                if matches!(way.to.value, Target::Wait) {
                    continue;
                }
                let to = way.to.value.to_string();
                match graph.arrows.iter_mut().find(|arrow| arrow.from == *name && arrow.to == to) {
                    Some(arrow) if arrow.labels.contains(&way.label) => {}
                    Some(arrow) => arrow.labels.push(way.label),
                    None => graph.arrows.push(Arrow { from: name.clone(), to, labels: vec![way.label] }),
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
        for arrow in &self.arrows {
            let label = arrow.labels.join(", ").replace('"', "'");
            text.push_str(&format!("  {} -->|\"{label}\"| {}\n", id(&arrow.from), id(&arrow.to)));
        }
        if self.arrows.iter().any(|arrow| arrow.to == "end") {
            text.push_str("  n_end((end))\n");
        }
        text
    }
}

/// Mermaid stumbles over ids that are its own words, such as `end`.
fn id(name: &str) -> String {
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    format!("n_{safe}")
}
