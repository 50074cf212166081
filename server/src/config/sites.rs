//! `[sites.NAME]`: the sites of the web chat.

use anyhow::bail;
use serde::{Deserialize, Deserializer, de};
use tolmach_channels::web;
use tolmach_engine::{catalog::Localized, language::Language};

/// A site of the web chat.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// Heading of the page: a text, or one a language; empty for the company's name.
    #[serde(deserialize_with = "title")]
    pub title: Localized,
    /// Colours of the page.
    pub colours: Colours,
    /// Languages that the page offers; empty for all.
    pub languages: Vec<Language>,
    /// Hosts whose pages may use this site besides its own page.
    pub hosts: Vec<String>,
    /// The flow in which chats of this site begin; unset, the entry of the flows.
    pub entry: Option<String>,
}

/// Colours as CSS writes them with `#`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Colours {
    /// Buttons and the client's messages.
    pub accent: Option<String>,
    /// Behind the messages.
    pub background: Option<String>,
}

impl Site {
    /// Checks what the types do not; `name` is the site's.
    ///
    /// # Errors
    /// A name that cannot stand in an address, a colour that is none, or a host that is none.
    pub fn check(&self, name: &str) -> anyhow::Result<()> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if !(1..=40).contains(&name.len()) || !name.chars().all(plain) {
            bail!(
                "sites.{name}: a name of at most 40 lower-case Latin letters, digits, - and _ is expected, because it \
                 stands in the page's address"
            );
        }
        for (key, colour) in [("accent", &self.colours.accent), ("background", &self.colours.background)] {
            if let Some(colour) = colour
                && !web::Colours::is_colour(colour)
            {
                bail!("sites.{name}.colours.{key} is {colour}; write it like #1f5fd0 or #fff");
            }
        }
        super::web::hosts(&format!("sites.{name}.hosts"), &self.hosts).map(drop)
    }

    /// The site as the channel takes it. Hosts that [`Site::check`] refuses are left out.
    pub fn site(&self) -> web::Site {
        let all = web::Site::default().languages;
        let Colours { accent, background } = self.colours.clone();
        web::Site {
            title: self.title.clone(),
            colours: web::Colours { accent, background },
            languages: if self.languages.is_empty() { all } else { self.languages.clone() },
            hosts: self.hosts.iter().filter_map(|host| host.parse().ok()).collect(),
            entry: self.entry.clone(),
        }
    }
}

fn title<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Localized, D::Error> {
    struct Title;

    impl<'de> de::Visitor<'de> for Title {
        type Value = Localized;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text, or a text for `ru` and one for `en`")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Localized, E> {
            Ok(Localized { ru: text.to_owned(), en: text.to_owned() })
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Localized, A::Error> {
            Localized::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Title)
}
