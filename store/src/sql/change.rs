//! Changes that go with their row of the audit log: several writes and the row, in one transaction or not at all.

use serde_json::{Map, Value as Json};
use tolmach_runtime::ports::{AccessTokens, AccountSaved, AuditEntry, Error, Result, Write, Written};

use super::{
    DbConnection, Value, accounts,
    answer::Answer,
    batch::Group,
    data::DataWrite,
    dialogs,
    operation::{self, Operation, Rows},
    settings, tokens,
};

const DISCARD_TASK: &str = "DELETE FROM quarantine WHERE id = $1";

/// A change of a row by hand, with its row of the audit log.
pub(super) fn by_hand(write: DataWrite, entry: AuditEntry) -> Result<Operation> {
    operation::record(entry.clone())?;
    let step = Step { operation: Operation::Data(Box::new(write)), needs: true };
    Ok(Operation::Change(Box::new(Changing { writes: vec![step], entry })))
}

/// A change, encoded.
pub(super) struct Changing {
    writes: Vec<Step>,
    entry: AuditEntry,
}

/// A write, encoded, and whether it must find something.
struct Step {
    operation: Operation,
    needs: bool,
}

pub(super) fn change(writes: Vec<Write>, entry: AuditEntry) -> Result<Operation> {
    let step = |write| {
        let (operation, needs) = match write {
            Write::Account(account) => (accounts::save(&account)?, false),
            Write::AddLogin(login) => (accounts::add_login(&login)?, false),
            Write::EndLogins(which) => (accounts::end_logins(&which), false),
            Write::AddToken(token) => (tokens::add(&token)?, false),
            Write::EndTokens(which) => (tokens::end(&which), matches!(which, AccessTokens::One(..))),
            Write::Invite(invitation) => (accounts::invite(&invitation)?, false),
            Write::DiscardTask(id) => (operation::discard_task(&id)?, true),
            Write::UseInvitation(id) => (accounts::use_invitation(&id), true),
            Write::AddUpload(upload) => (operation::add_upload(&upload)?, false),
            Write::RemoveUpload(id) => (operation::remove_upload(id)?, false),
            Write::Settings(write) => (settings::write(*write)?, false),
            Write::Note(note) => (dialogs::add_note(&note)?, true),
            Write::Receive { at, id, inbound } => (operation::receive(at, vec![(id, *inbound)])?, false),
        };
        Ok(Step { operation, needs })
    };
    let writes = writes.into_iter().map(step).collect::<Result<_>>()?;
    // Refused now rather than in the transaction of others.
    operation::record(entry.clone())?;
    Ok(Operation::Change(Box::new(Changing { writes, entry })))
}

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn change(&mut self, changing: &Changing) -> sqlx::Result<Written> {
        self.flush().await?;
        self.session.run("SAVEPOINT change", vec![]).await?;
        let written = self.steps(&changing.writes).await?;
        match written {
            Written::Done { logins } => {
                let mut entry = changing.entry.clone();
                if ends_logins(&changing.writes) {
                    tell(&mut entry.details, "after", &[("logins_ended", logins.into())]);
                }
                self.record(entry).await?;
            }
            Written::NameTaken | Written::Conflict | Written::Gone => {
                self.session.run("ROLLBACK TO SAVEPOINT change", vec![]).await?;
            }
        }
        self.session.run("RELEASE SAVEPOINT change", vec![]).await?;
        Ok(written)
    }

    async fn steps(&mut self, writes: &[Step]) -> sqlx::Result<Written> {
        let mut ended = 0;
        for Step { operation, needs } in writes {
            let answer = match operation {
                Operation::Receive(rows) => {
                    let mut answers = [Answer::Done];
                    self.receive(&[(0, rows.as_slice())], &mut answers).await?;
                    Answer::Done
                }
                Operation::AddUpload(rows) => self.rows(self.statements.add_upload, rows).await?,
                Operation::RemoveUpload(rows) => self.rows(self.statements.remove_upload, rows).await?,
                Operation::Account(write) => self.write_account(write).await?,
                Operation::DiscardTask(id) => {
                    let changed = self.session.run(DISCARD_TASK, vec![Value::Text(id.clone())]).await?;
                    Answer::Found(changed > 0)
                }
                Operation::Data(write) => {
                    let changed = self.session.run_text(write.sql.clone(), write.values.clone()).await?;
                    Answer::Found(changed > 0)
                }
                Operation::Settings(rows) => match self.write_settings(rows).await? {
                    Answer::Found(false) => return Ok(Written::Conflict),
                    stored => stored,
                },
                Operation::AddNote(rows) => self.add_note(rows).await?,
                _ => Answer::Done,
            };
            match answer {
                Answer::Account(AccountSaved::NameTaken) => return Ok(Written::NameTaken),
                Answer::Account(AccountSaved::Conflict) => return Ok(Written::Conflict),
                Answer::Found(false) | Answer::Count(0) if *needs => return Ok(Written::Gone),
                Answer::Count(count) if is_end(operation) => {
                    ended += u64::try_from(count).unwrap_or_default();
                }
                _ => {}
            }
        }
        Ok(Written::Done { logins: ended })
    }

    async fn rows(&mut self, sql: &'static str, rows: &Rows) -> sqlx::Result<Answer> {
        self.session.run(sql, vec![Value::Text(format!("[{}]", rows.text()))]).await?;
        Ok(Answer::Done)
    }

    /// Adds a row of the audit log to the transaction.
    pub(super) async fn record(&mut self, entry: AuditEntry) -> sqlx::Result<()> {
        let encoded =
            operation::record(entry).map_err(|error: Error| sqlx::Error::Encode(Box::new(error)))?;
        if let Operation::Record(rows) = encoded {
            let values = vec![Value::Text(format!("[{}]", rows.text()))];
            self.session.run(self.statements.audit, values).await?;
        }
        Ok(())
    }
}

fn is_end(operation: &Operation) -> bool {
    matches!(operation, Operation::Account(write) if write.ends_logins())
}

fn ends_logins(writes: &[Step]) -> bool {
    writes.iter().any(|step| is_end(&step.operation))
}

/// Adds facts to a part of a row's details.
pub(super) fn tell(details: &mut Json, part: &str, facts: &[(&str, Json)]) {
    if !details.is_object() {
        *details = Json::Object(Map::new());
    }
    let Some(details) = details.as_object_mut() else { return };
    let part = details.entry(part).or_insert_with(|| Json::Object(Map::new()));
    if !part.is_object() {
        *part = Json::Object(Map::new());
    }
    if let Some(part) = part.as_object_mut() {
        part.extend(facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
}
