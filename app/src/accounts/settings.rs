//! What a person has chosen for themselves.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tolmach_runtime::ports::{Account, Store, Write};

use super::{Error, Session, written};
use crate::audit::Change;

/// How the panel looks for a person. What is not stored has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The language of the pages: `ru` or `en`; `None` for that of the browser.
    pub language: Option<String>,
    /// The colours.
    pub theme: Choice,
    /// Whether the side bar shows icons alone.
    pub folded: bool,
    /// Whether single letters are keys (WCAG 2.1.4).
    pub keys: bool,
}

/// The colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// As the system has them.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { language: None, theme: Choice::Auto, folded: false, keys: true }
    }
}

impl Settings {
    /// The settings of an account; the default where they cannot be read.
    pub fn of(account: &Account) -> Settings {
        serde_json::from_str(&account.settings).unwrap_or_default()
    }
}

/// Stores a person's settings. Writes an `account.settings` row.
///
/// # Errors
/// When the account was changed at the same time, or the database is unavailable.
pub async fn save_settings(
    store: &dyn Store,
    now: i64,
    session: &Session,
    settings: &Settings,
) -> Result<(), Error> {
    let mut change = Change::new(&session.actor(), "account.settings", now);
    change.on(session.account.name.clone());
    change.before(json!(Settings::of(&session.account)));
    change.after(json!(settings));
    let saved = async {
        let settings = serde_json::to_string(settings).map_err(|why| Error::Hash(why.to_string()))?;
        let account = Account { settings, ..session.account.clone() };
        written(change.write(store, vec![Write::Account(account)]).await?, &session.account.name).map(drop)
    };
    let saved: Result<(), Error> = saved.await;
    change.end_failed(store, &saved).await;
    saved
}
