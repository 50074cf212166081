//! Accounts of the panel and their logins: the statements and operations of [`tolmach_runtime::ports::AccountStore`]. They are
//! the same on both databases: a row at a time, seldom.

use async_trait::async_trait;
use tolmach_engine::text::shorten;
use tolmach_runtime::ports::{
    Account, AccountSaved, AccountStore, Invitation, Login, LoginCount, Logins, Result, handle,
};
use uuid::Uuid;

use super::{
    DbConnection, Dialect, SqlStore, Value,
    answer::Answer,
    batch::Group,
    operation::{Operation, json, plain, stored},
    read::{first, text},
};

/// The most characters of what a browser says of itself.
const MAX_AGENT: usize = 200;

/// A change of accounts or logins, encoded.
pub(super) struct AccountWrite {
    sql: &'static str,
    values: Vec<Value>,
    kind: Kind,
}

/// What the number of changed rows means.
enum Kind {
    /// A new row: none is a name that is taken.
    New,
    /// A changed account: none is a conflict. The statement does not change a name to one that is taken.
    Account {
        handle: String,
        id: String,
    },
    Count,
}

impl AccountWrite {
    /// Whether the number of its rows is that of ended logins.
    pub(super) fn ends_logins(&self) -> bool {
        [END_LOGIN, END_LOGINS, END_OTHERS].contains(&self.sql)
    }
}

macro_rules! account_columns {
    ($table:literal) => {
        concat!(
            $table,
            "id, ",
            $table,
            "name, ",
            $table,
            "role, ",
            $table,
            "password, ",
            $table,
            "totp, ",
            $table,
            "step, ",
            $table,
            "recovery, ",
            $table,
            "settings, ",
            $table,
            "disabled, ",
            $table,
            "created, ",
            $table,
            "version"
        )
    };
}

const ACCOUNTS: &str = concat!("SELECT ", account_columns!(""), " FROM accounts ORDER BY handle LIMIT 1000");
const ACCOUNT_NAMED: &str = concat!("SELECT ", account_columns!(""), " FROM accounts WHERE handle = $1");
const ACCOUNT: &str = concat!("SELECT ", account_columns!(""), " FROM accounts WHERE id = $1");
const NEW_ACCOUNT: &str = "INSERT INTO accounts
    (id, name, handle, role, password, totp, step, recovery, settings, disabled, created, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1) ON CONFLICT DO NOTHING";
const CHANGE_ACCOUNT: &str =
    "UPDATE accounts SET name = $2, handle = $3, role = $4, password = $5, totp = $6, step = $7,
    recovery = $8, settings = $9, disabled = $10, version = $11 + 1
    WHERE id = $1 AND version = $11
        -- Of two owners who remove each other at once one stays.
        AND ($4 = 'owner' AND $10 = 0 OR role <> 'owner' OR disabled <> 0
            OR EXISTS (SELECT 1 FROM accounts AS o WHERE o.id <> $1 AND o.role = 'owner' AND o.disabled = 0))";
const HANDLE_OF_OTHERS: &str = "SELECT id FROM accounts WHERE handle = $1 AND id <> $2";
const ADD_LOGIN: &str = "INSERT INTO logins (id, account, passed, agent, address, made, seen)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
const LOGIN: &str = "SELECT account, passed, agent, address, made, seen FROM logins WHERE id = $1";
const LOGINS: &str = "SELECT id, passed, agent, address, made, seen FROM logins
    WHERE account = $1 ORDER BY seen DESC, id LIMIT 100";
const TOUCH_LOGIN: &str = "UPDATE logins SET seen = $2 WHERE id = $1 AND seen < $2";
const END_LOGIN: &str = "DELETE FROM logins WHERE id = $1";
const END_LOGINS: &str = "DELETE FROM logins WHERE account = $1";
const END_OTHERS: &str = "DELETE FROM logins WHERE account = $1 AND id <> $2";
const END_INVITATIONS: &str = "DELETE FROM invitations WHERE role = $1";
const INVITE: &str = "INSERT INTO invitations (id, role, until) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET role = excluded.role, until = excluded.until";
const INVITATION: &str = "SELECT role, until FROM invitations WHERE id = $1";
const INVITATIONS: &str =
    "SELECT id, role, until FROM invitations WHERE until >= $1 ORDER BY until, id LIMIT 200";
const LOGIN_COUNTS: &str = "SELECT account, count(*), max(seen) FROM logins
    WHERE made >= $1 AND seen >= $2 GROUP BY account LIMIT 1000";
const USE_INVITATION: &str = "DELETE FROM invitations WHERE id = $1";

pub(super) fn counted(sql: &'static str, values: Vec<Value>) -> Operation {
    Operation::Account(Box::new(AccountWrite { sql, values, kind: Kind::Count }))
}

