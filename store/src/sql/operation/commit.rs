//! A turn as the writer stores it.

use std::collections::{BTreeMap, BTreeSet};

use tolmach_engine::effect::{Author, Command};
use tolmach_runtime::{
    leads::LeadUpdate,
    ports::{ChatOverview, Commit, Result, Task, presses},
    texts,
};

use super::{Operation, Pushed, Rows, Turn, json, plain, without_nul};

/// `words`: whether the database is told the words of the messages; otherwise it finds them itself.
pub(in crate::sql) fn commit(commit: Commit, words: bool) -> Result<Operation> {
    let Commit {
        chat,
        inbox,
        event,
        version,
        session,
        waits,
        taken_over_at,
        overview,
        figures,
        spoke,
        messages,
        effects,
        notices,
        staff,
        trace,
        release,
    } = commit;
    let at = event.at;
    plain("session", &session)?;
    plain("trace", &trace)?;
    let (flow, node) = waits.unzip();
    let pinned = node.as_ref().map(|_| &release);
    let ChatOverview { said, awaited_since, holder, language, client } = overview;
    let mut turn = Turn {
        check: json(&(&chat, version, &inbox))?,
        session: json(&(
            &chat,
            session,
            version.saturating_add(1),
            at,
            pinned,
            flow,
            node,
            taken_over_at,
            i32::from(spoke),
            staff.map(without_nul),
            (
                said.map(who),
                awaited_since,
                holder.map(without_nul),
                without_nul(language),
                without_nul(client),
            ),
        ))?,
        consumed: Rows::default(),
        events: inbox.len() as u64,
        messages: Rows::default(),
        turn: json(&(&chat, json(&event)?, &release, trace, at, figures.intent.map(without_nul)))?,
        buttons: Rows::default(),
        outbox: Rows::default(),
        notices: Vec::new(),
        stopped: Rows::default(),
        started: Rows::default(),
        leads: Vec::new(),
        analytics: Rows::default(),
        figures: Rows::default(),
        chat,
    };
    let facts = figures.facts.iter().fold(0, |bits, fact| bits | fact.bit());
    if facts != 0 {
        turn.figures.push(&(figures.day, &turn.chat, at, facts, figures.reply))?;
    }
    for seq in inbox {
        turn.consumed.push(&(seq, at))?;
    }
    let mut sent = effects.iter().filter(|effect| matches!(effect.command, Command::Send(_)));
    for message in messages {
        let effect = match message.who {
            Author::Client => None,
            Author::Bot | Author::Staff => sent.next().map(|effect| effect.id.as_str()),
        };
        let (by, body) = (who(message.who), without_nul(message.body));
        if words {
            let words: BTreeSet<String> = texts::words(&texts::shown(message.who, &body)).collect();
            turn.messages.push(&(&turn.chat, by, body, message.at, effect, words))?;
        } else {
            turn.messages.push(&(&turn.chat, by, body, message.at, effect))?;
        }
    }
    let mut timers: Vec<(String, Option<i64>)> = Vec::new();
    // An upsert may write a row only once, so of two buttons with one id the last one counts.
    let mut buttons = BTreeMap::new();
    for effect in effects {
        match effect.command {
            Command::Send(outgoing) => {
                turn.outbox.push(&(&effect.id, &turn.chat, json(&outgoing)?, at))?;
                for (id, press) in presses(&outgoing.buttons) {
                    plain("button", id)?;
                    buttons.insert(id.to_owned(), json(press)?);
                }
            }
            Command::Lead(lead) => {
                let chat = turn.chat.clone();
                turn.leads.push(LeadUpdate { effect: effect.id, chat, at, lead });
            }
            Command::StartTimer { name, due } => touch(&mut timers, name, Some(due)),
            Command::CancelTimer { name } => touch(&mut timers, name, None),
            Command::Goal(goal) => {
                let (name, arms) = (without_nul(goal.name), json(&goal.arms)?);
                let none = None::<&str>;
                turn.analytics
                    .push(&(&effect.id, &turn.chat, "goal", name, goal.value, arms, none, &release, at))?;
            }
            Command::Arm { experiment, arm } => {
                let (name, arm) = (without_nul(experiment), without_nul(arm));
                let (value, arms) = (None::<f64>, None::<&str>);
                turn.analytics
                    .push(&(&effect.id, &turn.chat, "arm", name, value, arms, arm, &release, at))?;
            }
            // Notices come with their recipients; who has a chat comes with the session.
            Command::Notify(_) | Command::HandOff { .. } | Command::EndHandoff => {}
        }
    }
    for (id, press) in buttons {
        turn.buttons.push(&(&turn.chat, id, press, at))?;
    }
    for notice in notices {
        plain("address", &notice.chat)?;
        turn.outbox.push(&(&notice.effect, &notice.chat, json(&notice.message)?, at))?;
        if turn.notices.iter().all(|(address, _)| *address != notice.chat) {
            let task = json(&Task::Deliver { chat: notice.chat.clone() })?;
            // Already due, so not rounded up.
            let at = u64::try_from(at / 1000).unwrap_or_default();
            turn.notices.push((notice.chat, Pushed { task, at }));
        }
    }
    let channel = turn.chat.split(':').next().unwrap_or_default();
    for (name, due) in timers {
        plain("timer", &name)?;
        turn.stopped.push(&(&turn.chat, &name))?;
        if let Some(due) = due {
            turn.started.push(&(&turn.chat, &name, channel, due))?;
        }
    }
    Ok(Operation::Commit(Box::new(turn)))
}

/// The stored form of an author.
const fn who(author: Author) -> &'static str {
    match author {
        Author::Client => "client",
        Author::Bot => "bot",
        Author::Staff => "staff",
    }
}

/// Records a timer command. The last command for a timer replaces earlier ones; `None` cancels it.
fn touch(timers: &mut Vec<(String, Option<i64>)>, name: String, due: Option<i64>) {
    match timers.iter_mut().find(|(known, _)| *known == name) {
        Some(timer) => timer.1 = due,
        None => timers.push((name, due)),
    }
}
