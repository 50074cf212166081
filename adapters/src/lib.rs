//! The outside systems of Tolmach, one module each, behind the ports of the runtime.
