//! Logging in and out.

use serde_json::json;
use tolmach_runtime::ports::{AccessToken, Account, Actor, Login, Logins, Store, Via, Write};
use uuid::Uuid;

use super::{
    Error, IDLE_LOGIN, LONGEST_LOGIN, Passwords, Permission, Role, hashed, second_factor, token, written,
};
use crate::audit::Change;

/// How old the time of the last use may be before it is written again: not every request is a write.
const TOUCH: i64 = 60_000;

/// A login that has begun.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// What the browser keeps: 64 hexadecimal digits. It is stored nowhere.
    pub token: String,
    /// Whether a code of the second factor is still asked for.
    pub needs_code: bool,
}

/// What is known of the browser.
#[derive(Clone, Copy, Debug)]
pub struct Browser<'b> {
    /// What it says of itself.
    pub agent: &'b str,
    /// From where it asks.
    pub address: &'b str,
}

/// Whoever sent a request.
#[derive(Clone, Debug)]
pub struct Session {
    /// The login.
    pub login: Login,
    /// The account.
    pub account: Account,
    /// Its role.
    pub role: Role,
    /// The access token by which a program asks in the person's name; `None` for the person themselves.
    pub token: Option<AccessToken>,
}

impl Session {
    /// Who it is, for the audit log and under messages.
    pub fn actor(&self) -> Actor {
        let actor = super::actor(&self.account);
        match &self.token {
            Some(token) => Actor { via: Via::Staff(format!("{}{}", super::TOKENS, token.name)), ..actor },
            None => actor,
        }
    }

    /// Whether they may change nothing: a program with a token that only reads.
    pub fn only_reads(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.read_only)
    }

    /// The end of the account's other logins.
    pub(super) fn end_others(&self) -> Write {
        Write::EndLogins(Logins::OthersOf(self.account.id, self.login.id.clone()))
    }

    /// Whether they may do something; nothing before the second factor.
    pub fn may(&self, what: Permission) -> bool {
        self.login.passed && self.role.may(what)
    }
}

/// Logs in by name and password. Any earlier login of the browser is the caller's to end. Writes an `account.login` row of the
/// audit log, for a name that exists.
///
/// # Errors
/// [`Error::Wrong`], or when the database is unavailable.
pub async fn log_in(
    store: &dyn Store,
    passwords: &Passwords,
    now: i64,
    (name, password): (&str, &str),
    browser: Browser<'_>,
) -> Result<LoggedIn, Error> {
    let account = store.account_named(name).await?;
    let fits = passwords.fits(password, account.as_ref().map(|account| account.password.as_str())).await?;
    let Some(account) = account else { return Err(Error::Wrong) };
    let mut change = Change::new(&super::actor(&account), "account.login", now);
    change.on(account.name.clone());
    let begun = async {
        if !fits || account.disabled || Role::parse(&account.role).is_none() {
            return Err(Error::Wrong);
        }
        let (token, id) = token()?;
        let needs_code = account.second_factor.is_some();
        let (agent, address) = (browser.agent.to_owned(), browser.address.to_owned());
        let login =
            Login { id, account: account.id, passed: !needs_code, agent, address, made: now, seen: now };
        change.before(json!({ "logged_in": false }));
        change.after(json!({ "logged_in": !needs_code, "needs_code": needs_code }));
        written(change.write(store, vec![Write::AddLogin(login)]).await?, &account.name)?;
        Ok(LoggedIn { token, needs_code })
    };
    let begun: Result<LoggedIn, Error> = begun.await;
    change.end_failed(store, &begun).await;
    begun
}

