//! Deletes old rows, in bites: see [`crate::sql::retention`].

use tolmach_runtime::ports::{ChatKey, Removed, Retention};

use super::{Group, encode};
use crate::sql::{DbConnection, Value};

/// The maximum number of chats that one operation deletes. Each has rows in several tables.
const CHATS: u32 = 100;

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn retain(&mut self, keep: &Retention, limit: u32) -> sqlx::Result<Removed> {
        let retain = &self.statements.retain;
        let mut removed = Removed::default();
        for rule in retain.rules {
            if let Some(before) = (rule.before)(keep) {
                let values = vec![Value::Integer(before), Value::Integer(i64::from(limit))];
                removed.add(rule.name, self.session.run(rule.sql, values).await?);
            }
        }
        for (before, select) in [(keep.silent_chats, retain.chats.silent), (keep.chats, retain.chats.idle)] {
            if let Some(before) = before {
                self.remove_chats(select, before, limit, &mut removed).await?;
            }
        }
        Ok(removed)
    }

    /// Deletes at most `limit` rows of each table of old chats, and the chats that have none left.
    async fn remove_chats(
        &mut self,
        select: &'static str,
        before: i64,
        limit: u32,
        removed: &mut Removed,
    ) -> sqlx::Result<()> {
        let chats = vec![Value::Integer(before), Value::Integer(i64::from(limit.min(CHATS)))];
        let chats: Vec<(ChatKey,)> = self.session.fetch(select, chats).await?;
        if chats.is_empty() {
            return Ok(());
        }
        let rows = Value::Text(encode(&chats)?);
        let old = &self.statements.retain.chats;
        for (table, sql) in old.parts {
            let values = vec![rows.clone(), Value::Integer(i64::from(limit))];
            removed.add(table, self.session.run(sql, values).await?);
        }
        removed.add("chats", self.session.run(old.chats, vec![rows]).await?);
        Ok(())
    }
}
