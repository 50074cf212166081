//! One turn: from stored events to a commit.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use tolmach_engine::{
    Abandoned, Session, Step, SuspendedTurn, abandon, changes_nothing,
    effect::{Author, Command, Effect, Outgoing, Press, Query, QueryOutcome},
    event::{Client, Event, EventKind},
    resume, start,
    trace::Trace,
};
use uuid::Uuid;

use crate::{
    coalescing, cpu, figures,
    names::short,
    ports::{self, Chat, ChatKey, ChatOverview, Commit, CommitOutcome, InboxRow, MessageRow},
    queries::QueryContext,
    record::Record,
    release_registry::LoadedRelease,
    runtime::Runtime,
    staff,
    turn_starts::Starts,
};

/// What a step of the engine may take at least, so that a turn whose time was used up by queries still takes its error
/// path.
const LEAST_STEP: Duration = Duration::from_secs(1);

/// A committed turn: what remains to be delivered.
pub(crate) struct CommittedTurn {
    pub(crate) effects: Vec<Effect>,
    /// The staff addresses that have new messages.
    pub(crate) notified: Vec<ChatKey>,
}

impl Runtime {
    /// Runs one turn for the event that `rows` are merged into, and commits it; `None` when another process committed
    /// first. `begun` says that the turn may have been begun before.
    ///
    /// A turn that cannot end (it takes too long, panics, or ended the process three times) is abandoned: the client and
    /// the staff are told, and the event is consumed.
    pub(crate) async fn turn(
        &self,
        rows: Vec<InboxRow>,
        chat: Chat,
        begun: bool,
    ) -> ports::Result<Option<CommittedTurn>> {
        let (Some(first), Some(event)) = (rows.first(), coalescing::merged(&rows)) else { return Ok(None) };
        let started = Instant::now();
        let mut before = session(&first.chat, chat.session.as_deref());
        let ready = self.release_for(&mut before).await?;
        let event =
            ready.intents.read(self.complete(first, event).await?, &self.ports.queries.catalog).await?;
        self.report_missing_entry(&ready, &event);
        let mut starts = Starts::of(self, &first.chat, event.id);
        let ended = if begun && starts.count().await? {
            Err(Abandoned::Quarantined)
        } else {
            starts.count_if_slow(self.run_turn(&ready, before.clone(), event.clone())).await
        };
        let (session, effects, trace, millis) = ended.unwrap_or_else(|why| {
            tracing::error!(chat = short(&first.chat), why = why.reason(), "a turn was abandoned");
            let (session, effects, trace) = abandon(before.clone(), event.clone(), why);
            (session, effects, trace, Vec::new())
        });

        let at = self.ports.clock.now();
        // Merged messages stay separate in the transcript.
        let ignored = changes_nothing(&before, &event);
        let mut messages: Vec<MessageRow> = rows
            .iter()
            .filter(|_| !ignored)
            .filter_map(|row| Some((said(&row.event)?, row.event.at)))
            .map(|(body, at)| MessageRow { seq: 0, who: Author::Client, body, at })
            .collect();
        let turn = staff::Turn {
            chat: &first.chat,
            event: &event,
            before: &before,
            after: &session,
            effects: &effects,
            said: messages.iter().map(|message| message.body.clone()).collect(),
            state: chat.staff.as_deref(),
            now: at,
        };
        let told = staff::told(&self.ports.staff.get(), &self.ports.notices.get(), turn)?;
        for effect in &effects {
            if let Command::Send(message) = &effect.command {
                messages.push(MessageRow { seq: 0, who: author(message), body: json(message)?, at });
            }
        }
        let path = trace.path().join(" → ");
        let figures = figures::of(&figures::Turned {
            events: &rows.iter().filter(|_| !ignored).map(|row| &row.event).collect::<Vec<_>>(),
            before: &before,
            after: &session,
            effects: &effects,
            messages: &messages,
            trace: &trace,
            at: event.at,
            zone: &ready.release.resources.time_zone,
        });
        let notified = told.rows.iter().map(|notice| notice.chat.clone()).collect();
        // Not in the record: a replay has the effects of the flow alone.
        let timer =
            told.timer.map(|command| Effect { id: format!("{}.{}", event.id, staff::TIMER), command });
        let record = Record { before, trace, effects: effects.clone(), millis };
        let commit = Commit {
            chat: first.chat.clone(),
            inbox: rows
                .iter()
                .flat_map(|row| std::iter::once(row.seq).chain(row.edits.iter().copied()))
                .collect(),
            event,
            version: chat.version,
            session: json(&session)?,
            waits: session.waits_at().map(|(flow, node)| (flow.to_owned(), node.to_owned())),
            taken_over_at: session.taken_over_at,
            overview: overview(&session, &messages),
            figures,
            spoke: !ignored && rows.iter().any(|row| speaks(&row.event)) || effects.iter().any(is_lead),
            messages,
            effects: effects.iter().cloned().chain(timer).collect(),
            notices: told.rows,
            staff: told.state,
            trace: json(&record)?,
            release: ready.release.id.clone(),
        };
        let outcome = self.ports.store.commit(commit).await?;
        starts.forget().await;
        let millis = started.elapsed().as_millis() as u64;
        tracing::debug!(path, millis, merged = rows.len(), ?outcome, "turn");
        Ok(match outcome {
            CommitOutcome::Stored => Some(CommittedTurn { effects, notified }),
            CommitOutcome::Conflict => None,
        })
    }

