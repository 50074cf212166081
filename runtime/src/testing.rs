//! Dialog tests: an analyst's YAML, run on the real runtime with a clock and a channel of its own.

mod coverage;
mod dialog;
mod expect;
mod fakes;
mod run;

pub use coverage::Coverage;
pub use dialog::{Catalogue, Dialog, Given, read};
pub use fakes::{FailingCatalog, ManualClock, Recorder};
pub use run::{Failure, Outcome, run};
