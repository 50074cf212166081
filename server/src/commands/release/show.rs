//! Output of `tolmach release list` and `tolmach release show`.

use tolmach_app::{
    release::{self, described},
    text::{one_line, short, when},
};
use tolmach_engine::Platform;
use tolmach_runtime::ports::{Publication, PublicationKind, Store, WaitingPlace};

/// Prints the publications, newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store, limit: u32, as_json: bool) -> anyhow::Result<()> {
    let publications = release::list(store, limit).await?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&publications)?);
        return Ok(());
    }
    if publications.is_empty() {
        println!("nothing is published yet; `tolmach run` or `tolmach release publish` does it");
    }
    for (number, publication) in publications.iter().enumerate() {
        let mark = if number == 0 { "*" } else { " " };
        let Publication { release, author, note, at, kind, .. } = publication;
        let kind = match kind {
            PublicationKind::Publish => "",
            PublicationKind::Rollback => "rollback ",
        };
        println!("{mark} {}  {}  {kind}{}  {}", short(release), when(*at), one_line(author), one_line(note));
    }
    Ok(())
}

/// Prints a release in detail.
///
/// # Errors
/// When there is no such release, or the database is unavailable.
pub async fn one(store: &dyn Store, platform: &Platform, id: &str, as_json: bool) -> anyhow::Result<()> {
    let shown = release::show(store, platform, id).await?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    println!("release {}{}", shown.id, if shown.current { ", the current one" } else { "" });
    if shown.publications.is_empty() {
        println!("  never published");
    }
    for publication in &shown.publications {
        println!("  {}", described(publication));
        for (from, to) in &publication.moves {
            println!("    {from} moved to {to}");
        }
    }
    if !shown.usable {
        println!("  this program does not compile it");
    }
    for (flow, nodes) in &shown.flows {
        println!("  flow {flow}: {nodes} nodes");
    }
    println!("  files: {}", shown.files.join(", "));
    for WaitingPlace { flow, node, chats, .. } in &shown.waiting {
        println!("  waiting at {flow}.{node}: {chats}");
    }
    Ok(())
}
