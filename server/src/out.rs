//! Standard output that ignores write errors: `tolmach catalog search …
//! head` is no failure, and a server must survive its terminal.

use std::{fmt::Arguments, io::Write};

/// `println!` that does not panic when the reader is gone. Declared before the modules, so that all of them use it.
macro_rules! println {
    ($($argument:tt)*) => { $crate::out::write(format_args!("{}\n", format_args!($($argument)*))) };
}

/// `print!` that does not panic when the reader is gone.
macro_rules! print {
    ($($argument:tt)*) => { $crate::out::write(format_args!($($argument)*)) };
}

/// A count with its noun: "1 node", "2 nodes".
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Writes and flushes in one call; ignores errors.
pub fn write(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.to_string().as_bytes()).and_then(|()| out.flush());
}
