//! The pages, one file each. A handler parses, calls one use case, and renders.

pub(crate) mod account;
pub(crate) mod catalogue;
pub(crate) mod dashboard;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod flows;
pub(crate) mod inbox;
pub(crate) mod leads;
pub(crate) mod login;
pub(crate) mod manage;
pub(crate) mod setup;
pub(crate) mod texts;
