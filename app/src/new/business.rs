//! Answers that were checked, and what templates are given of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use tolmach_engine::{language::Language, wording::normalized};

use super::{Answers, Error, Sells, files, hours::Hours, template};

/// Characters of an answer.
const LONGEST: usize = 500;

/// Characters of a thing that is sold or done.
const LONGEST_OFFER: usize = 100;

/// Things that are sold or done.
pub(super) const MOST_OFFERS: usize = 30;

/// A business whose particulars are one line each.
pub(super) struct Business {
    name: String,
    languages: Vec<Language>,
    sells: Sells,
    offers: Vec<String>,
    hours: Hours,
    timezone: String,
    phone: String,
    email: String,
    address: String,
    site: String,
}

impl Business {
    /// Checks answers. A company without a name is called `folder`.
    ///
    /// # Errors
    /// What cannot be read or is too long.
    pub(super) fn new(answers: &Answers, folder: &str) -> Result<Business, Error> {
        let mut languages: Vec<Language> = Vec::new();
        for language in &answers.languages {
            if !languages.contains(language) {
                languages.push(*language);
            }
        }
        if languages.is_empty() {
            return Err(Error::NoLanguage);
        }
        let mut offers: Vec<String> = Vec::new();
        for offer in &answers.offers {
            let offer = line("what is sold or done", offer, LONGEST_OFFER)?;
            if !offer.is_empty() && !offers.contains(&offer) {
                offers.push(offer);
            }
        }
        if offers.len() > MOST_OFFERS {
            return Err(Error::TooManyOffers(offers.len()));
        }
        let text = line("the working hours", &answers.hours, LONGEST)?;
        let hours = Hours::read(&text).map_err(|why| Error::Hours { text, why })?;
        let timezone = line("the time zone", &answers.timezone, LONGEST)?;
        if TimeZone::get(&timezone).is_err() {
            return Err(Error::TimeZone(timezone));
        }
        let given = line("the name", &answers.name, LONGEST)?;
        let name = [given, one_line(folder)].into_iter().find(|name| !name.is_empty());
        let unnamed = || {
            let first = languages.first().copied().unwrap_or_default();
            if first == Language::Ru { "Компания".to_owned() } else { "The company".to_owned() }
        };
        Ok(Business {
            name: name.unwrap_or_else(unnamed),
            sells: answers.sells,
            offers,
            hours,
            timezone,
            phone: line("the phone", &answers.phone, LONGEST)?,
            email: line("the e-mail", &answers.email, LONGEST)?,
            address: line("the address", &answers.address, LONGEST)?,
            site: line("the site", &answers.site, LONGEST)?,
            languages,
        })
    }

    /// The facts by which templates choose.
    pub(super) fn facts(&self) -> BTreeSet<&'static str> {
        let mut facts: BTreeSet<&'static str> =
            self.languages.iter().map(|language| language.code()).collect();
        facts.extend(self.languages.first().map(|language| template::first(*language)));
        facts.extend(match self.sells {
            Sells::Goods => ["goods", "goods_only"].as_slice(),
            Sells::Services => &["services", "services_only"],
            Sells::Both => &["goods", "services", "both"],
        });
        facts
    }

    /// The values of templates, each as it stands in YAML or in a command. `folder` is the bundle's, as commands name it.
    pub(super) fn values(&self, folder: &str) -> BTreeMap<&'static str, String> {
        let codes: Vec<&str> = self.languages.iter().map(|language| language.code()).collect();
        let (of_goods, of_services) = match self.sells {
            Sells::Services => (String::new(), self.examples()),
            Sells::Goods | Sells::Both => (self.examples(), String::new()),
        };
        [
            ("languages", codes.join(", ")),
            ("name", quoted(&self.name)),
            ("phone", quoted(&self.phone)),
            ("email", quoted(&self.email)),
            ("address", quoted(&self.address)),
            ("site", quoted(&self.site)),
            ("timezone", self.timezone.clone()),
            ("offers", format!("[{}]", list(self.offers.iter()))),
            ("working_hours", self.hours.yaml()),
            ("product_examples", of_goods),
            ("range_examples", of_services),
            ("visit_ru", self.hours.visit(Language::Ru)),
            ("visit_en", self.hours.visit(Language::En)),
            ("folder", argument(folder)),
        ]
        .into()
    }

    /// What is sold or done, as examples of what clients write; but for what is an example of something already.
    fn examples(&self) -> String {
        let templates = files::ALL.iter().filter(|file| file.path == "dialog.yaml");
        let known: BTreeSet<String> =
            templates.flat_map(|file| file.text.split([',', '\n'])).map(normalized).collect();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let examples = self.offers.iter().filter(|offer| {
            let words = normalized(offer);
            !words.is_empty() && !known.contains(&words) && taken.insert(words)
        });
        list(examples)
    }
}

/// An answer as one line of at most `most` characters.
fn line(what: &'static str, text: &str, most: usize) -> Result<String, Error> {
    let text = one_line(text);
    match text.chars().count() {
        length if length > most => Err(Error::TooLong { what, length, most }),
        _ => Ok(text),
    }
}

/// A text without line breaks, control characters and what YAML does not take, its words parted by single spaces.
fn one_line(text: &str) -> String {
    let unwritable =
        |c: char| c.is_control() || c.is_whitespace() || c == '\u{feff}' || u32::from(c) & 0xfffe == 0xfffe;
    let words = text.split(unwritable).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A text in double quotes: what JSON escapes, YAML reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<'t>(texts: impl Iterator<Item = &'t String>) -> String {
    texts.map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

/// A path as an argument of a command.
fn argument(path: &str) -> String {
    let path = one_line(path);
    let plain = path.chars().all(|c| c.is_alphanumeric() || "._-/\\:".contains(c));
    if plain && !path.is_empty() { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
