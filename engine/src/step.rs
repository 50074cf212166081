//! The interpreter: one pure function that walks nodes until one waits.
//!
//! Same release, session and inputs give the same session and effects. It never fails: a fault inside a node takes
//! the flow's error path once, and a fault there ends the turn with an apology.

use crate::{
    effect::{Choice, Command, Effect, Outcome, Outgoing, Press, Query, Who},
    event::{Event, Kind},
    flow::{Flow, Target},
    kind::{Fault, Go, Input as NodeInput},
    language::Language,
    phrases::{self, Phrase},
    release::Release,
    session::{Frame, Interrupted, Session, Waiting},
    trace::{Trace, Visit},
    turn::{Turn, Walk},
};

/// The timer that an inactivity interrupt runs on.
pub const INACTIVITY: &str = "inactivity";

/// What moves a session forward.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something happened: a turn begins. A turn that waited for a query is given up.
    Event(Event),
    /// The query that the last step asked has come back.
    Outcome(Outcome),
}

/// Where a step led.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The session; to be handed back as it is.
    pub session: Session,
    /// What is next.
    pub next: Next,
}

/// What is to be done after a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Run the query and step again with its outcome.
    Query(Query),
    /// The turn is over: commit, then carry out the effects.
    Done {
        /// In order.
        effects: Vec<Effect>,
        /// What happened.
        trace: Trace,
    },
}

/// Moves a session forward by one input.
pub fn step(release: &Release, mut session: Session, input: Input) -> Step {
    match input {
        Input::Event(event) => {
            session.walk = None;
            let (walk, cursor) = begin(release, &mut session, event);
            run(release, session, walk, cursor)
        }
        Input::Outcome(outcome) => match session.walk.take() {
            Some(mut walk) => {
                walk.trace.outcomes.push(outcome.clone());
                let current = walk.current.clone();
                run(release, session, *walk, Cursor::Node(current, NodeInput::Outcome(outcome)))
            }
            // Nothing was asked: nothing happens.
            None => Step { session, next: Next::Done { effects: Vec::new(), trace: Trace::default() } },
        },
    }
}

/// Where the walk goes next.
enum Cursor {
    Node(Waiting, NodeInput),
    Follow(Target),
    /// The engine itself says a sentence and the dialog stays where it is.
    Say(Phrase),
    Stop,
}

fn begin(release: &Release, session: &mut Session, event: Event) -> (Walk, Cursor) {
    session.release.clone_from(&release.id);
    if event.client != Default::default() {
        session.client = event.client.clone();
    }
    learn_language(session, &event);
    for frame in &mut session.frames {
        if let Some(flow) = release.flow(&frame.flow) {
            frame.fit(flow);
        }
    }
    session.frames.retain(|frame| release.flow(&frame.flow).is_some());
    if session.frames.is_empty()
        && let Some(flow) = release.flow(&release.entry)
    {
        session.frames.push(Frame::new(flow));
    }
    let cursor = route(release, session, &event);
    let walk = Walk {
        event,
        current: Waiting::default(),
        visited: 0,
        model_calls: 0,
        detour: matches!(&cursor, Cursor::Node(_, NodeInput::More(_))),
        failed: false,
        buttons: 0,
        effects: Vec::new(),
        trace: Trace::default(),
    };
    (walk, cursor)
}

fn learn_language(session: &mut Session, event: &Event) {
    if let Kind::Message { text } = &event.kind
        && let Some(language) = Language::detect(text)
    {
        session.language = language;
        session.language_known = true;
    } else if !session.language_known
        && let Some(language) = event.client.language
    {
        session.language = language;
    }
}

/// Decides where an event enters, and moves what it interrupts aside.
fn route(release: &Release, session: &mut Session, event: &Event) -> Cursor {
    let Some(flow) = session.frames.last().and_then(|frame| release.flow(&frame.flow)) else {
        return Cursor::Say(phrases::APOLOGY);
    };
    let private = session
        .frames
        .last()
        .and_then(|frame| frame.waiting.as_ref())
        .is_some_and(|waiting| flow.nodes.get(&waiting.node).is_some_and(|entry| entry.node.private()));
    match &event.kind {
        Kind::Message { text } => {
            if !private {
                session.remember(Who::Client, text);
            }
            reply_or_start(flow, session)
        }
        Kind::Contact { .. } => reply_or_start(flow, session),
        Kind::Unsupported { .. } => Cursor::Say(phrases::UNSUPPORTED),
        Kind::Command { name, .. } => command(release, flow, session, name),
        Kind::Staff { .. } => Cursor::Stop,
        Kind::Timer { name } => {
            let inactivity = flow.header.on.inactivity.as_ref().filter(|_| name == INACTIVITY);
            inactivity.map_or(Cursor::Stop, |inactivity| {
                // The silent client is not asked again: their question stands as it stood.
                Cursor::Node(waiting(&inactivity.to), NodeInput::Enter)
            })
        }
        Kind::Press { label, press } => {
            session.remember(Who::Client, label);
            match press {
                Some(press) => pressed(flow, session, press),
                None => Cursor::Say(phrases::STALE_BUTTON),
            }
        }
    }
}

