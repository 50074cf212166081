//! The outside systems of Tolmach, one module each, behind the ports of the runtime.

pub mod offline;
pub mod sqlite;
#[cfg(test)]
mod store_suite;
