//! The user of a command, recorded in publications and the audit log.

use std::{env, process::Command};

use tolmach_runtime::ports::{Actor, Via};

/// The user of a command: the given name, or else the `user.name` of git, or else the system's user name.
pub fn cli(given: Option<String>) -> Actor {
    Actor::cli(given.or_else(user).unwrap_or_else(|| "unknown".to_owned()))
}

/// The actor of automatic changes at the first start: the program, with the name of the user who started it.
pub fn first_start() -> Actor {
    Actor { id: user().unwrap_or_else(|| "start".to_owned()), via: Via::System }
}

fn user() -> Option<String> {
    let git = Command::new("git").args(["config", "user.name"]).output().ok();
    let git = git.filter(|git| git.status.success()).map(|git| String::from_utf8_lossy(&git.stdout).into());
    let system = || env::var("USER").or_else(|_| env::var("USERNAME")).ok();
    let named = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    git.and_then(named).or_else(|| system().and_then(named))
}
