//! The flow language of Tolmach: its model, its compiler, and the pure functions that run a turn: [`start()`] and
//! [`resume()`].
//!
//! The crate reads no clock, draws no random numbers and does no I/O. Time arrives in events, the results of queries in
//! outcomes.

pub mod bundle;
pub mod calendar;
pub mod card;
pub mod catalog;
pub mod channel;
pub mod compile;
pub mod condition;
pub mod config;
pub mod context;
pub mod diagnostic;
pub mod duration;
pub mod effect;
pub mod event;
pub mod experiment;
pub mod fault;
pub mod flow;
pub mod graph;
pub mod header;
pub mod image;
mod intents;
pub mod kind;
pub mod language;
pub mod link;
pub mod measure;
pub mod node_info;
pub mod or_none;
pub mod outline;
pub mod personal;
pub mod phrases;
pub mod platform;
pub mod redact;
pub mod reference;
pub mod release;
pub mod resources;
pub mod results;
mod sample_values;
pub mod schema;
pub mod scope;
pub mod session;
pub mod slot;
pub mod span;
pub mod step;
pub mod target;
pub mod text;
pub mod timers;
pub mod trace;
pub mod turn_context;
mod turn_state;
pub mod typed;
pub mod vars;
pub mod visible;
pub mod wording;
pub mod yaml;

pub use compile::{Compiled, company::written_type, compile};
pub use platform::Platform;
pub use release::Release;
pub use session::Session;
pub use step::{Abandoned, Step, SuspendedTurn, abandon, changes_nothing, explain, resume, start};
