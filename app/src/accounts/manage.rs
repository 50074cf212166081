//! What somebody does with other people's accounts: invite, change the role, disable, remove a second factor, end sessions.
//!
//! An administrator does nothing to owners and makes none; nobody does these things to themselves, so that nobody locks
//! themselves out by mistake.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tolmach_runtime::ports::{Account, Actor, Invitation, Logins, Store, Write};
use uuid::Uuid;

use super::{
    Error, IDLE_LOGIN, INVITED_FOR, LONGEST_LOGIN, Role, Session, TokenShown, named, save, token, tokens,
    written,
};
use crate::audit::Change;

/// Who manages accounts.
#[derive(Clone, Debug)]
pub struct Manager {
    actor: Actor,
    /// `None` for the command line, which may do everything.
    role: Option<Role>,
    own: Option<Uuid>,
}

impl Manager {
    /// Whoever is logged in.
    pub fn of(session: &Session) -> Manager {
        Manager { actor: session.actor(), role: Some(session.role), own: Some(session.account.id) }
    }

    /// A user of the command line.
    pub fn cli(actor: Actor) -> Manager {
        Manager { actor, role: None, own: None }
    }

    /// Who it is.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether they may give this role, or change somebody who has it.
    pub fn may_touch(&self, role: Role) -> bool {
        role != Role::Owner || self.role.is_none_or(|own| own == Role::Owner)
    }

    /// Whether the account is another one that they may change.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, account: &Account) -> Result<(), Error> {
        if self.own == Some(account.id) {
            return Err(Error::OwnAccount);
        }
        let owner = account.role == Role::Owner.name();
        if owner && !self.may_touch(Role::Owner) { Err(Error::OwnersOnly) } else { Ok(()) }
    }
}

/// A person with their logins.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub account: Account,
    /// Logins that have not ended.
    pub logins: u64,
    /// When one was last used, milliseconds since the Unix epoch.
    pub seen: Option<i64>,
}

/// A person as lists tell of them: no secret, and of a second factor only that there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonShown {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: String,
    /// Whether they have a second factor.
    pub second_factor: bool,
    /// Whether they may not log in.
    pub disabled: bool,
    /// When the account was made, milliseconds since the Unix epoch.
    pub created: i64,
    /// Logins that have not ended.
    pub logins: u64,
    /// When one was last used, milliseconds since the Unix epoch.
    pub seen: Option<i64>,
}

impl PersonShown {
    /// A person.
    pub fn of(person: &Person) -> PersonShown {
        let Account { id, name, role, second_factor, disabled, created, .. } = &person.account;
        PersonShown {
            id: id.to_string(),
            name: name.clone(),
            role: role.clone(),
            second_factor: second_factor.is_some(),
            disabled: *disabled,
            created: *created,
            logins: person.logins,
            seen: person.seen,
        }
    }
}

/// A person with the tokens by which programs act in their name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonOpened {
    /// The person.
    pub person: PersonShown,
    /// What each token is for, what it may and until when; never the token.
    pub tokens: Vec<TokenShown>,
}

/// A person by their id or their name, with their tokens; `None` if there is none.
///
/// # Errors
/// When the database is unavailable.
pub async fn opened(store: &dyn Store, now: i64, who: &str) -> Result<Option<PersonOpened>, Error> {
    let all = people(store, now).await?;
    let by_id = all.iter().find(|person| person.account.id.to_string() == who);
    let by_name = || all.iter().find(|person| person.account.name == who);
    let Some(found) = by_id.or_else(by_name) else { return Ok(None) };
    let tokens = tokens(store, now, found.account.id).await?;
    Ok(Some(PersonOpened { person: PersonShown::of(found), tokens }))
}

/// All people by name.
///
/// # Errors
/// When the database is unavailable.
pub async fn people(store: &dyn Store, now: i64) -> Result<Vec<Person>, Error> {
    let accounts = store.accounts().await?;
    let counts =
        store.login_counts(now.saturating_sub(LONGEST_LOGIN), now.saturating_sub(IDLE_LOGIN)).await?;
    let person = |account: Account| {
        let count = counts.iter().find(|count| count.account == account.id);
        Person { logins: count.map_or(0, |count| count.logins), seen: count.map(|count| count.seen), account }
    };
    Ok(accounts.into_iter().map(person).collect())
}

