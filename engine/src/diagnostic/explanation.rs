//! The long explanation of a code: what it means, a bundle that raises it, and the bundle mended.
//!
//! One text file a code in `explanations`, compiled in. The tests of the kinds of node compile every example.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Code, Severity, nearest};

/// What a code means at length. A run of characters in an example may be written `⟦x × 120⟧`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The code.
    pub code: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// What it means at length, and how to mend it; paragraphs are parted by an empty line.
    pub about: &'static str,
    /// Files of a bundle that raises it, by path.
    pub broken: BTreeMap<&'static str, &'static str>,
    /// The files of it that are changed when it is mended.
    pub mended: BTreeMap<&'static str, &'static str>,
}

impl Code {
    /// The long explanation.
    pub fn explanation(self) -> Explanation {
        let (about, examples) =
            self.explained().split_once("\n--- broken\n").unwrap_or((self.explained(), ""));
        let (broken, mended) = examples.split_once("--- mended\n").unwrap_or((examples, ""));
        Explanation {
            code: self.text(),
            severity: self.severity(),
            meaning: self.meaning().trim(),
            about: about.trim(),
            broken: files(broken),
            mended: files(mended),
        }
    }

    /// The code of this name, whatever the case of its letters.
    ///
    /// # Errors
    /// There is none; the most similar one, if one is similar enough to be what was meant.
    pub fn named(name: &str) -> Result<Code, Option<&'static str>> {
        let name = name.trim().to_lowercase().replace('_', "-");
        let found = Code::ALL.iter().find(|code| code.text() == name);
        found.copied().ok_or_else(|| nearest(&name, Code::ALL.iter().map(|code| code.text())))
    }
}

/// Files under lines `--- path`.
fn files(text: &'static str) -> BTreeMap<&'static str, &'static str> {
    let parts = text.strip_prefix("--- ").into_iter().flat_map(|text| text.split("\n--- "));
    parts.filter_map(|part| part.split_once('\n')).map(|(path, text)| (path.trim(), text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_with_an_example() {
        for code in Code::ALL {
            let explanation = code.explanation();
            assert!(explanation.about.len() > 80, "{}", code.text());
            assert!(!explanation.broken.is_empty() && !explanation.mended.is_empty(), "{}", code.text());
            assert_ne!(explanation.broken, explanation.mended, "{}", code.text());
        }
    }

    #[test]
    fn a_code_is_found_by_its_name_in_any_case() {
        assert_eq!(Code::named("Bad-YAML"), Ok(Code::BadYaml));
        assert_eq!(Code::named(" unknown_slot "), Ok(Code::UnknownSlot));
        assert_eq!(Code::named("bad-yml"), Err(Some("bad-yaml")));
        assert_eq!(Code::named("weather"), Err(None));
    }
}
