//! Delivers what turns committed: in order within a chat, again after a failure or a restart.

use std::time::Duration;

use tolmach_engine::effect::{Command, Effect, Outgoing};

use crate::{
    names::short,
    ports::{self, Address, Delivery},
    runtime::Runtime,
};

/// A message that failed so often is given up.
const ATTEMPTS: i64 = 20;

impl Runtime {
    /// Delivers the messages of a turn just committed. Returns whether something stays behind.
    pub(crate) async fn deliver_now(&self, chat: &str, effects: &[Effect]) -> ports::Result<bool> {
        let mut delivered = Vec::new();
        let mut behind = false;
        for effect in effects {
            let Command::Send(message) = &effect.command else { continue };
            if !self.attempt(chat, &effect.id, message, 0, &mut delivered).await? {
                behind = true;
                break;
            }
        }
        if !delivered.is_empty() {
            self.parts.store.delivered(delivered).await?;
        }
        Ok(behind)
    }

    /// Delivers what is left in the store for a chat. Returns whether something still stays behind.
    pub(crate) async fn deliver_stored(&self, chat: &str) -> ports::Result<bool> {
        let mut delivered = Vec::new();
        let mut behind = false;
        for row in self.parts.store.outbox(chat).await? {
            let now = self.parts.clock.now();
            if row.due > now {
                self.wake_later(chat, Duration::from_millis(u64::try_from(row.due - now).unwrap_or(0)));
                behind = true;
                break;
            }
            let message: Outgoing = match serde_json::from_str(&row.payload) {
                Ok(message) => message,
                Err(why) => {
                    tracing::error!(effect = row.effect, %why, "a stored message cannot be read; it is dropped");
                    delivered.push(row.effect);
                    continue;
                }
            };
            if !self.attempt(chat, &row.effect, &message, row.attempts, &mut delivered).await? {
                behind = true;
                break;
            }
        }
        if !delivered.is_empty() {
            self.parts.store.delivered(delivered).await?;
        }
        Ok(behind)
    }

    /// One attempt. `false` when this message, and so every later one of the chat, must wait.
    async fn attempt(
        &self,
        chat: &str,
        effect: &str,
        message: &Outgoing,
        attempts: i64,
        delivered: &mut Vec<String>,
    ) -> ports::Result<bool> {
        let channel = Address::parse(chat).and_then(|to| Some((self.parts.channel(&to.channel)?, to)));
        let Some((channel, to)) = channel else {
            // The channel is not configured in this process; another one, or a later start, delivers it.
            return Ok(false);
        };
        match channel.deliver(&to, effect, message).await {
            Delivery::Done => delivered.push(effect.to_owned()),
            Delivery::Refused { why } => {
                tracing::error!(chat = short(chat), effect, why, "a message was refused; it is dropped");
                delivered.push(effect.to_owned());
            }
            Delivery::Gone { why } => {
                tracing::info!(chat = short(chat), why, "the client cannot be reached any more");
                let waiting = self.parts.store.outbox(chat).await?;
                delivered.extend(waiting.into_iter().map(|row| row.effect));
                delivered.push(effect.to_owned());
            }
            Delivery::Later { why, .. } if attempts + 1 >= ATTEMPTS => {
                tracing::error!(
                    chat = short(chat),
                    effect,
                    why,
                    "a message is given up after {ATTEMPTS} attempts"
                );
                delivered.push(effect.to_owned());
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
                let due = self.parts.clock.now() + i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 2);
                self.parts.store.put_off(effect, due).await?;
                self.wake_later(chat, pause);
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Doubles from one second to five minutes; the effect's id spreads chats that failed together.
fn backoff(attempts: i64, effect: &str) -> Duration {
    let doubled = 1000u64 << attempts.clamp(0, 9);
    let spread =
        effect.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))) % 500;
    Duration::from_millis(doubled.min(300_000) + spread)
}
