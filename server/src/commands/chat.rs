//! `tolmach chat`: a dialog in the terminal. Buttons are pressed by number; cards are printed as a table.

mod save;

use std::{
    io::{BufRead, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context, bail};
use clap::Args;
use tolmach_channels::terminal::{self, Terminal};
use tolmach_engine::{
    event::{Client, EventKind},
    language::Language,
};
use tolmach_runtime::{
    Coalescing, Record, Runtime, Staff,
    ports::{Address, Channel, Inbound, Intake, LeadQuery, MessageQuery, Page, TurnQuery},
};
use uuid::Uuid;

use super::understood;
use crate::{
    assemble::{Assembled, Serving},
    config::Config,
};
use save::Save;

/// Chat with the bot in the terminal.
#[derive(Debug, Args)]
pub struct Chat {
    /// The client's language until it is detected from a message: ru or en
    #[arg(long, value_parser = language)]
    lang: Option<Language>,
    /// Read client messages from a file, one a line, and print the dialog; - is standard input
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// The chat to continue [default: `me` in a terminal, a new one for a script]
    #[arg(long, value_name = "NAME")]
    chat: Option<String>,
    /// Print under each answer what was understood: the nodes visited, why each exit was taken, intents with their
    /// probabilities, filters of searches. Personal values are left out
    #[arg(long)]
    trace: bool,
    /// Save the dialog as a dialog test at the end, appended to the file. Starts a new chat. The file contains your
    /// messages as you wrote them, including names and phone numbers
    #[arg(long, value_name = "FILE", conflicts_with = "chat")]
    save_test: Option<PathBuf>,
    /// The name of the saved test [default: the first message]
    #[arg(long, value_name = "NAME", requires = "save_test")]
    test_name: Option<String>,
}

fn language(code: &str) -> Result<Language, String> {
    Language::from_code(code).ok_or_else(|| "write ru or en".to_owned())
}

impl Chat {
    pub async fn execute(self, config: Config) -> anyhow::Result<ExitCode> {
        let lines = self.lines()?;
        let interactive = lines.is_none();
        let save = self.save_test.clone().map(|file| Save::new(file, self.test_name.clone())).transpose()?;
        let assembled = Assembled::open(&config, Serving::Draft).await?;
        // A script must show the same dialog each time, and a test starts at the beginning: both use a new chat.
        let fresh = || {
            if interactive && save.is_none() { "me".to_owned() } else { Uuid::now_v7().simple().to_string() }
        };
        let name = self.chat.clone().unwrap_or_else(fresh);
        let terminal = Arc::new(Terminal::new(
            name.clone(),
            std::io::stdout().is_terminal(),
            Box::new(std::io::stdout()),
        ));
        let channels = vec![Arc::clone(&terminal) as Arc<dyn Channel>];
        // A trial dialog must not notify the staff.
        let runtime = assembled.runtime(channels, Coalescing::OFF, Staff::new()).await?;
        let talk = Talk {
            runtime: &runtime,
            terminal: &terminal,
            address: Address::new(terminal::NAME, name),
            lang: self.lang,
            seen: self.trace.then(|| AtomicI64::new(0)),
        };
        if self.trace {
            talk.understood().await?;
        }

        match lines {
            Some(lines) => talk.script(&lines).await?,
            None => talk.interactive(&assembled).await?,
        }
        let mine = LeadQuery { chat: Some(talk.address.to_string()), ..LeadQuery::newest(1) };
        if let Some(row) = runtime.store().leads(&mine).await?.first() {
            terminal.note(&format!("lead stored: {}", super::leads::line(row)));
        }
        if let Some(save) = &save {
            let notes = save.write(&runtime, &assembled, &talk.address.to_string()).await?;
            notes.iter().for_each(|note| terminal.note(note));
        }
        assembled.store.close().await?;
        Ok(ExitCode::SUCCESS)
    }

    /// The lines of the script, or of a standard input that is no terminal; `None` for an interactive dialog.
    fn lines(&self) -> anyhow::Result<Option<Vec<String>>> {
        let text = match &self.script {
            Some(path) if path.as_os_str() != "-" => {
                let bytes = std::fs::read(path)
                    .with_context(|| format!("the script {} cannot be read", path.display()))?;
                String::from_utf8(bytes)
                    .map_err(|_| anyhow::anyhow!("the script {} is not UTF-8 text", path.display()))?
            }
            None if std::io::stdin().is_terminal() => return Ok(None),
            _ => std::io::read_to_string(std::io::stdin()).context("standard input is not UTF-8 text")?,
        };
        let spoken = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let lines: Vec<String> = text
            .trim_start_matches('\u{feff}')
            .lines()
            .filter(|line| spoken(line))
            .map(str::to_owned)
            .collect();
        if lines.is_empty() {
            bail!("the script has no lines; write one message of the client's a line");
        }
        Ok(Some(lines))
    }
}

struct Talk<'a> {
    runtime: &'a Arc<Runtime>,
    terminal: &'a Terminal,
    address: Address,
    lang: Option<Language>,
    /// With `--trace`: the `seq` of the last turn that was looked at.
    seen: Option<AtomicI64>,
}

