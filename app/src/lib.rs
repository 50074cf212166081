//! The use cases of Tolmach: what people and jobs do with releases, price lists, chats and reports.
//!
//! Every function takes what it works on and the time as values, and returns data and typed errors. Nothing here prints, reads
//! arguments or the environment, or asks the clock. Whatever changes something takes an
//! [`Actor`](tolmach_runtime::ports::Actor) and writes one row of the [audit log](audit). Commands, jobs and pages parse what they
//! are given, call one function and render what it returns.

pub mod audit;
pub mod backtest;
pub mod catalog;
pub mod check;
pub mod diagnostics;
pub mod dialog_tests;
pub mod eval;
pub mod goals;
pub mod graph;
pub mod handoff;
pub mod leads;
pub mod price_list;
pub mod release;
pub mod replay;
pub mod report;
pub mod retention;
pub mod samples;
pub mod suggest;
pub mod tasks;
pub mod text;
pub mod uploads;
