//! Accounts of the panel: making them, logging in with a password and a second factor, changing them.
//!
//! A login is known by a hash of its token, a password by its argon2id hash; neither can be read back. A name that does not
//! exist takes as long to refuse as a wrong password. Limits on attempts are the caller's: it knows the address.

mod invite;
mod login;
mod manage;
mod passwords;
mod roles;
mod second_factor;
mod settings;
mod tokens;

use serde_json::{Value, json};
use tolmach_runtime::ports::{self, AccessTokens, Account, Actor, Logins, Store, Via, Write, Written};
use uuid::Uuid;

use crate::{audit::Change, text::event_id};

pub use invite::{INVITED_FOR, accept, invitation_role, invite_owner};
pub use login::{
    Browser, LoggedIn, Session, end_login, end_other_logins, log_in, log_out, own_logins, pass, session,
};
pub use manage::{
    Invited, MOST_INVITATIONS, Manager, Person, PersonOpened, PersonShown, end_sessions, invitations, invite,
    opened, people, person, reset_factor, withdraw,
};
pub use passwords::{MIN_PASSWORD, Passwords, made_password};
pub use roles::{Permission, Role};
pub use second_factor::{NewFactor, confirm_factor, new_codes, new_factor, remove_factor};
pub use settings::{Choice, Settings, save_settings};
pub use tokens::{
    DAYS, Ended, LISTED, MOST_DAYS, MadeToken, NewToken, TOKENS, TokenShown, Whose, end_token, end_tokens,
    make_token, token_session, token_shape, tokens, working_tokens,
};

/// How long a login lasts at most, milliseconds.
pub const LONGEST_LOGIN: i64 = 30 * DAY;
/// After what time without use a login ends, milliseconds.
pub const IDLE_LOGIN: i64 = 12 * 3_600_000;

const DAY: i64 = 86_400_000;
/// The longest name, in characters.
const LONGEST_NAME: usize = 60;

/// Why something about accounts was refused. The texts are for the command line; pages have their own by the variant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name and the password do not belong together, or the account is disabled. Which of these is not told.
    #[error("the name or the password is wrong")]
    Wrong,
    /// The code of the second factor is wrong, or was used before.
    #[error("the code is wrong, or was used before")]
    WrongCode,
    /// The name is empty, too long or has control characters.
    #[error("a name has 1 to {LONGEST_NAME} characters, without line breaks")]
    BadName,
    /// The password is too short, too long or too simple.
    #[error("a password has 10 to 200 characters, at least 5 different ones, and is not the name")]
    BadPassword,
    /// Another account has the name.
    #[error("there is an account with the name {0} already; names differ by more than their case")]
    NameTaken(String),
    /// There is no such account.
    #[error("there is no account with the name {0}; `tolmach admin list` shows them")]
    Unknown(String),
    /// The link is unknown, was used, or is too old.
    #[error("the link was used already, or is too old")]
    BadLink,
    /// Without this account nobody could manage the others.
    #[error("it is the only owner who can log in; make another one first")]
    LastOwner,
    /// Only owners change owners.
    #[error("only an owner can do this to an owner, or make one")]
    OwnersOnly,
    /// It is their own account.
    #[error("this is your own account; somebody else must do it")]
    OwnAccount,
    /// Too many links are open.
    #[error("{MOST_INVITATIONS} links are open; take some back first")]
    TooManyInvitations,
    /// The account is disabled.
    #[error("the account is disabled; `tolmach admin set NAME --enable` allows it again")]
    Disabled,
    /// The name of a token is unfit.
    #[error(
        "a token has a name of 1 to {LONGEST_NAME} characters, without line breaks, that says what it is for"
    )]
    BadTokenName,
    /// Another token of the account has the name.
    #[error("the account has a token with the name {0} already; end that one first, or take another name")]
    TokenNameTaken(String),
    /// The account has as many tokens as it may have.
    #[error("an account has at most {} tokens; end one that is not needed", ports::MAX_TOKENS)]
    TooManyTokens,
    /// A token would work for too long, or not at all.
    #[error("a token works for 1 to {MOST_DAYS} days")]
    BadDays,
    /// The account has no such token.
    #[error("the account has no token `{0}`; `tolmach admin token list` shows them")]
    NoToken(String),
    /// Somebody else changed the account at the same time.
    #[error("the account was changed at the same time; try again")]
    Conflict,
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// The name of the panel in the audit log, as of a channel in which staff act.
pub const CHANNEL: &str = "panel";

