//! One file a command.

pub mod catalog;
pub mod chat;
pub mod check;
pub mod graph;
pub mod leads;
pub mod replay;
pub mod run;
pub mod test;
