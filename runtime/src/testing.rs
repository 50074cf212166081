//! Dialog tests: YAML files run on the real runtime, with a manual clock, a recording channel, and scripted models and
//! other systems.

mod chat;
mod coverage;
mod dialog;
mod expect;
mod expectation;
mod fakes;
mod given;
mod read;
mod reference;
mod requests;
mod rows;
mod run;
mod scripted;
mod step;
mod texts;
mod transcript;
mod understood;
mod write;

pub use coverage::{Coverage, Gap, Share};
pub use dialog::{Dialog, Step};
pub use expect::Difference;
pub use fakes::{FailingCatalog, ManualClock, Recorder};
pub use given::{Catalogue, Given, Moment};
pub use read::{read, unknown_names};
pub use reference::{EXAMPLE_FLOW, EXAMPLES, reference, test_schema};
pub use rows::{Row, products};
pub use run::{Environment, Extent, Failure, TestOutcome, Turned, run};
pub use scripted::Scripted;
pub use transcript::{Line, Who};
pub use write::{Saved, SavedTurn, write};
