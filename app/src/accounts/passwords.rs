//! Hashes of passwords.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::Error;

/// Fewest characters of a password.
pub const MIN_PASSWORD: usize = 10;
/// Fewest and most characters of a password. A longer one would only cost time to hash.
const LENGTHS: std::ops::RangeInclusive<usize> = MIN_PASSWORD..=200;
/// Fewest different characters.
const DIFFERENT: usize = 5;
/// How many passwords are hashed at once: each takes 19 MiB and some 20 ms of a processor.
const AT_ONCE: usize = 2;

/// Hashes and compares passwords by argon2id with its recommended costs, a bounded number at once.
#[derive(Clone, Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The PHC string of a new password for an account of this name.
    ///
    /// # Errors
    /// [`Error::BadPassword`] when it does not fit.
    pub(super) async fn hash(&self, name: &str, password: &str) -> Result<String, Error> {
        if !is_good(name, password) {
            return Err(Error::BadPassword);
        }
        let password = password.to_owned();
        self.run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|why| Error::Hash(why.to_string()))
        })
        .await?
    }

    /// Whether a password belongs to a hash. Without a hash the answer is no, after the same time.
    pub(super) async fn fits(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        if password.chars().count() > *LENGTHS.end() {
            return Ok(false);
        }
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        self.run(move || match hash {
            Some(hash) => PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
            None => {
                // The time is what is wanted.
                drop(Argon2::default().hash_password(password.as_bytes()));
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let failed = |why: &dyn std::fmt::Display| Error::Hash(why.to_string());
        let _place = self.places.acquire().await.map_err(|why| failed(&why))?;
        tokio::task::spawn_blocking(work).await.map_err(|why| failed(&why))
    }
}

/// A password that nobody has thought of: 100 random bits, in groups that can be read out.
///
/// # Errors
/// When the system gives no random bytes.
pub fn made_password() -> Result<String, Error> {
    let mut bytes = [0; 20];
    super::random(&mut bytes)?;
    let letters: Vec<char> = bytes.iter().map(super::second_factor::letter).collect();
    Ok(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

fn is_good(name: &str, password: &str) -> bool {
    let mut different: Vec<char> = password.chars().collect();
    let length = different.len();
    different.sort_unstable();
    different.dedup();
    LENGTHS.contains(&length)
        && different.len() >= DIFFERENT
        && password.trim().to_lowercase() != name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("Анна", "ключ от склада").await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.fits("ключ от склада", Some(&hash)).await.unwrap());
        assert!(!passwords.fits("ключ от склада ", Some(&hash)).await.unwrap());
        assert!(!passwords.fits("ключ от склада", None).await.unwrap());
        assert!(!passwords.fits("ключ от склада", Some("not a hash")).await.unwrap());
        assert!(!passwords.fits(&"x".repeat(5000), Some(&hash)).await.unwrap());
        assert_ne!(hash, passwords.hash("Анна", "ключ от склада").await.unwrap(), "each has its own salt");
    }

    #[test]
    fn a_simple_password_is_refused() {
        for bad in ["", "short", "aaaaaaaaaaaa", "1212121212", "anna petrova", &"ab cde".repeat(40)] {
            assert!(!is_good("Anna Petrova", bad), "{bad}");
        }
        assert!(is_good("Anna", "correct horse"));
    }
}
