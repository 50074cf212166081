//! What flows that are interrupted or left give back to the flows that called them.

use crate::{release::Release, session::Session};

/// Takes what the flows above a frame have found into the slots that their callers named (`call: into`), as if they
/// returned; a value that did not come back takes nothing away.
pub(super) fn results(release: &Release, session: &mut Session, frame: usize) {
    for at in ((frame + 1)..session.frames.len()).rev() {
        let Some([caller, called, ..]) = session.frames.get(at.saturating_sub(1)..) else { continue };
        let Some(flow) = release.flow(&caller.flow) else { continue };
        let call = caller.waiting.as_ref().and_then(|waiting| flow.nodes.get(&waiting.node)?.node.call());
        let mut given = Vec::new();
        for (ours, theirs) in call.into_iter().flat_map(|call| call.results) {
            let value = called.slots.get(&theirs.value).filter(|value| !value.is_null());
            let accepted =
                value.zip(flow.slots.get(&ours.value)).map(|(value, slot)| slot.accept(value.clone()));
            if let Some(Ok(value)) = accepted {
                given.push((ours.value.clone(), value));
            }
        }
        for (slot, value) in given {
            let old = session.frames.get(at - 1).and_then(|caller| caller.slots.get(&slot)).cloned();
            if session.check_room(&value, &old.unwrap_or_default()).is_ok()
                && let Some(caller) = session.frames.get_mut(at - 1)
            {
                caller.slots.insert(slot, value);
            }
        }
    }
}
