//! One turn: from a stored event to a commit.

use std::time::{Duration, Instant};

use tolmach_engine::{
    Input, Next, Session,
    effect::{Command, Effect, Outcome, Who},
    event::{Event, Kind},
    step,
    trace::Trace,
};

use crate::{
    names::short,
    ports::{self, Chat, Commit, CommitOutcome, InboxRow, MessageRow},
    record::Record,
    runtime::Runtime,
    shelf::Ready,
};

/// What a committed turn leaves to do.
pub(crate) struct Turned {
    pub(crate) effects: Vec<Effect>,
}

impl Runtime {
    /// Runs the turn of an event and commits it; `None` when another process was faster.
    pub(crate) async fn turn(&self, row: InboxRow, chat: Chat) -> ports::Result<Option<Turned>> {
        let started = Instant::now();
        let before = session(&row.chat, chat.session.as_deref());
        let ready = self.release_for(&before).await?;
        let event = self.complete(&row).await?;
        let (session, effects, trace) = self.walk(&ready, before.clone(), event.clone()).await;

        let at = self.parts.clock.now();
        let mut messages: Vec<MessageRow> = said(&event)
            .map(|body| MessageRow { seq: 0, who: Who::Client, body, at: event.at })
            .into_iter()
            .collect();
        for effect in &effects {
            if let Command::Send(message) = &effect.command {
                messages.push(MessageRow { seq: 0, who: Who::Bot, body: json(message)?, at });
            }
        }
        let path = trace.path().join(" → ");
        let record = Record { before, trace, effects: effects.clone() };
        let commit = Commit {
            chat: row.chat,
            inbox: row.seq,
            event,
            version: chat.version,
            session: json(&session)?,
            messages,
            effects: effects.clone(),
            trace: json(&record)?,
            release: ready.release.id.clone(),
        };
        let outcome = self.parts.store.commit(commit).await?;
        tracing::debug!(path, millis = started.elapsed().as_millis() as u64, ?outcome, "turn");
        Ok(match outcome {
            CommitOutcome::Stored => Some(Turned { effects }),
            CommitOutcome::Conflict => None,
        })
    }

    /// A chat that waits inside a node stays on its release; any other takes the current one.
    async fn release_for(&self, session: &Session) -> ports::Result<std::sync::Arc<Ready>> {
        if session.waits_at().is_some()
            && let Some(pinned) = self.shelf.get(&session.release).await?
        {
            return Ok(pinned);
        }
        self.shelf.current().ok_or_else(|| ports::Error::unavailable("turn", "no release is published"))
    }

    /// The event with what its button stands for.
    async fn complete(&self, row: &InboxRow) -> ports::Result<Event> {
        let mut event = row.event.clone();
        if let (Kind::Press { press, .. }, Some(button)) = (&mut event.kind, &row.button) {
            *press = self.parts.store.button(&row.chat, button).await?;
        }
        Ok(event)
    }

    async fn walk(&self, ready: &Ready, session: Session, event: Event) -> (Session, Vec<Effect>, Trace) {
        let release = &ready.release;
        // A commit must be able to follow, so waiting as a whole is bounded by the flow's own limit.
        let limit = session.frames.last().and_then(|frame| release.flow(&frame.flow));
        let limit =
            limit.or_else(|| release.flow(&release.entry)).map_or(15_000, |flow| flow.header.limits.turn.0);
        let deadline = Instant::now() + Duration::from_millis(u64::try_from(limit).unwrap_or(15_000));
        let mut stepped = step(release, session, Input::Event(event));
        loop {
            match stepped.next {
                Next::Done { effects, trace } => return (stepped.session, effects, trace),
                Next::Query(query) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    let outcome: Outcome = self.parts.world.run(&query, &ready.intents, left).await;
                    stepped = step(release, stepped.session, Input::Outcome(outcome));
                }
            }
        }
    }
}

fn session(chat: &str, stored: Option<&str>) -> Session {
    let Some(stored) = stored else { return Session::default() };
    serde_json::from_str(stored).unwrap_or_else(|why| {
        // A session of a future or damaged form must not silence the chat for ever.
        tracing::error!(chat = short(chat), %why, "a stored session cannot be read; the chat starts anew");
        Session::default()
    })
}

/// What the client is seen to have said.
fn said(event: &Event) -> Option<String> {
    match &event.kind {
        Kind::Message { text } => Some(text.clone()),
        Kind::Command { name, rest } => Some(format!("/{name} {rest}").trim_end().to_owned()),
        Kind::Press { label, .. } => Some(label.clone()),
        Kind::Contact { phone, name } => Some(format!("{name} {phone}").trim().to_owned()),
        Kind::Unsupported { what } => Some(format!("[{what}]")),
        Kind::Timer { .. } | Kind::Staff { .. } => None,
    }
}

fn json<T: serde::Serialize>(value: &T) -> ports::Result<String> {
    serde_json::to_string(value).map_err(|why| ports::Error::refused("write as JSON", why))
}
