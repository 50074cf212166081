//! One turn: from a stored event to a commit.

use std::time::{Duration, Instant};

use tolmach_engine::{
    Session, Step,
    effect::{Author, Command, Effect, QueryOutcome},
    event::{Event, EventKind},
    resume, start,
    trace::Trace,
};

use crate::{
    coalescing,
    names::short,
    ports::{self, Chat, ChatKey, Commit, CommitOutcome, InboxRow, MessageRow},
    record::Record,
    release_registry::LoadedRelease,
    runtime::Runtime,
    staff,
};

/// What a committed turn leaves to do.
pub(crate) struct CommittedTurn {
    pub(crate) effects: Vec<Effect>,
    /// The addresses of the staff that have something new.
    pub(crate) notified: Vec<ChatKey>,
}

impl Runtime {
    /// Runs the turn of the event that these rows are, and commits it; `None` when another process was faster.
    pub(crate) async fn turn(&self, rows: Vec<InboxRow>, chat: Chat) -> ports::Result<Option<CommittedTurn>> {
        let (Some(first), Some(event)) = (rows.first(), coalescing::merged(&rows)) else { return Ok(None) };
        let started = Instant::now();
        let mut before = session(&first.chat, chat.session.as_deref());
        let ready = self.release_for(&mut before).await?;
        let event = self.complete(first, event).await?;
        let (session, effects, trace) = self.turn_state(&ready, before.clone(), event.clone()).await;

        let at = self.parts.clock.now();
        // Each message stays one in the history, however many the turn answers.
        let mut messages: Vec<MessageRow> = rows
            .iter()
            .filter_map(|row| Some((said(&row.event)?, row.event.at)))
            .map(|(body, at)| MessageRow { seq: 0, who: Author::Client, body, at })
            .collect();
        for effect in &effects {
            if let Command::Send(message) = &effect.command {
                messages.push(MessageRow { seq: 0, who: Author::Bot, body: json(message)?, at });
            }
        }
        let path = trace.path().join(" → ");
        let notices = staff::notices(&self.parts.staff, &first.chat, &effects);
        let notified = notices.iter().map(|notice| notice.chat.clone()).collect();
        let record = Record { before, trace, effects: effects.clone() };
        let commit = Commit {
            chat: first.chat.clone(),
            inbox: rows.iter().map(|row| row.seq).collect(),
            event,
            version: chat.version,
            session: json(&session)?,
            waits: session.waits_at().map(|(flow, node)| (flow.to_owned(), node.to_owned())),
            handed: session.handed,
            messages,
            effects: effects.clone(),
            notices,
            trace: json(&record)?,
            release: ready.release.id.clone(),
        };
        let outcome = self.parts.store.commit(commit).await?;
        let millis = started.elapsed().as_millis() as u64;
        tracing::debug!(path, millis, merged = rows.len(), ?outcome, "turn");
        Ok(match outcome {
            CommitOutcome::Stored => Some(CommittedTurn { effects, notified }),
            CommitOutcome::Conflict => None,
        })
    }

    /// A chat that waits inside a node stays on its release, unless the publication moves it; any other takes the
    /// current one.
    async fn release_for(&self, session: &mut Session) -> ports::Result<std::sync::Arc<LoadedRelease>> {
        let none = || ports::Error::unavailable("turn", "no release is published");
        let current = self.releases.current().ok_or_else(none)?;
        if session.waits_at().is_some()
            && session.release != current.ready.release.id
            && !current.moves.apply(session)
            && let Some(pinned) = self.releases.get(&session.release).await?
        {
            return Ok(pinned);
        }
        Ok(std::sync::Arc::clone(&current.ready))
    }

    /// The event with what its button stands for.
    async fn complete(&self, row: &InboxRow, mut event: Event) -> ports::Result<Event> {
        if let (EventKind::Press { press, .. }, Some(button)) = (&mut event.kind, &row.button) {
            *press = self.parts.store.button(&row.chat, button).await?;
        }
        Ok(event)
    }

    async fn turn_state(
        &self,
        ready: &LoadedRelease,
        session: Session,
        event: Event,
    ) -> (Session, Vec<Effect>, Trace) {
        let release = &ready.release;
        // A commit must be able to follow, so waiting is bounded as a whole and for each call of a model.
        let limits = release.limits(&session);
        let millis = |limit: tolmach_engine::duration::Duration| {
            Duration::from_millis(u64::try_from(limit.0).unwrap_or_default())
        };
        let deadline = Instant::now() + millis(limits.turn);
        let mut step = start(release, session, event);
        loop {
            match step {
                Step::Done { session, effects, trace } => return (session, effects, trace),
                Step::Query { query, suspended } => {
                    let mut left = deadline.saturating_duration_since(Instant::now());
                    if query.calls_model() {
                        left = left.min(millis(limits.llm_call));
                    }
                    let outcome: QueryOutcome = self.parts.world.run(&query, &ready.intents, left).await;
                    step = resume(release, suspended, outcome);
                }
            }
        }
    }
}

fn session(chat: &str, stored: Option<&str>) -> Session {
    let read = stored.map_or(Ok(Session::default()), serde_json::from_str);
    let mut session = read.unwrap_or_else(|why| {
        // A session of a future or damaged form must not silence the chat for ever.
        tracing::error!(chat = short(chat), %why, "a stored session cannot be read; the chat starts anew");
        Session::default()
    });
    if session.chat.is_empty() {
        chat.clone_into(&mut session.chat);
    }
    session
}

/// What the client is seen to have said.
fn said(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Message { text } => Some(text.clone()),
        EventKind::Command { name, rest } => Some(format!("/{name} {rest}").trim_end().to_owned()),
        EventKind::Press { label, .. } => Some(label.clone()),
        EventKind::Contact { phone, name } => Some(format!("{name} {phone}").trim().to_owned()),
        EventKind::Unsupported { what } => Some(format!("[{what}]")),
        EventKind::Timer { .. } | EventKind::Staff { .. } => None,
    }
}

fn json<T: serde::Serialize>(value: &T) -> ports::Result<String> {
    serde_json::to_string(value).map_err(|why| ports::Error::refused("write as JSON", why))
}
