//! A price list read in a process of its own, so that no file can take the bot's memory, time or life.
//!
//! The child limits itself, reads and prints one JSON document; the parent waits no longer than it may, and turns every
//! way in which a child can end into one error. What is read, and how, is not decided here.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Error, Imported, Options, name_of, read_with};

/// Bytes of an answer; the products of the largest file that is read take about half of this.
const MAX_ANSWER: u64 = 512 << 20;
/// Bytes kept of what a child complains of.
const MAX_COMPLAINT: u64 = 16 << 10;

/// What a child may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory that it may address, in MiB.
    pub memory: u64,
    /// Seconds, by the clock and of the processor.
    pub seconds: u64,
}

impl Default for Limits {
    /// 1,536 MiB and 60 seconds.
    fn default() -> Limits {
        Limits { memory: 1536, seconds: 60 }
    }
}

/// How a child is asked: what it prints is what [`serve`] writes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments before the limits, the options and the file.
    pub arguments: &'a [&'a str],
    /// What it may take.
    pub limits: Limits,
}

/// What a child prints.
#[derive(Serialize, Deserialize)]
enum Answer {
    Read(Box<Imported>),
    Failed(Error),
}

impl Reader<'_> {
    /// Reads a price list in a child process. Blocks until it has ended: at most `limits.seconds`.
    ///
    /// # Errors
    /// Those of [`super::read`], and [`Error::Heavy`], [`Error::Slow`], [`Error::Ended`] and [`Error::NotStarted`].
    pub fn read(&self, path: &Path, options: &Options) -> Result<Imported, Error> {
        let file = name_of(path);
        let started = || -> io::Result<Child> {
            Command::new(self.program)
                .args(self.arguments)
                .arg(format!("--memory={}", self.limits.memory))
                .arg(format!("--seconds={}", self.limits.seconds))
                .arg(format!("--options={}", serde_json::to_string(options)?))
                .arg("--")
                .arg(path)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        };
        let mut child =
            started().map_err(|why| Error::NotStarted { file: file.clone(), why: why.to_string() })?;
        // Both outputs are read on threads of their own: a child that fills one must not wait for the other.
        let answer = child.stdout.take().map(|pipe| gather(pipe, MAX_ANSWER));
        let complaint = child.stderr.take().map(|pipe| gather(pipe, MAX_COMPLAINT));
        let wait = Duration::from_secs(self.limits.seconds);
        let answer = answer.and_then(|answer| answer.recv_timeout(wait).ok());
        let Some(answer) = answer else {
            end(&mut child);
            return Err(Error::Slow { file, limit: self.limits.seconds });
        };
        // Its output is closed: it ends now, unless it closed that and runs on.
        let status = ended(&mut child).map_err(|why| Error::Ended {
            file: file.clone(),
            how: format!("cannot be waited for: {why}"),
        })?;
        let complaint = complaint.and_then(|complaint| complaint.recv_timeout(Duration::from_secs(1)).ok());
        let complaint = String::from_utf8_lossy(&complaint.unwrap_or_default()).into_owned();
        match serde_json::from_slice(&answer) {
            Ok(Answer::Read(imported)) if status.success() => Ok(*imported),
            Ok(Answer::Failed(error)) => Err(error),
            _ => Err(self.verdict(file, status, &complaint)),
        }
    }

    /// Why there is no answer.
    fn verdict(&self, file: String, status: ExitStatus, complaint: &str) -> Error {
        let Limits { memory, seconds } = self.limits;
        // The words of Rust's allocator; a process without memory can say no more.
        if complaint.contains("memory allocation of") || complaint.contains("capacity overflow") {
            return Error::Heavy { file, limit: memory };
        }
        match signal(status) {
            Some(signal) if signal == SIGXCPU => Error::Slow { file, limit: seconds },
            Some(SIGKILL) => Error::Ended {
                file,
                how: "was killed by the system, which does so when memory runs short".to_owned(),
            },
            Some(signal) => Error::Ended { file, how: format!("crashed (signal {signal})") },
            None if status.success() => Error::Ended { file, how: "gave no whole answer".to_owned() },
            None => Error::Ended {
                file,
                how: match complaint.lines().find(|line| !line.trim().is_empty()) {
                    Some(line) => {
                        format!(
                            "failed: {}",
                            line.chars().take(200).collect::<String>().trim_end_matches('.')
                        )
                    }
                    None => format!("failed ({status})"),
                },
            },
        }
    }
}

/// The child's side: limits the process, reads, and writes the answer.
///
/// Call it before anything else of the program has begun: threads and connections would count against its memory.
///
/// # Errors
/// When the limits cannot be set or the answer cannot be written; what is wrong with the file is part of the answer.
pub fn serve(path: &Path, options: &Options, limits: Limits, mut out: impl Write) -> io::Result<()> {
    limit(limits)?;
    let answer = match read_with(path, options) {
        Ok(imported) => Answer::Read(Box::new(imported)),
        Err(error) => Answer::Failed(error),
    };
    serde_json::to_writer(&mut out, &answer)?;
    out.flush()
}

/// What this process may take from now on. A core file of a hostile workbook helps nobody and takes the disk.
#[cfg(unix)]
fn limit(limits: Limits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let (memory, seconds) = (limits.memory << 20, limits.seconds.max(1));
    // At the first bound of the processor's time a process is told that it is over, at the second it is just killed.
    let bounds =
        [(Resource::As, memory, memory), (Resource::Cpu, seconds, seconds + 5), (Resource::Core, 0, 0)];
    for (resource, current, maximum) in bounds {
        // A limit that is lower already stays, and cannot be raised.
        let there = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let (current, maximum) = (current.min(there), maximum.min(there));
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn limit(_: Limits) -> io::Result<()> {
    Ok(())
}

/// All that a pipe gives, up to a bound; whoever writes more finds the pipe closed.
fn gather(pipe: impl Read + Send + 'static, bound: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks gives what came so far, which is then no whole answer.
        let _ = pipe.take(bound).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// Waits a moment for a process that has closed its output; one that runs on is killed.
fn ended(child: &mut Child) -> io::Result<ExitStatus> {
    for _ in 0..200 {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()
}

/// Kills and reaps. One that has ended by itself meanwhile is reaped all the same.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

#[cfg(test)]
mod tests;
