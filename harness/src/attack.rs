//! `harness attack`: hostile clients of several kinds, one kind after the other, while ordinary clients of the web chat talk.
//! It reports what the ordinary ones notice, how much memory the binary takes, and how long it takes until all is as before.
//!
//! Everything happens on the loopback and ends by itself. Attackers have addresses of their own (127.66.0.0/24), because the
//! binary's limits are counted by address; the limits are the default ones.

mod bystanders;
mod report;
mod target;
mod targets;
mod texts;
mod waves;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::bail;
use clap::Args;

use self::{
    bystanders::Bystanders,
    report::{Report, Row},
    target::Target,
    waves::Wave,
};

/// Options of `harness attack`.
#[derive(Debug, Args)]
pub struct Options {
    /// Duration of each attack
    #[arg(long, default_value_t = 10, value_name = "S")]
    pub seconds: u64,
    /// Only this attack; may be repeated [default: all]
    #[arg(long, value_enum, value_name = "NAME")]
    pub only: Vec<Wave>,
    /// Print the results as JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
    /// Runs the attacks. The exit code is a failure if a target was missed.
    ///
    /// # Errors
    /// If an option is out of range, or the binary does not start or stop.
    pub async fn execute(self, binary: PathBuf) -> anyhow::Result<ExitCode> {
        if !(1..=600).contains(&self.seconds) {
            bail!("--seconds {}: 1 to 600", self.seconds);
        }
        crate::load::enough_files(waves::MOST_SOCKETS)?;
        let waves = if self.only.is_empty() { Wave::ALL.to_vec() } else { self.only };
        let target = Target::start(binary).await?;
        let bystanders = Bystanders::start(&target).await?;
        let mut rows = Vec::new();
        for wave in waves {
            let row = row(wave, &target, &bystanders, Duration::from_secs(self.seconds)).await;
            if !self.json {
                if rows.is_empty() {
                    print!("{}", Report::heading());
                }
                println!("{row}");
            }
            rows.push(row);
        }
        drop(bystanders);
        target.end().await?;
        let report = Report { rows };
        if self.json {
            println!("{:#}", report.json());
        } else {
            print!("{}", Report::ending());
        }
        Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Runs one attack, and waits until all is as before.
async fn row(wave: Wave, target: &Target, bystanders: &Bystanders, length: Duration) -> Row {
    bystanders.take();
    let staff_before = target.staff_messages();
    let tally = waves::Tally::default();
    // Attackers never end by themselves.
    let _ = tokio::time::timeout(length, wave.run(target, &tally)).await;
    let noticed = bystanders.take();
    let normal_after = bystanders.normal_again(target).await;
    Row {
        wave,
        tally,
        noticed,
        normal_after,
        staff_messages: target.staff_messages() - staff_before,
        usage: target.usage(),
    }
}
