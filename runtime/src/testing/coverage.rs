//! Coverage: which nodes and exits of the flows were reached by tests.

use std::collections::BTreeSet;

use tolmach_engine::{Release, span::Span, trace::Trace};

/// The nodes and exits that were reached.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    seen: BTreeSet<(String, String, Option<String>)>,
}

/// A node or an exit that no test reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Gap {
    /// The file.
    pub file: String,
    /// Where the node or the transition is defined.
    #[serde(flatten)]
    pub span: Span,
    /// The node.
    pub node: String,
    /// The exit; `None` for the node as a whole.
    pub exit: Option<String>,
}

/// A share of nodes or exits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Share {
    /// Number reached.
    pub reached: usize,
    /// Total number.
    pub all: usize,
}

impl Share {
    /// Percentage, rounded down; 100 if the total is 0.
    pub fn percent(self) -> usize {
        (self.reached * 100).checked_div(self.all).unwrap_or(100)
    }
}

impl Coverage {
    /// Adds the nodes and exits of a turn.
    pub fn add(&mut self, trace: &Trace) {
        for visit in &trace.visits {
            self.seen.insert((visit.flow.clone(), visit.node.clone(), None));
            if let Some(exit) = &visit.exit {
                self.seen.insert((visit.flow.clone(), visit.node.clone(), Some(exit.clone())));
            }
        }
    }

    /// Adds the coverage of another run.
    pub fn merge(&mut self, other: Coverage) {
        self.seen.extend(other.seen);
    }

    /// The shares of nodes and of exits that were reached, and the gaps in both, sorted by file and position. Exits of
    /// unreached nodes are not listed separately.
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
