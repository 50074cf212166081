//! The questions of `tolmach new`: one a line, each with its default; an answer that cannot be used is asked for again.

use std::io::{BufRead, Write};

use anyhow::{Context, bail};
use clap::ValueEnum;
use tolmach_app::new::Answers;

use super::{Kind, New, language, list, time_zone};

/// Asks for what no flag says.
///
/// # Errors
/// When the input ends before the last question, or cannot be read.
pub(super) fn ask(new: &New, input: &mut dyn BufRead, output: &mut dyn Write) -> anyhow::Result<Answers> {
    let mut answers = new.answers();
    let mut asker = Asker { input, output };
    let folder = new.dir.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    if new.name.is_none() {
        asker.put(&mut answers, "The company's name", &folder, |answers, text| {
            text.clone_into(&mut answers.name);
            Ok(())
        })?;
    }
    if new.languages.is_none() {
        asker.put(&mut answers, "Languages: ru, en or ru,en", "ru,en", |answers, text| {
            answers.languages = list(text).iter().map(|code| language(code)).collect::<Result<_, _>>()?;
            if new.timezone.is_none() {
                time_zone(&answers.languages).clone_into(&mut answers.timezone);
            }
            Ok(())
        })?;
    }
    if new.sells.is_none() {
        asker.put(&mut answers, "What is sold: goods, services or both", "both", |answers, text| {
            let kind = Kind::from_str(text.trim(), true);
            answers.sells = kind.map_err(|_| "write goods, services or both".to_owned())?.into();
            Ok(())
        })?;
    }
    if new.offers.is_none() {
        asker.put(&mut answers, "What exactly, with commas", "", |answers, text| {
            answers.offers = list(text);
            Ok(())
        })?;
    }
    let texts: [(&str, bool, Field); 6] = [
        ("Working hours", new.hours.is_none(), |answers| &mut answers.hours),
        ("Time zone", new.timezone.is_none(), |answers| &mut answers.timezone),
        ("Phone", new.phone.is_none(), |answers| &mut answers.phone),
        ("E-mail", new.email.is_none(), |answers| &mut answers.email),
        ("Address", new.address.is_none(), |answers| &mut answers.address),
        ("Website", new.site.is_none(), |answers| &mut answers.site),
    ];
    for (question, open, field) in texts {
        if open {
            let usual = field(&mut answers).clone();
            asker.put(&mut answers, question, &usual, |answers, text| {
                text.clone_into(field(answers));
                Ok(())
            })?;
        }
    }
    Ok(answers)
}

/// A text among the answers.
type Field = fn(&mut Answers) -> &mut String;

struct Asker<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Asker<'_> {
    /// Asks until an answer can be used. `set` puts a text into the answers.
    fn put(
        &mut self,
        answers: &mut Answers,
        question: &str,
        usual: &str,
        set: impl Fn(&mut Answers, &str) -> Result<(), String>,
    ) -> anyhow::Result<()> {
        let shown = if usual.is_empty() { "none" } else { usual };
        loop {
            write!(self.output, "{question} [{shown}]: ")?;
            self.output.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line).context("the answer cannot be read")? == 0 {
                bail!("the answers ended before the last question; nothing was written");
            }
            let text = if line.trim().is_empty() { usual } else { line.trim() };
            let mut tried = answers.clone();
            let ended = set(&mut tried, text).and_then(|()| tried.check().map_err(|why| why.to_string()));
            match ended {
                Ok(()) => {
                    *answers = tried;
                    return Ok(());
                }
                Err(why) => writeln!(self.output, "  {why}")?,
            }
        }
    }
}
