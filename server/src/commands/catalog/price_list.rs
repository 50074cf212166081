//! A price list as a command is given it.

use std::path::PathBuf;

use clap::Args;
use tolmach_app::price_list::{self, Map, Understood};

use crate::{config::Config, reader};

/// What `import` and `preview` are told of a file.
#[derive(Debug, Args)]
pub struct PriceList {
    /// The price list
    pub file: PathBuf,
    /// The supplier; importing again under the same name replaces its rows [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Columns by their headings or letters, e.g. article=SKU,price=D (field=- for none); remembered for the supplier
    /// after an import; `auto` forgets them
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    pub map: Option<Map>,
    /// A zip with photos named after articles [default: the file's name with .zip, where there is one]
    #[arg(long, value_name = "FILE")]
    pub photos: Option<PathBuf>,
}

impl PriceList {
    /// Reads it; nothing is made.
    pub async fn understand(self, config: &Config) -> anyhow::Result<Understood> {
        Ok(price_list::understand(self.into(), config.data_dir.join("catalog"), reader::process(config)?)
            .await?)
    }
}

impl From<PriceList> for price_list::PriceList {
    fn from(list: PriceList) -> price_list::PriceList {
        let PriceList { file, source, map, photos } = list;
        price_list::PriceList { file, source, map, photos }
    }
}
