//! `tolmach catalog item`.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use tolmach_app::{
    catalog::{self, ItemMoment},
    text::{one_line, when},
};
use tolmach_engine::{card::card, language::Language};

use super::search::serving;
use crate::config::Config;

#[derive(Debug, Args)]
pub struct Show {
    /// The item's article, as the price list has it
    article: String,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
}

impl Show {
    pub async fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let catalog = serving(config).await?;
        let Some(item) = catalog::item(&catalog, &self.article).await? else {
            bail!("no item has the article {}; `tolmach catalog search` finds them", self.article);
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&item)?);
            return Ok(ExitCode::SUCCESS);
        }
        let card = card(&item.product, Language::Ru);
        println!("{}  {}, {}, {}", one_line(&card.article), one_line(&card.name), card.price, card.stock);
        println!("  from {}", one_line(&item.source));
        for ItemMoment { created, serving, there, price, .. } in &item.history {
            let price = match (there, price) {
                (false, _) => "not there".to_owned(),
                (true, None) => "on request".to_owned(),
                (true, Some(price)) => price.to_string(),
            };
            println!("  {}  {price}{}", when(*created), if *serving { ", serves" } else { "" });
        }
        Ok(ExitCode::SUCCESS)
    }
}
