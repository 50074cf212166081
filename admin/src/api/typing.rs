//! What the compiler knows of a text that is being typed: the questions of the editor's script.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_app::{
    assist::{self, Edit, Finding, Meaning, Proposals, Typed},
    flow_drafts,
};
use tolmach_engine::{bundle::Bundle, diagnostic::Severity};
use uuid::Uuid;

use super::{Answer, Call};
use crate::{Panel, context::Visit, error::Failure};

/// A text of a draft as it is typed.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Typing {
    /// The draft.
    #[schemars(with = "String")]
    draft: Uuid,
    /// The file.
    file: String,
    /// Its text.
    text: String,
    /// The place that is asked about, in UTF-16 units.
    #[serde(default)]
    offset: usize,
}

impl Typing {
    /// The bundle of the draft with the text as it is typed.
    async fn bundle(&self, panel: &Panel) -> Result<Bundle, Failure> {
        if self.text.len() > flow_drafts::MAX_FILE {
            return Err(Failure::Bad("draft.too_large"));
        }
        let mut bundle = flow_drafts::open(panel.store(), self.draft).await?.bundle;
        bundle.files.insert(self.file.clone(), self.text.clone());
        Ok(bundle)
    }
}

/// Computes beside the tasks that wait for others.
pub(crate) async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::Unavailable)
}

/// What is wrong with a draft.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Checked {
    /// The problems.
    diagnostics: Vec<Diagnostic>,
    /// Whether none of them is an error.
    ok: bool,
}

/// A problem with its fix in words.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Diagnostic {
    /// The file.
    file: String,
    /// Where it begins, in UTF-16 units; 0 for the file as a whole.
    from: usize,
    /// Where it ends.
    to: usize,
    /// The line, counted from 1; 0 for the file as a whole.
    line: u32,
    /// The column, in characters, counted from 1.
    column: u32,
    /// How bad it is.
    severity: Severity,
    /// Its code.
    code: &'static str,
    /// What is wrong.
    message: String,
    /// How to mend it.
    help: String,
    /// The change that mends it, where only one can be meant.
    fix: Option<Fix>,
}

/// A change that mends a problem.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Fix {
    /// What is written in place of what is there.
    replacement: String,
    /// The changes.
    edits: Vec<Edit>,
    /// What it does, in the reader's language.
    label: String,
}

pub(crate) async fn check(call: Call<(), Typing>) -> Answer<Checked> {
    let (bundle, platform) =
        (call.body.bundle(&call.panel).await?, (*call.panel.options.platform.get()).clone());
    let findings = computed(move || assist::findings(&bundle, &platform)).await?;
    let ok = !findings.iter().any(Finding::is_error);
    let diagnostics = findings.into_iter().map(|finding| shown(&call.panel, &call.visit, finding)).collect();
    Ok(Checked { diagnostics, ok })
}

/// A problem with its fix in words.
pub(crate) fn shown(panel: &Panel, visit: &Visit, finding: Finding) -> Diagnostic {
    let Finding { file, from, to, line, column, severity, code, message, help, fix } = finding;
    let fix = fix.map(|fix| {
        let label = match fix.replacement.trim() {
            "" => panel.renderer.text(visit.language, "draft.fix.remove").to_owned(),
            text if text.chars().count() <= 60 && !text.contains('\n') => {
                panel.renderer.text(visit.language, "draft.fix.write").replace("{text}", text)
            }
            _ => panel.renderer.text(visit.language, "draft.fix.mend").to_owned(),
        };
        Fix { replacement: fix.replacement, edits: fix.edits, label }
    });
    Diagnostic { file, from, to, line, column, severity, code, message, help, fix }
}

pub(crate) async fn complete(call: Call<(), Typing>) -> Answer<Proposals> {
    let (bundle, platform) =
        (call.body.bundle(&call.panel).await?, (*call.panel.options.platform.get()).clone());
    let typing = call.body;
    computed(move || {
        let typed = Typed { bundle: &bundle, file: &typing.file, platform: &platform };
        assist::complete(&typed, typing.offset)
    })
    .await
}

pub(crate) async fn hover(call: Call<(), Typing>) -> Answer<Option<Meaning>> {
    let (bundle, platform) =
        (call.body.bundle(&call.panel).await?, (*call.panel.options.platform.get()).clone());
    let typing = call.body;
    computed(move || {
        let typed = Typed { bundle: &bundle, file: &typing.file, platform: &platform };
        assist::meaning(&typed, typing.offset)
    })
    .await
}
