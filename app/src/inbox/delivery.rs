//! Messages that did not arrive, sent again.

use tolmach_runtime::ports::{self, Actor, DeliveryState, Store};

use super::{Error, reason};
use crate::audit::Change;

/// Sends a message again that did not arrive, under the same id, so that a channel which knows ids shows it once. One that
/// waits to be delivered already is left as it is: asking twice is asking once.
///
/// Writes a `chat.deliver_again` row of the audit log.
///
/// # Errors
/// When there is no such message, it has arrived, or the database is unavailable.
pub async fn deliver_again(
    store: &dyn Store,
    actor: &Actor,
    now: i64,
    chat: &str,
    message: i64,
) -> Result<(), Error> {
    let mut change = Change::new(actor, "chat.deliver_again", now);
    change.on(chat);
    change.detail("message", message);
    let state = async || {
        let rows = store.deliveries(chat, message, message).await?;
        Ok::<_, ports::Error>(rows.into_iter().next().map(|row| row.state))
    };
    let asked = async {
        let before = state().await?;
        let name = |state: &DeliveryState| match state {
            DeliveryState::Waiting { .. } => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed { .. } => "failed",
        };
        change.detail("before", before.as_ref().map(name));
        if store.deliver_again(chat, message, now).await? {
            change.detail("after", "waiting");
            return Ok(());
        }
        match state().await? {
            None => Err(Error::UnknownMessage),
            // Somebody else asked for it meanwhile, or the same person twice.
            Some(DeliveryState::Waiting { .. }) => Ok(()),
            Some(DeliveryState::Delivered | DeliveryState::Failed { .. }) => Err(Error::Arrived),
        }
    };
    let asked: Result<(), Error> = asked.await;
    if matches!(asked, Err(Error::UnknownMessage)) {
        change.on("");
    }
    change.end_with(store, asked.as_ref().err().map(reason)).await;
    asked
}
