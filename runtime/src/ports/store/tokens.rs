//! Personal access tokens: by what programs act in a person's name.

use async_trait::async_trait;
use uuid::Uuid;

use super::Account;
use crate::ports::Result;

/// The most tokens of one account that have not expired.
pub const MAX_TOKENS: i64 = 20;

/// A token as it is stored: nobody can make the token of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// SHA-256 of the token, in hexadecimal digits.
    pub id: String,
    /// The account in whose name it acts.
    pub account: Uuid,
    /// What it is for; unique within the account.
    pub name: String,
    /// Whether it may only read.
    pub read_only: bool,
    /// When it was made, milliseconds since the Unix epoch.
    pub made: i64,
    /// Until when it works, milliseconds since the Unix epoch.
    pub expires: i64,
    /// The day of its last use, counted in UTC from 1970-01-01; `None` before the first.
    pub used: Option<i64>,
}

/// Which tokens are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokens {
    /// This one of an account, by its id.
    One(Uuid, String),
    /// All of an account.
    Of(Uuid),
}

/// Tokens. They are made and ended by [`super::super::Write`], with their row of the audit log.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// A token with its account; `None` if it is unknown or was ended.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn token(&self, id: &str) -> Result<Option<(AccessToken, Account)>>;

    /// The tokens of an account by name, expired ones too, at most 200.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn tokens(&self, account: Uuid) -> Result<Vec<AccessToken>>;

    /// Notes the day of a token's use; an earlier day changes nothing.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn touch_token(&self, id: &str, day: i64) -> Result<()>;
}
