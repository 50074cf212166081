//! The subcommands, one module each.

pub mod admin;
pub mod audit;
pub mod catalog;
pub mod chat;
pub mod check;
pub mod client;
pub mod data;
pub mod demo;
pub mod draft;
pub mod embed;
pub mod eval;
pub mod explain;
pub mod goals;
pub mod graph;
pub mod handoff;
pub mod jobs;
pub mod leads;
pub mod new;
pub mod release;
pub mod replay;
pub mod run;
pub mod schema;
pub mod spending;
pub mod status;
pub mod suggest;
pub mod test;
mod understood;
