//! Diagnostics: what is wrong with a bundle, where, and how to fix it.
//!
//! The compiler collects all of them, so that an author can fix a file in one go.

mod explanation;

use std::fmt;

use serde::Serialize;

pub use explanation::Explanation;

use crate::span::Span;

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The bundle cannot run.
    Error,
    /// The bundle runs, but a client may notice.
    Warning,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// The kind of a diagnostic. Its text form is stable: tools and snapshot tests rely on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The code as written in messages.
            pub const fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)+ }
            }

            /// The severity of diagnostics with this code.
            pub const fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)+ }
            }

            /// What it means, from the code's own documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),+),)+ }
            }

            /// The file of its long explanation.
            const fn explained(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!("diagnostic/explanations/", $text, ".txt")),)+
                }
            }
        }
    };
}

codes! {
    /// The bundle holds no flow file.
    NoFlow = "no-flow", Error;
    /// Several flows, and none (or more than one) is marked as the entry.
    NoEntry = "no-entry", Error;
    /// The text is not YAML.
    BadYaml = "bad-yaml", Error;
    /// A text without quotes that a comma cuts in two.
    CutText = "cut-text", Error;
    /// A value has the wrong type or form.
    BadValue = "bad-value", Error;
    /// A field that must be there is missing.
    MissingField = "missing-field", Error;
    /// A field that does not exist.
    UnknownField = "unknown-field", Error;
    /// The file name and the flow's id differ.
    WrongName = "wrong-name", Error;
    /// A node without a kind.
    NoKind = "no-kind", Error;
    /// A node with more than one kind.
    TwoKinds = "two-kinds", Error;
    /// A node kind that does not exist.
    UnknownKind = "unknown-kind", Error;
    /// A transition to a node that does not exist.
    UnknownTarget = "unknown-target", Error;
    /// A transition for an exit that the node does not have.
    UnknownExit = "unknown-exit", Error;
    /// An exit of the node that no transition covers.
    MissingExit = "missing-exit", Error;
    /// A slot that is not declared.
    UnknownSlot = "unknown-slot", Error;
    /// A slot whose type does not fit its use.
    WrongSlotType = "wrong-slot-type", Error;
    /// A variable that templates and conditions do not have.
    UnknownVariable = "unknown-variable", Error;
    /// A prompt file that does not exist.
    UnknownPrompt = "unknown-prompt", Error;
    /// A language model role that the configuration does not have.
    UnknownModelRole = "unknown-role", Error;
    /// A knowledge file that does not exist.
    UnknownKnowledge = "unknown-knowledge", Error;
    /// An image that the bundle does not have.
    UnknownImage = "unknown-image", Error;
    /// A file among the images that is none, or more images than a bundle has.
    BadImage = "bad-image", Error;
    /// A template that does not parse.
    BadTemplate = "bad-template", Error;
    /// A condition or expression that does not parse.
    BadCondition = "bad-condition", Error;
    /// A value whose type does not fit its use: compared, computed with or shown as something else.
    WrongType = "wrong-type", Error;
    /// A filter that is more than comparisons of catalogue columns joined by `&&`.
    BadFilter = "bad-filter", Error;
    /// An expression, a filter or a text that is longer, deeper or more work than a server can bear.
    TooComplex = "too-complex", Error;
    /// A flow that does not exist.
    UnknownFlow = "unknown-flow", Error;
    /// A file of quick answers that does not exist.
    UnknownAnswers = "unknown-answers", Error;
    /// An intent that the `classify` node does not have.
    UnknownIntent = "unknown-intent", Error;
    /// A flow that is called and can never return.
    NeverReturns = "never-returns", Error;
    /// Nodes that lead to each other without ever waiting for the client.
    EndlessCycle = "endless-cycle", Error;
    /// A node that no path reaches.
    Unreachable = "unreachable", Warning;
    /// Nodes that a client can never leave by answering: every transition leads back among them.
    NoWayOut = "no-way-out", Warning;
    /// A slot that is read, but that nothing sets on any path to there.
    NeverSet = "never-set", Warning;
    /// A slot that may still be unset where its value is needed.
    MaybeUnset = "maybe-unset", Warning;
    /// A turn that may call language models more often than its limit allows.
    TooManyCalls = "too-many-calls", Warning;
    /// A turn that may let language models write more tokens than its limit allows.
    TooManyTokens = "too-many-tokens", Warning;
    /// A turn that may take longer than its limit allows.
    TooSlow = "too-slow", Warning;
    /// A turn that may visit more nodes than its limit allows.
    TooManyNodes = "too-many-nodes", Warning;
    /// More buttons than channels take.
    TooManyButtons = "too-many-buttons", Warning;
    /// A text that lacks a language which the flow promises.
    MissingTranslation = "missing-translation", Warning;
    /// A text or label longer than a channel shows.
    TooLong = "too-long", Warning;
    /// A text without quotes that YAML reads otherwise than it looks.
    MisreadText = "misread-text", Warning;
    /// Two buttons or choices of one message with the same words.
    DuplicateLabel = "duplicate-label", Warning;
    /// An example of two intents, or a question of two quick answers.
    DuplicateExample = "duplicate-example", Warning;
    /// Examples of two intents that mean the same to the classifier.
    NearExample = "near-example", Warning;
    /// A case of a branch whose condition a case above it has already.
    NeverTaken = "never-taken", Warning;
    /// An experiment whose arms all lead to the same place.
    IdleExperiment = "idle-experiment", Warning;
    /// One experiment with different arms at two nodes.
    ClashingArms = "clashing-arms", Warning;
    /// A group of the staff that nobody is in.
    EmptyGroup = "empty-group", Warning;
    /// A declared slot that nothing uses.
    UnusedSlot = "unused-slot", Warning;
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnostic {
    /// Its severity.
    pub severity: Severity,
    /// Its code.
    pub code: Code,
    /// The file, relative to the bundle.
    pub file: String,
    /// Where in the file; all zeros for the file as a whole.
    #[serde(flatten)]
    pub span: Span,
    /// What is wrong. It quotes the text that is wrong.
    pub message: String,
    /// How to fix it.
    pub help: String,
    /// The nearest known name, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// The change that mends it, where there is only one that can be meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// A change of the diagnostic's file: `replacement` takes the place of the text of `span`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What is replaced; never no place.
    #[serde(flatten)]
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl Diagnostic {
    /// A diagnostic with no nearest name.
    pub fn new(
        code: Code,
        file: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            severity: code.severity(),
            code,
            file: file.to_owned(),
            span,
            message: message.into(),
            help: help.into(),
            nearest: None,
            fix: None,
        }
    }

    /// Sets `nearest` to the most similar of `known`, if one is similar enough to be what was meant. Where only one can be
    /// meant and the span is the name alone, writing it is the fix.
    pub fn near<'a>(mut self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        let known: Vec<&str> = known.into_iter().collect();
        self.nearest = nearest(name, known.iter().copied()).map(str::to_owned);
        match &self.nearest {
            Some(meant) if self.span.is_on_line(name.chars().count()) && is_certain(name, meant, &known) => {
                let replacement = meant.clone();
                self.with_fix(replacement)
            }
            _ => self,
        }
    }

    /// Sets the fix: `replacement` in place of the text of the diagnostic's own span.
    #[must_use]
    pub fn with_fix(mut self, replacement: impl Into<String>) -> Diagnostic {
        if !self.span.is_none() {
            self.fix = Some(Fix { span: self.span, replacement: replacement.into() });
        }
        self
    }

    /// The diagnostic of a part of a file that begins so many lines further down.
    #[must_use]
    pub(crate) fn lines_down(mut self, lines: u32) -> Diagnostic {
        self.span = self.span.lines_down(lines);
        if let Some(fix) = &mut self.fix {
            fix.span = fix.span.lines_down(lines);
        }
        self
    }

    /// Whether the bundle cannot run because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The message as a person reads it, without the source line.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{word}[{}]: {}\n  --> {}", self.code.text(), self.message, self.file)?;
        if self.span.line > 0 {
            write!(f, ":{}", self.span)?;
        }
        if let Some(nearest) = &self.nearest {
            write!(f, "\n  did you mean: {nearest}")?;
        }
        write!(f, "\n  help: {}", self.help)
    }
}

