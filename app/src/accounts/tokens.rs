//! Personal access tokens: by what a program acts in a person's name.
//!
//! A token does what its person may do at the moment of its use, or only reads of that. It is shown once and stored as a hash, has an
//! end, and is taken by the routes of the API alone. It begins with `tlm_`, so that tools which look for secrets in files know it, and
//! ends with a checksum, so that a mistyped one is refused without a look into the database.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tolmach_engine::visible::visible;
use tolmach_runtime::ports::{AccessToken, AccessTokens, Account, Actor, Login, Store, Write, Written};
use uuid::Uuid;

use super::{DAY, Error, LONGEST_NAME, Manager, Role, Session, named, random};
use crate::audit::Change;

/// For how many days a token works unless another number is asked for.
pub const DAYS: i64 = 90;
/// For how many days at most.
pub const MOST_DAYS: i64 = 365;
/// The most tokens that are listed, expired ones included.
pub const LISTED: usize = 200;

/// How the audit log names a token as a way of access, before the token's name.
pub const TOKENS: &str = "api/";
/// What every token begins with.
const PREFIX: &str = "tlm_";
/// Random bytes of a token, and bytes of its checksum.
const RANDOM: usize = 32;
const SUM: usize = 4;
/// Characters of a whole token.
const LENGTH: usize = PREFIX.len() + 43 + 6;

/// A new token.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'n> {
    /// What it is for.
    pub name: &'n str,
    /// Whether it may only read.
    pub read_only: bool,
    /// For how many days it works.
    pub days: i64,
}

/// A token that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeToken {
    /// The token, which is stored nowhere.
    pub token: String,
    /// What is stored of it.
    pub shown: TokenShown,
}

/// What is told of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TokenShown {
    /// What stands for it in addresses and commands: the beginning of its hash.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Whether it may only read.
    pub read_only: bool,
    /// When it was made, milliseconds since the Unix epoch.
    pub made: i64,
    /// Until when it works, milliseconds since the Unix epoch.
    pub expires: i64,
    /// Whether it works no more.
    pub expired: bool,
    /// The day of its last use in UTC, as `2026-11-29`; `null` before the first.
    pub used: Option<String>,
}

impl TokenShown {
    fn of(token: &AccessToken, now: i64) -> TokenShown {
        TokenShown {
            id: short(&token.id),
            name: token.name.clone(),
            read_only: token.read_only,
            made: token.made,
            expires: token.expires,
            expired: token.expires <= now,
            used: token.used.and_then(date),
        }
    }
}