/// The account with an id; `None` if there is none.
///
/// # Errors
/// When the database is unavailable.
pub async fn person(store: &dyn Store, id: &str) -> Result<Option<Account>, Error> {
    let Ok(id) = Uuid::parse_str(id) else { return Ok(None) };
    Ok(store.accounts().await?.into_iter().find(|account| account.id == id))
}

/// A link that makes an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Invited {
    /// The token of the link, which is stored nowhere.
    pub token: String,
    /// Until when it works, milliseconds since the Unix epoch.
    pub until: i64,
}

/// Invites somebody by a link that works once and for a day. Writes an `account.invite` row of the audit log.
///
/// # Errors
/// When the role is not theirs to give, too many links are open, or the database is unavailable.
pub async fn invite(store: &dyn Store, by: &Manager, now: i64, role: Role) -> Result<Invited, Error> {
    let mut change = Change::new(&by.actor, "account.invite", now);
    change.before(Value::Null);
    change.after(json!({ "role": role.name() }));
    let made = async {
        if !by.may_touch(role) {
            return Err(Error::OwnersOnly);
        }
        if store.invitations(now).await?.len() >= MOST_INVITATIONS {
            return Err(Error::TooManyInvitations);
        }
        let (token, id) = token()?;
        change.on(short(&id));
        let until = now.saturating_add(INVITED_FOR);
        let invitation = Invitation { id, role: role.name().to_owned(), until };
        written(change.write(store, vec![Write::Invite(invitation)]).await?, "")?;
        Ok(Invited { token, until })
    };
    let made: Result<Invited, Error> = made.await;
    change.end_failed(store, &made).await;
    made
}

/// Links that are open at once at most.
pub const MOST_INVITATIONS: usize = 50;

/// The beginning of the hash by which a link is stored: enough to tell links apart, and no way back to the token.
fn short(id: &str) -> String {
    id.chars().take(16).collect()
}

/// The links that work at `now`, each with what stands for it on pages.
///
/// # Errors
/// When the database is unavailable.
pub async fn invitations(store: &dyn Store, now: i64) -> Result<Vec<(String, Invitation)>, Error> {
    let open = store.invitations(now).await?;
    Ok(open.into_iter().map(|invitation| (short(&invitation.id), invitation)).collect())
}

/// Takes a link back. Writes an `account.uninvite` row.
///
/// # Errors
/// When there is no such link, it makes an owner and they are none, or the database is unavailable.
pub async fn withdraw(store: &dyn Store, by: &Manager, now: i64, id: &str) -> Result<(), Error> {
    let mut change = Change::new(&by.actor, "account.uninvite", now);
    change.on(short(id));
    let done = async {
        let open = invitations(store, now).await?;
        let (_, found) = open.into_iter().find(|(known, _)| known == id).ok_or(Error::BadLink)?;
        if found.role == Role::Owner.name() && !by.may_touch(Role::Owner) {
            return Err(Error::OwnersOnly);
        }
        change.before(json!({ "role": found.role }));
        change.after(Value::Null);
        written(change.write(store, vec![Write::UseInvitation(found.id)]).await?, "").map(drop)
    };
    let done: Result<(), Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// Removes somebody's second factor with its recovery codes, and ends their logins: for whoever has lost theirs. Writes an
/// `account.second_factor` row. Returns the number of logins that were ended.
///
/// # Errors
/// When there is no such account, it is not theirs to change, or the database is unavailable.
pub async fn reset_factor(store: &dyn Store, by: &Manager, now: i64, name: &str) -> Result<u64, Error> {
    let mut change = Change::new(&by.actor, "account.second_factor", now);
    let done = async {
        let old = named(store, name).await?;
        change.on(old.name.clone());
        by.check(&old)?;
        let account = Account { second_factor: None, recovery: Vec::new(), ..old.clone() };
        save(store, &mut change, (&old, &account), vec![Write::EndLogins(Logins::Of(old.id))]).await
    };
    let done: Result<u64, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// Ends all of somebody's logins. Writes an `account.sessions` row. Returns their number.
///
/// # Errors
/// As [`reset_factor`].
pub async fn end_sessions(store: &dyn Store, by: &Manager, now: i64, name: &str) -> Result<u64, Error> {
    let mut change = Change::new(&by.actor, "account.sessions", now);
    let done = async {
        let account = named(store, name).await?;
        change.on(account.name.clone());
        by.check(&account)?;
        change.before(json!({ "logins": store.logins(account.id).await?.len() }));
        written(change.write(store, vec![Write::EndLogins(Logins::Of(account.id))]).await?, &account.name)
    };
    let done: Result<u64, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}
