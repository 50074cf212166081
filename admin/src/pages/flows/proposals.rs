//! Proposals: messages that the bot was unsure of, as examples of intents, with what they would change, taken over by one press.

use std::{path::Path, sync::Arc};

use axum::{extract::State, http::HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    dialog_tests, flow_drafts, release,
    suggest::{self, Added, Cluster, Wanted},
    what_if,
};
use tolmach_engine::bundle::Bundle;
use tolmach_runtime::ports::DraftChangeKind;

use super::{address, by_script, editor, what_if::own_draft};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Form, Params},
    gate::see_other,
    render::Page,
};

const DAY: i64 = 86_400_000;
/// For how many days messages are looked at unless said otherwise, and at most.
const DAYS: i64 = 30;
const MOST_DAYS: i64 = 90;
/// For how many days chats are run to measure a proposal.
const MEASURED: i64 = 7;
/// The most proposals of a page.
const SHOWN: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Days {
    days: Option<i64>,
}

/// The proposals.
pub(crate) async fn proposals(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(asked): Params<Days>,
) -> Served {
    let days = asked.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
    let Ok(_one) = panel.tests.try_acquire() else { return Err(Failure::Bad("draft.tests.busy")) };
    let wanted = Wanted { since: panel.now() - days * DAY, node: None, limit: SHOWN };
    let found = suggest::suggest(panel.store(), &panel.options.platform.get(), &wanted).await?;
    let bundle = match release::current(panel.store()).await? {
        Some(current) => release::bundle(panel.store(), &current.release).await?,
        None => Bundle::default(),
    };
    let rows: Vec<Value> = found.clusters.iter().map(|cluster| row(cluster, &bundle)).collect();
    let data = json!({
        "days": days, "rows": rows, "private": found.private, "more": found.more, "messages": found.messages,
    });
    let title = panel.renderer.text(visit.language, "proposals.title");
    panel.page(&visit, Page { template: "proposals", section: "flows", title }, data).await
}

fn row(cluster: &Cluster, bundle: &Bundle) -> Value {
    let examples: Vec<&str> = cluster.examples().collect();
    let targets = match cluster.add {
        suggest::Proposal::NewIntent => suggest::targets(bundle, &cluster.node),
        suggest::Proposal::Example => Vec::new(),
    };
    let intent = cluster.likeliest.as_ref().filter(|_| cluster.add == suggest::Proposal::Example);
    json!({
        "node": cluster.node, "count": cluster.count, "example": cluster.example,
        "others": cluster.others.iter().take(5).collect::<Vec<_>>(), "intent": intent.map(|likely| &likely.intent),
        "sure": intent.map(|likely| (likely.confidence * 100.0).round()), "yaml": cluster.yaml,
        "targets": targets, "examples": examples.join("\n"),
    })
}

/// An example for an intent; for a new one examples, a line each, and where its messages go.
#[derive(Deserialize)]
pub(crate) struct Example {
    node: String,
    intent: String,
    text: String,
    to: Option<String>,
}

impl Example {
    fn added(&self, bundle: &Bundle) -> Result<Added, Failure> {
        let Some(to) = &self.to else {
            let added = suggest::add_example(bundle, &self.node, &self.intent, &self.text);
            return added.ok_or(Failure::Bad("proposals.no_place"));
        };
        let examples = self.text.lines().map(str::trim).filter(|example| !example.is_empty());
        let examples: Vec<&str> = examples.collect();
        let added = suggest::add_intent(bundle, &self.node, self.intent.trim(), &examples, to);
        added.ok_or(Failure::Bad("proposals.no_intent"))
    }
}

/// What an example would change: dialog tests, and the chats of the last week.
pub(crate) async fn measure(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    Form(example): Form<Example>,
) -> Served {
    let current = release::current(panel.store()).await?.ok_or(Failure::Bad("release.none"))?;
    let now = release::bundle(panel.store(), &current.release).await?;
    let added = example.added(&now)?;
    let mut then = now.clone();
    then.files.insert(added.path, added.text);
    let Ok(_one) = panel.tests.try_acquire() else { return Err(Failure::Bad("draft.tests.busy")) };
    let platform = &panel.options.platform.get();
    let since = panel.now() - MEASURED * DAY;
    let before = what_if::chats(panel.store(), platform, &now, since).await?;
    let after = what_if::chats(panel.store(), platform, &then, since).await?;
    let tests = dialog_tests::run_all(&then, platform, Path::new(""), None, false).await;
    let tests = tests.map_err(|error| {
        tracing::warn!(%error, "the dialog tests of a proposal could not be run");
        Failure::Bad("draft.tests.unable")
    })?;
    let data = json!({
        "days": MEASURED, "turns": after.turns, "now": before.changed, "then": after.changed, "passed": tests.passed(),
        "failed": tests.failed(), "failures": tests.failures().take(5).map(|ran| &ran.name).collect::<Vec<_>>(),
    });
    if by_script(&headers) {
        return panel.fragment(&visit, "proposal_effect", data);
    }
    let title = panel.renderer.text(visit.language, "proposals.title");
    panel.page(&visit, Page { template: "proposal_effect_page", section: "flows", title }, data).await
}

/// Adds an example to the reader's own draft.
pub(crate) async fn take_over(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(example): Form<Example>,
) -> Served {
    // Whether there is a place is asked before a draft is begun.
    let current = release::current(panel.store()).await?.ok_or(Failure::Bad("release.none"))?;
    example.added(&release::bundle(panel.store(), &current.release).await?)?;
    let draft = own_draft(&panel, &visit).await?;
    let opened = flow_drafts::open(panel.store(), draft.id).await?;
    let added = example.added(&opened.bundle)?;
    let edit = flow_drafts::Edit {
        path: added.path.clone(),
        base: opened.draft.revision,
        text: added.text,
        kind: DraftChangeKind::Proposal,
    };
    match flow_drafts::save(panel.store(), &editor(&visit)?, panel.now(), draft.id, &edit).await? {
        flow_drafts::Saved::Stored { .. } => {
            Ok(see_other(&format!("{}#L{}", address(draft.id, Some(&added.path)), added.line)))
        }
        flow_drafts::Saved::Conflict(_) => Err(Failure::Bad("draft.busy")),
    }
}
