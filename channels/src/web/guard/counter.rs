//! How many of something are open at a time, in all and by key.

use std::{
    collections::HashMap,
    fmt::Debug,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts what is open.
#[derive(Debug)]
pub(super) struct Counter<K> {
    open: Mutex<Open<K>>,
}

#[derive(Debug)]
struct Open<K> {
    all: usize,
    by_key: HashMap<K, usize>,
}

impl<K> Default for Counter<K> {
    fn default() -> Counter<K> {
        Counter { open: Mutex::new(Open { all: 0, by_key: HashMap::new() }) }
    }
}

/// Which bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// That of the key.
    Key,
    /// That of all keys together.
    All,
}

/// One thing that is counted until this is dropped.
#[must_use = "what is dropped is not counted"]
pub struct Counted(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counted")
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(leave) = self.0.take() {
            leave();
        }
    }
}

impl<K: Clone + Debug + Eq + Hash + Send + Sync + 'static> Counter<K> {
    /// Counts one more of a key, if there are fewer than `each` of it and fewer than `all` of all keys.
    ///
    /// # Errors
    /// When there are not.
    pub(super) fn enter(self: &Arc<Self>, key: K, each: usize, all: usize) -> Result<Counted, Full> {
        let mut open = self.open();
        if open.all >= all {
            return Err(Full::All);
        }
        let here = open.by_key.entry(key.clone()).or_default();
        if *here >= each {
            return Err(Full::Key);
        }
        *here += 1;
        open.all += 1;
        drop(open);
        let counter = Arc::clone(self);
        Ok(Counted(Some(Box::new(move || counter.leave(&key)))))
    }

    fn leave(&self, key: &K) {
        let mut open = self.open();
        open.all = open.all.saturating_sub(1);
        if let Some(here) = open.by_key.get_mut(key) {
            *here -= 1;
            if *here == 0 {
                open.by_key.remove(key);
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, Open<K>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_hold_and_what_is_dropped_counts_no_more() {
        let counter: Arc<Counter<&str>> = Arc::default();
        let enter = |key| counter.enter(key, 2, 3);
        let first = enter("a").unwrap();
        let _second = enter("a").unwrap();
        assert_eq!(enter("a").unwrap_err(), Full::Key);
        let third = enter("b").unwrap();
        assert_eq!(enter("c").unwrap_err(), Full::All);
        drop(third);
        let _fourth = enter("c").unwrap();
        drop(first);
        let _fifth = enter("a").unwrap();
        assert_eq!(counter.open().by_key.len(), 2, "keys without anything open are forgotten");
    }
}
