//! Sessions without personal values, for listings and exports. What is stored stays whole, because it must replay.

use serde_json::Value;

use crate::{
    personal::{PersonalValues, masked_slots},
    phrases,
    release::Release,
    session::{Frame, Session, Waiting},
};

/// The personal values that a session holds, in every flow that runs or is interrupted.
pub fn personal_values(release: &Release, session: &Session) -> PersonalValues {
    let mut values = PersonalValues::default();
    session.frames.iter().for_each(|frame| add_frame(&mut values, release, frame));
    values
}

fn add_frame(values: &mut PersonalValues, release: &Release, frame: &Frame) {
    match release.flow(&frame.flow) {
        Some(flow) => values.add_slots(&flow.slots, &frame.slots),
        // The declarations of these slots are not known.
        None => frame.slots.values().for_each(|value| values.add(value, phrases::PERSONAL)),
    }
    for frame in frame.interrupted.iter().flat_map(|interrupted| &interrupted.above) {
        add_frame(values, release, frame);
    }
}

impl Session {
    /// The session with placeholders such as `[phone]` in place of its personal values: in slots, in the history, and
    /// in what a node remembers that asks for personal data. It is to be shown, not to be run.
    #[must_use]
    pub fn redacted(&self, release: &Release) -> Session {
        let values = personal_values(release, self);
        let mut shown = self.clone();
        for said in &mut shown.history {
            said.text = values.redact(&said.text, self.language);
        }
        shown.frames.iter_mut().for_each(|frame| self.redact_frame(release, &values, frame));
        shown
    }

    fn redact_frame(&self, release: &Release, values: &PersonalValues, frame: &mut Frame) {
        let flow = release.flow(&frame.flow);
        match flow {
            Some(flow) => frame.slots = masked_slots(&flow.slots, &frame.slots, self.language),
            None => frame.slots.clear(),
        }
        let redact_waiting = |waiting: &mut Waiting| {
            let entry = flow.and_then(|flow| flow.nodes.get(&waiting.node).zip(Some(flow)));
            if entry.is_none_or(|(entry, flow)| entry.node.collects_personal_data(&flow.slots)) {
                waiting.state = Value::Null;
            }
            values.redact_json(&mut waiting.state, self.language);
        };
        frame.waiting.iter_mut().for_each(redact_waiting);
        for interrupted in &mut frame.interrupted {
            redact_waiting(&mut interrupted.waiting);
            interrupted.above.iter_mut().for_each(|frame| self.redact_frame(release, values, frame));
        }
    }
}
