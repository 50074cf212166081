//! The product as a whole.

mod turns;
