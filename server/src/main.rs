//! The `tolmach` binary.
fn main() {}
