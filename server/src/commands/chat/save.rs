//! `tolmach chat --save-test`: writes the dialog of a chat as a dialog test.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use tolmach_app::{
    diagnostics,
    saved_test::{self, SaveOptions, SavedTest},
};
use tolmach_runtime::{Runtime, testing};

use crate::assemble::Assembled;

/// A test to be written at the end of the dialog.
pub struct Save {
    file: PathBuf,
    name: Option<String>,
}

impl Save {
    /// Checks in advance that the file can be extended, so that the dialog is not lost at the end.
    ///
    /// # Errors
    /// When the file is not a valid test file, or its folder does not exist.
    pub fn new(file: PathBuf, name: Option<String>) -> anyhow::Result<Save> {
        let save = Save { file, name };
        save.existing()?;
        let folder = save.folder();
        if !folder.is_dir() {
            bail!("there is no folder {}; make it first, the dialog would be lost", folder.display());
        }
        Ok(save)
    }

    /// Writes the dialog of `chat` as a test; returns lines to print.
    ///
    /// # Errors
    /// When a stored trace or session cannot be read, or the file cannot be written.
    pub async fn write(
        &self,
        runtime: &Runtime,
        assembled: &Assembled,
        chat: &str,
    ) -> anyhow::Result<Vec<String>> {
        let manifest = assembled.catalog.manifest();
        let samples = manifest.is_none_or(|manifest| manifest.sources.iter().all(|source| source.demo));
        let (_, taken) = self.existing()?;
        let options = SaveOptions {
            name: self.name.clone(),
            taken: &taken,
            cards: samples,
            script: assembled.model.is_some(),
            ..SaveOptions::default()
        };
        let SavedTest { name, steps, yaml } = match saved_test::save(runtime, chat, options).await {
            Err(saved_test::Error::Nothing(_)) => {
                return Ok(vec!["nothing was said, so no test was saved".to_owned()]);
            }
            saved => saved?,
        };
        self.append(&yaml)?;
        let mut notes =
            vec![format!("saved as the test «{name}» in {}: {} steps", self.file.display(), steps)];
        if !samples {
            notes.push(
                "tests do not have the catalogue in use: no cards are expected, and a step that \
                 depends on what was found may have to be adapted"
                    .to_owned(),
            );
        }
        Ok(notes)
    }

    fn append(&self, entry: &str) -> anyhow::Result<()> {
        let (before, tests) = self.existing()?;
        let gap = if before.trim().is_empty() { "" } else { "\n" };
        let ending = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let text = format!("{before}{ending}{gap}{entry}");
        let (all, found) = testing::read(&self.file.to_string_lossy(), &text);
        if !found.is_empty() || all.len() != tests.len() + 1 {
            bail!(
                "the test does not fit into {}, whose tests are not written as `- name: …` at the beginning of a \
                 line; nothing was written. The test is:\n\n{entry}",
                self.file.display()
            );
        }
        // Write a temporary file and rename it, so that the test file is never incomplete.
        let file_name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let beside = self.folder().join(format!(".{file_name}.{}", std::process::id()));
        let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.file));
        if written.is_err() {
            drop(fs::remove_file(&beside));
        }
        written.with_context(|| format!("{} cannot be written. The test is:\n\n{entry}", self.file.display()))
    }

    /// The file's text and the names of its tests; empty when the file does not exist.
    fn existing(&self) -> anyhow::Result<(String, Vec<String>)> {
        let file = self.file.display();
        if self.file.is_dir() {
            bail!("{file} is a folder; name a file such as flows/tests/saved.test.yaml");
        }
        if !self.file.exists() {
            return Ok((String::new(), Vec::new()));
        }
        let bytes = fs::read(&self.file).with_context(|| format!("{file} cannot be read"))?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{file} is not UTF-8 text"))?;
        let (tests, found) = testing::read(&file.to_string(), &text);
        if !found.is_empty() {
            let explained = diagnostics::explained(&Default::default(), Path::new(""), &found);
            bail!("{file} is no valid test file, so nothing is added to it\n\n{explained}");
        }
        Ok((text, tests.into_iter().map(|test| test.name.value).collect()))
    }

    fn folder(&self) -> &Path {
        match self.file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}
