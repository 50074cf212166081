//! The run: processes are started, hit and restarted; then the run drains and is judged.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use fastrand::Rng;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tolmach_testkit::telegram::TOKEN;

use super::{
    Options,
    ledger::{Entry, Interruption, Rules, judge, lateness},
    report::{Interruptions, Outcome},
    test_bed::TestBed,
    traffic::{self, up_to},
};
use crate::{
    database::Database,
    figures::Spread,
    process::{Role, Settings, Tolmach},
};

const BUNDLE: &str = include_str!("../../bundle/ledger.yaml");

/// Every urgent message is a mail of its own, so that a lost one is noticed.
const SETTINGS: &str = "[limits.notices]\nat_once = 1000000\nan_hour = 1000000\n";

/// Inactivity after which the bundle sends a nudge.
const SILENCE: Duration = Duration::from_secs(1);
/// Time limit of a start and of a stop. Debug builds on a busy machine are slow.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The drain ends when nothing has arrived for this long. It exceeds the backoff after a few failures.
const QUIET: Duration = Duration::from_secs(120);
/// Extra time after the last expected message, to catch duplicates.
const LINGER: Duration = Duration::from_millis(1500);
/// Latest moment of a signal during the start of a process.
const STARTING: Duration = Duration::from_millis(150);
/// Latest moment of a signal while the process serves.
const SERVING: Duration = Duration::from_millis(600);
/// Longest pause of a stopped process.
const STILL: Duration = Duration::from_millis(1200);
/// Interval of progress lines.
const TELL: Duration = Duration::from_secs(10);

