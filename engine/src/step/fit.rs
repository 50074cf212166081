//! Adapts a stored session to the release that it runs on.

use crate::{
    flow::Flow,
    release::Release,
    session::{Frame, Session, Waiting},
};

/// Makes the frames those of a release: flows that are gone are dropped with everything above them, slots are those
/// declared now, and there is always the flow in which chats begin.
pub(super) fn fit(session: &mut Session, release: &Release) {
    let entry = release.entry_of(session);
    let frames = &mut session.frames;
    let known = frames.iter().take_while(|frame| release.flow(&frame.flow).is_some()).count();
    frames.truncate(known);
    let last = frames.len().saturating_sub(1);
    for (at, frame) in frames.iter_mut().enumerate() {
        if let Some(flow) = release.flow(&frame.flow) {
            fit_frame(frame, flow, release);
        }
        // A frame below another waits for it; one whose call is gone would never be returned to.
        if at < last && frame.waiting.is_none() {
            frame.interrupted.clear();
        }
    }
    let orphan = frames.iter().take(last).position(|frame| frame.waiting.is_none());
    if let Some(orphan) = orphan {
        frames.truncate(orphan + 1);
    }
    if frames.is_empty()
        && let Some(flow) = release.flow(entry)
    {
        frames.push(Frame::new(&flow.id, &flow.slots));
    }
}

/// Makes a frame one of `flow`: slots as declared now, nothing waits at a node that is gone.
fn fit_frame(frame: &mut Frame, flow: &Flow, release: &Release) {
    frame.fit_slots(&flow.slots);
    let known = |waiting: &Waiting| flow.nodes.contains_key(&waiting.node);
    frame.waiting = frame.waiting.take().filter(known);
    frame.interrupted.retain(|interrupted| {
        known(&interrupted.waiting)
            && interrupted.above.iter().all(|frame| release.flow(&frame.flow).is_some())
    });
    for frame in frame.interrupted.iter_mut().flat_map(|interrupted| &mut interrupted.above) {
        if let Some(flow) = release.flow(&frame.flow) {
            fit_frame(frame, flow, release);
        }
    }
}
