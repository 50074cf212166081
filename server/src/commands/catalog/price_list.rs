//! The arguments of commands that read a price list.

use std::path::PathBuf;

use clap::Args;
use tolmach_app::price_list::{self, Map, PriceListPreview};

use crate::{config::Config, reader};

/// The price list and its options, for `import` and `preview`.
#[derive(Debug, Args)]
pub struct PriceList {
    /// The price list
    pub file: PathBuf,
    /// The supplier; importing again under the same name replaces its rows [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Columns by heading or letters, e.g. article=SKU,price=D (field=- for none); stored for the supplier after an
    /// import; `auto` ignores the stored mapping
    #[arg(long, value_name = "FIELD=COLUMN,…")]
    pub map: Option<Map>,
    /// A zip archive of photos named after articles [default: the file's name with .zip, if it exists]
    #[arg(long, value_name = "FILE")]
    pub photos: Option<PathBuf>,
}

impl PriceList {
    /// Reads the list without changing anything.
    ///
    /// # Errors
    /// When the list, its photos or the catalogue cannot be read.
    pub async fn understand(self, config: &Config) -> anyhow::Result<PriceListPreview> {
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
