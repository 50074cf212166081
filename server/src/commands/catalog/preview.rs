//! `tolmach catalog preview`: how a price list is read and what importing it would change.

use std::{collections::BTreeMap, process::ExitCode};

use clap::Args;
use serde_json::{Value, json};
use tolmach_app::price_list::PriceListPreview;
use tolmach_catalog::import::ColumnMapping;

use super::{bar::Bar, price_list::PriceList, show};
use crate::config::Config;

#[derive(Debug, Args)]
pub struct Preview {
    #[command(flatten)]
    list: PriceList,
    /// How many rows to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1000))]
    rows: u32,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Preview {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let understood = Bar::new(!self.json).reading(self.list.understand(config)).await?;
        let rows = self.rows as usize;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&document(&understood, rows)?)?);
            return Ok(ExitCode::SUCCESS);
        }
        let PriceListPreview {
            source, imported, remembered, changes, disagreements, current, photos, ..
        } = &understood;
        print!("{}", imported.report);
        show::remembered(remembered, source);
        if let Some(table) = show::rows(&imported.items, rows) {
            println!("\n{table}");
        }
        println!("\n  against the catalogue's rows of \"{source}\": {}", show::summary(changes));
        show::changes(changes);
        show::photos(photos.as_ref());
        show::photos_elsewhere(understood.photos_elsewhere());
        show::disagreements(disagreements);
        let demo = current.iter().filter(|row| row.demo).count();
        if demo > 0 {
            println!("  the {demo} sample items would go");
        }
        println!("  nothing was changed; to import it: tolmach catalog import");
        Ok(ExitCode::SUCCESS)
    }
}

/// The JSON document. Fields may be added, but not removed.
fn document(understood: &PriceListPreview, rows: usize) -> anyhow::Result<Value> {
    let PriceListPreview { source, imported, remembered, changes, disagreements, photos, .. } = understood;
    let report = &imported.report;
    let fields = report.main_sheet().into_iter().flat_map(|sheet| sheet.fields());
    // A column without a heading is named by its letters, as in --map.
    let heading = |column: &ColumnMapping| {
        if column.header.is_empty() { column.column.clone() } else { column.header.clone() }
    };
    let mapping: BTreeMap<&str, String> = fields.map(|(field, column)| (field, heading(column))).collect();
    let mut skipped = Vec::new();
    for sheet in &report.sheets {
        if let Some(why) = &sheet.ignored {
            skipped.push(json!({ "sheet": sheet.name, "reason": why, "count": null, "rows": [] }));
        }
        for (reason, rows) in &sheet.skipped {
            skipped.push(json!({
                "sheet": sheet.name, "reason": reason, "count": rows.count, "rows": rows.rows,
            }));
        }
    }
    let on_request: usize = report.sheets.iter().map(|sheet| sheet.on_request).sum();
    Ok(json!({
        "file": report.file,
        "source": source,
        "items": report.items,
        "on_request": on_request,
        "mapping": mapping,
        "remembered": remembered,
        "sheets": report.sheets,
        "rows": imported.items.iter().take(rows).collect::<Vec<_>>(),
        "skipped": skipped,
        "warnings": report.warnings,
        "odd": report.odd,
        "odd_rows": report.odd_rows,
        "changes": serde_json::to_value(changes)?,
        "photos": photos.as_ref().map(|(_, taken)| taken),
        "photos_elsewhere": understood.photos_elsewhere(),
        "disagreements": serde_json::to_value(disagreements)?,
    }))
}
