//! What becomes of chats in progress when another release is made the current one.

use std::collections::HashMap;

use tolmach_engine::compile;
use tolmach_runtime::{
    RESTART,
    ports::{Publication, Store, WaitingPlace},
};

use super::{Error, bundle};

/// What becomes of every chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where chats wait inside nodes, and what becomes of those there.
    pub places: Vec<(WaitingPlace, Fate)>,
    /// Chats that do not wait inside a node: they move with their next message.
    pub resting: u64,
}

/// What happens to chats that wait at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They wait on the very release that becomes the current one.
    Stay,
    /// They finish on their release.
    Finish,
    /// They go on at another node of the new release.
    Move(String),
    /// They begin at the flow's start.
    Restart,
    /// Their release is not kept or no longer compiles: the new one takes them, where it has the node.
    TakenOver,
}

/// Looks at where chats wait now.
pub(super) async fn of(store: &dyn Store, next: &Publication) -> Result<Plan, Error> {
    let mut usable = HashMap::new();
    let mut places = Vec::new();
    for place in store.waiting_places().await? {
        if !usable.contains_key(&place.release) {
            let kept = bundle(store, &place.release).await.ok();
            let compiles =
                kept.is_some_and(|bundle| compile(&bundle, &tolmach_nodes::platform()).release.is_some());
            usable.insert(place.release.clone(), compiles);
        }
        let compiles = usable.get(&place.release).copied().unwrap_or_default();
        let fate = fate(&place, next, compiles);
        places.push((place, fate));
    }
    Ok(Plan { places, resting: store.chats_at_rest().await? })
}

fn fate(place: &WaitingPlace, next: &Publication, compiles: bool) -> Fate {
    if place.release == next.release {
        return Fate::Stay;
    }
    let moved = next.moves.get(&format!("{}.{}", place.flow, place.node));
    match moved.filter(|_| Some(&place.release) == next.parent.as_ref()) {
        Some(to) if to == RESTART => Fate::Restart,
        Some(to) => Fate::Move(to.clone()),
        None if compiles => Fate::Finish,
        None => Fate::TakenOver,
    }
}

#[cfg(test)]
mod tests {
    use tolmach_runtime::ports::PublicationKind;

    use super::*;

    #[test]
    fn moves_are_for_the_chats_of_the_parent_only() {
        let moves = [
            ("shop.size".to_owned(), "shop.how_big".to_owned()),
            ("shop.colour".to_owned(), RESTART.to_owned()),
        ];
        let next = Publication {
            seq: 0,
            release: "r2".to_owned(),
            parent: Some("r1".to_owned()),
            author: String::new(),
            note: String::new(),
            at: 0,
            kind: PublicationKind::Publish,
            moves: moves.into(),
        };
        let check = |release: &str, node: &str, compiles: bool, expected: Fate| {
            let (release, flow, node) = (release.to_owned(), "shop".to_owned(), node.to_owned());
            let place = WaitingPlace { release, flow, node, chats: 1 };
            assert_eq!(fate(&place, &next, compiles), expected, "{place:?}");
        };
        check("r1", "size", true, Fate::Move("shop.how_big".to_owned()));
        check("r1", "colour", true, Fate::Restart);
        check("r1", "name", true, Fate::Finish);
        check("r0", "size", true, Fate::Finish);
        check("r0", "size", false, Fate::TakenOver);
        check("r2", "size", true, Fate::Stay);
    }
}
