//! Reads a price list in a separate process, so that no file can exhaust the bot's memory or time, or crash it.
//!
//! The child limits its resources, reads the file and prints one JSON document. The parent waits with a timeout and
//! maps every way in which a child can end to one error. A parent that is killed takes its child with it: the child's
//! stdin is a pipe that only the parent holds, so its end is the parent's, on every system and without a race.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Error, Imported, MAX_ROWS, Options, SheetSample, name_of, read_at_most, read_sampled};

/// The part of the child's memory that its response may have: the parent holds the response and what it says at once.
const ANSWER_SHARE: u64 = 4;
/// Number of bytes kept of the child's stderr.
const MAX_COMPLAINT: u64 = 16 << 10;

/// Resource limits of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Address space in MiB.
    pub memory: u64,
    /// Wall-clock and CPU time in seconds.
    pub seconds: u64,
    /// Maximum number of items.
    pub rows: usize,
}

impl Default for Limits {
    /// 1,536 MiB, 60 seconds and 1,000,000 items.
    fn default() -> Limits {
        Limits { memory: 1536, seconds: 60, rows: MAX_ROWS }
    }
}

impl Limits {
    /// Maximum size of a response in bytes.
    fn answer(self) -> u64 {
        (self.memory << 20) / ANSWER_SHARE
    }
}

/// How to start a child. The child must call [`serve`] with its stdout.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The executable.
    pub program: &'a Path,
    /// Arguments in front of the limits, the options and the file.
    pub arguments: &'a [&'a str],
    /// Resource limits.
    pub limits: Limits,
}

/// The JSON document that a child prints.
#[derive(Serialize, Deserialize)]
enum Answer {
    Read(Box<Imported>),
    Failed(Error),
    Sampled { result: Result<Box<Imported>, Error>, sheets: Vec<SheetSample> },
}

