//! The kinds of node, one file each. A new kind is a file here and a line in [`KINDS`]; its schema, checks, documentation
//! and graph are derived from the file.

mod answer;
mod ask;
mod bounds;
mod branch;
mod buttons;
mod call;
mod cards;
mod choices;
mod classify;
mod collect_contact;
pub mod contact;
mod delay;
mod end;
mod experiment;
mod extract;
mod faq;
mod goal;
mod grounded;
mod handoff;
mod http;
mod labels;
mod lead;
mod menu;
mod notify;
mod phrases;
mod price_slots;
pub mod reading;
mod refer;
mod say;
mod search;
mod set;
mod tone;
mod wishes;

pub use bounds::request_for;
use tolmach_engine::{Platform, channel::Capabilities, kind::KindSpec, platform::DEFAULT_ROLE};

/// Every kind, in the order of the reference.
pub const KINDS: &[&KindSpec] = &[
    &KindSpec::of::<say::Say>(),
    &KindSpec::of::<ask::Ask>(),
    &KindSpec::of::<menu::Menu>(),
    &KindSpec::of::<classify::Classify>(),
    &KindSpec::of::<search::Search>(),
    &KindSpec::of::<refer::Refer>(),
    &KindSpec::of::<answer::Answer>(),
    &KindSpec::of::<faq::Faq>(),
    &KindSpec::of::<collect_contact::CollectContact>(),
    &KindSpec::of::<lead::Lead>(),
    &KindSpec::of::<notify::Notify>(),
    &KindSpec::of::<handoff::Handoff>(),
    &KindSpec::of::<branch::Branch>(),
    &KindSpec::of::<set::Set>(),
    &KindSpec::of::<call::Call>(),
    &KindSpec::of::<http::Http>(),
    &KindSpec::of::<experiment::Experiment>(),
    &KindSpec::of::<goal::Goal>(),
    &KindSpec::of::<delay::Delay>(),
    &KindSpec::of::<end::End>(),
];

/// The sentences of these kinds that a bundle may say otherwise, in the order of the reference.
pub const PHRASES: &[tolmach_engine::phrases::Listed] = phrases::LISTED;

/// A platform for tests: every kind, the channels Telegram, web and terminal, and the one role `default`. The channels'
/// limits are those that the channels crate declares, which this crate does not know; a test compares them.
pub fn platform() -> Platform {
    // Telegram's own limits, with labels as short as phones show them; the other channels follow them.
    let telegram = Capabilities {
        name: "telegram",
        max_buttons: 100,
        max_label: 40,
        max_cards: None,
        albums: false,
        edits: false,
        typing: false,
        contact_sharing: true,
        files: true,
        max_text: 4096,
        max_caption: 1024,
        max_callback_data: 64,
    };
    let web = Capabilities { name: "web", max_cards: Some(50), contact_sharing: false, ..telegram.clone() };
    let terminal = Capabilities { name: "terminal", contact_sharing: false, ..telegram.clone() };
    Platform {
        kinds: KINDS,
        phrases: PHRASES,
        channels: vec![telegram, web, terminal],
        model_roles: Some([DEFAULT_ROLE.to_owned()].into()),
        entry_flows: Default::default(),
    }
}
