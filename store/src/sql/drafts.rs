//! Drafts of flows and texts: the statements and operations of [`tolmach_runtime::ports::DraftStore`], the same on both databases.

use async_trait::async_trait;
use tolmach_runtime::ports::{
    DRAFT_PERSON_KEPT, DraftChange, DraftFile, DraftPerson, DraftState, DraftStore, DraftWrite, FlowDraft,
    MAX_CLOSED_DRAFTS, MAX_DRAFT_CHANGES, Result,
};
use uuid::Uuid;

use super::{
    DbConnection, Dialect, SqlStore, Value, accounts,
    answer::Answer,
    batch::Group,
    operation::{self, Operation, plain, without_nul},
    read::{first, text},
};

macro_rules! draft_columns {
    () => {
        "id, title, author, base, made, changed, revision, state"
    };
}

const DRAFTS: &str = concat!(
    "SELECT ",
    draft_columns!(),
    " FROM flow_drafts ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, changed DESC, id LIMIT 200"
);
const DRAFT: &str = concat!("SELECT ", draft_columns!(), " FROM flow_drafts WHERE id = $1");
const NEW: &str = "INSERT INTO flow_drafts (id, title, author, base, made, changed, revision, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
const CHANGE: &str = "UPDATE flow_drafts SET title = $2, base = $3, changed = $4, revision = $5, state = $6
    WHERE id = $1 AND revision = $7 AND state = 'open'";
const FORGET_CLOSED: &str = "DELETE FROM flow_drafts WHERE state <> 'open' AND id NOT IN
    (SELECT id FROM flow_drafts WHERE state <> 'open' ORDER BY changed DESC, id LIMIT $1)";
const FORGET_FILES: &str = "DELETE FROM draft_files WHERE draft NOT IN (SELECT id FROM flow_drafts)";
const FORGET_CHANGES: &str = "DELETE FROM draft_changes WHERE draft NOT IN (SELECT id FROM flow_drafts)";
const FILES: &str = "SELECT path, content, revision, base FROM draft_files WHERE draft = $1 ORDER BY path";
const PUT_FILE: &str = "INSERT INTO draft_files (draft, path, content, revision, base)
    VALUES ($1, $2, CASE WHEN CAST($3 AS BIGINT) = 1 THEN CAST($4 AS TEXT) END, $5,
    CASE WHEN CAST($6 AS BIGINT) = 1 THEN CAST($7 AS TEXT) END)
    ON CONFLICT (draft, path) DO UPDATE SET content = excluded.content, revision = excluded.revision, base = excluded.base";
const CHANGES: &str = "SELECT revision, path, was, became, author, at, kind, undone FROM draft_changes
    WHERE draft = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3";
const ADD_CHANGE: &str =
    "INSERT INTO draft_changes (draft, revision, path, was, became, author, at, kind, undone)
    VALUES ($1, $2, $3, CASE WHEN CAST($4 AS BIGINT) = 1 THEN CAST($5 AS TEXT) END,
    CASE WHEN CAST($6 AS BIGINT) = 1 THEN CAST($7 AS TEXT) END, $8, $9, $10, $11)
    ON CONFLICT (draft, revision) DO UPDATE SET was = excluded.was";
const DROP_CHANGE: &str = "DELETE FROM draft_changes WHERE draft = $1 AND revision = $2";
const UNDONE: &str = "UPDATE draft_changes SET undone = 1 WHERE draft = $1 AND revision = $2";
const REWRITE_RELEASE: &str = "UPDATE releases SET files = $2 WHERE id = $1";
const FORGET_OLD: &str = "DELETE FROM draft_changes WHERE draft = $1 AND revision <= $2";

const NOTE_PERSON: &str = "INSERT INTO draft_people (draft, name, process, file, line, at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (draft, name) DO UPDATE SET
    process = excluded.process, file = excluded.file, line = excluded.line, at = excluded.at";
const FORGET_PEOPLE: &str = "DELETE FROM draft_people WHERE at < $1";
const PEOPLE: &str = "SELECT name, process, file, line, at FROM draft_people
    WHERE draft = $1 AND at >= $2 ORDER BY name LIMIT 100";

