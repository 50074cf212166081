//! `tolmach client`: what is kept of one client; export and erasure.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, Table, presets};
use tolmach_app::{
    clients::{self, Match, Receipt, Summary, Who},
    files::FileFolder,
    text::when,
};
use tolmach_runtime::ports::{Purged, Store};

use crate::{actor, clock::now, config::Config, database::Database, out::counted};

/// Show, export or erase everything that is kept of a client.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Show what is kept: tables, numbers of rows, times, leads
    Show {
        #[command(flatten)]
        client: Client,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Write everything into one JSON document
    Export {
        #[command(flatten)]
        client: Client,
        /// The file, readable by this user only; without it, standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace a file that exists
        #[arg(long)]
        force: bool,
    },
    /// Erase everything; a running server may go on
    Erase {
        #[command(flatten)]
        client: Client,
        /// Erase; without it, only what would be erased is shown
        #[arg(long)]
        yes: bool,
        /// Erase every chat in which the phone number or address stands
        #[arg(long)]
        all: bool,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
}

/// The client that a command is about.
#[derive(Debug, Args)]
pub struct Client {
    /// A chat's whole key (web:…, telegram:…), a phone number in any writing, or an e-mail address
    #[arg(value_name = "CHAT|PHONE|EMAIL", allow_hyphen_values = true)]
    client: String,
}

impl ClientCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let files = config.files();
        let done = match self {
            ClientCommand::Show { client, json } => show(&*store, &files, &client, json).await,
            ClientCommand::Export { client, out, force } => {
                export(&*store, &files, &client, out.as_deref(), force).await
            }
            ClientCommand::Erase { client, yes, all, json } => {
                erase(&*store, &files, &client, Erase { yes, all, as_json: json }).await
            }
        };
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }
}

async fn show(store: &dyn Store, files: &FileFolder, client: &Client, as_json: bool) -> anyhow::Result<()> {
    let who = Who::parse(&client.client)?;
    let shown = match clients::show(store, files, &who).await {
        Err(clients::Error::Nothing) => {
            if let Who::Chat(chat) = &who
                && let Some(receipt) = clients::erased_before(store, chat).await?
            {
                bail!("nothing is kept of it; it was erased on {} ({})", when(receipt.at), receipt.object);
            }
            return Err(clients::Error::Nothing.into());
        }
        shown => shown?,
    };
    if as_json {
        let shown: Vec<_> = shown
            .iter()
            .map(|(found, summary)| {
                serde_json::json!({ "chat": found.chat, "found_in": found.found_in, "tables": summary.tables,
                    "leads": summary.leads, "files": summary.files })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    print_all(&shown);
    Ok(())
}

fn print_all(shown: &[(Match, Summary)]) {
    for (number, (found, summary)) in shown.iter().enumerate() {
        if number > 0 {
            println!("");
        }
        println!("{}", summary.chat);
        if !found.found_in.is_empty() {
            let places: Vec<String> =
                found.found_in.iter().map(|(table, count)| format!("{table} ({count})")).collect();
            println!("  stands in  {}", places.join(", "));
        }
        for lead in &summary.leads {
            println!("  lead       {lead}");
        }
        for file in &summary.files {
            println!(
                "  file       {} ({} bytes, {})",
                file.about.name,
                file.about.bytes,
                when(file.about.at)
            );
        }
        println!("{}", table(summary));
    }
}

fn table(summary: &Summary) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["table", "rows", "first", "last", "bytes"]);
    let time = |at: Option<i64>| at.map(when).unwrap_or_default();
    for row in &summary.tables {
        table.add_row([
            row.table.name().to_owned(),
            row.rows.to_string(),
            time(row.first),
            time(row.last),
            row.bytes.to_string(),
        ]);
    }
    for number in [1, 4] {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

async fn export(
    store: &dyn Store,
    files: &FileFolder,
    client: &Client,
    out: Option<&Path>,
    force: bool,
) -> anyhow::Result<()> {
    let who = Who::parse(&client.client)?;
    if let Some(path) = out
        && !force
        && path.exists()
    {
        bail!("{} exists; name another file, or replace it with --force", path.display());
    }
    let export = clients::export(store, files, &actor::cli(None), now(), &who).await?;
    let document = serde_json::to_string_pretty(&export)? + "\n";
    let Some(path) = out else {
        print!("{document}");
        return Ok(());
    };
    write_new(path, document.as_bytes(), force)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    println!("{}: {}", path.display(), counted(export.chats.len(), "chat"));
    Ok(())
}

/// Writes a file that only this user may read. With `replace` a file of that name is removed first, so that its
/// permissions do not stay.
fn write_new(path: &Path, content: &[u8], replace: bool) -> io::Result<()> {
    if replace
        && let Err(why) = fs::remove_file(path)
        && why.kind() != io::ErrorKind::NotFound
    {
        return Err(why);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// How a client is erased.
struct Erase {
    yes: bool,
    all: bool,
    as_json: bool,
}

async fn erase(store: &dyn Store, files: &FileFolder, client: &Client, how: Erase) -> anyhow::Result<()> {
    let Erase { yes, all, as_json } = how;
    let who = Who::parse(&client.client)?;
    if !yes {
        let shown = clients::show(store, files, &who).await?;
        print_all(&shown);
        let all = if shown.len() > 1 { " --all" } else { "" };
        bail!("nothing is erased yet; erase {} with --yes{all}", counted(shown.len(), "chat"));
    }
    let (receipts, purged) = clients::erase(store, files, &actor::cli(None), now(), &who, all).await?;
    if as_json {
        println!("{}", serde_json::json!({ "receipts": receipts, "purged": purged }));
        return Ok(());
    }
    for Receipt { id, at, rows, files } in &receipts {
        println!("{id}  {}", when(*at));
        for (table, rows) in &rows.0 {
            println!("  {:<12} {rows}", table.name());
        }
        if *files > 0 {
            println!("  {:<12} {files}", "files");
        }
    }
    println!(
        "{}",
        match purged {
            Purged::Overwritten => "What was deleted is overwritten in the database file.",
            Purged::InUse =>
                "What was deleted may still be read in the database's write-ahead log, which is in use; it is \
                 overwritten within minutes of traffic, or when the server stops.",
            Purged::ByServer =>
                "The database server's files may hold what was deleted until its VACUUM has run and its log is \
                 recycled; that is up to the server.",
        }
    );
    println!(
        "Not reached: backups, exports, messages and mail that were delivered, files that people saved themselves."
    );
    Ok(())
}
