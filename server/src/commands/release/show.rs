//! `tolmach release list` and `show`.

use std::collections::BTreeMap;

use serde_json::json;
use tolmach_engine::compile;
use tolmach_runtime::ports::{Publication, PublicationKind, Store, WaitingPlace};

use crate::releases::{self, described, one_line, short, when};

/// Publications, newest first.
pub async fn list(store: &dyn Store, limit: u32, as_json: bool) -> anyhow::Result<()> {
    let publications = store.publications(limit).await?;
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

/// Everything about one release.
pub async fn one(store: &dyn Store, id: &str, as_json: bool) -> anyhow::Result<()> {
    let id = releases::resolve(store, id).await?;
    let bundle = releases::bundle(store, &id).await?;
    let compiled = compile(&bundle, &tolmach_nodes::platform());
    let all = store.publications(u32::MAX).await?;
    let current = all.first().is_some_and(|last| last.release == id);
    let published: Vec<&Publication> = all.iter().filter(|one| one.release == id).collect();
    let waiting: Vec<WaitingPlace> =
        store.waiting_places().await?.into_iter().filter(|place| place.release == id).collect();
    let flows: BTreeMap<&str, usize> = compiled
        .release
        .iter()
        .flat_map(|release| release.flows.values())
        .map(|flow| (flow.id.as_str(), flow.nodes.len()))
        .collect();
    if as_json {
        let files: Vec<&String> = bundle.files.keys().collect();
        let shown = json!({
            "id": id, "current": current, "usable": compiled.release.is_some(), "publications": published,
            "flows": flows, "files": files, "waiting": waiting,
        });
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    println!("release {id}{}", if current { ", the current one" } else { "" });
    if published.is_empty() {
        println!("  never published");
    }
    for publication in published {
        println!("  {}", described(publication));
        for (from, to) in &publication.moves {
            println!("    {from} moved to {to}");
        }
    }
    if compiled.release.is_none() {
        println!("  this program does not compile it");
    }
    for (flow, nodes) in flows {
        println!("  flow {flow}: {nodes} nodes");
    }
    println!("  files: {}", bundle.files.keys().map(String::as_str).collect::<Vec<_>>().join(", "));
    for WaitingPlace { flow, node, chats, .. } in waiting {
        println!("  waiting at {flow}.{node}: {chats}");
    }
    Ok(())
}