/// A day counted from 1970-01-01.
fn date(day: i64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(day.checked_mul(DAY)?).ok()?;
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

/// The beginning of a token's hash: enough to tell those of an account apart, and no way back to the token.
fn short(id: &str) -> String {
    id.chars().take(16).collect()
}

/// Whose tokens are made and ended, and by whom.
#[derive(Clone, Debug)]
pub struct Whose {
    account: Account,
    by: Actor,
    /// Of somebody who does it to others: whether they may is looked at, and a refusal is told in the audit log.
    manager: Option<Manager>,
}

impl Whose {
    /// One's own.
    pub fn own(session: &Session) -> Whose {
        Whose { account: session.account.clone(), by: session.actor(), manager: None }
    }

    /// Somebody else's, for whoever manages people.
    pub fn of(by: &Manager, account: &Account) -> Whose {
        Whose { account: account.clone(), by: by.actor().clone(), manager: Some(by.clone()) }
    }

    /// Those of the account with a name, for the command line.
    ///
    /// # Errors
    /// When there is no such account, or the database is unavailable.
    pub async fn named(store: &dyn Store, by: &Actor, name: &str) -> Result<Whose, Error> {
        Ok(Whose { account: named(store, name).await?, by: by.clone(), manager: None })
    }
}

/// Makes a token and writes an `account.token` row of the audit log, without the token.
///
/// # Errors
/// When the name or the time is unfit, the account is disabled, has a token of this name or too many, or the database is unavailable.
pub async fn make_token(
    store: &dyn Store,
    whose: &Whose,
    now: i64,
    new: NewToken<'_>,
) -> Result<MadeToken, Error> {
    let mut change = Change::new(&whose.by, "account.token", now);
    change.on(whose.account.name.clone());
    change.before(Value::Null);
    let made = async {
        let name = new.name.trim();
        let fits = !name.is_empty()
            && name.chars().count() <= LONGEST_NAME
            && !name.chars().any(char::is_control)
            && visible(name) == name;
        if !fits {
            return Err(Error::BadTokenName);
        }
        if !(1..=MOST_DAYS).contains(&new.days) {
            return Err(Error::BadDays);
        }
        if whose.account.disabled {
            return Err(Error::Disabled);
        }
        let known = store.tokens(whose.account.id).await?;
        // One that has expired leaves its name to the next one.
        let same = known.iter().find(|token| token.name == name);
        if same.is_some_and(|token| token.expires > now) {
            return Err(Error::TokenNameTaken(name.to_owned()));
        }
        let text = text()?;
        let token = AccessToken {
            id: hashed(&text),
            account: whose.account.id,
            name: name.to_owned(),
            read_only: new.read_only,
            made: now,
            expires: now.saturating_add(new.days.saturating_mul(DAY)),
            used: None,
        };
        change.after(json!({ "token": token.name, "read_only": token.read_only, "expires": token.expires }));
        let shown = TokenShown::of(&token, now);
        let ends = same.map(|old| Write::EndTokens(AccessTokens::One(old.account, old.id.clone())));
        let writes = ends.into_iter().chain([Write::AddToken(token)]).collect();
        match change.write(store, writes).await? {
            Written::Done { .. } => Ok(MadeToken { token: text, shown }),
            Written::NameTaken => Err(Error::TooManyTokens),
            Written::Conflict | Written::Gone => Err(Error::Conflict),
        }
    };
    let made: Result<MadeToken, Error> = made.await;
    change.end_failed(store, &made).await;
    made
}

/// The tokens of an account by name, expired ones too.
///
/// # Errors
/// When the database is unavailable.
pub async fn tokens(store: &dyn Store, now: i64, account: Uuid) -> Result<Vec<TokenShown>, Error> {
    let tokens = store.tokens(account).await?;
    Ok(tokens.iter().map(|token| TokenShown::of(token, now)).collect())
}

/// How many tokens of an account work at `now`.
///
/// # Errors
/// When the database is unavailable.
pub async fn working_tokens(store: &dyn Store, now: i64, account: Uuid) -> Result<usize, Error> {
    let tokens = store.tokens(account).await?;
    Ok(tokens.iter().filter(|token| token.expires > now).count())
}

/// What was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// The account.
    pub account: String,
    /// The names of the tokens.
    pub tokens: Vec<String>,
}

/// Ends a token, by its name or by what stands for it. Writes an `account.end_token` row.
///
/// # Errors
/// When the account has no such token, or the database is unavailable.
pub async fn end_token(store: &dyn Store, whose: &Whose, now: i64, which: &str) -> Result<Ended, Error> {
    end(store, whose, now, Some(which)).await
}

/// Ends all tokens of an account. Writes an `account.end_token` row.
///
/// # Errors
/// When the database is unavailable.
pub async fn end_tokens(store: &dyn Store, whose: &Whose, now: i64) -> Result<Ended, Error> {
    end(store, whose, now, None).await
}