fn reply_or_start(flow: &Flow, session: &mut Session) -> Cursor {
    match session.frames.last_mut().and_then(|frame| frame.waiting.take()) {
        Some(waiting) => Cursor::Node(waiting, NodeInput::Reply),
        None => Cursor::Node(waiting(&flow.header.start), NodeInput::Enter),
    }
}

fn command(release: &Release, flow: &Flow, session: &mut Session, name: &str) -> Cursor {
    if name == "start" {
        // A client who starts anew expects a new dialog, whatever was going on.
        session.frames.clear();
        session.history.clear();
        session.results = None;
        let Some(flow) = release.flow(&release.entry) else { return Cursor::Say(phrases::APOLOGY) };
        session.frames.push(Frame::new(flow));
        let to = flow.header.on.command.get("start").unwrap_or(&flow.header.start);
        return Cursor::Node(waiting(to), NodeInput::Enter);
    }
    let on = &flow.header.on.command;
    match on.get(name).or_else(|| on.get("help")) {
        Some(to) => {
            interrupt(session, to);
            Cursor::Node(waiting(to), NodeInput::Enter)
        }
        None => reply_or_start(flow, session),
    }
}

/// Puts the waiting node aside, unless it is the one that is wanted.
fn interrupt(session: &mut Session, by: &str) {
    let Some(frame) = session.frames.last_mut() else { return };
    if let Some(waiting) = frame.waiting.take()
        && waiting.node != by
    {
        frame.interrupted.push(Interrupted { waiting, above: Vec::new() });
    }
}

fn pressed(flow: &Flow, session: &mut Session, press: &Press) -> Cursor {
    let known = press.flow == flow.id && flow.nodes.contains_key(&press.node);
    if !known {
        return Cursor::Say(phrases::STALE_BUTTON);
    }
    match &press.choice {
        Choice::Go { to } => match Target::parse(to) {
            Target::Node(node) if !flow.nodes.contains_key(&node) => Cursor::Say(phrases::STALE_BUTTON),
            target => {
                // A button is a choice of another way: what waited is given up.
                drop_waiting(session);
                Cursor::Follow(target)
            }
        },
        Choice::Answer { value } => {
            let current = session.frames.last_mut().and_then(|frame| frame.waiting.take());
            let current = current.filter(|current| current.node == press.node);
            let input = NodeInput::Press(value.clone());
            Cursor::Node(current.unwrap_or_else(|| waiting(&press.node)), input)
        }
        Choice::More { request } => Cursor::Node(waiting(&press.node), NodeInput::More((**request).clone())),
    }
}

fn drop_waiting(session: &mut Session) {
    if let Some(frame) = session.frames.last_mut() {
        frame.waiting = None;
        frame.interrupted.clear();
    }
}

fn waiting(node: &str) -> Waiting {
    Waiting { node: node.to_owned(), ..Waiting::default() }
}

fn run(release: &Release, mut session: Session, mut walk: Walk, mut cursor: Cursor) -> Step {
    loop {
        let flow = session.frames.last().and_then(|frame| release.flow(&frame.flow));
        let Some(flow) = flow else {
            say(&mut session, &mut walk, phrases::APOLOGY);
            return done(None, session, walk);
        };
        match cursor {
            Cursor::Say(phrase) => {
                say(&mut session, &mut walk, phrase);
                return done(Some(flow), session, walk);
            }
            Cursor::Stop => return done(Some(flow), session, walk),
            Cursor::Follow(target) => cursor = follow(flow, &mut session, &walk, target),
            Cursor::Node(at, input) => {
                let mut turn = Turn { release, flow, session: &mut session, walk: &mut walk };
                match visit(&mut turn, at, input) {
                    Ok(Go::Ask(query)) => {
                        session.walk = Some(Box::new(walk));
                        return Step { session, next: Next::Query(query) };
                    }
                    Ok(Go::Wait) => {
                        if let Some(frame) = session.frames.last_mut()
                            && !walk.detour
                        {
                            frame.waiting = Some(std::mem::take(&mut walk.current));
                        }
                        cursor = Cursor::Stop;
                    }
                    Ok(Go::To(target)) => cursor = Cursor::Follow(target),
                    Ok(Go::Exit(exit)) => {
                        let target = flow.nodes.get(&walk.current.node).map(|entry| entry.target(&exit));
                        cursor = Cursor::Follow(target.unwrap_or(Target::Wait));
                    }
                    Err(fault) => cursor = fail(flow, &mut session, &mut walk, fault),
                }
            }
        }
    }
}

