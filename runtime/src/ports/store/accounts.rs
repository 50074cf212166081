//! Accounts of the people who use the admin panel, and their logins.
//!
//! Passwords, tokens and codes are stored as hashes only; the secret of a second factor must be readable, because codes are
//! computed from it. Who may do what is decided elsewhere.

use async_trait::async_trait;
use uuid::Uuid;

use crate::ports::Result;

/// A person who may use the panel.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Unique.
    pub id: Uuid,
    /// The name as it is shown, and as it stands under messages to clients.
    pub name: String,
    /// The name of the role.
    pub role: String,
    /// A PHC string of the password's hash.
    pub password: String,
    /// The secret of the second factor in base32; `None` without one.
    pub second_factor: Option<String>,
    /// The time step of the last code that was taken.
    pub last_step: i64,
    /// Hashes of the recovery codes that are left.
    pub recovery: Vec<String>,
    /// What the person has chosen for themselves, as JSON.
    pub settings: String,
    /// Whether they may log in no more.
    pub disabled: bool,
    /// When it was made, milliseconds since the Unix epoch.
    pub created: i64,
    /// The number of changes; 0 for one that is not stored.
    pub version: i64,
}

/// Leaves out what must not stand in a log.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The form of a name by which names are compared: two that differ in case or in spaces around them are the same.
pub fn handle(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The result of storing an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountSaved {
    /// Stored.
    Stored,
    /// Another account has the name.
    NameTaken,
    /// The account was changed since it was read, or is gone: nothing was stored.
    Conflict,
}

/// A session of the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// A hash of the token in the cookie.
    pub id: String,
    /// The account.
    pub account: Uuid,
    /// Whether the second factor was given, or none is asked for.
    pub passed: bool,
    /// The browser, shortened.
    pub agent: String,
    /// The address that it began from.
    pub address: String,
    /// When it began, milliseconds since the Unix epoch.
    pub made: i64,
    /// When it was last used, milliseconds since the Unix epoch.
    pub seen: i64,
}

/// A one-time link that makes an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// A hash of the token in the link.
    pub id: String,
    /// The role of the account.
    pub role: String,
    /// Until when it may be used, milliseconds since the Unix epoch.
    pub until: i64,
}

/// The logins of an account that have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginCount {
    /// The account.
    pub account: Uuid,
    /// How many.
    pub logins: u64,
    /// When one was last used, milliseconds since the Unix epoch.
    pub seen: i64,
}

/// Which logins are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logins {
    /// This one.
    One(String),
    /// All of an account.
    Of(Uuid),
    /// All of an account but this one.
    OthersOf(Uuid, String),
}

/// Accounts, logins and invitations.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// All accounts by name, at most 1,000.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn accounts(&self) -> Result<Vec<Account>>;

    /// The account with a name, in any case; `None` if there is none.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn account_named(&self, name: &str) -> Result<Option<Account>>;

    /// Stores an account: a new one when its version is 0, otherwise in place of that version. The stored version is one more.
    ///
    /// # Errors
    /// When the database is unavailable, or when a field contains U+0000.
    async fn save_account(&self, account: &Account) -> Result<AccountSaved>;

    /// Adds a login.
    ///
    /// # Errors
    /// When the database is unavailable, or when a field contains U+0000.
    async fn add_login(&self, login: &Login) -> Result<()>;

    /// A login with its account; `None` if it is unknown or has ended.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn login(&self, id: &str) -> Result<Option<(Login, Account)>>;

    /// The logins of an account, the last used first, at most 100.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn logins(&self, account: Uuid) -> Result<Vec<Login>>;

    /// Notes that a login is used; `at` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn touch_login(&self, id: &str, at: i64) -> Result<()>;

    /// Ends logins; returns how many.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn end_logins(&self, which: &Logins) -> Result<u64>;

    /// Stores an invitation in place of all others of its role.
    ///
    /// # Errors
    /// When the database is unavailable, or when a field contains U+0000.
    async fn invite(&self, invitation: &Invitation) -> Result<()>;

    /// An invitation; `None` if it is unknown or was used.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn invitation(&self, id: &str) -> Result<Option<Invitation>>;

    /// The invitations that may be used at `now` or later, by the end of their time, at most 200.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn invitations(&self, now: i64) -> Result<Vec<Invitation>>;

    /// The logins by account of those that were made and last used at or after these times.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn login_counts(&self, made: i64, seen: i64) -> Result<Vec<LoginCount>>;

    /// Removes an invitation; returns whether this call did, so that of two users of a link one makes an account.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn use_invitation(&self, id: &str) -> Result<bool>;
}
