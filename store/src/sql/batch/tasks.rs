//! Operations on timers and tasks, and single-row operations.

use tolmach_engine::event::{Client, Event, EventKind};
use tolmach_runtime::ports::{ChatKey, Task};
use uuid::Uuid;

use super::{Array, Group, encode};
use crate::sql::{
    DbConnection, Value,
    answer::Answer,
    operation::{Operation, Pushed, pushed},
};

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn postpone(&mut self, rows: Array) -> sqlx::Result<()> {
        let postpone: Vec<(ChatKey, i64)> = self.fetch(self.statements.postpone, rows).await?;
        for (chat, due) in postpone {
            self.tasks.push(task(&Task::Deliver { chat }, due)?);
        }
        Ok(())
    }

    pub(super) fn push_timers(&mut self, timers: Vec<(String, String, i64)>) -> sqlx::Result<()> {
        for (chat, name, due) in timers {
            self.tasks.push(task(&Task::Timer { chat, name }, due)?);
        }
        Ok(())
    }

    /// Runs an operation that is rare, or whose result must be read before the next one runs. These are not batched.
    pub(super) async fn other(&mut self, operation: &Operation) -> sqlx::Result<Answer> {
        let text = |text: &str| Value::Text(text.to_owned());
        let statements = self.statements;
        match operation {
            Operation::FireTimer { chat, name, now } => {
                self.fire_one(chat, name, *now).await.map(Answer::Found)
            }
            Operation::DeliverAgain { chat, message, now } => {
                let values = vec![text(chat), Value::Integer(*message), Value::Integer(*now)];
                let again: Vec<(ChatKey, i64)> = self.session.fetch(statements.deliver_again, values).await?;
                let found = !again.is_empty();
                for (chat, due) in again {
                    self.tasks.push(task(&Task::Deliver { chat: chat.clone() }, due)?);
                    self.changed.insert(chat);
                }
                Ok(Answer::Found(found))
            }
            Operation::BeginTask { id, task, now } => {
                let values = vec![text(id), text(task), Value::Integer(*now)];
                let starts: Vec<(i64,)> = self.session.fetch(statements.begin_task, values).await?;
                Ok(Answer::Count(starts.first().map_or(0, |(starts,)| *starts)))
            }
            Operation::Quarantine { id, why, now } => {
                let values = vec![text(id), text(why), Value::Integer(*now)];
                self.session.run(statements.quarantine, values).await?;
                let rows = vec![Value::Text(encode(&[[id]])?)];
                self.session.run(statements.end_task, rows).await?;
                Ok(Answer::Done)
            }
            Operation::RetryTask { id, now } => {
                let found: Vec<(String,)> = self.session.fetch(statements.retry_task, vec![text(id)]).await?;
                let at = u64::try_from(*now).unwrap_or_default().div_ceil(1000);
                let pushed = found.into_iter().map(|(task,)| Pushed { task, at });
                let before = self.tasks.len();
                self.tasks.extend(pushed);
                Ok(Answer::Found(self.tasks.len() > before))
            }
            Operation::PushOnce { key, at, pushed } => {
                let values = vec![text(key), Value::Integer(*at)];
                let new: Vec<(String,)> = self.session.fetch(statements.push_once, values).await?;
                self.tasks.extend(new.first().map(|_| pushed.clone()));
                Ok(Answer::Found(!new.is_empty()))
            }
            Operation::Account(write) => self.write_account(write).await,
            Operation::Draft(write) => self.write_draft(write).await,
            Operation::KeepImage(image, at) => self.keep_image(image, *at).await,
            Operation::AddNote(rows) => self.add_note(rows).await,
            Operation::ChangeLead(changing) => self.change_lead(changing).await.map(Answer::Lead),
            Operation::Change(changing) => self.change(changing).await.map(Answer::Written),
            Operation::EraseHistory { chat, limit } => self.erase_history(chat, *limit).await,
            Operation::EraseClient(erasing) => self.erase_client(erasing).await,
            Operation::Retain(keep, limit) => self.retain(keep, *limit).await.map(Answer::Removed),
            _ => Ok(Answer::Done),
        }
    }

    async fn fire_one(&mut self, chat: &str, name: &str, now: i64) -> sqlx::Result<bool> {
        let one = || vec![Value::Text(chat.to_owned()), Value::Text(name.to_owned())];
        let by_now = || one().into_iter().chain([Value::Integer(now)]).collect::<Vec<_>>();
        let due = self.session.fetch(self.statements.due_timer, by_now()).await?;
        let fired = !self.enter(due, now).await?.is_empty();
        self.session.run(self.statements.spent_timer_task, by_now()).await?;
        let later = self.session.fetch(self.statements.next_timer_task, one()).await?;
        self.push_timers(later)?;
        Ok(fired)
    }

    pub(super) async fn fire(&mut self, now: i64, channels: &str) -> sqlx::Result<Vec<ChatKey>> {
        let values = vec![Value::Text(channels.to_owned()), Value::Integer(now)];
        let timers = self.session.fetch(self.statements.due_timers, values).await?;
        self.enter(timers, now).await
    }

    /// Turns due timers, which were deleted from their table, into inbox events. Returns their chats.
    async fn enter(
        &mut self,
        mut timers: Vec<(i64, String, String, String)>,
        now: i64,
    ) -> sqlx::Result<Vec<ChatKey>> {
        timers.sort_unstable();
        let mut rows = Array::default();
        for (due, chat, name, channel) in timers {
            let key = format!("timer:{chat}:{name}:{due}");
            // The id is derived from the key, so that a timer that fires again after a crash causes the same effects.
            let hash = blake3::hash(format!("{channel}\0{key}").as_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(hash.as_bytes().split_at(16).0);
            let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
            let event = event(id, now, &name)?;
            rows.push(&encode(&(channel, key, chat, event, name))?);
        }
        let fired: Vec<(String,)> = self.fetch(self.statements.fire_timers, rows.clone()).await?;
        if let Some(rows) = rows.finish() {
            let values = vec![Value::Text(rows), Value::Integer(now)];
            self.session.run(self.statements.spent_timer_tasks, values).await?;
        }
        let mut chats: Vec<ChatKey> = fired.into_iter().map(|(chat,)| chat).collect();
        chats.sort_unstable();
        chats.dedup();
        self.changed.extend(chats.iter().cloned());
        Ok(chats)
    }
}

fn event(id: Uuid, at: i64, timer: &str) -> sqlx::Result<String> {
    encode(&Event {
        id,
        at,
        client: Client::default(),
        origin: None,
        sent: Vec::new(),
        reading: None,
        kind: EventKind::Timer { name: timer.to_owned() },
    })
}

fn task(task: &Task, at: i64) -> sqlx::Result<Pushed> {
    pushed(task, at).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}
