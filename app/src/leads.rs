//! Leads: who wants what.

use tolmach_runtime::ports::{self, LeadRow, Store};

/// The last `limit` leads, newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(store: &dyn Store, limit: u32) -> ports::Result<Vec<LeadRow>> {
    store.leads(limit).await
}