/// Whether nothing but `meant` can have been meant by `name`: they differ by one slip (two in names of eight characters or
/// more) or by the case of letters, and no other known name is as near or nearly so.
pub(crate) fn is_certain(name: &str, meant: &str, known: &[&str]) -> bool {
    let lower = name.to_lowercase();
    let distance = |other: &str| strsim::osa_distance(&lower, &other.to_lowercase());
    let length = name.chars().count();
    let slips = if length >= 8 { 2 } else { 1 };
    let own = distance(meant);
    length >= 3
        && own <= slips
        && known
            .iter()
            .filter(|other| **other != meant && **other != name)
            .all(|other| distance(other) > (2 * own).saturating_sub(1))
}

/// The most similar of `known` to `name`, if `name` may be a misspelling of it: at most a third of its characters differ,
/// or the Jaro-Winkler similarity is at least 0.85.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slip = (name.chars().count() / 3).max(1);
    let lower = name.to_lowercase();
    known
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| {
            // The case of letters does not count.
            let other = candidate.to_lowercase();
            (strsim::osa_distance(&lower, &other), strsim::jaro_winkler(&lower, &other), candidate)
        })
        .filter(|(distance, similarity, _)| *distance <= slip || *similarity >= 0.85)
        .min_by(|(a, like_a, _), (b, like_b, _)| a.cmp(b).then(like_b.total_cmp(like_a)))
        .map(|(_, _, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_slip_or_nothing() {
        assert_eq!(nearest("clasify", ["say", "classify", "search"]), Some("classify"));
        assert_eq!(nearest("sy", ["route", "say"]), Some("say"));
        assert_eq!(nearest("get", ["GET", "POST"]), Some("GET"));
        assert_eq!(nearest("telephone", ["say", "classify", "search"]), None);
    }
}
