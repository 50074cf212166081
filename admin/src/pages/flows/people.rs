//! Who is in which draft, and where: shown to those who are in it, too. Only this process knows it, for a few seconds.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use uuid::Uuid;

/// How long somebody is shown after they were last heard of, milliseconds.
const SHOWN: i64 = 10_000;
/// How many people are remembered at most.
const MOST: usize = 500;

/// Where somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

/// The people in drafts.
#[derive(Default)]
pub(crate) struct People(Mutex<HashMap<(Uuid, String), (i64, Person)>>);

impl People {
    /// Notes where somebody is, and tells who else is in the draft, by name.
    pub(crate) fn seen(&self, draft: Uuid, person: Person, now: i64) -> Vec<Person> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _)| now - *at < SHOWN);
        let me = person.name.clone();
        if all.len() < MOST {
            all.insert((draft, me.clone()), (now, person));
        }
        let others = all.iter().filter(|((of, name), _)| *of == draft && *name != me);
        let mut others: Vec<Person> = others.map(|(_, (_, person))| person.clone()).collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_in_the_same_draft_are_told_for_a_while() {
        let person = |name: &str, line| Person { name: name.to_owned(), file: "a.yaml".to_owned(), line };
        let (people, draft, other) = (People::default(), Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(people.seen(draft, person("Anton", 1), 0), []);
        assert_eq!(people.seen(draft, person("Mila", 2), 1_000), [person("Anton", 1)]);
        assert_eq!(people.seen(other, person("Olga", 3), 1_000), []);
        assert_eq!(people.seen(draft, person("Anton", 9), 2_000), [person("Mila", 2)]);
        assert_eq!(people.seen(draft, person("Mila", 2), 11_000), [person("Anton", 9)]);
        assert_eq!(people.seen(draft, person("Mila", 2), 12_001), []);
    }
}
