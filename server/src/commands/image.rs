//! `tolmach image`: what the panel's page of images does, for people in a terminal and for tools.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Subcommand;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::json;
use tolmach_app::{
    flow_drafts,
    images::{self, ImageShown, NewImage},
    release,
    text::one_line,
};
use tolmach_engine::{bundle::Bundle, image::MAX_BYTES};
use tolmach_runtime::ports::Store;
use uuid::Uuid;

use super::draft::{editor, open, print};
use crate::{clock::now, config::Config, database::Database};

/// List images of the flows, put pictures into a draft, take them out, and write them to files.
#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// List the images of the current release or of a draft, and the nodes that show them
    List {
        /// The draft's id or a unique beginning of it [default: the current release]
        #[arg(long, value_name = "ID")]
        draft: Option<String>,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Put pictures into a draft; one with the name of an image that is there takes its place
    Add {
        /// JPEG, PNG, WebP or GIF files of at most 5 MiB
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The draft's id or a unique beginning of it [default: a new draft]
        #[arg(long, value_name = "ID")]
        draft: Option<String>,
        /// The image whose place a single file takes, such as images/warehouse.jpg
        #[arg(long, value_name = "PATH")]
        replaces: Option<String>,
        /// Who does it [default: the `user.name` of git]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
        /// Print JSON for tools
        #[arg(long)]
        json: bool,
    },
    /// Take an image out of a draft; refused while a node shows it
    Remove {
        /// The image, such as images/warehouse.jpg
        path: String,
        /// The draft's id or a unique beginning of it
        #[arg(long, value_name = "ID")]
        draft: String,
        /// Who does it [default: the `user.name` of git]
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
    /// Write an image of the current release or of a draft into a new file
    Export {
        /// The image, such as images/warehouse.jpg
        path: String,
        /// A file that does not exist
        file: PathBuf,
        /// The draft's id or a unique beginning of it [default: the current release]
        #[arg(long, value_name = "ID")]
        draft: Option<String>,
    },
}

impl ImageCommand {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = Database::existing(config).await?;
        let done = self.run(&*store).await;
        store.close().await?;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn run(self, store: &dyn Store) -> anyhow::Result<()> {
        match self {
            ImageCommand::List { draft, json } => {
                let all = images::list(store, &bundle(store, draft).await?).await?;
                if json {
                    return print(&all);
                }
                list(&all);
                Ok(())
            }
            ImageCommand::Add { files, draft, replaces, author, json } => {
                if replaces.is_some() && files.len() > 1 {
                    bail!("--replaces takes one file; give the others in a call of their own");
                }
                let mut pictures = Vec::new();
                for file in &files {
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    let new = NewImage::read(&name, replaces.clone(), content(file)?).await;
                    pictures.push(new.with_context(|| format!("{} was not put in", file.display()))?);
                }
                let editor = editor(author);
                let id = match draft {
                    Some(draft) => open(store, &draft).await?.draft.id,
                    None => flow_drafts::begin(store, &editor, now(), "Images").await?.id,
                };
                let mut paths = Vec::new();
                for (file, new) in files.iter().zip(pictures) {
                    let path = images::put(store, &editor, now(), id, new).await;
                    paths.push(path.with_context(|| format!("{} was not put in", file.display()))?);
                }
                added(id, &paths, json)
            }
            ImageCommand::Remove { path, draft, author } => {
                let id = open(store, &draft).await?.draft.id;
                images::remove(store, &editor(author), now(), id, &path).await?;
                println!("{} is taken out of the draft", one_line(&path));
                Ok(())
            }
            ImageCommand::Export { path, file, draft } => {
                let bundle = bundle(store, draft).await?;
                let one = bundle.images().find(|(known, _)| *known == path);
                let Some((known, text)) = one else {
                    bail!("there is no image `{path}`; `tolmach image list` shows them");
                };
                let one = Bundle { files: [(known.to_owned(), text.to_owned())].into() };
                let found = images::contents(store, &one).await?.map_err(release::Error::ImagesMissing)?;
                let Some(image) = found.get(&path) else {
                    bail!("{path} is no image; put the picture in again")
                };
                if file.exists() {
                    bail!("{} exists already; name a file that does not", file.display());
                }
                fs::write(&file, &image.content)
                    .with_context(|| format!("{} cannot be written", file.display()))?;
                println!("{} written", file.display());
                Ok(())
            }
        }
    }
}

async fn bundle(store: &dyn Store, draft: Option<String>) -> anyhow::Result<Bundle> {
    Ok(match draft {
        Some(draft) => open(store, &draft).await?.bundle,
        None => release::bundle(store, &release::resolve(store, "current").await?).await?,
    })
}

fn content(file: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("{} cannot be read", file.display());
    let about = fs::metadata(file).with_context(unreadable)?;
    if about.len() > MAX_BYTES as u64 {
        bail!("{} has more than {} MiB; save it smaller", file.display(), MAX_BYTES >> 20);
    }
    fs::read(file).with_context(unreadable)
}

fn added(id: Uuid, paths: &[String], json: bool) -> anyhow::Result<()> {
    if json {
        return print(&json!({ "draft": id, "paths": paths }));
    }
    for path in paths {
        println!("{path}");
    }
    println!("in the draft {id}; publish it with: tolmach draft publish {id}");
    Ok(())
}

fn list(all: &[ImageShown]) {
    if all.is_empty() {
        println!("there are no images; put some in with: tolmach image add FILE");
        return;
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(140)
        .set_header(["image", "pixels", "bytes", "shown by"]);
    for image in all {
        let pixels = image.width.zip(image.height).map(|(width, height)| format!("{width} × {height}"));
        let used = image.used.iter().map(|place| format!("{} ({}:{})", place.node, place.file, place.line));
        let used: Vec<String> = used.collect();
        table.add_row([
            image.path.clone(),
            pixels.unwrap_or_else(|| "no image".to_owned()),
            if image.stored { image.bytes.unwrap_or_default().to_string() } else { "not stored".to_owned() },
            if used.is_empty() { "nowhere".to_owned() } else { used.join(", ") },
        ]);
    }
    println!("{table}");
}