/// The actor of what somebody does in the panel.
pub fn actor(account: &Account) -> Actor {
    Actor { id: account.name.clone(), via: Via::Staff(CHANNEL.to_owned()) }
}

/// All accounts by name.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(store: &dyn Store) -> Result<Vec<Account>, Error> {
    Ok(store.accounts().await?)
}

/// Makes an account and writes an `account.create` row of the audit log.
///
/// # Errors
/// When the name is taken or unfit, the password is unfit, or the database is unavailable.
pub async fn create(
    store: &dyn Store,
    passwords: &Passwords,
    actor: &Actor,
    now: i64,
    new: New<'_>,
) -> Result<Account, Error> {
    create_with(store, passwords, actor, now, (new, Vec::new())).await
}

/// Makes an account, with other writes in the same transaction.
async fn create_with(
    store: &dyn Store,
    passwords: &Passwords,
    actor: &Actor,
    now: i64,
    (new, mut writes): (New<'_>, Vec<Write>),
) -> Result<Account, Error> {
    let mut change = Change::new(actor, "account.create", now);
    change.before(Value::Null);
    change.after(json!({ "role": new.role.name() }));
    let made = async {
        let account = make(store, passwords, now, new).await?;
        change.on(account.name.clone());
        writes.push(Write::Account(account.clone()));
        written(change.write(store, writes).await?, &account.name)?;
        Ok(Account { version: 1, ..account })
    };
    let made: Result<Account, Error> = made.await;
    change.end_failed(store, &made).await;
    made
}

/// A new account.
#[derive(Clone, Copy, Debug)]
pub struct New<'n> {
    /// Its name; spaces around it are left out.
    pub name: &'n str,
    /// Its role.
    pub role: Role,
    /// Its password.
    pub password: &'n str,
}

async fn make(
    store: &dyn Store,
    passwords: &Passwords,
    now: i64,
    New { name, role, password }: New<'_>,
) -> Result<Account, Error> {
    let name = good_name(name)?;
    if store.account_named(&name).await?.is_some() {
        return Err(Error::NameTaken(name));
    }
    Ok(Account {
        id: event_id(now),
        password: passwords.hash(&name, password).await?,
        role: role.name().to_owned(),
        second_factor: None,
        last_step: 0,
        recovery: Vec::new(),
        settings: "{}".to_owned(),
        disabled: false,
        created: now,
        version: 0,
        name,
    })
}

fn good_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(|c| c.is_control())
        && tolmach_engine::visible::visible(name) == name;
    if fits { Ok(name.to_owned()) } else { Err(Error::BadName) }
}

/// What became of a change of the account `name`: the number of logins that were ended.
fn written(written: Written, name: &str) -> Result<u64, Error> {
    match written {
        Written::Done { logins } => Ok(logins),
        Written::NameTaken => Err(Error::NameTaken(name.to_owned())),
        Written::Conflict => Err(Error::Conflict),
        Written::Gone => Err(Error::BadLink),
    }
}

/// What the audit log says of an account: nothing secret, and of secrets whether they are there.
fn told(account: &Account) -> Value {
    json!({
        "role": account.role,
        "disabled": account.disabled,
        "second_factor": account.second_factor.is_some(),
        "recovery_codes": account.recovery.len(),
        "version": account.version,
    })
}

/// Stores a changed account, with other writes and the row of the audit log in the same transaction. Returns the number of logins
/// that were ended.
async fn save(
    store: &dyn Store,
    change: &mut Change,
    (old, account): (&Account, &Account),
    mut writes: Vec<Write>,
) -> Result<u64, Error> {
    change.on(old.name.clone());
    change.before(told(old));
    change.after(told(&Account { version: account.version.saturating_add(1), ..account.clone() }));
    writes.insert(0, Write::Account(account.clone()));
    written(change.write(store, writes).await?, &account.name)
}

/// What [`reset`] has touched.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Reset {
    /// The account's name.
    pub name: String,
    /// Logins that were ended.
    pub logins: u64,
    /// Access tokens that were ended.
    pub tokens: usize,
    /// Whether a second factor and its recovery codes were removed.
    pub second_factor: bool,
}

