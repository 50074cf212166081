//! `tolmach draft`: what the panel shows of drafts, for people in a terminal and for tools.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Subcommand;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::json;
use tolmach_app::{
    assist::Finding,
    flow_drafts::{
        self, DraftChanged, DraftOpened, DraftShown, Editor, Opened, PublishedShown, Publishing, Undone,
        difference,
    },
    images,
    release::{self, Published},
    text::{one_line, short, when},
    what_if,
};
use tolmach_engine::duration::Duration;
use tolmach_runtime::ports::{DraftState, FlowDraft, Store};

use super::release::plan;
use crate::{actor, clock::now, config::Config, database::Database};

/// See, try, publish and throw away drafts of the panel.
#[derive(Debug, Subcommand)]
pub enum DraftCommand {
    /// List drafts: open ones first
    List {
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show a draft: its changed files and its problems
    Show {
        /// The draft's id or a unique beginning of it
        id: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Show what differs from the release that the draft changes
    Diff {
        /// The draft's id or a unique beginning of it
        id: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Run the chats of the last days on the draft, with the answers recorded then
    Chats {
        /// The draft's id or a unique beginning of it
        id: String,
        /// How far to look back, such as 12h or 7d
        #[arg(long, default_value = "3d", value_name = "TIME", value_parser = length)]
        since: Duration,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Run one turn of a chat on the draft, beside what it did
    Turn {
        /// The draft's id or a unique beginning of it
        id: String,
        /// The chat's key, such as web:1
        chat: String,
        /// The turn's number
        turn: i64,
    },
    /// Write the draft's files into a new folder
    Export {
        /// The draft's id or a unique beginning of it
        id: String,
        /// A folder that does not exist
        path: PathBuf,
    },
    /// Check the draft, run its dialog tests and make it the current release
    Publish {
        /// The draft's id or a unique beginning of it
        id: String,
        /// The reason [default: the draft's title]
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        note: String,
        /// What becomes of chats that wait at a node of the release before: the node that they go on at, or restart
        #[arg(long = "move", value_name = "FROM=TO")]
        moves: Vec<String>,
        /// Who does it [default: the `user.name` of git]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
        /// Run all checks, show the effect and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// List who changed which file of the draft when, newest first
    History {
        /// The draft's id or a unique beginning of it
        id: String,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Undo your last change of a draft, whichever file it was in
    Undo {
        /// The draft's id or a unique beginning of it
        id: String,
        /// Whose change [default: the `user.name` of git]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Do again what you undid last in a draft, whichever file it was in
    Redo {
        /// The draft's id or a unique beginning of it
        id: String,
        /// Whose change [default: the `user.name` of git]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Throw a draft away; its history stays for a while
    Discard {
        /// The draft's id or a unique beginning of it
        id: String,
        /// Who does it [default: the `user.name` of git]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
}

fn length(text: &str) -> Result<Duration, String> {
    Duration::parse(text).ok_or_else(|| "write a length of time such as 12h or 7d".to_owned())
}

impl DraftCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let done = self.run(&*store, config).await;
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn run(self, store: &dyn Store, config: &Config) -> anyhow::Result<()> {
        match self {
            DraftCommand::List { json } => list(store, json).await,
            DraftCommand::Show { id, json } => show(&open(store, &id).await?, config, json),
            DraftCommand::Diff { id, json } => diff(&open(store, &id).await?, json),
            DraftCommand::Chats { id, since, json } => {
                let opened = open(store, &id).await?;
                let since = now().saturating_sub(since.0);
                let report = what_if::chats(store, &config.platform(), &opened.bundle, since).await?;
                if json {
                    return print(&report);
                }
                println!(
                    "{} turns of {} chats: {} go another way",
                    report.turns, report.chats, report.changed
                );
                for turn in &report.changed_turns {
                    println!(
                        "  {} {}  {}\n    was  {}\n    now  {}",
                        turn.chat,
                        turn.turn,
                        one_line(&turn.wrote),
                        turn.before.join(" → "),
                        turn.after.join(" → ")
                    );
                }
                for chat in &report.leads.lost {
                    println!("  {chat} would no longer become a lead");
                }
                Ok(())
            }
            DraftCommand::Turn { id, chat, turn } => {
                let opened = open(store, &id).await?;
                print(&what_if::turn(store, &config.platform(), &opened.bundle, (&chat, turn)).await?)
            }
            DraftCommand::Export { id, path } => export(store, &open(store, &id).await?, &path).await,
            DraftCommand::History { id, json } => {
                let changes = flow_drafts::history(store, open(store, &id).await?.draft.id).await?;
                if json {
                    return print(&changes);
                }
                for change in &changes {
                    let DraftChanged { revision, path, author, at, added, gone, .. } = change;
                    println!("{revision:>5}  {}  {}  {path}, +{added} -{gone}", when(*at), one_line(author));
                }
                Ok(())
            }
            DraftCommand::Publish { id, note, moves, author, dry_run, json } => {
                let opened = open(store, &id).await?;
                let wanted = Publishing { note, moves, staff: config.staff(), dry_run };
                let (platform, editor) = (config.platform(), editor(author));
                let id = opened.draft.id;
                let published = flow_drafts::publish(store, &platform, &editor, now(), id, wanted).await?;
                if json {
                    return print(&PublishedShown::of(&published));
                }
                match published {
                    Published::Unchanged(id) => println!("release {} is the current one already", short(&id)),
                    Published::Planned(checked) => {
                        println!("{}", plan::text(&checked.plan));
                        println!(
                            "release {} would be published; nothing changed (--dry-run)",
                            short(&checked.release)
                        );
                    }
                    Published::Done(checked) => {
                        println!("{}", plan::text(&checked.plan));
                        println!("published release {}", short(&checked.release));
                    }
                }
                Ok(())
            }
            DraftCommand::Undo { id, author, json } => {
                let id = open(store, &id).await?.draft.id;
                told("undone", flow_drafts::undo(store, &editor(author), now(), id).await, json)
            }
            DraftCommand::Redo { id, author, json } => {
                let id = open(store, &id).await?.draft.id;
                told("done again", flow_drafts::redo(store, &editor(author), now(), id).await, json)
            }
            DraftCommand::Discard { id, author } => {
                let opened = open(store, &id).await?;
                flow_drafts::discard(store, &editor(author), now(), opened.draft.id).await?;
                println!("the draft «{}» is thrown away", one_line(&opened.draft.title));
                Ok(())
            }
        }
    }
}

/// What was undone or redone; where others changed the same lines since, both versions.
fn told(what: &str, done: Result<Undone, flow_drafts::Error>, json: bool) -> anyhow::Result<()> {
    match done {
        Ok(Undone { revision, path, text, .. }) if json => {
            print(&json!({ "revision": revision, "file": path, "text": text }))
        }
        Ok(Undone { path, text, .. }) => {
            let gone = if text.is_none() { "; the file is gone" } else { "" };
            println!("the last change of {path} is {what}{gone}");
            Ok(())
        }
        Err(flow_drafts::Error::ChangedSince(path, conflict)) => {
            let merged = conflict.merged.clone();
            let error = flow_drafts::Error::ChangedSince(path, conflict);
            bail!("{error}; both versions:\n{merged}")
        }
        Err(error) => Err(error.into()),
    }
}

/// Whoever has the database may change everything.
pub(super) fn editor(author: Option<String>) -> Editor {
    Editor { actor: actor::cli(author), flows: true }
}

pub(super) async fn open(store: &dyn Store, id: &str) -> anyhow::Result<Opened> {
    let drafts = flow_drafts::list(store).await?;
    let found: Vec<&FlowDraft> =
        drafts.iter().filter(|draft| !id.is_empty() && draft.id.to_string().starts_with(id)).collect();
    match found.as_slice() {
        [one] => Ok(flow_drafts::open(store, one.id).await?),
        [] => bail!("there is no draft `{id}`; `tolmach draft list` shows them"),
        several => bail!("`{id}` begins {} drafts; write more of the id", several.len()),
    }
}

const fn state(draft: &FlowDraft) -> &'static str {
    match draft.state {
        DraftState::Open => "open",
        DraftState::Published => "published",
        DraftState::Discarded => "thrown away",
    }
}

pub(super) fn print(value: &impl serde::Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

async fn list(store: &dyn Store, json: bool) -> anyhow::Result<()> {
    let drafts = flow_drafts::list(store).await?;
    if json {
        return print(&drafts.iter().map(DraftShown::of).collect::<Vec<_>>());
    }
    if drafts.is_empty() {
        println!("no drafts; they are begun in the panel, under Flows");
        return Ok(());
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(140)
        .set_header(["id", "title", "by", "changed", "release", "state"]);
    for draft in &drafts {
        table.add_row([
            draft.id.to_string(),
            one_line(&draft.title),
            one_line(&draft.author),
            when(draft.changed),
            short(&draft.base).to_owned(),
            state(draft).to_owned(),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn show(opened: &Opened, config: &Config, json: bool) -> anyhow::Result<()> {
    let shown = DraftOpened::of(opened, &config.platform());
    if json {
        return print(&shown);
    }
    let DraftOpened { changed, problems, .. } = &shown;
    let draft = &opened.draft;
    println!(
        "{} ({}), by {}, of release {}",
        one_line(&draft.title),
        state(draft),
        draft.author,
        short(&draft.base)
    );
    if opened.behind {
        println!("another release was published since; take its changes in in the panel");
    }
    match changed.as_slice() {
        [] => println!("nothing is changed"),
        files => println!("changed: {}", files.join(", ")),
    }
    for Finding { file, line, column, code, message, help, severity, .. } in problems {
        let severity =
            if *severity == tolmach_engine::diagnostic::Severity::Error { "error" } else { "warning" };
        println!("{severity}[{code}] {file}:{line}:{column} {message}\n  help: {help}");
    }
    Ok(())
}

fn diff(opened: &Opened, json: bool) -> anyhow::Result<()> {
    let parts = |before: Option<&str>, after: Option<&str>| {
        difference(before.unwrap_or_default(), after.unwrap_or_default(), 2)
    };
    if json {
        let files = opened
            .changed()
            .map(|(path, before, after)| json!({ "path": path, "parts": parts(before, after) }));
        return print(&files.collect::<Vec<_>>());
    }
    for (path, before, after) in opened.changed() {
        println!("{path}");
        for part in parts(before, after) {
            for line in part {
                let mark = match line.kind {
                    "new" => '+',
                    "gone" => '-',
                    _ => ' ',
                };
                println!("{mark}{:>5} {}", line.number, line.text);
            }
            println!("{}", "");
        }
    }
    Ok(())
}

async fn export(store: &dyn Store, opened: &Opened, path: &std::path::Path) -> anyhow::Result<()> {
    if path.exists() {
        bail!("{} exists already; name a folder that does not", path.display());
    }
    let images = images::contents(store, &opened.bundle).await?.map_err(release::Error::ImagesMissing)?;
    for (name, text) in &opened.bundle.files {
        let file = path.join(name);
        let folder = file.parent().unwrap_or(path);
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let content = images.get(name).map_or(text.as_bytes(), |image| &image.content);
        fs::write(&file, content).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    println!("{} files in {}", opened.bundle.files.len(), path.display());
    Ok(())
}
