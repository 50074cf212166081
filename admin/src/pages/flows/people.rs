//! Who is in which draft, and where: shown to those who are in it, too.
//!
//! Each process knows exactly who asks it. What the others know comes by the database, as all news of the panel do: a row a person and
//! draft ([`DraftPerson`]), written when somebody comes or opens another file, else every ten seconds, and believed for 25. So a
//! process that is killed leaves nobody behind for longer, and a page that is open costs six small writes a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use tolmach_runtime::ports::{DraftPerson, Store};
use uuid::Uuid;

/// How long somebody is shown after this process last heard of them, milliseconds.
const SHOWN: i64 = 10_000;
/// How long somebody is shown after another process wrote that they are there.
const SHOWN_FROM_OTHERS: i64 = 25_000;
/// How often it is written that somebody is still there.
const RENEWED: i64 = 10_000;
/// How often at most it is written that somebody has opened another file.
const MOVED: i64 = 2_000;
/// How many people are remembered at most.
const MOST: usize = 500;

/// Where somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

struct Seen {
    at: i64,
    person: Person,
    /// When it was written last, and in which file they were then.
    written: Option<(i64, String)>,
}

impl Seen {
    fn is_due(&self, now: i64) -> bool {
        self.written.as_ref().is_none_or(|(at, file)| {
            let pause = if *file == self.person.file { RENEWED } else { MOVED };
            // A clock that was set back must not silence anybody.
            !(0..pause).contains(&(now - at))
        })
    }
}

/// The people in drafts.
pub(crate) struct People {
    here: Mutex<HashMap<(Uuid, String), Seen>>,
    /// What this process is called in the database.
    process: String,
}

impl Default for People {
    fn default() -> People {
        People { here: Mutex::default(), process: Uuid::now_v7().to_string() }
    }
}

impl People {
    /// Notes where somebody is, and tells who else is in the draft, by name. A database that fails here hides people of other processes,
    /// and nothing else.
    pub(crate) async fn seen(&self, store: &dyn Store, draft: Uuid, person: Person, now: i64) -> Vec<Person> {
        let me = person.name.clone();
        if self.noted(draft, &person, now) {
            let Person { name, file, line } = person;
            let row =
                DraftPerson { draft, name, process: self.process.clone(), file, line: line.into(), at: now };
            if let Err(error) = store.note_draft_person(&row).await {
                tracing::debug!(%error, "other processes do not learn who is in a draft");
            }
        }
        let elsewhere = store.draft_people(draft, now - SHOWN_FROM_OTHERS).await.unwrap_or_default();
        self.others((draft, &me), elsewhere, now)
    }