/// Gives an account a new password, removes its second factor, ends its logins and its access tokens and enables it again: for
/// whoever has lost theirs. Writes an `account.reset` row of the audit log.
///
/// # Errors
/// When there is no such account, the password is unfit, or the database is unavailable.
pub async fn reset(
    store: &dyn Store,
    passwords: &Passwords,
    actor: &Actor,
    now: i64,
    name: &str,
    password: &str,
) -> Result<Reset, Error> {
    let mut change = Change::new(actor, "account.reset", now);
    let done = async {
        let old = named(store, name).await?;
        change.on(old.name.clone());
        let second_factor = old.second_factor.is_some();
        let password = passwords.hash(&old.name, password).await?;
        let account =
            Account { password, second_factor: None, recovery: Vec::new(), disabled: false, ..old.clone() };
        let tokens = store.tokens(old.id).await?.len();
        change.detail("tokens_ended", tokens);
        let ends = vec![Write::EndLogins(Logins::Of(old.id)), Write::EndTokens(AccessTokens::Of(old.id))];
        let logins = save(store, &mut change, (&old, &account), ends).await?;
        Ok(Reset { name: old.name, logins, tokens, second_factor })
    };
    let done: Result<Reset, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// Changes the password of whoever is logged in by `login`, and ends their other logins and, where `ends_tokens`, their access tokens.
/// Writes an `account.password` row.
///
/// # Errors
/// When the old password is wrong, the new one is unfit, or the database is unavailable.
pub async fn change_password(
    store: &dyn Store,
    passwords: &Passwords,
    now: i64,
    session: &Session,
    (old, new): (&str, &str),
    ends_tokens: bool,
) -> Result<u64, Error> {
    let mut change = Change::new(&session.actor(), "account.password", now);
    change.on(session.account.name.clone());
    let done = async {
        if !passwords.fits(old, Some(&session.account.password)).await? {
            return Err(Error::Wrong);
        }
        let password = passwords.hash(&session.account.name, new).await?;
        let account = Account { password, ..session.account.clone() };
        let mut ends = vec![session.end_others()];
        if ends_tokens {
            change.detail("tokens_ended", store.tokens(account.id).await?.len());
            ends.push(Write::EndTokens(AccessTokens::Of(account.id)));
        }
        save(store, &mut change, (&session.account, &account), ends).await
    };
    let done: Result<u64, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// Changes an account's role, or disables it, which ends its logins and its access tokens. Writes an `account.set` row.
///
/// # Errors
/// When there is no such account, it is not theirs to change, nobody could manage accounts afterwards, or the database is unavailable.
pub async fn set(
    store: &dyn Store,
    by: &Manager,
    now: i64,
    name: &str,
    (role, disabled): (Option<Role>, Option<bool>),
) -> Result<Account, Error> {
    let mut change = Change::new(by.actor(), "account.set", now);
    let done = async {
        let old = named(store, name).await?;
        change.on(old.name.clone());
        by.check(&old)?;
        if role.is_some_and(|role| !by.may_touch(role)) {
            return Err(Error::OwnersOnly);
        }
        let account = Account {
            role: role.map_or(old.role.clone(), |role| role.name().to_owned()),
            disabled: disabled.unwrap_or(old.disabled),
            ..old.clone()
        };
        let manages = |account: &Account| !account.disabled && account.role == Role::Owner.name();
        let others = store.accounts().await?.into_iter().filter(|other| other.id != old.id);
        if manages(&old) && !manages(&account) && !others.into_iter().any(|other| manages(&other)) {
            return Err(Error::LastOwner);
        }
        let mut ends = Vec::new();
        if account.disabled {
            change.detail("tokens_ended", store.tokens(old.id).await?.len());
            ends.push(Write::EndLogins(Logins::Of(account.id)));
            ends.push(Write::EndTokens(AccessTokens::Of(account.id)));
        }
        save(store, &mut change, (&old, &account), ends).await?;
        Ok(Account { version: account.version + 1, ..account })
    };
    let done: Result<Account, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

async fn named(store: &dyn Store, name: &str) -> Result<Account, Error> {
    store.account_named(name).await?.ok_or_else(|| Error::Unknown(name.trim().to_owned()))
}

/// A secret of 256 random bits as 64 hexadecimal digits, and the hash by which it is stored.
fn token() -> Result<(String, String), Error> {
    let mut bytes = [0; 32];
    random(&mut bytes)?;
    let token = data_encoding::HEXLOWER.encode(&bytes);
    let hash = hashed(&token);
    Ok((token, hash))
}

fn random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|why| Error::Hash(why.to_string()))
}

/// A fast hash is enough for secrets of 256 random bits.
fn hashed(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

/// A log line's name of an account, without the name itself.
pub fn log_name(id: Uuid) -> String {
    id.simple().to_string()
}