    /// A chat that waits inside a node stays on its release, unless the publication migrates it. Any other chat gets
    /// the current release.
    async fn release_for(&self, session: &mut Session) -> ports::Result<Arc<LoadedRelease>> {
        let none = || ports::Error::unavailable("turn", "no release is published");
        let current = self.releases.current().ok_or_else(none)?;
        if session.waits_at().is_some()
            && session.release != current.ready.release.id
            && !current.moves.apply(session)
            && let Some(pinned) = self.releases.get(&session.release).await?
        {
            return Ok(pinned);
        }
        Ok(Arc::clone(&current.ready))
    }

    /// Logs once that a release lacks the flow in which a client's dialogs are to begin. They begin in its own entry.
    pub(crate) fn report_missing_entry(&self, ready: &LoadedRelease, event: &Event) {
        let release = &ready.release;
        let Some(entry) = event.client.entry.as_ref().filter(|entry| release.flow(entry).is_none()) else {
            return;
        };
        let mut known = self.missing_entries.lock().unwrap_or_else(PoisonError::into_inner);
        if known.insert((release.id.clone(), entry.clone())) {
            tracing::warn!(
                release = release.id,
                flow = entry,
                "the release has no such flow for chats of a site to begin in; they begin in its entry flow"
            );
        }
    }

    /// Adds the action of the pressed button to the event.
    async fn complete(&self, row: &InboxRow, mut event: Event) -> ports::Result<Event> {
        if let (EventKind::Press { press, .. }, Some(button)) = (&mut event.kind, &row.button) {
            let found = self.ports.store.button(&row.chat, button).await?;
            *press = found.map(|press| Press { id: button.clone(), ..press });
        }
        Ok(event)
    }

    async fn run_turn(
        &self,
        ready: &Arc<LoadedRelease>,
        session: Session,
        event: Event,
    ) -> Result<(Session, Vec<Effect>, Trace, Vec<u64>), Abandoned> {
        let release = &ready.release;
        // The turn has to reach its commit, so the waiting time is bounded in total and for each model call.
        let limits = release.limits(&session);
        let millis = |limit: tolmach_engine::duration::Duration| {
            Duration::from_millis(u64::try_from(limit.0).unwrap_or_default())
        };
        let deadline = Instant::now() + millis(limits.turn);
        let (chat, turn) = (session.chat.clone(), event.id);
        let of = Arc::clone(ready);
        let mut step = compute(deadline, move || start(&of.release, session, event)).await?;
        let mut took = Vec::new();
        loop {
            match step {
                Step::Done { session, effects, trace } => return Ok((session, effects, trace, took)),
                Step::Query { query, suspended } => {
                    let mut left = deadline.saturating_duration_since(Instant::now());
                    if query.calls_model() {
                        left = left.min(millis(limits.llm_call));
                    }
                    let asked = Instant::now();
                    let outcome = self.ask(ready, (&chat, turn), &query, &suspended, left).await;
                    took.push(u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX));
                    let of = Arc::clone(ready);
                    step = compute(deadline, move || resume(&of.release, suspended, outcome)).await?;
                }
            }
        }
    }

    /// Runs a query of a suspended turn for at most `left`. `turn` is the chat and the id of the turn's event.
    pub(crate) async fn ask(
        &self,
        ready: &LoadedRelease,
        (chat, turn): (&str, Uuid),
        query: &Query,
        suspended: &SuspendedTurn,
        left: Duration,
    ) -> QueryOutcome {
        let (release, at) = (ready.release.id.as_str(), suspended.at());
        let context = QueryContext { chat, turn, release, at, intents: &ready.intents };
        self.ports.queries.run(query, &context, left).await
    }
}

