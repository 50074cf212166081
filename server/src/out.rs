//! Standard output that may go away: `tolmach catalog search … | head` is no failure, and a server outlives its terminal.

use std::{fmt::Arguments, io::Write};

/// `println!` that does not panic when nobody reads any more; declared before the modules, so that all of them use it.
macro_rules! println {
    ($($argument:tt)*) => { $crate::out::write(format_args!("{}\n", format_args!($($argument)*))) };
}

/// The same for `print!`.
macro_rules! print {
    ($($argument:tt)*) => { $crate::out::write(format_args!($($argument)*)) };
}

/// A number of things: «1 node», «2 nodes».
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Writes in one piece, and forgets what cannot be written.
pub fn write(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.to_string().as_bytes()).and_then(|()| out.flush());
}
