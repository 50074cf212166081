//! A flow as a drawing: what there is to draw, and the Mermaid text of it.

use crate::{flow::Flow, target::Target};

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
        for name in in_order(flow) {
            let Some(entry) = flow.nodes.get(name) else { continue };
            graph.nodes.push((name.to_owned(), entry.kind.name));
            for way in entry.all_transitions() {
                if matches!(way.to.value, Target::Wait) {
                    continue;
                }
                let to = way.to.value.to_string();
                match graph.arrows.iter_mut().find(|arrow| arrow.from == name && arrow.to == to) {
                    Some(arrow) if arrow.labels.contains(&way.label) => {}
                    Some(arrow) => arrow.labels.push(way.label),
                    None => graph.arrows.push(Arrow { from: name.to_owned(), to, labels: vec![way.label] }),
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

/// Nodes as a reader meets them: from the start outwards, then from the commands, then whatever is left. Layouts put
/// what comes first above.
fn in_order(flow: &Flow) -> Vec<&str> {
    let on = &flow.header.on;
    let silence = on.inactivity.iter().map(|inactivity| &inactivity.to);
    let doors =
        std::iter::once(&flow.header.start).chain(on.command.values()).chain(silence).chain(&on.error);
    let mut order: Vec<&str> = Vec::with_capacity(flow.nodes.len());
    let all = doors.map(|door| door.as_str()).chain(flow.nodes.keys().map(String::as_str));
    for door in all {
        let mut next = order.len();
        push(&mut order, flow, door);
        while let Some(name) = order.get(next).copied() {
            next += 1;
            for way in flow.nodes.get(name).map(|entry| entry.all_transitions()).unwrap_or_default() {
                if let Target::Node(to) = &way.to.value {
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

/// Mermaid stumbles over ids that are its own words, such as `end`.
fn id(name: &str) -> String {
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    format!("n_{safe}")
}
