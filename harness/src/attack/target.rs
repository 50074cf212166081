//! The binary under attack, with a Telegram and a mailbox for the staff.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use tempfile::TempDir;
use tokio::process::Command;
use tolmach_testkit::{
    smtp::Smtp,
    telegram::{TOKEN, Telegram},
};

use crate::{
    database::Database,
    process::{Role, Settings, Tolmach, Usage},
};

/// Time limit of a start, which imports the samples, and of a stop.
const TIMEOUT: Duration = Duration::from_secs(120);
/// The staff's chat.
const STAFF: i64 = -1_001_234_567_890;

/// The running binary and what is around it.
pub struct Target {
    tolmach: Tolmach,
    /// `host:port` of its pages.
    pub address: String,
    /// Where clients of Telegram write.
    pub telegram: Telegram,
    smtp: Smtp,
    settings: Settings,
    /// The working folder, deleted on drop.
    home: TempDir,
}

impl Target {
    /// Starts the binary with the default limits.
    ///
    /// # Errors
    /// If it does not become ready.
    pub async fn start(binary: PathBuf) -> anyhow::Result<Target> {
        let home = TempDir::new().context("no temporary folder")?;
        let (telegram, smtp) = (Telegram::start().await, Smtp::start().await);
        let settings = Settings::new(binary, home.path().to_owned(), &Database::file())
            .with("TOLMACH_TELEGRAM_TOKEN", TOKEN)
            .with("TOLMACH_TELEGRAM_API_URL", &telegram.url)
            .with("TOLMACH_STAFF_TELEGRAM", STAFF)
            .with("TOLMACH_STAFF_EMAIL", "sales@example.com")
            .with("TOLMACH_SMTP_HOST", "127.0.0.1")
            .with("TOLMACH_SMTP_PORT", smtp.port)
            .with("TOLMACH_SMTP_TLS", "none")
            .with("TOLMACH_SMTP_FROM", "shop@example.com");
        let mut tolmach = settings.spawn(Role::Alone)?;
        let (address, _) = tolmach.ready(TIMEOUT).await?;
        Ok(Target { tolmach, address, telegram, smtp, settings, home })
    }

    /// Messages and mails that the staff has got so far.
    pub fn staff_messages(&self) -> usize {
        let shown = self.telegram.inner().shown.iter().filter(|message| message["chat"] == STAFF).count();
        shown + self.smtp.inner().mails.len()
    }

    /// Checks and publishes a bundle that consists of one flow; returns whether both were refused with this diagnostic.
    ///
    /// # Errors
    /// If the binary cannot be run.
    pub async fn refuses(&self, number: usize, flow: &str, code: &str) -> anyhow::Result<bool> {
        let folder = self.home.path().join(format!("poison-{number}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("shop.yaml"), flow)?;
        Ok(self.fails_with(code, &["check"], &folder).await?
            && self.fails_with(code, &["release", "publish"], &folder).await?)
    }

    /// Whether a command about a folder ends with an error that names the diagnostic.
    async fn fails_with(&self, code: &str, command: &[&str], folder: &Path) -> anyhow::Result<bool> {
        let mut run = Command::new(&self.settings.binary);
        run.current_dir(&self.settings.home).args(command).arg(folder);
        run.envs(self.settings.variables.iter().map(|(name, value)| (name, value)));
        let ran = run.stdin(Stdio::null()).kill_on_drop(true).output().await?;
        let said = [ran.stdout, ran.stderr].concat();
        // A signal leaves no code.
        Ok(ran.status.code() == Some(1) && String::from_utf8_lossy(&said).contains(code))
    }

    /// Resource usage so far; `None` if the system does not report it.
    pub fn usage(&self) -> Option<Usage> {
        self.tolmach.usage()
    }

    /// Stops it with SIGTERM.
    ///
    /// # Errors
    /// If it does not stop in time or fails.
    pub async fn end(self) -> anyhow::Result<()> {
        self.tolmach.terminate(TIMEOUT).await
    }
}

/// The address of an attacker.
pub fn attacker(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 66, 0, number))
}