impl Reader<'_> {
    /// Reads a price list in a child process. Blocks until the child has ended, normally at most `limits.seconds`.
    ///
    /// # Errors
    /// Those of [`super::read_with`], and [`Error::Heavy`], [`Error::Slow`], [`Error::Ended`] and
    /// [`Error::NotStarted`].
    pub fn read(&self, path: &Path, options: &Options) -> Result<Imported, Error> {
        match self.ask(path, &Options { sample: false, ..options.clone() })? {
            Answer::Read(imported) => Ok(*imported),
            Answer::Failed(error) | Answer::Sampled { result: Err(error), .. } => Err(error),
            Answer::Sampled { result: Ok(imported), .. } => Ok(*imported),
        }
    }

    /// Like [`Reader::read`], with the first rows of every sheet, which are there as well where only the columns could not be
    /// understood.
    pub fn read_sampled(
        &self,
        path: &Path,
        options: &Options,
    ) -> (Result<Imported, Error>, Vec<SheetSample>) {
        match self.ask(path, &Options { sample: true, ..options.clone() }) {
            Ok(Answer::Sampled { result, sheets }) => (result.map(|imported| *imported), sheets),
            Ok(Answer::Read(imported)) => (Ok(*imported), Vec::new()),
            Ok(Answer::Failed(error)) | Err(error) => (Err(error), Vec::new()),
        }
    }

    /// The answer of a child about a file.
    fn ask(&self, path: &Path, options: &Options) -> Result<Answer, Error> {
        let file = name_of(path);
        let started = || -> io::Result<Child> {
            Command::new(self.program)
                .args(self.arguments)
                .arg(format!("--memory={}", self.limits.memory))
                .arg(format!("--seconds={}", self.limits.seconds))
                .arg(format!("--rows={}", self.limits.rows))
                .arg("--attached")
                .arg(format!("--options={}", serde_json::to_string(options)?))
                .arg("--")
                .arg(path)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        };
        let mut child =
            started().map_err(|why| Error::NotStarted { file: file.clone(), why: why.to_string() })?;
        // Held open until the child has ended.
        let _attached = child.stdin.take();
        // Read both pipes in threads of their own, so that a child that fills one cannot block while the other is read.
        let answer = child.stdout.take().map(|pipe| read_pipe(pipe, self.limits.answer()));
        let stderr_text = child.stderr.take().map(|pipe| read_pipe(pipe, MAX_COMPLAINT));
        let wait = Duration::from_secs(self.limits.seconds);
        let answer = answer.and_then(|answer| answer.recv_timeout(wait).ok());
        let Some(answer) = answer else {
            end(&mut child);
            return Err(Error::Slow { file, limit: self.limits.seconds });
        };
        // stdout is closed, so the child ends now, or is killed if it goes on running.
        let status = ended(&mut child).map_err(|why| Error::Ended {
            file: file.clone(),
            how: format!("cannot be waited for: {why}"),
        })?;
        let stderr_text =
            stderr_text.and_then(|stderr_text| stderr_text.recv_timeout(Duration::from_secs(1)).ok());
        let stderr_text = String::from_utf8_lossy(&stderr_text.unwrap_or_default()).into_owned();
        if answer.len() as u64 >= self.limits.answer() {
            let limit = format!("{} MiB", self.limits.answer() >> 20);
            return Err(Error::TooLarge { file, what: format!("its items take more than {limit}"), limit });
        }
        match serde_json::from_slice(&answer) {
            Ok(answer @ (Answer::Read(_) | Answer::Sampled { .. })) if status.success() => Ok(answer),
            Ok(Answer::Failed(error)) => Err(error),
            _ => Err(self.exit_error(file, status, &stderr_text)),
        }
    }

    /// The error for a child that gave no valid response.
    fn exit_error(&self, file: String, status: ExitStatus, stderr_text: &str) -> Error {
        let Limits { memory, seconds, .. } = self.limits;
        // Messages of Rust's allocator; a process without memory cannot report anything else.
        if stderr_text.contains("memory allocation of") || stderr_text.contains("capacity overflow") {
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
                how: match stderr_text.lines().find(|line| !line.trim().is_empty()) {
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

/// Runs in the child: limits the process, reads the file and writes the response. With `attached` the process ends as
/// soon as its stdin does.
///
/// Call it before starting anything else: threads and connections would count against the memory limit.
///
/// # Errors
/// The limits cannot be set or the response cannot be written. Errors of the file are part of the response.
pub fn serve(
    path: &Path,
    options: &Options,
    limits: Limits,
    attached: bool,
    mut out: impl Write,
) -> io::Result<()> {
    limit(limits)?;
    if attached {
        end_with_stdin()?;
    }
    let answer = if options.sample {
        let (result, sheets) = read_sampled(path, options, limits.rows);
        Answer::Sampled { result: result.map(Box::new), sheets }
    } else {
        match read_at_most(path, options, limits.rows) {
            Ok(imported) => Answer::Read(Box::new(imported)),
            Err(error) => Answer::Failed(error),
        }
    };
    serde_json::to_writer(&mut out, &answer)?;
    out.flush()
}

/// Ends this process when its stdin ends: the parent is gone, and nobody waits for the response.
fn end_with_stdin() -> io::Result<()> {
    let wait = || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(1);
    };
    // A small stack: it counts against the memory limit.
    thread::Builder::new().stack_size(64 << 10).spawn(wait).map(drop)
}

/// Sets the limits of this process. Core dumps are disabled: they would fill the disk.
#[cfg(unix)]
fn limit(limits: Limits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let (memory, seconds) = (limits.memory << 20, limits.seconds.max(1));
    // At the soft CPU limit the kernel sends SIGXCPU, at the hard limit SIGKILL.
    let bounds =
        [(Resource::As, memory, memory), (Resource::Cpu, seconds, seconds + 5), (Resource::Core, 0, 0)];
    for (resource, current, maximum) in bounds {
        // A hard limit that is lower already stays, because it cannot be raised.
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

/// Reads a pipe in a thread, up to a limit, then closes it.
fn read_pipe(pipe: impl Read + Send + 'static, bound: u64) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // After a read error, what came so far is sent; it is then not a valid response.
        let _ = pipe.take(bound).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// Waits up to 1 s for a process that has closed its output, then kills it.
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

/// Kills and reaps a process, also one that has just ended.
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
