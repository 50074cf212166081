//! What the people of the demo's company do.

use std::collections::VecDeque;

use fastrand::Rng;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use tolmach_engine::{event::StaffAction, language::Language};
use tolmach_runtime::{
    leads::{LeadChange, LeadStatus},
    ports::{self, Actor, LeadQuery, Store, Via},
};

use super::{DAY, HOUR, MINUTE};
use crate::{
    accounts::{CHANNEL, Role},
    leads,
};

/// Somebody of the company.
#[derive(Clone, Copy, Debug)]
pub struct StaffMember {
    /// The account's name.
    pub name: &'static str,
    /// The account's role.
    pub role: Role,
}

/// All of them; each role is there. The managers come first.
pub const PEOPLE: [StaffMember; 5] = [
    StaffMember { name: "Mila", role: Role::Manager },
    StaffMember { name: "Pavel", role: Role::Manager },
    StaffMember { name: "Olga", role: Role::Owner },
    StaffMember { name: "Adam", role: Role::Administrator },
    StaffMember { name: "Anton", role: Role::Analyst },
];
const MANAGERS: usize = 2;

impl StaffMember {
    pub(super) fn actor(&self) -> Actor {
        Actor { id: self.name.to_owned(), via: Via::Staff(CHANNEL.to_owned()) }
    }
}

pub(super) fn member(who: usize) -> StaffMember {
    PEOPLE.get(who).copied().unwrap_or(StaffMember { name: "Mila", role: Role::Manager })
}

/// What happens in a chat that a person was called to.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Act(StaffAction),
    Note(&'static str),
    /// The client answers.
    Client(&'static str),
}

const ANSWERS: [(&str, &str); 4] = [
    (
        "Здравствуйте, я менеджер. Сейчас проверю наличие и отвечу.",
        "Hello, I am a manager. Let me check the stock.",
    ),
    ("Добрый день! Подскажите, на какой день нужна доставка?", "Hello! When do you need the delivery?"),
    ("Здравствуйте! Счёт подготовлю в течение часа.", "Hello! I will send the invoice within an hour."),
    ("Добрый день! Да, есть на складе, могу отложить.", "Hello! Yes, it is in stock, I can put it aside."),
];
const THANKS: [(&str, &str); 3] = [
    ("хорошо, спасибо", "great, thank you"),
    ("да, удобно в четверг", "Thursday is fine"),
    ("жду", "I will wait"),
];
/// What clients who wait want to know of the person.
const QUESTIONS: [(&str, &str); 3] = [
    ("на этой неделе привезёте?", "can you deliver this week?"),
    ("а гарантия на него какая?", "what is the warranty?"),
    ("можно оплатить по счёту?", "can I pay by invoice?"),
];
const NOTES: [&str; 4] = [
    "Постоянный клиент, дать скидку 3 %",
    "Перезвонить в четверг",
    "Нужен счёт на ИП",
    "Asked for delivery by Friday",
];

/// Who answers, and how; a client who `waits` has the last word.
pub(super) fn answers(random: &mut Rng, language: Language, waits: bool) -> (usize, VecDeque<Task>) {
    let who = random.usize(..MANAGERS);
    let two = |(ru, en): (&'static str, &'static str)| if language == Language::Ru { ru } else { en };
    let mut tasks = VecDeque::from([Task::Act(StaffAction::Take)]);
    let text = random.choice(ANSWERS).map(two).unwrap_or_default().to_owned();
    tasks.push_back(Task::Act(StaffAction::Say { text, cards: Vec::new(), files: Vec::new() }));
    if waits {
        tasks.push_back(Task::Client(random.choice(QUESTIONS).map(two).unwrap_or_default()));
        return (who, tasks);
    }
    if random.u8(..10) < 7 {
        tasks.push_back(Task::Client(random.choice(THANKS).map(two).unwrap_or_default()));
        let text = two(("Договорились, до связи.", "Agreed, talk to you soon.")).to_owned();
        tasks.push_back(Task::Act(StaffAction::Say { text, cards: Vec::new(), files: Vec::new() }));
    }
    if random.u8(..10) < 3 {
        tasks.push_back(Task::Note(random.choice(NOTES).unwrap_or_default()));
    }
    if random.u8(..10) < 9 {
        tasks.push_back(Task::Act(StaffAction::Return));
    }
    (who, tasks)
}

/// When somebody answers a call: within minutes in working hours, otherwise the next morning.
pub(super) fn answers_at(random: &mut Rng, zone: &TimeZone, now: i64) -> i64 {
    let wait =
        if random.u8(..10) < 8 { random.i64(MINUTE..9 * MINUTE) } else { random.i64(9 * MINUTE..HOUR) };
    let local = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    let morning = match local.hour() {
        9..19 => return now + wait,
        19.. => local.date().checked_add(1.days()).ok(),
        _ => Some(local.date()),
    };
    let opens = morning.and_then(|day| day.at(9, 0, 0, 0).to_zoned(zone.clone()).ok());
    opens.map_or(now + wait, |opens| opens.timestamp().as_millisecond() + wait)
}

/// At the end of a day: new leads are taken, older ones are won or lost.
pub(super) async fn work_on_leads(random: &mut Rng, store: &dyn Store, now: i64) -> ports::Result<()> {
    let mut rows = store.leads(&LeadQuery::newest(200)).await?;
    rows.reverse();
    for lead in rows {
        let actor = member(random.usize(..MANAGERS)).actor();
        let age = now - lead.created;
        let silent = lead.lead.source == "inactivity";
        let status = match lead.status {
            LeadStatus::New if age > 2 * HOUR && random.u8(..10) < 8 => LeadStatus::Taken,
            LeadStatus::Taken if age > 2 * DAY => match random.u8(..10) {
                ..3 if !silent => LeadStatus::Won,
                3..6 => LeadStatus::Lost,
                _ => continue,
            },
            _ => continue,
        };
        let assignee = (status == LeadStatus::Taken).then(|| Some(actor.id.clone()));
        let note = (random.u8(..10) < 2).then(|| random.choice(NOTES).unwrap_or_default().to_owned());
        let change = LeadChange { status: Some(status), assignee, note };
        match leads::change(store, &actor, now - random.i64(0..HOUR), &lead.id, change).await {
            Ok(_)
            | Err(leads::Error::AnotherOpen(_) | leads::Error::Unknown(_) | leads::Error::Ambiguous { .. }) =>
                {}
            Err(leads::Error::Store(error)) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_at_night_are_answered_in_the_morning() {
        let zone = TimeZone::get("Europe/Moscow").unwrap();
        let mut random = Rng::with_seed(7);
        // 2026-11-29 22:30 in Moscow, and 10:00 of that day.
        let (night, day) = (1_795_980_600_000, 1_795_935_600_000);
        for _ in 0..50 {
            let wait = answers_at(&mut random, &zone, night) - night;
            assert!((10 * HOUR + HOUR / 2..12 * HOUR).contains(&wait), "{wait}");
            let wait = answers_at(&mut random, &zone, day) - day;
            assert!((MINUTE..HOUR).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn every_role_has_somebody() {
        for role in Role::ALL {
            assert!(PEOPLE.iter().any(|person| person.role == role), "{role:?}");
        }
        assert!(PEOPLE[..MANAGERS].iter().all(|person| person.role == Role::Manager));
    }
}
