//! Dialog tests: YAML files run on the real runtime, with a manual clock, a recording channel, and scripted models and
//! other systems.

mod coverage;
mod dialog;
mod expect;
mod expectation;
mod fakes;
mod read;
mod run;
mod scripted;
mod texts;
mod transcript;
mod write;

pub use coverage::{Coverage, Gap, Share};
pub use dialog::{Catalogue, Dialog, Given, Model, StaffStep, Step, Stub};
pub use expect::Difference;
pub use fakes::{FailingCatalog, ManualClock, Recorder};
pub use read::{read, unknown_names};
pub use run::{Environment, Extent, Failure, TestOutcome, Turned, run};
pub use scripted::Scripted;
pub use transcript::{Line, Who};
pub use write::{Saved, SavedTurn, write};
