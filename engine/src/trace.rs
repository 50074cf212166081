//! The trace of a turn: which nodes ran, why, and what their queries returned.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{catalog::Filter, effect::QueryOutcome};

/// What happened in a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Nodes visited, in order.
    pub visits: Vec<Visit>,
    /// Explanations of a turn that visited no node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The outcomes of queries, in order; a replay uses them in place of the ports.
    pub outcomes: Vec<QueryOutcome>,
    /// Which queries they answer, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// Why the turn was abandoned; `None` for a turn that the flows ended. See [`crate::abandon()`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned: Option<String>,
}

/// A query that was asked, without its texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// See [`crate::effect::Query::name`].
    #[serde(deserialize_with = "query_name")]
    pub query: String,
    /// See [`crate::effect::Query::key`].
    pub key: String,
}

/// Reads a query's name; traces of earlier versions have other names for three of them.
fn query_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(match name.as_str() {
        "nearest" => "classify".to_owned(),
        "decide" => "llm_classify".to_owned(),
        "answer" => "generate".to_owned(),
        _ => name,
    })
}

/// A node visited.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// Its kind.
    pub kind: String,
    /// Explanations: decisions, dropped clauses, scores. Values of personal slots are replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The exit taken, or `wait`; `None` when the node failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// Why the node failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What the node understood; only of an explained turn, and never stored.
    #[serde(skip)]
    pub understood: Understood,
}

/// What a node understood of a message, for tests: see [`crate::explain`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Understood {
    /// The intent that interrupted the question that waited.
    pub intent: Option<String>,
    /// The articles of the rows that the message was found to be about.
    pub rows: Vec<String>,
    /// The last search: what was looked up, and under which conditions.
    pub search: Option<(String, Vec<Filter>)>,
}

impl Trace {
    /// The names of the nodes visited.
    pub fn path(&self) -> Vec<&str> {
        self.visits.iter().map(|visit| visit.node.as_str()).collect()
    }
}
