//! Session migration: where chats that wait on the previous release continue when the next one is published.
//!
//! Pure: the caller knows which release is current and where each chat waits.

use std::collections::BTreeMap;

use tolmach_engine::{Release, Session};

/// The target that drops the waiting node and starts the flow again.
pub const RESTART: &str = "restart";

/// The session migration of a publication, resolved against its release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionMigration {
    /// The release from which chats are migrated.
    parent: String,
    /// Targets by `flow.node` of the parent.
    by_place: BTreeMap<String, Move>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Move {
    To { flow: String, node: String },
    Restart,
}

impl SessionMigration {
    /// Resolves the mapping of a publication. A target that the release does not have becomes a restart, so that no
    /// chat gets stuck.
    pub(crate) fn of(
        parent: Option<&str>,
        moves: &BTreeMap<String, String>,
        release: &Release,
    ) -> SessionMigration {
        let resolved = moves.iter().map(|(from, to)| {
            let place = place(release, to).filter(|_| to != RESTART);
            let to = place.map_or(Move::Restart, |(flow, node)| Move::To {
                flow: flow.to_owned(),
                node: node.to_owned(),
            });
            (from.clone(), to)
        });
        SessionMigration { parent: parent.unwrap_or_default().to_owned(), by_place: resolved.collect() }
    }

    /// Migrates a session that waits on the parent at a mapped node; returns whether it did. Only the innermost frame,
    /// which waits for the client, is changed; the flows that called it stay where they are.
    pub(crate) fn apply(&self, session: &mut Session) -> bool {
        if session.release != self.parent {
            return false;
        }
        let Some(to) =
            session.waits_at().and_then(|(flow, node)| self.by_place.get(&format!("{flow}.{node}")))
        else {
            return false;
        };
        let Some(frame) = session.frames.last_mut() else { return false };
        match to {
            Move::To { flow, node } => {
                frame.flow.clone_from(flow);
                if let Some(waiting) = &mut frame.waiting {
                    waiting.node.clone_from(node);
                }
            }
            Move::Restart => {
                frame.waiting = None;
                frame.interrupted.clear();
            }
        }
        true
    }
}

/// Resolves `flow.node` to the ids of a flow and a node of a release; `None` if there is no such node.
pub fn place<'r>(release: &'r Release, name: &str) -> Option<(&'r str, &'r str)> {
    release.flows.values().find_map(|flow| {
        let node = name.strip_prefix(flow.id.as_str())?.strip_prefix('.')?;
        let (node, _) = flow.nodes.get_key_value(node)?;
        Some((flow.id.as_str(), node.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn moves() -> SessionMigration {
        let to = Move::To { flow: "shop".to_owned(), node: "how_big".to_owned() };
        let by_place = [("shop.size".to_owned(), to), ("shop.colour".to_owned(), Move::Restart)];
        SessionMigration { parent: "r1".to_owned(), by_place: by_place.into() }
    }

    fn session(release: &str, node: &str) -> Session {
        let session = json!({
            "release": release,
            "language": "ru",
            "frames": [
                { "flow": "shop", "slots": {}, "waiting": { "node": "size" } },
                {
                    "flow": "shop", "slots": { "n": 1 }, "waiting": { "node": node, "state": { "tries": 2 } },
                    "interrupted": [{ "waiting": { "node": "colour" } }]
                }
            ]
        });
        serde_json::from_value(session).unwrap()
    }

    #[test]
    fn a_waiting_node_is_replaced_and_keeps_its_state() {
        let mut moved = session("r1", "size");
        assert!(moves().apply(&mut moved));
        let mut expected = session("r1", "size");
        expected.frames[1].waiting.as_mut().unwrap().node = "how_big".to_owned();
        assert_eq!(moved, expected, "the caller, the slots and the state stay");
    }

    #[test]
    fn a_restart_drops_the_waiting_node() {
        let mut moved = session("r1", "colour");
        assert!(moves().apply(&mut moved));
        assert_eq!(moved.waits_at(), None);
        assert!(moved.frames[1].interrupted.is_empty());
        assert!(moved.frames[0].waiting.is_some());
    }

    #[test]
    fn sessions_elsewhere_stay_unchanged() {
        for (release, node) in [("r0", "size"), ("r2", "size"), ("r1", "other")] {
            let mut stayed = session(release, node);
            assert!(!moves().apply(&mut stayed), "{release} {node}");
            assert_eq!(stayed, session(release, node));
        }
        let mut resting = session("r1", "size");
        resting.frames.clear();
        assert!(!moves().apply(&mut resting));
    }
}