/// Runs all cycles on one database.
///
/// # Errors
/// If the binary does not start, does not become ready, or does not stop when asked to.
pub async fn run(
    options: &Options,
    binary: &Path,
    database: &Database,
    seed: u64,
) -> anyhow::Result<Outcome> {
    let home = TempDir::new().context("no temporary folder")?;
    fs::create_dir(home.path().join("flows"))?;
    fs::write(home.path().join("flows/ledger.yaml"), BUNDLE)?;
    fs::write(home.path().join("tolmach.toml"), SETTINGS)?;
    let test_bed = Arc::new(TestBed::new().await);
    let settings = Settings::new(binary.to_owned(), home.path().to_owned(), database)
        .with("TOLMACH_FLOWS", "flows")
        .with("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .with("TOLMACH_TELEGRAM_API_URL", &test_bed.telegram.url)
        .with("TOLMACH_STAFF_EMAIL", "sales@example.com")
        .with("TOLMACH_SMTP_HOST", "127.0.0.1")
        .with("TOLMACH_SMTP_PORT", test_bed.smtp.port)
        .with("TOLMACH_SMTP_TLS", "none")
        .with("TOLMACH_SMTP_FROM", "shop@example.com");
    // The first start creates the data folder and imports the samples, so it is not measured.
    let mut first = settings.spawn(Role::Alone)?;
    first.ready(TIMEOUT).await?;
    first.terminate(TIMEOUT).await?;

    let rng = Rng::with_seed(seed);
    let mut run = Run {
        processes: (0..options.processes).map(|_| None).collect(),
        settings,
        test_bed: Arc::clone(&test_bed),
        rng,
        starts: Vec::new(),
        blows: Interruptions::default(),
    };
    let writing = Writing::start(&test_bed, run.rng.fork());
    let mut told = Instant::now();
    for cycle in 1..=options.cycles {
        run.cycle().await.with_context(|| format!("cycle {cycle} of seed {seed} on {}", database.name))?;
        if told.elapsed() > TELL {
            told = Instant::now();
            eprintln!(
                "{}: cycle {cycle} of {}, {} still to come",
                database.name,
                options.cycles,
                test_bed.collect_shown()
            );
        }
    }
    drop(writing);
    run.drain().await.with_context(|| format!("after the last cycle of seed {seed} on {}", database.name))?;
    Ok(run.outcome(options, database, seed, home))
}

/// The task of the clients, aborted on drop.
struct Writing(JoinHandle<()>);

impl Writing {
    fn start(test_bed: &Arc<TestBed>, rng: Rng) -> Writing {
        Writing(tokio::spawn(traffic::write(Arc::clone(test_bed), rng)))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Process {
    tolmach: Tolmach,
    /// Whether /health has answered.
    serves: bool,
    /// Whether it was paused, so that its start time is not measured.
    disturbed: bool,
}

struct Run {
    settings: Settings,
    test_bed: Arc<TestBed>,
    rng: Rng,
    processes: Vec<Option<Process>>,
    /// Times from spawn to /health.
    starts: Vec<Duration>,
    blows: Interruptions,
}

impl Run {
    /// Starts the processes that are not running, and hits a random one at a random moment.
    async fn cycle(&mut self) -> anyhow::Result<()> {
        traffic::bad_day(&self.test_bed, &mut self.rng);
        let victim = self.rng.usize(..self.processes.len());
        let starting = self.rng.u8(..4) == 0;
        for process in 0..self.processes.len() {
            self.start(process)?;
            if process != victim || !starting {
                self.ready(process).await?;
            }
        }
        let most = if starting { STARTING } else { SERVING };
        tokio::time::sleep(up_to(&mut self.rng, most)).await;
        self.hit(victim).await
    }

    /// Pauses, kills, or pauses and kills a process.
    async fn hit(&mut self, process: usize) -> anyhow::Result<()> {
        let Some(mut hit) = self.processes[process].take() else { return Ok(()) };
        let (stop, kill) = match self.rng.u8(..5) {
            0 => (true, false),
            1 => (true, true),
            _ => (false, true),
        };
        if stop {
            self.test_bed.note(Entry::Down { process, signal: Interruption::Stop });
            hit.tolmach.stop()?;
            self.blows.stops += 1;
            tokio::time::sleep(up_to(&mut self.rng, STILL)).await;
        }
        if kill {
            self.test_bed.note(Entry::Down { process, signal: Interruption::Kill });
            hit.tolmach.kill().await?;
            self.blows.kills += 1;
            return Ok(());
        }
        hit.tolmach.go_on()?;
        hit.disturbed = true;
        if hit.serves {
            self.test_bed.note(Entry::Up { process });
        }
        self.processes[process] = Some(hit);
        Ok(())
    }

    fn start(&mut self, process: usize) -> anyhow::Result<()> {
        if self.processes[process].is_none() {
            let tolmach = self.settings.spawn(self.role(process))?;
            self.processes[process] = Some(Process { tolmach, serves: false, disturbed: false });
        }
        Ok(())
    }

    async fn ready(&mut self, process: usize) -> anyhow::Result<()> {
        let Some(started) = self.processes[process].as_mut().filter(|started| !started.serves) else {
            return Ok(());
        };
        let (_, took) = started.tolmach.ready(TIMEOUT).await?;
        started.serves = true;
        if !started.disturbed {
            self.starts.push(took);
        }
        self.test_bed.note(Entry::Up { process });
        Ok(())
    }

    /// With several processes: one bot, one worker, any others do both.
    fn role(&self, process: usize) -> Role {
        match (self.processes.len(), process) {
            (2.., 0) => Role::Bot,
            (2.., 1) => Role::Worker,
            _ => Role::Alone,
        }
    }

    /// Waits until everything expected has arrived, then stops the processes.
    async fn drain(&mut self) -> anyhow::Result<()> {
        for process in 0..self.processes.len() {
            self.start(process)?;
            self.ready(process).await?;
        }
        let mut last = (usize::MAX, Instant::now());
        while last.1.elapsed() < QUIET {
            let left = self.test_bed.collect_shown() + self.test_bed.pending();
            if left == 0 {
                break;
            }
            if left != last.0 {
                last = (left, Instant::now());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let lingering = Instant::now();
        while lingering.elapsed() < LINGER {
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.test_bed.collect_shown();
        }
        for process in self.processes.iter_mut().filter_map(Option::take) {
            process.tolmach.terminate(TIMEOUT).await?;
        }
        self.test_bed.collect_shown();
        Ok(())
    }

    fn outcome(self, options: &Options, database: &Database, seed: u64, home: TempDir) -> Outcome {
        let ledger = self.test_bed.ledger();
        let verdict = judge(&ledger, Rules { stops_count: self.processes.len() > 1 });
        let written =
            ledger.entries().iter().filter(|(_, entry)| matches!(entry, Entry::Wrote { .. })).count();
        // The data of a faulty run is kept for analysis.
        let folder = (!verdict.faults.is_empty()).then(|| home.keep());
        Outcome {
            database: database.name,
            seed,
            cycles: options.cycles,
            processes: self.processes.len(),
            blows: self.blows,
            written,
            acknowledged: written - self.test_bed.pending(),
            dialogs: Outcome::dialogs_of(&verdict, &ledger),
            verdict,
            starts: Spread::new(self.starts),
            late: Spread::new(lateness(&ledger, SILENCE)),
            elapsed: self.test_bed.elapsed(),
            folder,
        }
    }
}
