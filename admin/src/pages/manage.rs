//! Administration: people, the audit log, tasks, the system and its log, the database, and experiments.

pub(crate) mod audit;
pub(crate) mod data;
pub(crate) mod experiments;
pub(crate) mod jobs;
pub(crate) mod logs;
pub(crate) mod people;
pub(crate) mod settings;
pub(crate) mod system;
