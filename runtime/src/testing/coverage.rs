//! Which nodes and exits of the flows the tests went through.

use std::collections::BTreeSet;

use tolmach_engine::{Release, span::Span, trace::Trace};

/// What was gone through, and what there is.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    seen: BTreeSet<(String, String, Option<String>)>,
}

/// A node or an exit that no test reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Gap {
    /// The file.
    pub file: String,
    /// Where the node or the transition stands.
    #[serde(flatten)]
    pub span: Span,
    /// The node.
    pub node: String,
    /// The exit; `None` for the node as a whole.
    pub exit: Option<String>,
}

/// Counts of one sort: reached, and in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Share {
    /// Reached.
    pub reached: usize,
    /// In all.
    pub all: usize,
}

impl Share {
    /// Per cent, rounded down; 100 of nothing.
    pub fn percent(self) -> usize {
        (self.reached * 100).checked_div(self.all).unwrap_or(100)
    }
}

impl Coverage {
    /// Takes a turn into account.
    pub fn add(&mut self, trace: &Trace) {
        for visit in &trace.visits {
            self.seen.insert((visit.flow.clone(), visit.node.clone(), None));
            if let Some(exit) = &visit.exit {
                self.seen.insert((visit.flow.clone(), visit.node.clone(), Some(exit.clone())));
            }
        }
    }

    /// Takes what another run went through into account.
    pub fn merge(&mut self, other: Coverage) {
        self.seen.extend(other.seen);
    }

    /// Nodes, exits, and what is missing of both, sorted by place. Exits of unreached nodes are not listed apart.
    pub fn of(&self, release: &Release) -> (Share, Share, Vec<Gap>) {
        let (mut nodes, mut exits, mut gaps) = (Share::default(), Share::default(), Vec::new());
        for flow in release.flows.values() {
            for (name, entry) in &flow.nodes {
                let gap = |span, exit| Gap { file: flow.file.clone(), span, node: name.clone(), exit };
                let reached = self.seen.contains(&(flow.id.clone(), name.clone(), None));
                nodes.all += 1;
                nodes.reached += usize::from(reached);
                if !reached {
                    gaps.push(gap(entry.span, None));
                }
                let own: BTreeSet<String> = entry.node.exits().into_iter().map(|exit| exit.name).collect();
                for transition in
                    entry.all_transitions().into_iter().filter(|transition| transition.automatic)
                {
                    let key = if own.contains(&transition.label) {
                        transition.label.clone()
                    } else {
                        format!("to {}", transition.to.value)
                    };
                    let taken = self.seen.contains(&(flow.id.clone(), name.clone(), Some(key)));
                    exits.all += 1;
                    exits.reached += usize::from(taken);
                    if reached && !taken {
                        gaps.push(gap(transition.to.span, Some(transition.label)));
                    }
                }
            }
        }
        gaps.sort();
        (nodes, exits, gaps)
    }
}