impl Talk<'_> {
    async fn script(&self, lines: &[String]) -> anyhow::Result<()> {
        self.runtime.recover().await?;
        self.runtime.settle().await;
        for line in lines {
            self.terminal.echo(line);
            self.say(line).await?;
        }
        Ok(())
    }

    async fn interactive(&self, assembled: &Assembled) -> anyhow::Result<()> {
        for (name, note) in &assembled.notes {
            self.terminal.note(&format!("{name:<10} {note}"));
        }
        self.terminal
            .note("Write as a client would; a number presses a button, /start begins anew, Ctrl-D leaves.");
        self.runtime.recover().await?;
        self.runtime.settle().await;
        let known = self.runtime.store().chat(&self.address.to_string()).await?.session.is_some();
        if known {
            self.terminal.note("The dialog goes on where it was left.");
            for message in
                self.runtime.store().messages(&MessageQuery::of(self.address.to_string(), 0, 6)).await?
            {
                self.terminal.show_stored(&message);
            }
        } else {
            self.say("/start").await?;
        }
        // Reading blocks, so it runs in its own thread, which ends with the process.
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { return };
                if send.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        loop {
            self.terminal.prompt();
            // Ctrl-C ends the dialog like Ctrl-D, so that a dialog to be saved is not lost.
            let line = tokio::select! {
                line = receive.recv() => line,
                _ = tokio::signal::ctrl_c() => None,
            };
            let Some(line) = line else { break };
            if !line.trim().is_empty() {
                self.say(&line).await?;
            }
        }
        let _ = writeln!(std::io::stdout());
        Ok(())
    }

    async fn say(&self, line: &str) -> anyhow::Result<()> {
        let line = line.trim();
        let text: String = line.chars().take(4096).collect();
        let (kind, button) = match (EventKind::from_text(&text), self.terminal.button(line)) {
            (EventKind::Message { .. }, Some((label, id))) => {
                (EventKind::Press { label, press: None }, Some(id))
            }
            (kind, _) => (kind, None),
        };
        let client = Client { language: self.lang, ..Client::default() };
        let key = Uuid::now_v7().to_string();
        self.runtime
            .receive(vec![Inbound {
                address: self.address.clone(),
                key,
                client,
                origin: None,
                kind,
                button,
                sent: None,
            }])
            .await?;
        self.runtime.settle().await;
        self.terminal.explain(&self.understood().await?);
        Ok(())
    }

    /// What was understood in the turns since the last call; nothing without `--trace`.
    async fn understood(&self) -> anyhow::Result<Vec<String>> {
        let Some(seen) = &self.seen else { return Ok(Vec::new()) };
        let page = Page { limit: u32::MAX, after: Some(seen.load(Ordering::Relaxed)) };
        let query = TurnQuery { page, ..TurnQuery::of(self.address.to_string(), u32::MAX) };
        let mut lines = Vec::new();
        for turn in self.runtime.store().turns(&query).await? {
            seen.store(turn.seq, Ordering::Relaxed);
            let record: Record =
                serde_json::from_str(&turn.trace).context("a stored trace cannot be read")?;
            // Replayed, the turn also tells the values in its conditions, which a stored trace leaves out.
            let replayed = self
                .runtime
                .releases()
                .with_release(&turn.release, |release| record.explained(release, &turn.event))
                .await?;
            let trace = replayed.and_then(Result::ok).unwrap_or(record.trace);
            lines.extend(understood::lines(&trace));
        }
        Ok(lines)
    }
}
