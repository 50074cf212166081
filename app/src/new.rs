//! A new bundle for a business: flows, prompts, knowledge, quick answers and dialog tests from a few answers.
//!
//! Its texts are the templates in `new/templates`; it shares nothing with the demo bundle. What the business is stands in
//! company.yaml of the bundle and nowhere else, so that nothing that was answered is ever read as a template.

mod business;
mod files;
mod hours;
mod template;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use tolmach_engine::language::Language;

use business::Business;

/// What is told about a business. Texts may be empty; then clients are told nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The company's name, at most 500 characters; without one it is called like the folder.
    pub name: String,
    /// The languages of the dialog, at least one; the first is also that of comments and of the README.
    pub languages: Vec<Language>,
    /// Whether goods or services are sold.
    pub sells: Sells,
    /// What is sold or done, at most 30 phrases of 100 characters.
    pub offers: Vec<String>,
    /// Working hours as in [`HOURS_FORM`].
    pub hours: String,
    /// The time zone of the hours, such as `Europe/Moscow`.
    pub timezone: String,
    /// A telephone number.
    pub phone: String,
    /// An e-mail address.
    pub email: String,
    /// Where the company is.
    pub address: String,
    /// The website.
    pub site: String,
}

/// The form of working hours: days and hours, several with commas.
pub const HOURS_FORM: &str = "mon-fri 09:00-18:00, sat 10:00-15:00";

impl Default for Answers {
    /// Goods and services in Russian and English, at the usual hours in Moscow.
    fn default() -> Answers {
        Answers {
            name: String::new(),
            languages: Language::ALL.to_vec(),
            sells: Sells::Both,
            offers: Vec::new(),
            hours: "mon-fri 09:00-18:00".to_owned(),
            timezone: "Europe/Moscow".to_owned(),
            phone: String::new(),
            email: String::new(),
            address: String::new(),
            site: String::new(),
        }
    }
}

impl Answers {
    /// Checks the answers without writing anything, so that a question can be asked again.
    ///
    /// # Errors
    /// As [`write`], but for those of files.
    pub fn check(&self) -> Result<(), Error> {
        Business::new(self, "").map(drop)
    }
}

/// What a business sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sells {
    /// Goods of a catalogue: search with cards, an order, a lead.
    Goods,
    /// Services: a question about the price, a visit within working hours, complaints to a person.
    Services,
    /// Both.
    Both,
}

/// Why no bundle was written. Nothing is left behind then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path is a file.
    #[error("{} is a file; name a folder that does not exist yet", .0.display())]
    NotAFolder(PathBuf),
    /// The folder has content.
    #[error("{} is not empty; name a folder that does not exist yet", .0.display())]
    NotEmpty(PathBuf),
    /// No language is named.
    #[error("name a language: ru, en or ru,en")]
    NoLanguage,
    /// Something that was answered is too long.
    #[error("{what} has {length} characters; at most {most} fit")]
    TooLong {
        /// What was answered.
        what: &'static str,
        /// Its length in characters.
        length: usize,
        /// The most characters.
        most: usize,
    },
    /// There are too many offers.
    #[error("{0} things are sold or done; name at most {most}, the others belong into the texts", most = business::MOST_OFFERS)]
    TooManyOffers(usize),
    /// The working hours cannot be read.
    #[error("the working hours «{text}» cannot be read: {why}; write days and hours such as `{HOURS_FORM}`")]
    Hours {
        /// The hours as given.
        text: String,
        /// Which part is wrong.
        why: String,
    },
    /// There is no such time zone.
    #[error("there is no time zone «{0}»; write one such as Europe/Moscow")]
    TimeZone(String),
    /// A file or folder cannot be written.
    #[error("{} cannot be {what}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was attempted, as a participle.
        what: &'static str,
        /// The I/O error.
        source: io::Error,
    },
}

impl Error {
    fn file(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::File { path: path.to_owned(), what, source }
    }
}

/// Writes a new bundle into a folder that does not exist or is empty, and returns the paths of its files, sorted and
/// relative to the folder.
///
/// The files are written into a temporary folder beside it, which is then renamed.
///
/// # Errors
/// Every [`Error`]; nothing has been written then.
pub fn write(folder: &Path, answers: &Answers) -> Result<Vec<String>, Error> {
    let exists = is_empty_folder(folder)?;
    // `.` and `..` have no name of their own.
    let whole = std::path::absolute(folder).map_err(Error::file(folder, "found"))?;
    let whole = if exists { whole.canonicalize().map_err(Error::file(folder, "found"))? } else { whole };
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let texts = texts(answers, &name, &folder.display().to_string())?;

    let parent = whole.parent().unwrap_or(&whole);
    fs::create_dir_all(parent).map_err(Error::file(parent, "made"))?;
    let partial = tempfile::Builder::new().prefix(".tolmach-new-").tempdir_in(parent);
    let partial = partial.map_err(Error::file(parent, "written to"))?;
    for (path, text) in &texts {
        let target = partial.path().join(path);
        let within = target.parent().unwrap_or(partial.path());
        fs::create_dir_all(within).map_err(Error::file(within, "made"))?;
        fs::write(&target, text).map_err(Error::file(&target, "written"))?;
    }
    if exists {
        fill(&whole, partial.path())?;
    } else {
        fs::rename(partial.path(), &whole).map_err(Error::file(folder, "written"))?;
    }
    Ok(texts.into_keys().collect())
}

/// Checks that a bundle can be made in a folder, before anything is asked.
///
/// # Errors
/// [`Error::NotEmpty`], [`Error::NotAFolder`] and [`Error::File`].
pub fn check_folder(folder: &Path) -> Result<(), Error> {
    is_empty_folder(folder).map(drop)
}

/// Whether the folder exists; an error unless it is missing or empty.
fn is_empty_folder(folder: &Path) -> Result<bool, Error> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(true),
            Some(_) => Err(Error::NotEmpty(folder.to_owned())),
        },
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(why) if why.kind() == io::ErrorKind::NotADirectory => Err(Error::NotAFolder(folder.to_owned())),
        Err(why) => Err(Error::file(folder, "read")(why)),
    }
}

/// Moves everything into a folder that is there already, such as the current one, which cannot be replaced; takes it back
/// when something cannot be moved.
fn fill(folder: &Path, from: &Path) -> Result<(), Error> {
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let entries = fs::read_dir(from).map_err(Error::file(from, "read"))?;
    for entry in entries {
        let ended = entry.and_then(|entry| {
            let target = folder.join(entry.file_name());
            fs::rename(entry.path(), &target).map(|()| moved.push((target, entry.path())))
        });
        if let Err(why) = ended {
            for (target, back) in moved {
                drop(fs::rename(target, back));
            }
            return Err(Error::file(folder, "written to")(why));
        }
    }
    Ok(())
}

/// The files of the bundle by their paths. `name` is the folder's own name, `shown` the folder as the commands of the README
/// name it.
fn texts(answers: &Answers, name: &str, shown: &str) -> Result<BTreeMap<String, String>, Error> {
    let business = Business::new(answers, name)?;
    let facts = business.facts();
    let values = business.values(shown);
    let wanted = files::ALL.iter().filter(|file| file.needs.iter().all(|fact| facts.contains(fact)));
    Ok(wanted.map(|file| (file.path.to_owned(), template::render(file.text, &facts, &values))).collect())
}