/// Runs one node and records it.
fn visit(turn: &mut Turn<'_>, at: Waiting, input: NodeInput) -> Result<Go, Fault> {
    let flow = turn.flow;
    let resumed = matches!(input, NodeInput::Outcome(_));
    turn.walk.current = at;
    let name = turn.walk.current.node.clone();
    let entry = flow.nodes.get(&name).ok_or_else(|| Fault(format!("there is no node `{name}`")))?;
    if !resumed {
        turn.walk.visited += 1;
        let kind = entry.kind.name.to_owned();
        let visit = Visit { flow: flow.id.clone(), node: name, kind, ..Visit::default() };
        turn.walk.trace.visits.push(visit);
        let limit = flow.header.limits.nodes_per_turn;
        if turn.walk.visited > limit {
            return Err(Fault(format!("more than {limit} nodes in one turn (limits.nodes_per_turn)")));
        }
    }
    let go = entry.node.run(turn, input)?;
    if let Go::Ask(query) = &go {
        turn.query_allowed(query)?;
    }
    if let Some(visit) = turn.walk.trace.visits.last_mut() {
        visit.exit = match &go {
            Go::Exit(exit) => Some(exit.clone()),
            Go::To(target) => Some(format!("to {target}")),
            Go::Wait => Some("wait".to_owned()),
            Go::Ask(_) => None,
        };
    }
    Ok(go)
}

fn follow(flow: &Flow, session: &mut Session, walk: &Walk, target: Target) -> Cursor {
    if walk.detour {
        return Cursor::Stop;
    }
    match target {
        Target::Node(node) => Cursor::Node(waiting(&node), NodeInput::Enter),
        Target::End => {
            session.frames.clear();
            session.history.clear();
            session.results = None;
            session.frames.push(Frame::new(flow));
            Cursor::Stop
        }
        // Nothing calls a flow yet, so `return` leaves the outermost one, which is to wait.
        Target::Wait | Target::Return => {
            match session.frames.last_mut().and_then(|frame| frame.interrupted.pop()) {
                Some(interrupted) => Cursor::Node(interrupted.waiting, NodeInput::Again),
                None => Cursor::Stop,
            }
        }
    }
}

fn fail(flow: &Flow, session: &mut Session, walk: &mut Walk, fault: Fault) -> Cursor {
    if let Some(visit) = walk.trace.visits.last_mut() {
        visit.fault = Some(fault.0);
    }
    if walk.detour {
        return Cursor::Say(phrases::LATER);
    }
    drop_waiting(session);
    match &flow.header.on.error {
        Some(to) if !walk.failed => {
            walk.failed = true;
            // The error path gets a budget of its own; it cannot be entered twice.
            walk.visited = 0;
            Cursor::Node(waiting(to), NodeInput::Enter)
        }
        _ => Cursor::Say(phrases::APOLOGY),
    }
}

fn say(session: &mut Session, walk: &mut Walk, phrase: Phrase) {
    let message = Outgoing {
        text: phrase.get(session.language).to_owned(),
        language: session.language,
        ..Outgoing::default()
    };
    session.remember(Who::Bot, &message.text);
    push(walk, Command::Send(message));
}

fn push(walk: &mut Walk, command: Command) {
    let id = format!("{}.{}", walk.event.id.simple(), walk.effects.len());
    walk.effects.push(Effect { id, command });
}

fn done(flow: Option<&Flow>, session: Session, mut walk: Walk) -> Step {
    let by_client = !matches!(walk.event.kind, Kind::Timer { .. });
    if let Some(inactivity) = flow.and_then(|flow| flow.header.on.inactivity.as_ref())
        && by_client
    {
        let due = walk.event.at + inactivity.after.0;
        push(&mut walk, Command::StartTimer { name: INACTIVITY.to_owned(), due });
    }
    Step { session, next: Next::Done { effects: walk.effects, trace: walk.trace } }
}