/// A new row whose name may be taken: then none is changed.
pub(super) fn named(sql: &'static str, values: Vec<Value>) -> Operation {
    Operation::Account(Box::new(AccountWrite { sql, values, kind: Kind::New }))
}

pub(super) fn save(account: &Account) -> Result<Operation> {
    let Account { id, name, role, password, second_factor, settings, .. } = account;
    let (id, handle) = (id.to_string(), handle(name));
    for (what, field) in [("name", name), ("role", role), ("password", password), ("settings", settings)] {
        plain(what, field)?;
    }
    let factor = second_factor.clone().unwrap_or_default();
    plain("second factor", &factor)?;
    let mut values: Vec<Value> =
        [&id, name, &handle, role, password, &factor].map(|field| Value::Text(field.clone())).into();
    values.push(Value::Integer(account.last_step));
    values.push(Value::Text(json(&account.recovery)?));
    values.push(Value::Text(settings.clone()));
    values.push(Value::Integer(i64::from(account.disabled)));
    let (sql, kind) = if account.version == 0 {
        values.push(Value::Integer(account.created));
        (NEW_ACCOUNT, Kind::New)
    } else {
        values.push(Value::Integer(account.version));
        (CHANGE_ACCOUNT, Kind::Account { handle, id })
    };
    Ok(Operation::Account(Box::new(AccountWrite { sql, values, kind })))
}

pub(super) fn add_login(login: &Login) -> Result<Operation> {
    let Login { id, account, passed, agent, address, made, seen } = login;
    plain("login", id)?;
    let agent = shorten(agent, MAX_AGENT).replace('\0', "\u{FFFD}");
    let values = vec![
        Value::Text(id.clone()),
        Value::Text(account.to_string()),
        Value::Integer(i64::from(*passed)),
        Value::Text(agent),
        text(address),
        Value::Integer(*made),
        Value::Integer(*seen),
    ];
    Ok(counted(ADD_LOGIN, values))
}

pub(super) fn touch_login(id: &str, at: i64) -> Operation {
    counted(TOUCH_LOGIN, vec![text(id), Value::Integer(at)])
}

pub(super) fn end_logins(which: &Logins) -> Operation {
    match which {
        Logins::One(id) => counted(END_LOGIN, vec![text(id)]),
        Logins::Of(account) => counted(END_LOGINS, vec![Value::Text(account.to_string())]),
        Logins::OthersOf(account, id) => {
            counted(END_OTHERS, vec![Value::Text(account.to_string()), text(id)])
        }
    }
}

pub(super) fn end_invitations(role: &str) -> Operation {
    counted(END_INVITATIONS, vec![text(role)])
}

pub(super) fn invite(invitation: &Invitation) -> Result<Operation> {
    plain("invitation", &invitation.id)?;
    plain("role", &invitation.role)?;
    let values = vec![
        Value::Text(invitation.id.clone()),
        Value::Text(invitation.role.clone()),
        Value::Integer(invitation.until),
    ];
    Ok(counted(INVITE, values))
}

pub(super) fn use_invitation(id: &str) -> Operation {
    counted(USE_INVITATION, vec![text(id)])
}

type AccountColumns = (String, String, String, String, String, i64, String, String, i64, i64, i64);

fn account(columns: AccountColumns) -> sqlx::Result<Account> {
    let (id, name, role, password, totp, last_step, recovery, settings, disabled, created, version) = columns;
    Ok(Account {
        id: uuid(&id)?,
        name,
        role,
        password,
        second_factor: Some(totp).filter(|secret| !secret.is_empty()),
        last_step,
        recovery: stored(&recovery)?,
        settings,
        disabled: disabled != 0,
        created,
        version,
    })
}

