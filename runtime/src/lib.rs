//! The turn loop of Tolmach: receives events, runs them through the engine, commits each turn, delivers its messages.
//!
//! It depends on no database, network or channel: those are behind the traits in [`ports`].

mod acknowledgements;
pub mod backoff;
pub mod backtest;
mod bundles;
mod busy_chats;
mod coalescing;
pub mod cpu;
mod delivery;
mod figures;
mod golden;
mod greeting;
mod images;
mod intents;
pub mod leads;
mod maintenance;
mod names;
pub mod ports;
mod queries;
pub mod rate;
mod record;
mod release_registry;
mod runtime;
pub mod secret;
mod session_migration;
mod shared;
mod staff;
mod tell;
pub mod testing;
pub mod texts;
mod turn_starts;
mod turns;
mod work;
mod would;

pub use bundles::{BundleError, read_bundle, read_images};
pub use coalescing::Coalescing;
pub use golden::{GoldenQuestion, golden_questions};
pub use images::{ImageError, ReadImage, read_image};
pub use intents::{TrainedClassifier, Trainer};
pub use maintenance::Tasks;
pub use queries::{Models, QueryPorts};
pub use record::{Difference, Record, VisitCost};
pub use release_registry::{FollowOutcome, ReleaseRegistry};
pub use runtime::{Runtime, RuntimePorts};
pub use session_migration::{RESTART, place};
pub use shared::Shared;
pub use staff::{NoticeLimits, Rate, Staff};
pub use would::WouldSay;
