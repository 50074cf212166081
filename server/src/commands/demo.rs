//! `tolmach demo`: fills a fresh data folder with a month of made-up dialogs, and serves the panel and the chat on it.

use std::{
    fs,
    io::{IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_app::{
    accounts::{self, New, Passwords},
    demo::{self, Made, Options, PEOPLE, Stage},
    samples,
};
use tolmach_runtime::{
    Coalescing,
    ports::{Actor, Channel, Clock},
    testing::{ManualClock, Recorder},
};

use super::run::Run;
use crate::{
    assemble::{self, Assembled, Serving},
    clock::now,
    config::{self, Config},
    database::Database,
    instance_lock,
};

/// The data folder without `--data`: never the one of a bot that serves clients.
pub const FOLDER: &str = "tolmach-demo";
/// Lies in the folder while it is being filled.
const UNFINISHED: &str = "demo-unfinished";

/// Fill a fresh data folder with a month of made-up dialogs and leads, and show the admin panel on it
#[derive(Debug, Args)]
pub struct Demo {
    /// The address to listen on, e.g. 0.0.0.0:8080 [default: the first free port from 127.0.0.1:8080 to 8089]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// How many days of dialogs
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=90))]
    days: u32,
    /// What the dialogs follow from; the same number makes the same dialogs
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Only fill the folder; do not serve it
    #[arg(long)]
    fill_only: bool,
}

impl Demo {
    pub async fn execute(self, config: Config) -> anyhow::Result<ExitCode> {
        let mut config = alone(config);
        let folder = config.data_dir.clone();
        fresh(&config).await?;
        assemble::data_folder(&folder)?;
        let mark = folder.join(UNFINISHED);
        fs::write(&mark, "").with_context(|| format!("{} cannot be written", mark.display()))?;
        // The dialogs are of the built-in bundle, whatever lies beside.
        let flows = folder.join("flows");
        if !flows.exists() {
            samples::write_flows(&flows)?;
        }
        config.flows = Some(flows);
        println!("Tolmach {}: a demo in {}", env!("CARGO_PKG_VERSION"), folder.display());
        self.fill(&config).await?;
        fs::remove_file(&mark).with_context(|| format!("{} cannot be removed", mark.display()))?;
        if self.fill_only {
            return Ok(ExitCode::SUCCESS);
        }
        config.database.relaxed = false;
        Run::demo(self.listen).execute(config).await
    }

    async fn fill(&self, config: &Config) -> anyhow::Result<()> {
        let started = Instant::now();
        let assembled = Assembled::open(config, Serving::Published).await?;
        let _sole = Database::of(config)?.file().map(instance_lock::take).transpose()?;
        let options = Options { days: self.days, seed: self.seed, now: now() };
        let clock = Arc::new(ManualClock::new(options.begin()));
        let channels = demo::CHANNELS.map(|name| Arc::new(Recorder::new(name)));
        let recorders = channels.iter().map(|channel| Arc::clone(channel) as Arc<dyn Channel>).collect();
        let coalescing = Coalescing { window: Duration::ZERO, wait: false };
        let runtime = assembled
            .runtime_by(Arc::clone(&clock) as Arc<dyn Clock>, recorders, coalescing, demo::told())
            .await?;
        let stage = Stage { runtime: &runtime, clock: &clock, channels: &channels };
        let made = demo::fill(&stage, &options, |day| shown(day, self.days)).await?;
        let Made { dialogs, events } = made;
        println!("\r{dialogs} dialogs with {events} events in {:.0} s", started.elapsed().as_secs_f32());
        println!("\nThe people of the demo, with passwords that are shown only now:");
        let passwords = Passwords::default();
        for person in PEOPLE {
            let password = accounts::made_password()?;
            let new = New { name: person.name, role: person.role, password: &password };
            accounts::create(&*assembled.store, &passwords, &Actor::system(), now(), new).await?;
            println!("  {:<8} {:<14} {password}", person.name, person.role.name());
        }
        println!("");
        runtime.close(Duration::from_secs(20)).await;
        assembled.store.close().await?;
        Ok(())
    }
}

/// Progress: one line that is written over on a terminal, otherwise a line every ten days.
fn shown(day: u32, of: u32) {
    if std::io::stdout().is_terminal() {
        print!("\r{day} of {of} days");
        drop(std::io::stdout().flush());
    } else if day.is_multiple_of(10) {
        println!("{day} of {of} days");
    }
}

/// The configuration without anything that reaches outside, or a database that is not in the folder.
fn alone(config: Config) -> Config {
    Config {
        database: config::Database { relaxed: true, ..Default::default() },
        telegram: Default::default(),
        llm: Default::default(),
        staff: Default::default(),
        smtp: Default::default(),
        meilisearch: Default::default(),
        role: Default::default(),
        report: Default::default(),
        ..config
    }
}

/// Refuses a folder with chats. What an earlier demo that was cut off has left is removed.
async fn fresh(config: &Config) -> anyhow::Result<()> {
    let database = Database::of(config)?;
    let Some(file) = database.file().filter(|file| file.is_file()) else { return Ok(()) };
    // Nobody serves it meanwhile.
    let _sole = instance_lock::take(file)?;
    let folder = config.data_dir.display();
    if config.data_dir.join(UNFINISHED).is_file() {
        println!("An earlier demo in {folder} was cut off; it is made anew.");
        return remove(file);
    }
    let store = database.open().await?;
    let used = !store.chats_like("").await?.is_empty() || !store.accounts().await?.is_empty();
    store.close().await?;
    if used {
        bail!(
            "the data folder {folder} is in use: it has chats or accounts, and a demo is made in a fresh folder only; name \
             another with --data DIR, or serve this one with: tolmach run --data {folder}"
        );
    }
    Ok(())
}

/// Removes a database and the files beside it.
fn remove(file: &Path) -> anyhow::Result<()> {
    for end in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        let path = PathBuf::from(name);
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
        }
    }
    Ok(())
}
