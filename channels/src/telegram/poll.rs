//! Receiving: an update is confirmed by the request that follows its commit, never before.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use serde::de::IgnoredAny;
use serde_json::Value;
use teloxide_core::{
    payloads::{AnswerCallbackQuery, GetUpdates, SendMessage},
    types::{AllowedUpdate, CallbackQueryId, ChatId, Update, UpdateKind},
};
use tokio::{sync::watch, time::sleep};
use tolmach_runtime::ports::{Error, Inbound, Intake, Result};

use super::{
    api::{Bot, Failure, Response},
    inbound, staff,
};
use tolmach_runtime::backoff;

/// Receives until `stop` turns true (or its sender is gone). Faults are waited out, with their reason in the log and in
/// [`Bot::trouble`].
///
/// # Errors
/// Refused when the token is not accepted: nothing will come until the program is started with another.
pub async fn poll(bot: Arc<Bot>, intake: Arc<dyn Intake>, mut stop: watch::Receiver<bool>) -> Result<()> {
    let mut offset = None;
    let mut failures = 0;
    loop {
        let round = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
            // Being cut off anywhere is harmless: what was not confirmed comes again, and is known by its key.
            round = round(&bot, &*intake, offset) => round,
        };
        let pause = match round {
            Ok(next) => {
                offset = next;
                failures = 0;
                bot.set_trouble(None);
                continue;
            }
            Err(Trouble::Telegram(failure)) => {
                bot.set_trouble(Some(failure.to_string()));
                if failure.is_bad_token() {
                    tracing::error!(bot.id = bot.id(), "{failure}");
                    return Err(failure.into_error());
                }
                report(&bot, failures, &failure);
                let asked = match failure {
                    Failure::Api { retry_after, .. } => retry_after.unwrap_or_default(),
                    Failure::Network(_) => Duration::ZERO,
                };
                asked.max(backoff::wait(Duration::from_millis(500), Duration::from_secs(30), failures))
            }
            Err(Trouble::Intake(error)) => {
                bot.set_trouble(Some(error.to_string()));
                report(&bot, failures, &error);
                backoff::wait(Duration::from_millis(200), Duration::from_secs(10), failures)
            }
        };
        failures += 1;
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
            () = sleep(pause) => {}
        }
    }
}

enum Trouble {
    Telegram(Failure),
    Intake(Error),
}

/// The first failure of a row is worth a line, and then one now and again.
fn report(bot: &Bot, failures: u32, why: &dyn std::fmt::Display) {
    if failures.is_multiple_of(20) {
        tracing::warn!(bot.id = bot.id(), failures, "updates cannot be received: {why}");
    }
}

/// One request for updates; answers the offset of the next.
async fn round(
    bot: &Bot,
    intake: &dyn Intake,
    offset: Option<i32>,
) -> std::result::Result<Option<i32>, Trouble> {
    let mut request = GetUpdates::new();
    request.offset = offset;
    request.timeout = Some(u32::try_from(bot.hold().as_secs()).unwrap_or(25));
    request.limit = Some(100);
    request.allowed_updates = Some(vec![AllowedUpdate::Message, AllowedUpdate::CallbackQuery]);
    let response = bot.send(&request, bot.hold()).await.map_err(Trouble::Telegram)?;
    let updates = updates(&response).map_err(Trouble::Telegram)?;
    let read = |update: &Update| match staff::is_staffs(bot.staff(), update) {
        true => staff::read(bot.id(), update),
        false => inbound::read(bot.id(), update),
    };
    let inbound: Vec<Inbound> = updates.iter().filter_map(read).collect();
    if !inbound.is_empty() {
        receive(intake, inbound).await.map_err(Trouble::Intake)?;
    }
    join_all(updates.iter().filter_map(pressed).map(|id| stop_spinner(bot, id))).await;
    let staffs = updates.iter().filter(|update| staff::is_staffs(bot.staff(), update));
    join_all(
        staffs.filter_map(|update| staff::hint(bot.id(), update)).map(|(chat, text)| tell(bot, chat, text)),
    )
    .await;
    // An empty answer has confirmed everything; without an offset Telegram may begin its numbers anew, as it does
    // after a quiet week.
    Ok(updates
        .iter()
        .map(|update| update.id.0)
        .max()
        .and_then(|last| i32::try_from(last).ok()?.checked_add(1)))
}

/// The updates as our types have them. They forget the content of what they cannot hold; it is put back.
fn updates(response: &Response) -> std::result::Result<Vec<Update>, Failure> {
    let mut updates: Vec<Update> = response.read()?;
    if updates.iter().any(|update| matches!(update.kind, UpdateKind::Error(_))) {
        let raw: Vec<Value> = response.read()?;
        for (update, raw) in updates.iter_mut().zip(raw) {
            if let UpdateKind::Error(content) = &mut update.kind {
                *content = raw;
            }
        }
    }
    Ok(updates)
}

/// Hands a batch over; where the store refuses it for good, one by one, so that one update cannot block the others.
async fn receive(intake: &dyn Intake, inbound: Vec<Inbound>) -> Result<()> {
    match intake.receive(inbound.clone()).await {
        Err(Error::Refused { .. }) => {}
        other => return other,
    }
    for one in inbound {
        match intake.receive(vec![one]).await {
            Err(error @ Error::Refused { .. }) => {
                tracing::error!(%error, "an update could not be stored; it is lost")
            }
            other => other?,
        }
    }
    Ok(())
}

/// Failing is harmless: the person may ask again.
async fn tell(bot: &Bot, chat: i64, text: &str) {
    let message = SendMessage::new(ChatId(chat), text);
    let told = bot.call::<_, IgnoredAny>(&message, Duration::ZERO);
    if let Ok(Err(failure)) = tokio::time::timeout(Duration::from_secs(3), told).await {
        tracing::debug!("one of the staff was not told how to reply: {failure}");
    }
}

fn pressed(update: &Update) -> Option<CallbackQueryId> {
    match &update.kind {
        UpdateKind::CallbackQuery(query) => Some(query.id.clone()),
        _ => None,
    }
}

/// Ends the wheel on the pressed button. Failing is harmless: the wheel ends by itself.
async fn stop_spinner(bot: &Bot, id: CallbackQueryId) {
    let answer = AnswerCallbackQuery::new(id);
    let answered = bot.call::<_, bool>(&answer, Duration::ZERO);
    if let Ok(Err(failure)) = tokio::time::timeout(Duration::from_secs(3), answered).await {
        tracing::debug!("a pressed button was not answered: {failure}");
    }
}
