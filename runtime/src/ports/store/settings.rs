//! Settings that are changed while the program runs, by section, and their secrets.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::Result;
use crate::secret::Secret;

/// A section as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSection {
    /// The name of the section.
    pub section: String,
    /// Grows with every write.
    pub version: i64,
    /// Values by the names of settings, such as `smtp.host`.
    pub values: Map<String, Value>,
    /// Who wrote it last.
    pub author: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// A secret as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// The name of the setting, such as `smtp.password`.
    pub name: String,
    /// The secret; an empty one says that there is none.
    pub secret: Secret,
    /// Its last characters; see [`ending`].
    pub ending: String,
    /// Who wrote it.
    pub author: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// Everything that is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredSettings {
    /// The sections, by name.
    pub sections: Vec<StoredSection>,
    /// The secrets, by name.
    pub secrets: Vec<StoredSecret>,
}

/// A write of a section.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingsWrite {
    /// The name of the section.
    pub section: String,
    /// The version that its author has seen; 0 for a section that is not stored.
    pub expected: i64,
    /// The values that are stored from now on.
    pub values: Map<String, Value>,
    /// Secrets that are stored, and names of those that are forgotten.
    pub secrets: Vec<(String, Option<Secret>)>,
    /// Who writes.
    pub author: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

/// The last characters of a secret that people may see: four of a long one, fewer of a short one, so that what is seen is at
/// most a quarter of it.
pub fn ending(secret: &Secret) -> String {
    let characters: Vec<char> = secret.expose().chars().collect();
    let shown = (characters.len() / 4).min(4);
    characters.iter().skip(characters.len() - shown).collect()
}

/// Settings. They are written with [`super::super::Write::Settings`], so that the row of the audit log is written with them.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// Reads everything. The sections are read first: where somebody writes meanwhile, a secret may be newer than the version of
    /// its section, never older.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn settings(&self) -> Result<StoredSettings>;

    /// The versions of the sections, by name.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn setting_versions(&self) -> Result<Vec<(String, i64)>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_at_most_a_quarter_of_a_secret() {
        for (secret, seen) in
            [("", ""), ("abc", ""), ("abcd", "d"), ("abcdefgh", "gh"), ("sk-0123456789a91f", "a91f")]
        {
            assert_eq!(ending(&Secret::new(secret)), seen, "{secret}");
        }
    }
}
