//! The turn loop of Tolmach: takes events, runs them through the engine, commits, delivers.
//!
//! Knows no database, no network and no channel: those stand behind [`ports`].

pub mod backoff;
mod bundles;
mod burst;
mod delivery;
mod golden;
mod intents;
mod moves;
mod names;
pub mod ports;
mod queries;
mod receipts;
mod record;
pub mod rehearsal;
mod runtime;
pub mod secret;
mod shelf;
mod staff;
mod tend;
pub mod testing;
mod turns;
mod work;

pub use bundles::{BundleError, read_bundle};
pub use burst::Burst;
pub use golden::{Golden, golden_questions};
pub use intents::{Learned, Trainer};
pub use moves::{RESTART, place};
pub use queries::World;
pub use record::{Difference, Record};
pub use runtime::{Parts, Runtime};
pub use shelf::{Followed, Shelf};
pub use staff::Staff;
pub use tend::Tasks;
