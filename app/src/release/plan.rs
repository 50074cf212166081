//! The effect of a publication on chats in progress.

use std::collections::HashMap;

use tolmach_engine::{Platform, compile};
use tolmach_runtime::{
    RESTART,
    ports::{self, Publication, Store, WaitingPlace},
};

use super::{Error, bundle};

/// The effect of a publication on all chats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Nodes at which chats wait, and what happens to these chats.
    pub places: Vec<(WaitingPlace, WaitingChats)>,
    /// Number of chats that do not wait inside a node; they switch to the new release with their next message.
    pub resting: u64,
}

/// What happens to the chats that wait at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingChats {
    /// They wait on the release that becomes the current one.
    Stay,
    /// They finish the dialog on their release.
    Finish,
    /// They continue at this node of the new release.
    Move(String),
    /// They restart at the flow's start node.
    Restart,
    /// Their release is not stored or no longer compiles. They continue on the new release if it has the node.
    TakenOver,
}

/// Computes the effect of `next` on the chats as they are now.
pub(super) async fn of(store: &dyn Store, platform: &Platform, next: &Publication) -> Result<Plan, Error> {
    let platform = platform.for_kept_release();
    let mut usable = HashMap::new();
    let mut places = Vec::new();
    for place in store.waiting_places().await? {
        if !usable.contains_key(&place.release) {
            let kept = bundle(store, &place.release).await.ok();
            let platform = platform.clone();
            let compiles = move || kept.is_some_and(|bundle| compile(&bundle, &platform).release.is_some());
            let failed = |why| ports::Error::unavailable("plan", why);
            let compiles = tokio::task::spawn_blocking(compiles).await.map_err(failed)?;
            usable.insert(place.release.clone(), compiles);
        }
        let compiles = usable.get(&place.release).copied().unwrap_or_default();
        let effect = effect(&place, next, compiles);
        places.push((place, effect));
    }
    Ok(Plan { places, resting: store.chats_at_rest().await? })
}

fn effect(place: &WaitingPlace, next: &Publication, compiles: bool) -> WaitingChats {
    if place.release == next.release {
        return WaitingChats::Stay;
    }
    let moved = next.moves.get(&format!("{}.{}", place.flow, place.node));
    match moved.filter(|_| Some(&place.release) == next.parent.as_ref()) {
        Some(to) if to == RESTART => WaitingChats::Restart,
        Some(to) => WaitingChats::Move(to.clone()),
        None if compiles => WaitingChats::Finish,
        None => WaitingChats::TakenOver,
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
        let check = |release: &str, node: &str, compiles: bool, expected: WaitingChats| {
            let (release, flow, node) = (release.to_owned(), "shop".to_owned(), node.to_owned());
            let place = WaitingPlace { release, flow, node, chats: 1 };
            assert_eq!(effect(&place, &next, compiles), expected, "{place:?}");
        };
        check("r1", "size", true, WaitingChats::Move("shop.how_big".to_owned()));
        check("r1", "colour", true, WaitingChats::Restart);
        check("r1", "name", true, WaitingChats::Finish);
        check("r0", "size", true, WaitingChats::Finish);
        check("r0", "size", false, WaitingChats::TakenOver);
        check("r2", "size", true, WaitingChats::Stay);
    }
}
