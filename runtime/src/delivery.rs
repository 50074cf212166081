//! Delivers committed messages: in order within a chat, and again after a failure or a restart.

use std::time::Duration;

use tolmach_engine::{
    effect::{Command, Effect, Outgoing},
    text::shorten,
};

use crate::{
    acknowledgements::AckPosition,
    names::short,
    ports::{self, Address, Delivery},
    runtime::Runtime,
};

/// Failed attempts after which a message is dropped. With the pauses of [`backoff`] that is after about a day.
const ATTEMPTS: i64 = 300;

/// The most characters that are stored of why a message did not arrive.
const LONGEST_REASON: usize = 300;

impl Runtime {
    /// Delivers the messages of a turn that was just committed. Returns whether any stays undelivered. `receipt` is set
    /// to the position of the last acknowledgement.
    pub(crate) async fn deliver_now(
        &self,
        chat: &str,
        effects: &[Effect],
        receipt: &mut AckPosition,
    ) -> ports::Result<bool> {
        for effect in effects {
            let Command::Send(message) = &effect.command else { continue };
            if !self.attempt(chat, &effect.id, message, 0, receipt).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Delivers a chat's undelivered messages from the store. Returns whether any stays undelivered; `receipt` as for
    /// [`Runtime::deliver_now`].
    pub(crate) async fn deliver_stored(&self, chat: &str, receipt: &mut AckPosition) -> ports::Result<bool> {
        for row in self.ports.store.outbox(chat).await? {
            if row.due > self.ports.clock.now() {
                return Ok(true);
            }
            let message: Outgoing = match serde_json::from_str(&row.payload) {
                Ok(message) => message,
                Err(why) => {
                    tracing::error!(effect = row.effect, %why, "a stored message cannot be read; it is dropped");
                    *receipt = self.acknowledgements.give_up(vec![row.effect], "it cannot be read");
                    continue;
                }
            };
            if !self.attempt(chat, &row.effect, &message, row.attempts, receipt).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes one delivery attempt. Returns `false` when this message, and so every later one of the chat, has to wait.
    async fn attempt(
        &self,
        chat: &str,
        effect: &str,
        message: &Outgoing,
        attempts: i64,
        receipt: &mut AckPosition,
    ) -> ports::Result<bool> {
        let channel = Address::parse(chat).and_then(|to| Some((self.ports.channel(&to.channel)?, to)));
        let Some((channel, to)) = channel else {
            // The channel is not configured in this process. Another process, or a later start, delivers the message.
            return Ok(false);
        };
        match channel.deliver(&to, effect, message).await {
            Delivery::Done => *receipt = self.acknowledgements.give(vec![effect.to_owned()]),
            Delivery::Refused { why } => {
                tracing::error!(chat = short(chat), effect, why, "a message was refused; it is dropped");
                *receipt = self.acknowledgements.give_up(vec![effect.to_owned()], &kept(&why));
            }
            Delivery::Gone { why } => {
                tracing::info!(chat = short(chat), why, "the client cannot be reached any more");
                let waiting = self.ports.store.outbox(chat).await?;
                // A message that was just committed may be delivered before the store is asked for it.
                let mut lost: Vec<String> = waiting.into_iter().map(|row| row.effect).collect();
                if lost.iter().all(|known| known != effect) {
                    lost.push(effect.to_owned());
                }
                *receipt = self.acknowledgements.give_up(lost, &kept(&why));
            }
            Delivery::Later { why, .. } if attempts + 1 >= ATTEMPTS => {
                tracing::error!(
                    chat = short(chat),
                    effect,
                    why,
                    "a message is given up after {ATTEMPTS} attempts"
                );
                *receipt = self.acknowledgements.give_up(vec![effect.to_owned()], &kept(&why));
            }
            Delivery::Later { after, why } => {
                let pause = after.max(backoff(attempts, effect));
                tracing::warn!(
                    chat = short(chat),
                    effect,
                    why,
                    seconds = pause.as_secs(),
                    "a message is put off"
                );
                let due = self.ports.clock.now() + i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 2);
                self.ports.store.postpone(effect, due, &kept(&why)).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A reason as it is stored.
fn kept(why: &str) -> String {
    shorten(why, LONGEST_REASON)
}

/// Pause after a failed attempt: doubles from 1 s to 5 min, plus up to 0.5 s derived from the effect's id, so that
/// chats that failed together do not retry together.
fn backoff(attempts: i64, effect: &str) -> Duration {
    let doubled = 1000u64 << attempts.clamp(0, 9);
    let spread =
        effect.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))) % 500;
    Duration::from_millis(doubled.min(300_000) + spread)
}