async fn end(store: &dyn Store, whose: &Whose, now: i64, which: Option<&str>) -> Result<Ended, Error> {
    let mut change = Change::new(&whose.by, "account.end_token", now);
    change.on(whose.account.name.clone());
    let account = whose.account.id;
    let done = async {
        if let Some(manager) = &whose.manager {
            manager.check(&whose.account)?;
        }
        let known = store.tokens(account).await?;
        let (found, ends) = match which {
            Some(which) => {
                let named = known.iter().find(|token| token.name == which);
                let named = named.or_else(|| known.iter().find(|token| short(&token.id) == which));
                let one = named.ok_or_else(|| Error::NoToken(which.to_owned()))?;
                (vec![one.name.clone()], AccessTokens::One(account, one.id.clone()))
            }
            None => (known.iter().map(|token| token.name.clone()).collect(), AccessTokens::Of(account)),
        };
        change.before(json!({ "tokens": found }));
        change.after(json!({ "tokens": [] }));
        match change.write(store, vec![Write::EndTokens(ends)]).await? {
            Written::Done { .. } => Ok(Ended { account: whose.account.name.clone(), tokens: found }),
            _ => Err(Error::NoToken(which.unwrap_or_default().to_owned())),
        }
    };
    let done: Result<Ended, Error> = done.await;
    match &done {
        // What somebody typed in place of a name may be the token itself.
        Err(Error::NoToken(_)) => change.end_with(store, Some("there is no such token".to_owned())).await,
        done => change.end_failed(store, done).await,
    }
    done
}

/// The session of a token; `None` when it is unknown, has expired, or its person may not log in any more.
///
/// # Errors
/// When the database is unavailable.
pub async fn token_session(store: &dyn Store, now: i64, token: &str) -> Result<Option<Session>, Error> {
    if !token_shape(token) {
        return Ok(None);
    }
    let Some((token, account)) = store.token(&hashed(token)).await? else { return Ok(None) };
    let role = Role::parse(&account.role).filter(|_| token.expires > now && !account.disabled);
    let Some(role) = role else { return Ok(None) };
    let today = now.div_euclid(DAY);
    if token.used.is_none_or(|day| day < today) {
        store.touch_token(&token.id, today).await?;
    }
    // A token stands for a login that has passed: it was made by one.
    let login = Login {
        id: String::new(),
        account: account.id,
        passed: true,
        agent: String::new(),
        address: String::new(),
        made: token.made,
        seen: now,
    };
    Ok(Some(Session { login, account, role, token: Some(token) }))
}

/// Whether a text may be a token: its form, and its checksum.
pub fn token_shape(text: &str) -> bool {
    let body = text.strip_prefix(PREFIX).filter(|_| text.len() == LENGTH && text.is_ascii());
    let Some((body, sum)) = body.and_then(|body| body.split_at_checked(body.len() - 6)) else { return false };
    checksum(body) == sum
}

/// A new token: 256 random bits, with a checksum behind.
fn text() -> Result<String, Error> {
    let mut bytes = [0; RANDOM];
    random(&mut bytes)?;
    let body = data_encoding::BASE64URL_NOPAD.encode(&bytes);
    let sum = checksum(&body);
    Ok(format!("{PREFIX}{body}{sum}"))
}

fn checksum(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(hash.get(..SUM).unwrap_or_default())
}

/// A fast hash is enough for secrets of 256 random bits.
fn hashed(token: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_form_and_a_slip_by_its_checksum() {
        let token = text().unwrap();
        assert!(token.starts_with("tlm_") && token.len() == LENGTH && token_shape(&token), "{token}");
        assert_ne!(token, text().unwrap());
        for place in 4..LENGTH {
            let mut slipped = token.clone().into_bytes();
            slipped[place] = if slipped[place] == b'A' { b'B' } else { b'A' };
            assert!(!token_shape(std::str::from_utf8(&slipped).unwrap()), "{place}");
        }
        for other in
            ["", "tlm_", "Bearer x", &token[1..], &format!("{token}a"), "tlm_щщщщщщщщщщщщщщщщщщщщщщщщщ"]
        {
            assert!(!token_shape(other), "{other}");
        }
    }

    #[test]
    fn a_hash_is_sha_256() {
        assert_eq!(hashed(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!((date(0).as_deref(), date(20_786).as_deref()), (Some("1970-01-01"), Some("2026-11-29")));
    }
}