/// A write, whose texts the databases can keep.
pub(super) fn write(write: &DraftWrite) -> Result<Operation> {
    let mut write = write.clone();
    plain("release", &write.draft.base)?;
    write.draft.title = without_nul(write.draft.title);
    write.draft.author = without_nul(write.draft.author);
    for file in &write.files {
        plain("path", &file.path)?;
        for body in [&file.text, &file.base] {
            plain("text", body.as_deref().unwrap_or_default())?;
        }
    }
    for change in &mut write.changes {
        change.author = without_nul(std::mem::take(&mut change.author));
        plain("path", &change.path)?;
        for body in [&change.before, &change.after] {
            plain("text", body.as_deref().unwrap_or_default())?;
        }
    }
    if let Some(release) = &write.release {
        plain("release", &release.files)?;
    }
    if let Some(entry) = &write.audit {
        // Refused now rather than in the transaction of others.
        operation::record(entry.clone())?;
    }
    Ok(Operation::Draft(Box::new(write)))
}

fn maybe(body: Option<&String>) -> [Value; 2] {
    [Value::Integer(i64::from(body.is_some())), Value::Text(body.cloned().unwrap_or_default())]
}

fn name<T: serde::Serialize>(value: T) -> Value {
    let name = serde_json::to_value(value).ok();
    Value::Text(name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned())
}

