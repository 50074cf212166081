//! What is stored about one client: the statements and the operations of [`tolmach_runtime::ports::ClientStore`].
//!
//! Every table with rows about clients is in [`ClientTable`]; a test compares that list with the tables of the database.

mod statements;

use async_trait::async_trait;
use serde_json::Value as Json;
use tolmach_runtime::ports::{
    ClientStore, ClientTable, Erased, Erasure, MAX_MENTIONS, Mention, Needle, Purged, Result,
};

use super::{
    DbConnection, Dialect, SqlStore, Value,
    answer::Answer,
    batch::Group,
    operation::{Operation, plain},
};
pub(super) use statements::Clients;
pub(super) use statements::{POSTGRES, SQLITE};

/// Columns that hold JSON; exports show it nested.
const JSON_COLUMNS: [&str; 12] = [
    "session", "staff", "event", "trace", "press", "payload", "lead", "sources", "arms", "usage", "task",
    "details",
];

/// An erasure as the writer runs it.
pub(super) struct Erasing {
    erasure: Erasure,
}

pub(super) fn erase_history(chat: &str, limit: u32) -> Result<Operation> {
    plain("chat", chat)?;
    Ok(Operation::EraseHistory { chat: chat.to_owned(), limit })
}

pub(super) fn erase_client(erasure: Erasure) -> Result<Operation> {
    plain("chat", &erasure.chat)?;
    plain("pseudonym", &erasure.pseudonym)?;
    Ok(Operation::EraseClient(Box::new(Erasing { erasure })))
}

pub(super) async fn rows<D: Dialect>(db: &D, chat: &str, table: ClientTable) -> sqlx::Result<Vec<Json>> {
    let statements = &db.statements().clients;
    let Some((_, sql)) = statements.rows.iter().find(|(of, _)| *of == table) else { return Ok(Vec::new()) };
    let rows: Vec<(String,)> = db.fetch(sql, vec![text(chat)]).await?;
    rows.into_iter().map(|(row,)| nested(&row)).collect()
}

pub(super) async fn mentions<D: Dialect>(db: &D, needle: &Needle) -> sqlx::Result<Vec<Mention>> {
    let statements = &db.statements().clients;
    let (sql, needle) = match needle {
        Needle::Digits(digits) => (statements.digits, digits.clone()),
        Needle::Text(text) => (statements.text, text.to_ascii_lowercase()),
    };
    if needle.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, String, String)> =
        db.fetch(sql, vec![text(&needle), Value::Integer(i64::from(MAX_MENTIONS))]).await?;
    Ok(rows.into_iter().map(|(chat, table, text)| Mention { chat, table, text }).collect())
}

/// A row with the JSON of its columns nested. What is no JSON stays a text.
fn nested(row: &str) -> sqlx::Result<Json> {
    let mut row: Json = serde_json::from_str(row).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    for (name, value) in row.as_object_mut().into_iter().flatten() {
        // A message of the bot is JSON, one of the client is a text, which may look like JSON.
        if JSON_COLUMNS.contains(&name.as_str())
            && let Json::String(text) = value
            && let Ok(inner @ (Json::Object(_) | Json::Array(_))) = serde_json::from_str(text)
        {
            *value = inner;
        }
    }
    Ok(row)
}

/// A text parameter; see `read::text`.
fn text(text: &str) -> Value {
    Value::Text(text.replace('\0', "\u{FFFD}"))
}

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn erase_history(&mut self, chat: &str, limit: u32) -> sqlx::Result<Answer> {
        let mut erased = Erased::default();
        self.flush().await?;
        for (table, sql) in self.statements.clients.history {
            let values = vec![text(chat), Value::Integer(i64::from(limit))];
            erased.add(*table, self.session.run(sql, values).await?);
        }
        Ok(Answer::Erased(erased))
    }

    pub(super) async fn erase_client(&mut self, erasing: &Erasing) -> sqlx::Result<Answer> {
        let Erasure { chat, pseudonym, receipt, before } = &erasing.erasure;
        let mut erased = before.clone();
        self.flush().await?;
        for (table, sql) in self.statements.clients.erase {
            let mut values = vec![text(chat)];
            if *table == ClientTable::Audit {
                values.push(text(pseudonym));
            }
            erased.add(*table, self.session.run(sql, values).await?);
        }
        if erased.all() > 0 {
            let mut receipt = receipt.clone();
            if let Json::Object(details) = &mut receipt.details {
                let rows =
                    serde_json::to_value(&erased).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
                details.insert("rows".to_owned(), rows);
            }
            self.record(receipt).await?;
        }
        Ok(Answer::Erased(erased))
    }

    /// Runs the statements that a dialect has deferred, so that the next count is that of its own statement.
    pub(super) async fn flush(&mut self) -> sqlx::Result<()> {
        self.session.fetch::<(i64,)>("SELECT CAST(1 AS BIGINT)", vec![]).await.map(drop)
    }
}

#[async_trait]
impl<D: Dialect> ClientStore for SqlStore<D> {
    async fn client_rows(&self, chat: &str, table: ClientTable) -> Result<Vec<serde_json::Value>> {
        self.said(rows(&*self.dialect, chat, table).await)
    }

    async fn mentions(&self, needle: &Needle) -> Result<Vec<Mention>> {
        self.said(mentions(&*self.dialect, needle).await)
    }

    async fn erase_history(&self, chat: &str, limit: u32) -> Result<Erased> {
        Ok(self.write(erase_history(chat, limit)?).await?.erased())
    }

    async fn erase_client(&self, erasure: Erasure) -> Result<Erased> {
        Ok(self.write(erase_client(erasure)?).await?.erased())
    }

    async fn purge(&self) -> Result<Purged> {
        self.dialect.purge().await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_of_a_column_is_nested() {
        let row = r#"{"seq":1,"event":"{\"id\":2}","body":"{\"id\":2}","usage":null,"task":"x"}"#;
        let nested = nested(row).expect("read");
        assert_eq!(
            nested,
            json!({ "seq": 1, "event": { "id": 2 }, "body": "{\"id\":2}", "usage": null, "task": "x" })
        );
    }
}