/// Takes the code of the second factor, or a recovery code, of a login that waits for it. The login gets a new token, so that
/// the one of before the code is worth nothing. Writes an `account.code` row.
///
/// # Errors
/// [`Error::WrongCode`], or when the database is unavailable.
pub async fn pass(store: &dyn Store, now: i64, session: &Session, code: &str) -> Result<LoggedIn, Error> {
    let mut change = Change::new(&session.actor(), "account.code", now);
    change.on(session.account.name.clone());
    let passed = async {
        let account = second_factor::spent(&session.account, code, now).ok_or(Error::WrongCode)?;
        let (token, id) = token()?;
        let login = Login { id, passed: true, seen: now, ..session.login.clone() };
        let writes = vec![Write::AddLogin(login), Write::EndLogins(Logins::One(session.login.id.clone()))];
        // Two requests with one code: the second finds another version.
        super::save(store, &mut change, (&session.account, &account), writes).await.map_err(
            |why| match why {
                Error::Conflict => Error::WrongCode,
                why => why,
            },
        )?;
        Ok(LoggedIn { token, needs_code: false })
    };
    let passed: Result<LoggedIn, Error> = passed.await;
    change.end_failed(store, &passed).await;
    passed
}

/// The session of a token; `None` when it is unknown or has ended.
///
/// # Errors
/// When the database is unavailable.
pub async fn session(store: &dyn Store, now: i64, token: &str) -> Result<Option<Session>, Error> {
    let id = hashed(token);
    let Some((login, account)) = store.login(&id).await? else { return Ok(None) };
    let over = now - login.seen > IDLE_LOGIN || now - login.made > LONGEST_LOGIN;
    let role = Role::parse(&account.role).filter(|_| !over && !account.disabled);
    let Some(role) = role else {
        store.end_logins(&Logins::One(id)).await?;
        return Ok(None);
    };
    if now - login.seen > TOUCH {
        store.touch_login(&id, now).await?;
    }
    Ok(Some(Session { login, account, role, token: None }))
}

/// Ends the session's own login. Writes an `account.logout` row.
///
/// # Errors
/// When the database is unavailable.
pub async fn log_out(store: &dyn Store, now: i64, session: &Session) -> Result<(), Error> {
    end(store, now, session, ("account.logout", Logins::One(session.login.id.clone()))).await.map(drop)
}

/// Ends another login of the same account. Writes an `account.end_login` row. Ends nothing if the login is another account's.
///
/// # Errors
/// When the database is unavailable.
pub async fn end_login(store: &dyn Store, now: i64, session: &Session, id: &str) -> Result<u64, Error> {
    let own = store.logins(session.account.id).await?;
    match own.into_iter().find(|login| short_id(login) == id) {
        Some(login) => end(store, now, session, ("account.end_login", Logins::One(login.id))).await,
        None => Ok(0),
    }
}

/// Ends all other logins of the account. Writes an `account.end_login` row.
///
/// # Errors
/// When the database is unavailable.
pub async fn end_other_logins(store: &dyn Store, now: i64, session: &Session) -> Result<u64, Error> {
    let others = Logins::OthersOf(session.account.id, session.login.id.clone());
    end(store, now, session, ("account.end_login", others)).await
}

async fn end(
    store: &dyn Store,
    now: i64,
    session: &Session,
    (action, which): (&'static str, Logins),
) -> Result<u64, Error> {
    let mut change = Change::new(&session.actor(), action, now);
    change.on(session.account.name.clone());
    let ended = async {
        change.before(json!({ "logins": store.logins(session.account.id).await?.len() }));
        written(change.write(store, vec![Write::EndLogins(which)]).await?, &session.account.name)
    };
    let ended: Result<u64, Error> = ended.await;
    change.end_failed(store, &ended).await;
    ended
}

/// The logins of the session's account, each with what stands for it on pages.
///
/// # Errors
/// When the database is unavailable.
pub async fn own_logins(store: &dyn Store, account: Uuid) -> Result<Vec<(String, Login)>, Error> {
    let logins = store.logins(account).await?;
    Ok(logins.into_iter().map(|login| (short_id(&login), login)).collect())
}

/// The beginning of a login's id: enough to tell those of one account apart, and no way back to the token.
fn short_id(login: &Login) -> String {
    login.id.chars().take(16).collect()
}
