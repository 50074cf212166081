//! Text output of a publication's effect on chats in progress.

use tolmach_app::{
    release::{Plan, WaitingChats},
    text::short,
};
use tolmach_runtime::ports::WaitingPlace;

/// One line for each node at which chats wait, and one for the other chats.
pub fn text(plan: &Plan) -> String {
    if plan.places.is_empty() && plan.resting == 0 {
        return "chats in progress: none".to_owned();
    }
    let mut lines = vec!["chats in progress".to_owned()];
    lines.extend(plan.places.iter().map(|(place, effect)| line(place, effect)));
    match plan.resting {
        0 => {}
        1 => lines.push("  1 chat moves with its next message".to_owned()),
        n => lines.push(format!("  {n} chats move with their next message")),
    }
    lines.join("\n")
}

fn line(place: &WaitingPlace, effect: &WaitingChats) -> String {
    let one = place.chats == 1;
    let (chats, wait) = if one { ("chat", "waits") } else { ("chats", "wait") };
    let verb = |single: &str, many: &str| if one { single.to_owned() } else { many.to_owned() };
    let what = match effect {
        WaitingChats::Stay => verb("goes on there", "go on there"),
        WaitingChats::Finish => verb("finishes on that release", "finish on that release"),
        WaitingChats::Move(to) => format!("{} to {to}", verb("moves", "move")),
        WaitingChats::Restart => verb("begins at the flow's start", "begin at the flow's start"),
        WaitingChats::TakenOver => {
            format!("{} to the new release, because that one cannot be used any more", verb("moves", "move"))
        }
    };
    let release = short(&place.release);
    format!("  {} {chats} {wait} at {}.{} of {release}: {what}", place.chats, place.flow, place.node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waiting_place_is_printed_with_its_fate() {
        let place = |release: &str, node: &str, chats: u64| WaitingPlace {
            release: release.to_owned(),
            flow: "shop".to_owned(),
            node: node.to_owned(),
            chats,
        };
        let places = vec![
            (place("r1", "size", 2), WaitingChats::Move("shop.how_big".to_owned())),
            (place("r1", "colour", 1), WaitingChats::Restart),
            (place("r1", "name", 2), WaitingChats::Finish),
            (place("r0", "size", 1), WaitingChats::Finish),
            (place("r0", "size", 3), WaitingChats::TakenOver),
            (place("r2", "size", 1), WaitingChats::Stay),
        ];
        let expected = "chats in progress
  2 chats wait at shop.size of r1: move to shop.how_big
  1 chat waits at shop.colour of r1: begins at the flow's start
  2 chats wait at shop.name of r1: finish on that release
  1 chat waits at shop.size of r0: finishes on that release
  3 chats wait at shop.size of r0: move to the new release, because that one cannot be used any more
  1 chat waits at shop.size of r2: goes on there
  57 chats move with their next message";
        assert_eq!(text(&Plan { places, resting: 57 }), expected);
        assert_eq!(text(&Plan { places: Vec::new(), resting: 0 }), "chats in progress: none");
    }
}
