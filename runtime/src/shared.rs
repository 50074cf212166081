//! A value that several parts of a process read and one of them may replace while they run.

use std::sync::{Arc, PoisonError, RwLock};

/// A value with many readers. Clones share it. Whoever reads has the value as it was then, whatever replaces it meanwhile.
#[derive(Debug, Default)]
pub struct Shared<T>(Arc<RwLock<Arc<T>>>);

impl<T> Shared<T> {
    /// A value.
    pub fn new(value: T) -> Shared<T> {
        Shared(Arc::new(RwLock::new(Arc::new(value))))
    }

    /// The value as it is now.
    pub fn get(&self) -> Arc<T> {
        // Replacing is one assignment, so the value is whole even after a panic.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the value.
    pub fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared(Arc::clone(&self.0))
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Shared<T> {
        Shared::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_keep_what_they_have_and_see_the_new_value_next() {
        let one = Shared::new(1);
        let other = one.clone();
        let before = one.get();
        other.set(2);
        assert_eq!((*before, *one.get()), (1, 2));
    }
}
