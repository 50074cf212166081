//! Tasks that keep the house: what is finished and old goes, a price list comes in.

use std::path::Path;

use tolmach_catalog::EmbeddedCatalog;
use tolmach_runtime::{
    Runtime,
    ports::{self, Retention, Store},
};

use crate::{clock::now, commands, config};

/// Rows of a table that go at a time, so that no turn waits long.
const CHUNK: u32 = 500;

pub(super) async fn retain(store: &dyn Store, keep: &config::Retention, now: i64) -> ports::Result<()> {
    let keep = Retention {
        inbox: before(now, keep.inbox_days),
        outbox: before(now, keep.outbox_days),
        turns: before(now, keep.traces_days),
        messages: before(now, keep.messages_days),
        tasks: before(now, keep.tasks_days),
    };
    let mut all = 0;
    loop {
        let removed = store.retain(&keep, CHUNK).await?;
        if removed.all() == 0 {
            break;
        }
        all += removed.all();
        // Turns first.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    if all > 0 {
        tracing::info!(rows = all, "old rows were removed");
    }
    Ok(())
}

/// Zero days keep for ever.
fn before(now: i64, days: u32) -> Option<i64> {
    (days > 0).then(|| now - i64::from(days) * 86_400_000)
}

/// A list that cannot be used is told to the staff and not tried again: it would be no better.
pub(super) async fn reindex(
    config: &config::Config,
    runtime: &Runtime,
    catalog: &EmbeddedCatalog,
    file: &str,
) -> anyhow::Result<()> {
    let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let told = match commands::catalog::import_file(config, catalog, Path::new(file)).await {
        Ok(done) => {
            let (new, prices, gone) = (done.changes.new, done.changes.changed_price, done.changes.gone);
            let rows = done.rows;
            (
                (
                    "Прайс-лист загружен",
                    format!("{name}: {rows} позиций; новых {new}, с другой ценой {prices}, выбыло {gone}"),
                ),
                (
                    "The price list is in",
                    format!("{name}: {rows} items; {new} new, {prices} with another price, {gone} gone"),
                ),
            )
        }
        Err(why) => (
            ("Прайс-лист не загружен", format!("{name}: {why:#}")),
            ("The price list could not be imported", format!("{name}: {why:#}")),
        ),
    };
    let ((subject_ru, ru), (subject_en, en)) = told;
    let id = format!("reindex:{name}:{}", now());
    runtime.tell(&id, "default", (subject_ru, &ru), (subject_en, &en)).await?;
    Ok(())
}
