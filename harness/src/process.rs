//! The tested binary as a child process: start, health check, signals, shutdown. Dropping the handle kills the process.

mod usage;

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    sync::watch,
};

use crate::database::Database;

pub use usage::Usage;

/// Role of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// All roles in one process.
    Alone,
    /// Receives from the channels (`--role bot`).
    Bot,
    /// Runs tasks (`--role worker`).
    Worker,
}

/// Settings that all processes of a run share.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The binary.
    pub binary: PathBuf,
    /// Working directory, with the data and the output.
    pub home: PathBuf,
    /// Environment variables.
    pub variables: Vec<(&'static str, String)>,
}

impl Settings {
    /// Settings for this folder and this database.
    pub fn new(binary: PathBuf, home: PathBuf, database: &Database) -> Settings {
        let mut variables = vec![("TOLMACH_LOG", "warn".to_owned()), ("TOLMACH_DEBOUNCE_MS", "0".to_owned())];
        variables.extend(database.url.clone().map(|url| ("TOLMACH_DATABASE_URL", url)));
        Settings { binary, home, variables }
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Settings {
        self.variables.push((name, value.to_string()));
        self
    }

    /// Builds the command line and a clean environment.
    fn command(&self, role: Role) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.home).args(["run", "--listen", "127.0.0.1:0"]);
        match role {
            Role::Alone => {}
            Role::Bot => drop(command.args(["--role", "bot"])),
            Role::Worker => drop(command.args(["--role", "worker"])),
        }
        // Settings and proxies of the surrounding environment must not reach the binary.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_lowercase();
            if text.starts_with("tolmach_") || text.ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The file with the output of all processes.
    pub fn output(&self) -> PathBuf {
        self.home.join("output.txt")
    }

    /// Starts a process.
    ///
    /// # Errors
    /// If the binary or its output file cannot be opened.
    pub fn spawn(&self, role: Role) -> anyhow::Result<Tolmach> {
        let output = OpenOptions::new().create(true).append(true).open(self.output());
        let output = output.with_context(|| format!("{} cannot be written", self.output().display()))?;
        let mut command = self.command(role);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(output.try_clone()?).kill_on_drop(true);
        let spawned = Instant::now();
        let mut child =
            command.spawn().with_context(|| format!("{} does not start", self.binary.display()))?;
        let (found, address) = watch::channel(String::new());
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(keep(stdout, output, found));
        }
        Ok(Tolmach { child, spawned, address, output: self.output() })
    }
}

/// Copies standard output to the file and extracts the address of /health.
async fn keep(stdout: ChildStdout, mut output: File, found: watch::Sender<String>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, address)) = line.split_once("health     http://") {
            found.send_replace(address.trim_end_matches("/health").to_owned());
        }
        // Write errors are ignored: on a full disk the binary itself fails.
        let _ = writeln!(output, "{line}");
    }
}

/// A running process. Dropping it kills it.
pub struct Tolmach {
    child: Child,
    spawned: Instant,
    address: watch::Receiver<String>,
    output: PathBuf,
}

impl Tolmach {
    /// Waits until /health returns a success status. Returns `host:port` and the time since the spawn.
    ///
    /// # Errors
    /// If the process ends or is not ready within `timeout`.
    pub async fn ready(&mut self, timeout: Duration) -> anyhow::Result<(String, Duration)> {
        let mut address = self.address.clone();
        let serving = async {
            address.wait_for(|address| !address.is_empty()).await.context("it printed no address")?;
            let at = address.borrow().clone();
            let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
            let url = format!("http://{at}/health");
            loop {
                if let Ok(answer) = client.get(&url).send().await
                    && answer.status().is_success()
                {
                    return anyhow::Ok((at, self.spawned.elapsed()));
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let end = match tokio::time::timeout(timeout, serving).await {
            Ok(Ok(ready)) => return Ok(ready),
            // The pipe closes before the process is reaped; wait for its exit status.
            Ok(Err(_)) => format!("ended ({})", self.child.wait().await?),
            Err(_) => format!("does not serve within {} s", timeout.as_secs()),
        };
        bail!("tolmach {end}; the end of what it printed:\n{}", self.output_tail())
    }

    /// The last 20 lines of output of this run.
    fn output_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.output).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// The process id; `None` after the process has been waited for.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills the process with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    /// If it cannot be killed.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("tolmach cannot be killed")
    }

    /// Pauses the process with SIGSTOP: it keeps its files, sockets and leases.
    ///
    /// # Errors
    /// If it has already ended.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Resumes the process with SIGCONT.
    ///
    /// # Errors
    /// If it has already ended.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Sends SIGTERM and waits. If `timeout` passes, the process is killed.
    ///
    /// # Errors
    /// If it ends with a failure status, or not within `timeout`.
    pub async fn terminate(mut self, timeout: Duration) -> anyhow::Result<()> {
        self.signal(Signal::TERM)?;
        let Ok(status) = tokio::time::timeout(timeout, self.child.wait()).await else {
            bail!("tolmach does not end within {} s of SIGTERM:\n{}", timeout.as_secs(), self.output_tail());
        };
        let status = status?;
        if !status.success() {
            bail!("tolmach ended with {status}:\n{}", self.output_tail());
        }
        Ok(())
    }

    /// Resource usage so far; `None` if the system does not report it.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(self.id()?)
    }

    /// Sends a signal. Until the child is waited for, its id cannot be reused, so no other process can be hit.
    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = self.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let id = id.context("tolmach has ended by itself")?;
        kill_process(id, signal).context("no signal reaches tolmach")
    }
}

/// Completes on SIGTERM or Ctrl-C.
pub async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.unwrap_or_default();
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
