//! How a node fails.

/// A failure inside a node; takes the flow's error path. The text is for traces and logs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

impl From<String> for Fault {
    fn from(why: String) -> Fault {
        Fault(why)
    }
}
