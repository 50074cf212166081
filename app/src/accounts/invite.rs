//! One-time links that make an account: for the first owner.

use tolmach_runtime::ports::{Account, Actor, Invitation, Store, Via, Write};

use super::{Error, New, Passwords, Role, create_with, hashed, token};

/// How long a link may be used, milliseconds.
pub const INVITED_FOR: i64 = 24 * 3_600_000;

/// A token for a link by which the first owner makes their account; `None` when there is an account. It takes the place of the
/// one before.
///
/// # Errors
/// When the database is unavailable.
pub async fn invite_owner(store: &dyn Store, now: i64) -> Result<Option<String>, Error> {
    if !store.accounts().await?.is_empty() {
        return Ok(None);
    }
    let (token, id) = token()?;
    let role = Role::Owner.name().to_owned();
    store.invite(&Invitation { id, role, until: now.saturating_add(INVITED_FOR) }).await?;
    Ok(Some(token))
}

/// The role that a link gives; `None` when it cannot be used.
///
/// # Errors
/// When the database is unavailable.
pub async fn invitation_role(store: &dyn Store, now: i64, token: &str) -> Result<Option<Role>, Error> {
    let found = store.invitation(&hashed(token)).await?.filter(|invitation| invitation.until >= now);
    Ok(found.and_then(|invitation| Role::parse(&invitation.role)))
}

/// Makes the account of a link, which cannot be used again. Writes an `account.create` row.
///
/// # Errors
/// When the link cannot be used, the name or the password is unfit, or the database is unavailable. A link whose name or
/// password was refused can be used again.
pub async fn accept(
    store: &dyn Store,
    passwords: &Passwords,
    now: i64,
    token: &str,
    (name, password): (&str, &str),
) -> Result<Account, Error> {
    let role = invitation_role(store, now, token).await?.ok_or(Error::BadLink)?;
    let by = Actor { id: name.trim().to_owned(), via: Via::Staff("panel".to_owned()) };
    // In the transaction of the account, so that neither a refusal nor a crash costs the link.
    let used = vec![Write::UseInvitation(hashed(token))];
    create_with(store, passwords, &by, now, (New { name, role, password }, used)).await
}