fn named<T: serde::de::DeserializeOwned>(name: String) -> sqlx::Result<T> {
    serde_json::from_value(name.into()).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

type DraftColumns = (String, String, String, String, i64, i64, i64, String);

fn draft(columns: DraftColumns) -> sqlx::Result<FlowDraft> {
    let (id, title, author, base, made, changed, revision, state) = columns;
    let id = Uuid::parse_str(&id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(FlowDraft { id, title, author, base, made, changed, revision, state: named(state)? })
}

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn write_draft(&mut self, write: &DraftWrite) -> sqlx::Result<Answer> {
        self.flush().await?;
        let draft = &write.draft;
        let id = || Value::Text(draft.id.to_string());
        let written = match write.expected {
            None => {
                let values = vec![
                    id(),
                    text(&draft.title),
                    text(&draft.author),
                    text(&draft.base),
                    Value::Integer(draft.made),
                    Value::Integer(draft.changed),
                    Value::Integer(draft.revision),
                    name(draft.state),
                ];
                self.session.run(NEW, values).await?
            }
            Some(expected) => {
                let values = vec![
                    id(),
                    text(&draft.title),
                    text(&draft.base),
                    Value::Integer(draft.changed),
                    Value::Integer(draft.revision),
                    name(draft.state),
                    Value::Integer(expected),
                ];
                self.session.run(CHANGE, values).await?
            }
        };
        if written == 0 {
            return Ok(Answer::Found(false));
        }
        for file in &write.files {
            let [there, body] = maybe(file.text.as_ref());
            let mut values = vec![id(), text(&file.path), there, body, Value::Integer(file.revision)];
            values.extend(maybe(file.base.as_ref()));
            self.session.run(PUT_FILE, values).await?;
        }
        for revision in &write.forget {
            self.session.run(DROP_CHANGE, vec![id(), Value::Integer(*revision)]).await?;
        }
        for change in &write.changes {
            let DraftChange { revision, path, before, after, author, at, kind, undone } = change;
            let mut values = vec![id(), Value::Integer(*revision), text(path)];
            values.extend(maybe(before.as_ref()));
            values.extend(maybe(after.as_ref()));
            values.extend([
                text(author),
                Value::Integer(*at),
                name(kind),
                Value::Integer(i64::from(*undone)),
            ]);
            self.session.run(ADD_CHANGE, values).await?;
        }
        for revision in &write.undone {
            self.session.run(UNDONE, vec![id(), Value::Integer(*revision)]).await?;
        }
        if let Some(release) = &write.release {
            self.session.run(REWRITE_RELEASE, vec![text(&release.id), text(&release.files)]).await?;
        }
        if draft.revision > MAX_DRAFT_CHANGES {
            let oldest = Value::Integer(draft.revision - MAX_DRAFT_CHANGES);
            self.session.run(FORGET_OLD, vec![id(), oldest]).await?;
        }
        if draft.state != DraftState::Open {
            self.session.run(FORGET_CLOSED, vec![Value::Integer(MAX_CLOSED_DRAFTS)]).await?;
            self.session.run(FORGET_FILES, vec![]).await?;
            self.session.run(FORGET_CHANGES, vec![]).await?;
        }
        if let Some(entry) = &write.audit {
            self.record(entry.clone()).await?;
        }
        Ok(Answer::Found(true))
    }
}

async fn drafts<D: Dialect>(db: &D) -> sqlx::Result<Vec<FlowDraft>> {
    db.fetch(DRAFTS, vec![]).await?.into_iter().map(draft).collect()
}

async fn one<D: Dialect>(db: &D, id: Uuid) -> sqlx::Result<Option<FlowDraft>> {
    first(db, DRAFT, vec![Value::Text(id.to_string())]).await?.map(draft).transpose()
}

async fn files<D: Dialect>(db: &D, id: Uuid) -> sqlx::Result<Vec<DraftFile>> {
    type Row = (String, Option<String>, i64, Option<String>);
    let rows: Vec<Row> = db.fetch(FILES, vec![Value::Text(id.to_string())]).await?;
    let file = |(path, text, revision, base)| DraftFile { path, text, revision, base };
    Ok(rows.into_iter().map(file).collect())
}

async fn changes<D: Dialect>(db: &D, id: Uuid, before: i64, limit: u32) -> sqlx::Result<Vec<DraftChange>> {
    type Row = (i64, String, Option<String>, Option<String>, String, i64, String, i64);
    let values = vec![Value::Text(id.to_string()), Value::Integer(before), Value::Integer(i64::from(limit))];
    let rows: Vec<Row> = db.fetch(CHANGES, values).await?;
    let change = |(revision, path, before, after, author, at, kind, undone)| {
        let kind = named(kind)?;
        Ok(DraftChange { revision, path, before, after, author, at, kind, undone: undone != 0 })
    };
    rows.into_iter().map(change).collect()
}

#[async_trait]
impl<D: Dialect> DraftStore for SqlStore<D> {
    async fn flow_drafts(&self) -> Result<Vec<FlowDraft>> {
        self.said(drafts(&*self.dialect).await)
    }

    async fn flow_draft(&self, id: Uuid) -> Result<Option<FlowDraft>> {
        self.said(one(&*self.dialect, id).await)
    }

    async fn draft_files(&self, id: Uuid) -> Result<Vec<DraftFile>> {
        self.said(files(&*self.dialect, id).await)
    }

    async fn draft_changes(&self, id: Uuid, before: i64, limit: u32) -> Result<Vec<DraftChange>> {
        self.said(changes(&*self.dialect, id, before, limit).await)
    }

    async fn write_draft(&self, draft: &DraftWrite) -> Result<bool> {
        Ok(self.write(write(draft)?).await?.found())
    }
    async fn note_draft_person(&self, person: &DraftPerson) -> Result<()> {
        let DraftPerson { draft, name, process, file, line, at } = person;
        for (what, field) in [("name", name), ("process", process), ("file", file)] {
            plain(what, field)?;
        }
        let values = vec![
            Value::Text(draft.to_string()),
            text(name),
            text(process),
            text(file),
            Value::Integer(*line),
            Value::Integer(*at),
        ];
        self.write(accounts::counted(NOTE_PERSON, values)).await?;
        let old = vec![Value::Integer(at.saturating_sub(DRAFT_PERSON_KEPT))];
        self.write(accounts::counted(FORGET_PEOPLE, old)).await.map(drop)
    }

    async fn draft_people(&self, draft: Uuid, since: i64) -> Result<Vec<DraftPerson>> {
        type Row = (String, String, String, i64, i64);
        let values = vec![Value::Text(draft.to_string()), Value::Integer(since)];
        let rows: Vec<Row> = self.said(self.dialect.fetch(PEOPLE, values).await)?;
        let person = |(name, process, file, line, at)| DraftPerson { draft, name, process, file, line, at };
        Ok(rows.into_iter().map(person).collect())
    }
}