fn uuid(text: &str) -> sqlx::Result<Uuid> {
    Uuid::parse_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

pub(super) async fn accounts<D: Dialect>(db: &D) -> sqlx::Result<Vec<Account>> {
    db.fetch(ACCOUNTS, vec![]).await?.into_iter().map(account).collect()
}

pub(super) async fn account_named<D: Dialect>(db: &D, name: &str) -> sqlx::Result<Option<Account>> {
    first(db, ACCOUNT_NAMED, vec![text(&handle(name))]).await?.map(account).transpose()
}

pub(super) async fn account_of<D: Dialect>(db: &D, id: &str) -> sqlx::Result<Option<Account>> {
    first(db, ACCOUNT, vec![text(id)]).await?.map(account).transpose()
}

pub(super) async fn login<D: Dialect>(db: &D, id: &str) -> sqlx::Result<Option<(Login, Account)>> {
    type Row = (String, i64, String, String, i64, i64);
    let Some((of, passed, agent, address, made, seen)) = first::<_, Row>(db, LOGIN, vec![text(id)]).await?
    else {
        return Ok(None);
    };
    let Some(account) = account_of(db, &of).await? else { return Ok(None) };
    let passed = passed != 0;
    let login = Login { id: id.to_owned(), account: account.id, passed, agent, address, made, seen };
    Ok(Some((login, account)))
}

pub(super) async fn logins<D: Dialect>(db: &D, account: Uuid) -> sqlx::Result<Vec<Login>> {
    type Row = (String, i64, String, String, i64, i64);
    let rows: Vec<Row> = db.fetch(LOGINS, vec![Value::Text(account.to_string())]).await?;
    let login = |(id, passed, agent, address, made, seen)| Login {
        id,
        account,
        passed: passed != 0,
        agent,
        address,
        made,
        seen,
    };
    Ok(rows.into_iter().map(login).collect())
}

pub(super) async fn invitations<D: Dialect>(db: &D, now: i64) -> sqlx::Result<Vec<Invitation>> {
    let rows: Vec<(String, String, i64)> = db.fetch(INVITATIONS, vec![Value::Integer(now)]).await?;
    Ok(rows.into_iter().map(|(id, role, until)| Invitation { id, role, until }).collect())
}

pub(super) async fn login_counts<D: Dialect>(db: &D, made: i64, seen: i64) -> sqlx::Result<Vec<LoginCount>> {
    let values = vec![Value::Integer(made), Value::Integer(seen)];
    let rows: Vec<(String, i64, i64)> = db.fetch(LOGIN_COUNTS, values).await?;
    let count = |(account, logins, seen): (String, i64, i64)| {
        Ok(LoginCount { account: uuid(&account)?, logins: u64::try_from(logins).unwrap_or_default(), seen })
    };
    rows.into_iter().map(count).collect()
}

pub(super) async fn invitation<D: Dialect>(db: &D, id: &str) -> sqlx::Result<Option<Invitation>> {
    let row: Option<(String, i64)> = first(db, INVITATION, vec![text(id)]).await?;
    Ok(row.map(|(role, until)| Invitation { id: id.to_owned(), role, until }))
}

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn write_account(&mut self, write: &AccountWrite) -> sqlx::Result<Answer> {
        if let Kind::Account { handle, id } = &write.kind {
            let values = vec![Value::Text(handle.clone()), Value::Text(id.clone())];
            let others: Vec<(String,)> = self.session.fetch(HANDLE_OF_OTHERS, values).await?;
            if !others.is_empty() {
                return Ok(Answer::Account(AccountSaved::NameTaken));
            }
        }
        self.flush().await?;
        let changed = self.session.run(write.sql, write.values.clone()).await?;
        Ok(match (&write.kind, changed) {
            (Kind::New, 0) => Answer::Account(AccountSaved::NameTaken),
            (Kind::Account { .. }, 0) => Answer::Account(AccountSaved::Conflict),
            (Kind::New | Kind::Account { .. }, _) => Answer::Account(AccountSaved::Stored),
            (Kind::Count, changed) => Answer::Count(i64::try_from(changed).unwrap_or(i64::MAX)),
        })
    }
}

#[async_trait]
impl<D: Dialect> AccountStore for SqlStore<D> {
    async fn accounts(&self) -> Result<Vec<Account>> {
        self.said(accounts(&*self.dialect).await)
    }

    async fn account_named(&self, name: &str) -> Result<Option<Account>> {
        self.said(account_named(&*self.dialect, name).await)
    }

    async fn save_account(&self, account: &Account) -> Result<AccountSaved> {
        Ok(self.write(save(account)?).await?.account())
    }

    async fn add_login(&self, login: &Login) -> Result<()> {
        self.write(add_login(login)?).await.map(drop)
    }

    async fn login(&self, id: &str) -> Result<Option<(Login, Account)>> {
        self.said(login(&*self.dialect, id).await)
    }

    async fn logins(&self, account: Uuid) -> Result<Vec<Login>> {
        self.said(logins(&*self.dialect, account).await)
    }

    async fn touch_login(&self, id: &str, at: i64) -> Result<()> {
        self.write(touch_login(id, at)).await.map(drop)
    }

    async fn end_logins(&self, which: &Logins) -> Result<u64> {
        let ended = self.write(end_logins(which)).await?.count();
        Ok(u64::try_from(ended).unwrap_or_default())
    }

    async fn invite(&self, invitation: &Invitation) -> Result<()> {
        self.write(end_invitations(&invitation.role)).await?;
        self.write(invite(invitation)?).await.map(drop)
    }

    async fn invitation(&self, id: &str) -> Result<Option<Invitation>> {
        self.said(invitation(&*self.dialect, id).await)
    }

    async fn invitations(&self, now: i64) -> Result<Vec<Invitation>> {
        self.said(invitations(&*self.dialect, now).await)
    }

    async fn login_counts(&self, made: i64, seen: i64) -> Result<Vec<LoginCount>> {
        self.said(login_counts(&*self.dialect, made, seen).await)
    }

    async fn use_invitation(&self, id: &str) -> Result<bool> {
        Ok(self.write(use_invitation(id)).await?.count() > 0)
    }
}
