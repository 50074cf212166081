//! The kinds of node, one file each. Adding one is a file here and a line in [`KINDS`]: schema, checks, documentation
//! and graph follow from the file.

mod answer;
mod ask;
mod branch;
mod buttons;
mod cards;
mod classify;
mod collect_contact;
mod end;
mod extract;
mod grounded;
mod lead;
mod menu;
mod phrases;
mod say;
mod search;
mod set;

use tolmach_engine::kind::KindSpec;

/// Every kind, in the order of the reference.
pub const KINDS: &[&KindSpec] = &[
    &KindSpec::of::<say::Say>(),
    &KindSpec::of::<ask::Ask>(),
    &KindSpec::of::<menu::Menu>(),
    &KindSpec::of::<classify::Classify>(),
    &KindSpec::of::<search::Search>(),
    &KindSpec::of::<answer::Answer>(),
    &KindSpec::of::<collect_contact::CollectContact>(),
    &KindSpec::of::<lead::Lead>(),
    &KindSpec::of::<branch::Branch>(),
    &KindSpec::of::<set::Set>(),
    &KindSpec::of::<end::End>(),
];
