//! `tolmach catalog search`: what a client would be shown, for one query or a file of queries.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use tolmach_app::{
    catalog::{self, Found, Query, Wanted},
    samples,
};
use tolmach_catalog::EmbeddedCatalog;
use tolmach_engine::{card::card, language::Language};
use tolmach_runtime::{
    ports::{AuditStore, Catalog},
    read_bundle,
};

use crate::{
    actor,
    assemble::{data_folder, existing_folder, open_catalog},
    clock::now,
    config::Config,
    database::Database,
};

#[derive(Debug, Args)]
pub struct Search {
    /// A query as a client would type it, or an article
    #[arg(required_unless_present_any = ["queries", "similar"])]
    query: Option<String>,
    /// Search for every line of a file; print query, article and score, separated by tabs, best first
    #[arg(long, value_name = "FILE", conflicts_with_all = ["query", "similar", "json", "facet"])]
    queries: Option<PathBuf>,
    /// Rows similar to the one with this article
    #[arg(long, value_name = "ARTICLE", conflicts_with = "query")]
    similar: Option<String>,
    /// The maximum number of rows
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// 0 searches by words only, 1 by vectors only
    #[arg(long, default_value_t = 0.0)]
    semantic_ratio: f32,
    /// Count the values of a column: brand, category, price, stock, power …, or a heading of the price list
    #[arg(long, value_name = "COLUMN")]
    facet: Vec<String>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Search {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        if !(0.0..=1.0).contains(&self.semantic_ratio) {
            bail!("--semantic-ratio is 0 to 1");
        }
        // Read the file before anything is created.
        let queries = self.queries.as_deref().map(read_queries).transpose()?;
        let catalog = serving(config).await?;
        if let Some(queries) = queries {
            return self.print_lines(&catalog, &queries).await;
        }
        let started = Instant::now();
        let found = catalog::search(&*catalog, &self.asked()).await?;
        let millis = started.elapsed().as_secs_f64() * 1000.0;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&found.results)?);
            return Ok(ExitCode::SUCCESS);
        }
        show(&found, millis);
        Ok(if found.results.hits.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn asked(&self) -> Query {
        let wanted = match &self.similar {
            Some(article) => Wanted::Similar(article.clone()),
            None => Wanted::Text(self.query.clone().unwrap_or_default()),
        };
        let (limit, semantic_ratio) = (self.limit, self.semantic_ratio);
        Query { wanted, limit, semantic_ratio, min_score: 0.0, facets: self.facet.clone() }
    }

    async fn print_lines(&self, catalog: &EmbeddedCatalog, queries: &[String]) -> anyhow::Result<ExitCode> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        for query in queries {
            let asked = Query { wanted: Wanted::Text(query.clone()), ..self.asked() };
            for hit in catalog::search(catalog, &asked).await?.results.hits {
                let article =
                    if hit.product.article.is_empty() { hit.product.id } else { hit.product.article };
                writeln!(out, "{query}\t{}\t{:.4}", article.replace(['\t', '\n'], " "), hit.score)?;
            }
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Opens the catalogue; imports the samples if it is empty, unless the flows are those of another company.
pub(super) async fn serving(config: &Config) -> anyhow::Result<Arc<EmbeddedCatalog>> {
    data_folder(&config.data_dir)?;
    let catalog = open_catalog(config)?;
    if catalog.generation().is_none() && !own_flows(config) {
        let store = Database::for_audit(config, false).await;
        let audit = store.as_deref().map(|store| store as &dyn AuditStore);
        let imported = samples::import_into(&catalog, audit, &actor::cli(None), now()).await;
        if let Some(store) = &store {
            store.close().await?;
        }
        imported?;
    }
    Ok(catalog)
}

/// Whether there are flows, and they are those of another company than the samples'.
fn own_flows(config: &Config) -> bool {
    let bundle = existing_folder(config).and_then(|folder| read_bundle(&folder).ok());
    bundle.is_some_and(|bundle| !samples::belong_to(&bundle))
}

/// Reads one query per line; skips empty lines.
fn read_queries(file: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("{} cannot be read as a file of queries in UTF-8, one a line", file.display())
    })?;
    let lines =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.trim_end_matches('\r').to_owned());
    let queries: Vec<String> = lines.filter(|line| !line.trim().is_empty()).collect();
    if queries.is_empty() {
        bail!("{} has no queries; write one a line", file.display());
    }
    Ok(queries)
}

fn show(found: &Found, millis: f64) {
    let Found { request, results } = found;
    let language = Language::detect(&request.text).unwrap_or_default();
    for filter in &request.filters {
        println!("{filter}");
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(110);
    table.set_header(["score", "article", "name", "price", "stock"]);
    for hit in &results.hits {
        let card = card(&hit.product, language);
        table.add_row([format!("{:.2}", hit.score), card.article, card.name, card.price, card.stock]);
    }
    println!("{table}\n{} of {} rows in {millis:.1} ms", results.hits.len(), results.total);
    for facet in &results.facets {
        match facet.range {
            Some((least, most)) => println!("{}: {least} to {most}", facet.field),
            None => {
                let values = facet.values.iter().take(12).map(|(value, rows)| format!("{value} ({rows})"));
                println!("{}: {}", facet.field, values.collect::<Vec<_>>().join(", "));
            }
        }
    }
}
