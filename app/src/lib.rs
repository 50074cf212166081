//! The use cases of Tolmach: operations on releases, price lists, chats, leads and reports.
//!
//! Every function takes its dependencies and the current time as arguments, and returns data or a typed error. This
//! crate does not print, parse arguments, read the environment or read the clock. A function that changes something
//! takes an [`Actor`](tolmach_runtime::ports::Actor) and writes one row of the [audit log](audit). Commands, jobs and
//! pages parse their input, call one function and render its result.

pub mod accounts;
pub mod assist;
pub mod audit;
pub mod backtest;
pub mod catalog;
pub mod catalog_drafts;
pub mod check;
pub mod clients;
pub mod data;
pub mod demo;
pub mod diagnostics;
pub mod dialog_tests;
pub mod documents;
pub mod eval;
pub mod figures;
pub mod files;
pub mod flow_drafts;
pub mod forms;
pub mod goals;
pub mod graph;
pub mod handoff;
pub mod images;
pub mod inbox;
pub mod leads;
pub mod logs;
pub mod new;
pub mod price_list;
pub mod release;
pub mod replay;
pub mod report;
pub mod retention;
pub mod samples;
pub mod saved_test;
pub mod schemas;
pub mod settings;
pub mod spending;
pub mod suggest;
pub mod tasks;
pub mod text;
pub mod uploads;
pub mod what_if;