/// Runs a step of the engine, until the turn's deadline or for [`LEAST_STEP`].
pub(crate) async fn compute(
    deadline: Instant,
    step: impl FnOnce() -> Step + Send + 'static,
) -> Result<Step, Abandoned> {
    let left = deadline.saturating_duration_since(Instant::now()).max(LEAST_STEP);
    cpu::run_within(left, step).await.map_err(|why| match why {
        cpu::Stopped::Panicked => Abandoned::Panicked,
        cpu::Stopped::TooLong => Abandoned::TooLong,
    })
}

fn session(chat: &str, stored: Option<&str>) -> Session {
    let read = stored.map_or(Ok(Session::default()), serde_json::from_str);
    let mut session = read.unwrap_or_else(|why| {
        // A session that is damaged or in a newer format must not silence the chat forever.
        tracing::error!(chat = short(chat), %why, "a stored session cannot be read; the chat starts anew");
        Session::default()
    });
    if session.chat.is_empty() {
        chat.clone_into(&mut session.chat);
    }
    session
}

/// What lists show of the chat after a turn with these messages.
fn overview(session: &Session, messages: &[MessageRow]) -> ChatOverview {
    let Client { first_name, last_name, username, .. } = &session.client;
    let name = format!("{first_name} {last_name}");
    ChatOverview {
        said: messages.last().map(|message| message.who),
        awaited_since: session.awaited_since,
        holder: session.taken_over_by.clone(),
        language: session.language.code().to_owned(),
        client: if name.trim().is_empty() { username.clone() } else { name.trim().to_owned() },
    }
}

/// Begins a corrected message in the transcript and in what staff are told.
pub(crate) const EDITED: &str = "✎ ";

/// The event as the client's message in the transcript; `None` for timers and staff actions.
fn said(event: &Event) -> Option<String> {
    match &event.kind {
        // The message that it corrects stays: the transcript shows what was written when.
        EventKind::Message { text } if event.edits().is_some() => Some(format!("{EDITED}{text}")),
        EventKind::Message { text } => Some(text.clone()),
        EventKind::Command { name, rest } => Some(format!("/{name} {rest}").trim_end().to_owned()),
        EventKind::Press { label, .. } => Some(label.clone()),
        EventKind::Contact { phone, name } => Some(format!("{name} {phone}").trim().to_owned()),
        EventKind::Unsupported { what } => Some(format!("[{what}]")),
        EventKind::Timer { .. } | EventKind::Staff { .. } => None,
    }
}

/// Whether a person said something. `/start` alone is how a chat is opened.
fn speaks(event: &Event) -> bool {
    match &event.kind {
        EventKind::Command { name, .. } => name != "start",
        EventKind::Timer { .. } => false,
        EventKind::Message { .. }
        | EventKind::Press { .. }
        | EventKind::Contact { .. }
        | EventKind::Unsupported { .. }
        | EventKind::Staff { .. } => true,
    }
}

fn is_lead(effect: &Effect) -> bool {
    matches!(effect.command, Command::Lead(_))
}

/// Who says a message to the client.
fn author(message: &Outgoing) -> Author {
    if message.staff.is_some() { Author::Staff } else { Author::Bot }
}

fn json<T: serde::Serialize>(value: &T) -> ports::Result<String> {
    serde_json::to_string(value).map_err(|why| ports::Error::refused("write as JSON", why))
}