    /// Notes it here; whether the others are to be told.
    fn noted(&self, draft: Uuid, person: &Person, now: i64) -> bool {
        let mut all = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, seen| now - seen.at < SHOWN);
        let key = (draft, person.name.clone());
        if all.len() >= MOST && !all.contains_key(&key) {
            return false;
        }
        let seen = all.entry(key).or_insert_with(|| Seen { at: now, person: person.clone(), written: None });
        (seen.at, seen.person) = (now, person.clone());
        let due = seen.is_due(now);
        if due {
            seen.written = Some((now, person.file.clone()));
        }
        due
    }

    fn others(&self, (draft, me): (Uuid, &str), elsewhere: Vec<DraftPerson>, now: i64) -> Vec<Person> {
        let all = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let here = all.iter().filter(|((of, name), _)| *of == draft && name != me);
        let mut others: HashMap<&str, (i64, Person)> =
            here.map(|((_, name), seen)| (name.as_str(), (seen.at, seen.person.clone()))).collect();
        for DraftPerson { name, process, file, line, at, .. } in &elsewhere {
            let is_news = others.get(name.as_str()).is_none_or(|(known, _)| known < at);
            // The clock of another machine may be ahead: what is far in the future is not believed for ever.
            let is_now = *at < now + SHOWN_FROM_OTHERS;
            if name != me && *process != self.process && is_news && is_now {
                let line = u32::try_from(*line).unwrap_or_default();
                others.insert(name, (*at, Person { name: name.clone(), file: file.clone(), line }));
            }
        }
        let mut others: Vec<Person> = others.into_values().map(|(_, person)| person).collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, line: u32) -> Person {
        Person { name: name.to_owned(), file: "a.yaml".to_owned(), line }
    }

    /// What a process tells of a draft, when nothing is in the database.
    fn told(people: &People, draft: Uuid, person: &Person, now: i64) -> Vec<Person> {
        people.noted(draft, person, now);
        people.others((draft, &person.name), vec![], now)
    }

    #[test]
    fn others_in_the_same_draft_are_told_for_a_while() {
        let (people, draft, other) = (People::default(), Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(told(&people, draft, &person("Anton", 1), 0), []);
        assert_eq!(told(&people, draft, &person("Mila", 2), 1_000), [person("Anton", 1)]);
        assert_eq!(told(&people, other, &person("Olga", 3), 1_000), []);
        assert_eq!(told(&people, draft, &person("Anton", 9), 2_000), [person("Mila", 2)]);
        assert_eq!(told(&people, draft, &person("Mila", 2), 11_000), [person("Anton", 9)]);
        assert_eq!(told(&people, draft, &person("Mila", 2), 12_001), []);
    }

    #[test]
    fn a_page_that_asks_every_two_seconds_writes_every_ten() {
        let (people, draft) = (People::default(), Uuid::now_v7());
        let asks = (0..31).map(|ask| ask * 2_000);
        let written = asks.filter(|at| people.noted(draft, &person("Anton", *at as u32), *at)).count();
        assert_eq!(written, 7, "a minute, with both ends");
        // Another file is told at once, but not again and again.
        let elsewhere = |file: &str| Person { file: file.to_owned(), ..person("Anton", 1) };
        let moves =
            (0..100).map(|n| (60_500 + n * 100, elsewhere(if n % 2 == 0 { "b.yaml" } else { "c.yaml" })));
        let written = moves.filter(|(at, person)| people.noted(draft, person, *at)).count();
        assert!((4..=5).contains(&written), "{written} in ten seconds");
        // Nor does a clock that was set back silence anybody.
        assert!(people.noted(draft, &person("Anton", 1), 1_000));
    }

    #[test]
    fn people_of_other_processes_are_told_and_one_is_told_once() {
        let (people, draft) = (People::default(), Uuid::now_v7());
        let row = |name: &str, process: &str, line: i64, at: i64| DraftPerson {
            draft,
            name: name.to_owned(),
            process: process.to_owned(),
            file: "a.yaml".to_owned(),
            line,
            at,
        };
        people.noted(draft, &person("Mila", 5), 10_000);
        let elsewhere = vec![
            row("Anton", "other", 1, 9_000),
            row("Mila", "other", 2, 9_000),
            row("Olga", "other", 3, 9_000),
            row("Nina", "other", 3, 90_000),
            // Written here: who has left this process is not shown for longer because of it.
            row("Oleg", &people.process, 4, 9_000),
        ];
        assert_eq!(
            people.others((draft, "Anton"), elsewhere, 10_000),
            [person("Mila", 5), person("Olga", 3)]
        );
        let later = vec![row("Mila", "other", 7, 10_500)];
        assert_eq!(
            people.others((draft, "Anton"), later, 11_000),
            [person("Mila", 7)],
            "she has gone to the other process"
        );
    }

    #[test]
    fn a_full_house_keeps_those_who_are_in_it() {
        let (people, draft) = (People::default(), Uuid::now_v7());
        for n in 0..MOST {
            people.noted(draft, &person(&format!("person {n}"), 1), 0);
        }
        assert!(!people.noted(draft, &person("one more", 1), 1_000));
        people.noted(draft, &person("person 1", 9), 9_000);
        assert_eq!(
            people.others((draft, "x"), vec![], 9_000).iter().filter(|person| person.line == 9).count(),
            1
        );
    }
}
