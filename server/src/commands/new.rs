//! `tolmach new`: makes a bundle for a business, from flags or from answers in the terminal.

mod questions;

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde::Serialize;
use tolmach_app::new::{self, Answers, Sells};
use tolmach_engine::language::Language;

use crate::out::counted;

/// Make a bundle for a business: flows, prompts, knowledge, quick answers and dialog tests.
///
/// In a terminal it asks for what no flag says; Enter takes the default. Elsewhere, and with --yes or --json, it asks
/// nothing.
#[derive(Debug, Args)]
pub struct New {
    /// The folder to make; it must not exist or be empty
    dir: PathBuf,
    /// The company's name [default: the folder's name]
    #[arg(long)]
    name: Option<String>,
    /// The languages of the dialog; the first is also that of the comments [default: ru,en]
    #[arg(long, value_name = "ru,en", value_delimiter = ',', value_parser = language)]
    languages: Option<Vec<Language>>,
    /// What is sold [default: both]
    #[arg(long, value_enum)]
    sells: Option<Kind>,
    /// What is sold or done, with commas: "boiler repair, spare parts"
    #[arg(long, value_name = "LIST")]
    offers: Option<String>,
    /// Working hours: "mon-fri 09:00-18:00, sat 10:00-15:00" [default: mon-fri 09:00-18:00]
    #[arg(long)]
    hours: Option<String>,
    /// The time zone of the hours [default: Europe/Moscow, or UTC for a dialog in English alone]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// The telephone number that clients are told
    #[arg(long)]
    phone: Option<String>,
    /// The e-mail address that clients are told
    #[arg(long)]
    email: Option<String>,
    /// Where clients find the company
    #[arg(long)]
    address: Option<String>,
    /// The website
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// Ask nothing and take the defaults
    #[arg(long, short)]
    yes: bool,
    /// Print JSON for tools; asks nothing
    #[arg(long)]
    json: bool,
}

/// What is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Goods of a price list
    Goods,
    /// Services that are booked
    Services,
    /// Goods and services
    Both,
}

impl From<Kind> for Sells {
    fn from(kind: Kind) -> Sells {
        match kind {
            Kind::Goods => Sells::Goods,
            Kind::Services => Sells::Services,
            Kind::Both => Sells::Both,
        }
    }
}

/// The JSON output. Fields may be added, but are not removed and do not change their meaning.
#[derive(Serialize)]
struct Json<'a> {
    folder: &'a Path,
    /// The paths of the files, relative to the folder, sorted.
    files: &'a [String],
}

fn language(code: &str) -> Result<Language, String> {
    Language::from_code(code).ok_or_else(|| "write ru, en or ru,en".to_owned())
}

/// The texts between commas.
fn list(text: &str) -> Vec<String> {
    text.split([',', ';']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

impl New {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let asks = !self.yes && !self.json && std::io::stdin().is_terminal();
        let answers = if asks {
            // A folder that cannot be used is better known before the questions.
            new::check_folder(&self.dir)?;
            questions::ask(&self, &mut std::io::stdin().lock(), &mut std::io::stderr())?
        } else {
            self.answers()
        };
        let files = new::write(&self.dir, &answers)?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&Json { folder: &self.dir, files: &files })?);
        } else {
            let dir = self.dir.display();
            println!("{dir}: {} written; README.md tells what to do with them", counted(files.len(), "file"));
            println!("\n  tolmach check {dir}\n  tolmach test {dir}\n  tolmach chat --flows {dir}");
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What the flags say, and the defaults for the rest.
    fn answers(&self) -> Answers {
        let usual = Answers::default();
        let languages = self.languages.clone().unwrap_or(usual.languages);
        let text = |given: &Option<String>, usual: String| given.clone().unwrap_or(usual);
        Answers {
            name: text(&self.name, usual.name),
            sells: self.sells.map_or(usual.sells, Sells::from),
            offers: self.offers.as_deref().map_or(usual.offers, list),
            hours: text(&self.hours, usual.hours),
            timezone: text(&self.timezone, time_zone(&languages).to_owned()),
            languages,
            phone: text(&self.phone, usual.phone),
            email: text(&self.email, usual.email),
            address: text(&self.address, usual.address),
            site: text(&self.site, usual.site),
        }
    }
}

/// The time zone that a company is likely to keep.
fn time_zone(languages: &[Language]) -> &'static str {
    if languages.contains(&Language::Ru) { "Europe/Moscow" } else { "UTC" }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// The command as its own program.
    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        new: New,
    }

    fn asked(flags: &[&str], typed: &str) -> (Answers, String) {
        let cli = Cli::parse_from([&["new", "shop"], flags].concat());
        let mut said = Vec::new();
        let answers = questions::ask(&cli.new, &mut typed.as_bytes(), &mut said).expect("answers");
        (answers, String::from_utf8(said).expect("text"))
    }

    #[test]
    fn enter_takes_every_default() {
        let (answers, said) = asked(&[], &"\n".repeat(12));
        assert_eq!(answers, Answers { name: "shop".to_owned(), ..Answers::default() });
        assert!(
            said.contains("The company's name [shop]: ") && said.contains("[mon-fri 09:00-18:00]: "),
            "{said}"
        );
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_asked_for_again() {
        let typed = "Тёплый дом\nde\nru\nservices\nремонт котлов, выезд мастера\nalways\nпн-пт 10:00-19:00\nMoscow\n\
                     Asia/Omsk\n+7 495 000-00-00\n\n\n\n";
        let (answers, said) = asked(&[], typed);
        let expected = Answers {
            name: "Тёплый дом".to_owned(),
            languages: vec![Language::Ru],
            sells: Sells::Services,
            offers: vec!["ремонт котлов".to_owned(), "выезд мастера".to_owned()],
            hours: "пн-пт 10:00-19:00".to_owned(),
            timezone: "Asia/Omsk".to_owned(),
            phone: "+7 495 000-00-00".to_owned(),
            ..Answers::default()
        };
        assert_eq!(answers, expected, "{said}");
        for part in ["write ru, en or ru,en", "«always» cannot be read", "no time zone «Moscow»"] {
            assert!(said.contains(part), "«{part}» is not in: {said}");
        }
    }

    #[test]
    fn what_a_flag_says_is_not_asked_and_an_early_end_is_an_error() {
        let flags = [
            "--name",
            "x",
            "--languages",
            "en",
            "--sells",
            "goods",
            "--offers",
            "tea",
            "--hours",
            "sat 10:00-15:00",
        ];
        let (answers, said) = asked(&flags, "\n\n\n\n\n");
        assert_eq!((answers.hours.as_str(), answers.sells), ("sat 10:00-15:00", Sells::Goods));
        assert_eq!(said.matches("]: ").count(), 5, "{said}");
        let cli = Cli::parse_from(["new", "shop"]);
        let ended = questions::ask(&cli.new, &mut "name\n".as_bytes(), &mut Vec::new());
        assert!(ended.expect_err("an error").to_string().contains("nothing was written"));
    }
}
