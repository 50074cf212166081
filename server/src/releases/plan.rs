//! What becomes of chats in progress when another release is made the current one.

use std::{
    collections::HashMap,
    fmt::{self, Display},
};

use tolmach_engine::compile;
use tolmach_runtime::{
    RESTART,
    ports::{Publication, Store, WaitingPlace},
};

use super::{bundle, short};

/// The fate of every chat.
pub struct Plan {
    places: Vec<(WaitingPlace, Fate)>,
    /// Chats that do not wait inside a node.
    resting: u64,
}

/// What happens to chats that wait at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
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
pub async fn of(store: &dyn Store, next: &Publication) -> anyhow::Result<Plan> {
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

impl Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places.is_empty() && self.resting == 0 {
            return f.write_str("chats in progress: none");
        }
        f.write_str("chats in progress")?;
        for (place, fate) in &self.places {
            let one = place.chats == 1;
            let (chats, wait) = if one { ("chat", "waits") } else { ("chats", "wait") };
            let verb = |single: &str, many: &str| if one { single.to_owned() } else { many.to_owned() };
            let what = match fate {
                Fate::Stay => verb("goes on there", "go on there"),
                Fate::Finish => verb("finishes on that release", "finish on that release"),
                Fate::Move(to) => format!("{} to {to}", verb("moves", "move")),
                Fate::Restart => verb("begins at the flow's start", "begin at the flow's start"),
                Fate::TakenOver => format!(
                    "{} to the new release, because that one cannot be used any more",
                    verb("moves", "move")
                ),
            };
            let release = short(&place.release);
            write!(
                f,
                "\n  {} {chats} {wait} at {}.{} of {release}: {what}",
                place.chats, place.flow, place.node
            )?;
        }
        match self.resting {
            0 => Ok(()),
            1 => f.write_str("\n  1 chat moves with its next message"),
            n => write!(f, "\n  {n} chats move with their next message"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tolmach_runtime::ports::PublicationKind;

    use super::*;

    fn place(release: &str, node: &str, chats: u64) -> WaitingPlace {
        WaitingPlace { release: release.to_owned(), flow: "shop".to_owned(), node: node.to_owned(), chats }
    }

    #[test]
    fn everyone_who_waits_is_told_of() {
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
        let cases = [
            (place("r1", "size", 2), true),
            (place("r1", "colour", 1), true),
            (place("r1", "name", 2), true),
            // Moves are for the parent's chats only.
            (place("r0", "size", 1), true),
            (place("r0", "size", 3), false),
            (place("r2", "size", 1), true),
        ];
        let places = cases.map(|(place, compiles)| {
            let fate = fate(&place, &next, compiles);
            (place, fate)
        });
        let plan = Plan { places: places.into(), resting: 57 };
        let expected = "chats in progress
  2 chats wait at shop.size of r1: move to shop.how_big
  1 chat waits at shop.colour of r1: begins at the flow's start
  2 chats wait at shop.name of r1: finish on that release
  1 chat waits at shop.size of r0: finishes on that release
  3 chats wait at shop.size of r0: move to the new release, because that one cannot be used any more
  1 chat waits at shop.size of r2: goes on there
  57 chats move with their next message";
        assert_eq!(plan.to_string(), expected);
    }
}
