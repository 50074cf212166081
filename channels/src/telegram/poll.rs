//! Receiving updates by long polling. An update is confirmed by the offset of the next request, which is sent only
//! after the update's event is committed.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use teloxide_core::{
    payloads::{AnswerCallbackQuery, GetUpdates, SendMessage},
    types::{AllowedUpdate, CallbackQueryId, ChatId, Update, UpdateKind},
};
use tokio::{sync::watch, time::sleep};
use tolmach_runtime::ports::{Address, Error, Inbound, Intake, Result, UnreadUpdate};

use super::{
    NAME,
    api::{Bot, Failure, Response},
    inbound::{self, BareUpdate},
    staff,
};
use tolmach_runtime::backoff;

/// Polls until `stop` becomes true or its sender is dropped. Failures are retried with backoff and reported in the log
/// and by [`Bot::polling_error`].
///
/// # Errors
/// [`Error::Refused`] if Telegram rejects the token. A restart with another token is then needed.
pub async fn poll(bot: Arc<Bot>, intake: Arc<dyn Intake>, mut stop: watch::Receiver<bool>) -> Result<()> {
    let mut offset = None;
    let mut failures = 0;
    loop {
        let round = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
            // Cancellation is safe at any point: unconfirmed updates come again and are deduplicated by key.
            round = round(&bot, &*intake, offset) => round,
        };
        let pause = match round {
            Ok(next) => {
                offset = next;
                failures = 0;
                bot.set_polling_error(None);
                continue;
            }
            Err(PollError::Telegram(failure)) => {
                bot.set_polling_error(Some(failure.to_string()));
                if failure.is_bad_token() {
                    tracing::error!(bot.id = bot.id(), "{failure}");
                    return Err(failure.into_error());
                }
                report(&bot, failures, &failure);
                let asked = match failure {
                    Failure::Api { retry_after, .. } => retry_after.unwrap_or_default(),
                    Failure::Network(_) | Failure::Missing(_) => Duration::ZERO,
                };
                asked.max(backoff::wait(Duration::from_millis(500), Duration::from_secs(30), failures))
            }
            Err(PollError::Intake(error)) => {
                bot.set_polling_error(Some(error.to_string()));
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

enum PollError {
    Telegram(Failure),
    Intake(Error),
}

/// Logs the first failure in a row and then every 20th.
fn report(bot: &Bot, failures: u32, why: &dyn std::fmt::Display) {
    if failures.is_multiple_of(20) {
        tracing::warn!(bot.id = bot.id(), failures, "updates cannot be received: {why}");
    }
}

/// Sends one `getUpdates` request and stores its events. Returns the offset for the next request.
async fn round(
    bot: &Bot,
    intake: &dyn Intake,
    offset: Option<i32>,
) -> std::result::Result<Option<i32>, PollError> {
    let mut request = GetUpdates::new();
    request.offset = offset;
    request.timeout = Some(u32::try_from(bot.hold().as_secs()).unwrap_or(25));
    request.limit = Some(100);
    request.allowed_updates =
        Some(vec![AllowedUpdate::Message, AllowedUpdate::EditedMessage, AllowedUpdate::CallbackQuery]);
    let response = bot.send(&request, bot.hold()).await.map_err(PollError::Telegram)?;
    let received = received(&response).map_err(PollError::Telegram)?;
    let read = |received: &Received| match received {
        Received::Whole(update) if staff::is_staff_chat(&bot.staff(), update) => {
            staff::read(bot.id(), update)
        }
        Received::Whole(update) => inbound::read(bot.id(), update),
        Received::Bare(update, _) => inbound::read_bare(bot.id(), &bot.staff(), update),
    };
    for received in &received {
        if let Received::Bare(update, raw) = received {
            put_aside(bot, intake, update, raw).await.map_err(PollError::Intake)?;
        }
    }
    let inbound: Vec<Inbound> = received.iter().filter_map(read).collect();
    let updates: Vec<&Update> = received
        .iter()
        .filter_map(|received| match received {
            Received::Whole(update) => Some(&**update),
            Received::Bare(..) => None,
        })
        .collect();
    if !inbound.is_empty() {
        receive(intake, inbound).await.map_err(PollError::Intake)?;
    }
    join_all(updates.iter().filter_map(|update| pressed(update)).map(|id| stop_spinner(bot, id))).await;
    let staffs = updates.iter().filter(|update| staff::is_staff_chat(&bot.staff(), update));
    join_all(
        staffs.filter_map(|update| staff::hint(bot.id(), update)).map(|(chat, text)| tell(bot, chat, text)),
    )
    .await;
    // After an empty answer everything is confirmed. The offset is then omitted, because Telegram may restart the
    // numbering after a week without updates.
    let last = received
        .iter()
        .map(|received| match received {
            Received::Whole(update) => i64::from(update.id.0),
            Received::Bare(update, _) => update.update_id,
        })
        .max();
    Ok(last.and_then(|last| i32::try_from(last).ok()?.checked_add(1)))
}

/// An update of a response.
enum Received {
    Whole(Box<Update>),
    /// What is left of one that cannot be parsed, and the whole as it came.
    Bare(BareUpdate, Box<RawValue>),
}

/// Parses the updates, each by itself: one that is nested too deep, or in which a field has another type, must not hold
/// back the others.
fn received(response: &Response) -> std::result::Result<Vec<Received>, Failure> {
    let raw: Vec<Box<RawValue>> = response.read()?;
    let parse = |raw: Box<RawValue>| match serde_json::from_str::<Update>(raw.get()) {
        // teloxide-core drops the content of an update that it cannot parse. One without even a number cannot be
        // confirmed by itself; a later one confirms it.
        Ok(Update { kind: UpdateKind::Error(_), .. }) | Err(_) => {
            Received::Bare(serde_json::from_str(raw.get()).unwrap_or_default(), raw)
        }
        Ok(update) => Received::Whole(Box::new(update)),
    };
    Ok(raw.into_iter().map(parse).collect())
}

/// The most updates that one process keeps which cannot be parsed. Further ones are only counted.
const MOST_PUT_ASIDE: u64 = 1_000;

/// Keeps an update that cannot be parsed, so that a later version can read it.
async fn put_aside(bot: &Bot, intake: &dyn Intake, update: &BareUpdate, raw: &RawValue) -> Result<()> {
    let counted = bot.count_unreadable();
    let id = format!("{}-{}", bot.id(), update.update_id);
    tracing::warn!(bot.id = bot.id(), update = update.update_id, "an update cannot be parsed");
    if counted > MOST_PUT_ASIDE {
        return Ok(());
    }
    let chat = update.chat().map(|chat| Address::new(NAME, chat.to_string()).to_string());
    // U+0000 is escaped in JSON, so that no database refuses the text.
    let text = raw.get();
    let end = (0..=text.len().min(UnreadUpdate::MAX_TEXT)).rev().find(|end| text.is_char_boundary(*end));
    let update = text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned();
    intake.put_aside(UnreadUpdate { channel: NAME.to_owned(), id, chat, update }).await
}

/// Reads an update that was put aside.
pub(super) fn read_again(bot: &Bot, update: &str) -> Option<Inbound> {
    let update: Update = serde_json::from_str(update).ok()?;
    match staff::is_staff_chat(&bot.staff(), &update) {
        true => staff::read(bot.id(), &update),
        false => inbound::read(bot.id(), &update),
    }
}

/// Passes a batch to the intake. If the store refuses it permanently, passes the events one by one, so that one event
/// cannot block the others.
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

/// Sends a hint to a staff chat. A failure is only logged: the person can write again.
async fn tell(bot: &Bot, chat: i64, text: &str) {
    let message = SendMessage::new(ChatId(chat), text);
    let told = bot.call::<_, IgnoredAny>(&message, Duration::ZERO);
    if let Ok(Err(failure)) = tokio::time::timeout(Duration::from_secs(3), told).await {
        tracing::debug!("one of the staff was not told how to reply: {failure}");
    }
}

/// The query to answer, if the update is a button press.
fn pressed(update: &Update) -> Option<CallbackQueryId> {
    match &update.kind {
        UpdateKind::CallbackQuery(query) => Some(query.id.clone()),
        _ => None,
    }
}

/// Stops the loading indicator of the pressed button. A failure is only logged: the indicator also times out.
async fn stop_spinner(bot: &Bot, id: CallbackQueryId) {
    let answer = AnswerCallbackQuery::new(id);
    let answered = bot.call::<_, bool>(&answer, Duration::ZERO);
    if let Ok(Err(failure)) = tokio::time::timeout(Duration::from_secs(3), answered).await {
        tracing::debug!("a pressed button was not answered: {failure}");
    }
}
