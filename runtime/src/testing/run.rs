//! Runs one dialog test.

use std::{collections::HashMap, sync::Arc};

use tolmach_engine::{
    Session,
    catalog::Product,
    effect::{Action, Lead, Outcome as QueryOutcome, Outgoing},
    event::Kind,
    place::Place,
    trace::Trace,
};

use super::{
    coverage::Coverage,
    dialog::{Dialog, Step},
    expect::{self, Difference, Seen},
    fakes::{ManualClock, Recorder},
};
use crate::{
    Record, Runtime,
    ports::{self, Address, Inbound, Intake},
};

/// The first failure of a test.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where the step stands.
    pub step: Place,
    /// What the step was, in words.
    pub what: String,
    /// How it differs.
    pub differences: Vec<Difference>,
}

/// How a test ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// `None` when it passed.
    pub failure: Option<Failure>,
    /// What it went through.
    pub coverage: Coverage,
}

/// Runs a dialog on a runtime whose only channel is `recorder` and whose time is `clock`. Each turn is also replayed
/// from its record.
pub async fn run(
    dialog: &Dialog,
    runtime: &Arc<Runtime>,
    recorder: &Recorder,
    clock: &ManualClock,
) -> ports::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut products = HashMap::new();
    let address = Address::new("test", "chat");
    let chat = address.to_string();
    let mut buttons: Vec<(String, String)> = Vec::new();
    let mut client = dialog.given.client.clone();
    client.language = dialog.given.language;
    for (number, step) in dialog.steps.iter().enumerate() {
        let before = runtime.store().turns(&chat, u32::MAX).await?.len();
        let fail = |what: String, differences| Failure { step: step.place, what, differences };
        // A second passes between messages, as it does at least in life.
        clock.advance(1000);
        if let Some(after) = step.after {
            clock.advance(after.0);
            runtime.fire_due_timers().await?;
        } else {
            match inbound(step, &buttons) {
                Ok((kind, button)) => {
                    let inbound = Inbound {
                        address: address.clone(),
                        key: number.to_string(),
                        client: client.clone(),
                        kind,
                        button,
                    };
                    runtime.receive(vec![inbound]).await?;
                }
                Err(missing) => {
                    let labels: Vec<&str> = buttons.iter().map(|(label, _)| label.as_str()).collect();
                    let found = format!("buttons {labels:?}");
                    let difference =
                        Difference { place: step.place, expected: format!("a button «{missing}»"), found };
                    outcome.failure = Some(fail(describe(step), vec![difference]));
                    return Ok(outcome);
                }
            }
        }
        runtime.settle().await;

        let messages: Vec<Outgoing> = recorder.take().into_iter().map(|(_, _, message)| message).collect();
        let shown: Vec<(String, String)> = messages.iter().flat_map(pressable).collect();
        if !shown.is_empty() {
            buttons = shown;
        }
        let mut trace: Option<Trace> = None;
        for turn in runtime.store().turns(&chat, u32::MAX).await?.into_iter().skip(before) {
            let record: Record = serde_json::from_str(&turn.trace)
                .map_err(|why| ports::Error::refused("read a trace", why))?;
            let replayed = runtime
                .shelf()
                .with_release(&turn.release, |release| record.replay(release, &turn.event))
                .await?;
            if let Some(Err(difference)) = replayed {
                let found = difference.to_string();
                let difference = Difference {
                    place: step.place,
                    expected: "a turn that replays to the same effects".into(),
                    found,
                };
                outcome.failure = Some(fail(describe(step), vec![difference]));
                return Ok(outcome);
            }
            outcome.coverage.add(&record.trace);
            learn_products(&record.trace, &mut products);
            trace = Some(record.trace);
        }
        let stored = runtime.store().chat(&chat).await?.session.unwrap_or_default();
        let session: Session = serde_json::from_str(&stored).unwrap_or_default();
        let leads = runtime.store().leads(u32::MAX).await?;
        let lead: Option<Lead> = leads.into_iter().find(|lead| lead.chat == chat).map(|row| row.lead);
        let seen = Seen {
            trace: trace.as_ref(),
            session: &session,
            messages: &messages,
            products: &products,
            lead: lead.as_ref(),
        };
        let differences = expect::compare(&step.expect, &seen);
        if !differences.is_empty() {
            outcome.failure = Some(fail(describe(step), differences));
            return Ok(outcome);
        }
    }
    Ok(outcome)
}

fn inbound(step: &Step, buttons: &[(String, String)]) -> Result<(Kind, Option<String>), String> {
    if let Some(text) = &step.client {
        return Ok((Kind::Message { text: text.clone() }, None));
    }
    if let Some(command) = &step.command {
        let command = command.trim_start_matches('/');
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        return Ok((Kind::Command { name: name.to_owned(), rest: rest.to_owned() }, None));
    }
    if let Some(contact) = &step.contact {
        return Ok((Kind::Contact { phone: contact.phone.clone(), name: contact.name.clone() }, None));
    }
    let label = step.press.clone().unwrap_or_default();
    match buttons.iter().find(|(known, _)| *known == label) {
        Some((_, id)) => Ok((Kind::Press { label, press: None }, Some(id.clone()))),
        None => Err(label),
    }
}

fn pressable(message: &Outgoing) -> Vec<(String, String)> {
    let id = |action: &Action| match action {
        Action::Press { id, .. } => Some(id.clone()),
        Action::Open { .. } => None,
    };
    message.buttons.iter().filter_map(|button| Some((button.label.clone(), id(&button.action)?))).collect()
}

fn describe(step: &Step) -> String {
    match step {
        Step { client: Some(text), .. } => format!("client: {text}"),
        Step { press: Some(label), .. } => format!("press: {label}"),
        Step { command: Some(command), .. } => format!("command: {command}"),
        Step { contact: Some(_), .. } => "contact".to_owned(),
        Step { after: Some(after), .. } => format!("after: {after}"),
        _ => "nothing".to_owned(),
    }
}

fn learn_products(trace: &Trace, products: &mut HashMap<String, Product>) {
    for outcome in &trace.outcomes {
        if let QueryOutcome::Search(results) = outcome {
            products.extend(results.hits.iter().map(|hit| (hit.product.id.clone(), hit.product.clone())));
        }
    }
}
