//! `lead`: what the client wants, for the managers.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tolmach_engine::{
    effect::{Command, Lead as LeadEffect},
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    results::Found,
    scope::Scope,
    slot::Type,
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
};

/// Creates the client's open lead, or adds to it. The order that a `refer` node collected is among its details, each line with
/// the client's words.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lead {
    /// Where the lead comes from, a word for reports.
    #[serde(default = "form")]
    source: String,
    /// The slot with the contact.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    contact: Option<Spanned<String>>,
    /// What the client wants, in a sentence.
    #[serde(default)]
    summary: Option<Text>,
    /// Further slots worth keeping with the lead.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    details: Vec<Spanned<String>>,
}

fn form() -> String {
    "form".to_owned()
}

impl Kind for Lead {
    const NAME: &'static str = "lead";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "the lead is stored")];
    const EXAMPLE: &'static str = "\
flow: example
start: contact
slots:
  contact: { type: contact, personal: true }
  budget: { type: number, default: 10000 }
nodes:
  contact:
    collect_contact: { into: contact }
    next: { done: note, cancelled: wait, gave_up: wait }
  note:
    lead: { source: chat, contact: contact, summary: { ru: Просит перезвонить, en: Wants a call }, details: [budget] }
    next: thanks
  thanks:
    say: { text: { ru: Спасибо!, en: Thank you! } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["перезвоните", "Анна, 8 999 123-45-67"], &["contact", "note", "thanks"]);
}

impl Node for Lead {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        if let Some(contact) = &self.contact {
            scope.slot(contact, &[Type::Contact]);
        }
        if let Some(summary) = &self.summary {
            scope.text(summary);
        }
        // A contact has a field of its own.
        let types: Vec<Type> = Type::ALL.into_iter().filter(|kind| *kind != Type::Contact).collect();
        for slot in &self.details {
            scope.slot(slot, &types);
        }
    }

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        let mut lead = LeadEffect { source: self.source.clone(), ..LeadEffect::default() };
        if let Some(slot) = &self.contact
            && let Value::Object(fields) = turn.slot(slot)
        {
            let known =
                fields.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
            lead.contact = known.collect();
        }
        if let Some(summary) = &self.summary {
            lead.summary = turn.render(summary)?.trim().to_owned();
        }
        for slot in &self.details {
            let value = match turn.found(slot) {
                Some(found) => brief(&found),
                None => turn.slot(slot).clone(),
            };
            if !value.is_null() {
                lead.details.insert(slot.value.clone(), value);
            }
        }
        // What the client chose is worth as much as any slot.
        let order = &turn.context().order;
        if !order.is_empty() {
            lead.details.insert("order".to_owned(), serde_json::json!(order));
        }
        turn.command(Command::Lead(lead));
        let context = turn.context_mut();
        context.leads = context.leads.saturating_add(1);
        Ok(NodeOutcome::exit("done"))
    }
}

/// Search results as a manager wants them: the words and the first articles, not whole rows.
fn brief(found: &Found) -> Value {
    let articles: Vec<&str> = found.items.iter().map(|item| item.article.as_str()).collect();
    serde_json::json!({ "query": found.query, "total": found.total, "articles": articles })
}
