//! The second factor: codes of an authenticator application (TOTP, RFC 6238), and recovery codes for when it is lost.

use tolmach_runtime::ports::{Account, Store};
use totp_rs::{Builder, Totp};

use super::{Error, Passwords, Session, hashed, random, save};
use crate::audit::Change;

/// Recovery codes that are made at once.
const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 50 bits.
const RECOVERY_LENGTH: usize = 10;
/// Without letters and digits that are taken for each other.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789z";

/// A second factor that is not in use yet.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFactor {
    /// The secret in base32, to be typed where no picture can be read.
    pub secret: String,
    /// The `otpauth:` address that applications read from a picture.
    pub address: String,
}

/// The second factor that a session may put into use. It follows from the session's token and the account's version, so that it
/// is the same on every page until it is confirmed, and is stored nowhere before.
pub fn new_factor(session: &Session, token: &str, company: &str) -> NewFactor {
    let seed = format!("{token} {}", session.account.version);
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&blake3::derive_key("tolmach 2026-11 second factor", seed.as_bytes())[..20]);
    let secret = data_encoding::BASE32_NOPAD.encode(&bytes);
    NewFactor { address: address(&secret, &session.account.name, company), secret }
}

/// The `otpauth:` address of a secret.
pub fn address(secret: &str, name: &str, company: &str) -> String {
    let issuer = if company.trim().is_empty() { "Tolmach" } else { company.trim() };
    let escape = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    format!("otpauth://totp/{0}:{1}?secret={secret}&issuer={0}", escape(issuer), escape(name))
}

/// Puts a secret into use, once a code shows that the application has it. Returns the recovery codes, which are shown once, and
/// ends the account's other logins. Writes an `account.second_factor` row.
///
/// # Errors
/// [`Error::WrongCode`], or when the database is unavailable.
pub async fn confirm_factor(
    store: &dyn Store,
    now: i64,
    session: &Session,
    (secret, code): (&str, &str),
) -> Result<Vec<String>, Error> {
    let mut change = Change::new(&session.actor(), "account.second_factor", now);
    change.on(session.account.name.clone());
    let done = async {
        let step = step(secret, code, now).ok_or(Error::WrongCode)?;
        let codes = recovery_codes()?;
        let account = Account {
            second_factor: Some(secret.to_owned()),
            last_step: step,
            recovery: codes.iter().map(|code| hashed(&plain(code))).collect(),
            ..session.account.clone()
        };
        save(store, &mut change, (&session.account, &account), vec![session.end_others()]).await?;
        Ok(codes)
    };
    let done: Result<Vec<String>, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// Makes new recovery codes in place of the old ones. Writes an `account.recovery_codes` row.
///
/// # Errors
/// When the password is wrong, there is no second factor, or the database is unavailable.
pub async fn new_codes(
    store: &dyn Store,
    passwords: &Passwords,
    now: i64,
    session: &Session,
    password: &str,
) -> Result<Vec<String>, Error> {
    let mut change = Change::new(&session.actor(), "account.recovery_codes", now);
    change.on(session.account.name.clone());
    let done = async {
        if !passwords.fits(password, Some(&session.account.password)).await? {
            return Err(Error::Wrong);
        }
        if session.account.second_factor.is_none() {
            return Err(Error::WrongCode);
        }
        let codes = recovery_codes()?;
        let recovery = codes.iter().map(|code| hashed(&plain(code))).collect();
        let account = Account { recovery, ..session.account.clone() };
        save(store, &mut change, (&session.account, &account), Vec::new()).await?;
        Ok(codes)
    };
    let done: Result<Vec<String>, Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// Removes the second factor and its recovery codes. Writes an `account.second_factor` row.
///
/// # Errors
/// When the password is wrong, or the database is unavailable.
pub async fn remove_factor(
    store: &dyn Store,
    passwords: &Passwords,
    now: i64,
    session: &Session,
    password: &str,
) -> Result<(), Error> {
    let mut change = Change::new(&session.actor(), "account.second_factor", now);
    change.on(session.account.name.clone());
    let done = async {
        if !passwords.fits(password, Some(&session.account.password)).await? {
            return Err(Error::Wrong);
        }
        let account = Account { second_factor: None, recovery: Vec::new(), ..session.account.clone() };
        save(store, &mut change, (&session.account, &account), Vec::new()).await.map(drop)
    };
    let done: Result<(), Error> = done.await;
    change.end_failed(store, &done).await;
    done
}

/// The account after a code was used: a code of a step that is later than the last one, or a recovery code, which is gone then.
/// `None` when the code is neither.
pub(super) fn spent(account: &Account, code: &str, now: i64) -> Option<Account> {
    let secret = account.second_factor.as_deref()?;
    if let Some(step) = step(secret, code, now).filter(|step| *step > account.last_step) {
        return Some(Account { last_step: step, ..account.clone() });
    }
    let hash = hashed(&plain(code));
    let left: Vec<String> = account.recovery.iter().filter(|known| **known != hash).cloned().collect();
    (left.len() < account.recovery.len()).then(|| Account { recovery: left, ..account.clone() })
}

/// The time step to which a code belongs, a step early or late.
fn step(secret: &str, code: &str, now: i64) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let step = totp(secret)?.check(&code, u64::try_from(now / 1000).ok()?)?;
    i64::try_from(step).ok()
}

fn totp(secret: &str) -> Option<Totp> {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let bytes: [u8; 20] = bytes.try_into().ok()?;
    Builder::new().with_secret(bytes).build().ok()
}

/// A recovery code as it is compared: without what people write between its parts.
fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// A letter or digit of 5 random bits.
pub(super) fn letter(byte: &u8) -> char {
    char::from(LETTERS[usize::from(*byte) % LETTERS.len()])
}

fn recovery_codes() -> Result<Vec<String>, Error> {
    let mut bytes = [0; RECOVERY_CODES * RECOVERY_LENGTH];
    random(&mut bytes)?;
    let code = |part: &[u8]| {
        let letters: String = part.iter().map(letter).collect();
        let (first, second) = letters.split_at(RECOVERY_LENGTH / 2);
        format!("{first}-{second}")
    };
    Ok(bytes.chunks_exact(RECOVERY_LENGTH).map(code).collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// The secret of RFC 6238, appendix B: the bytes of "12345678901234567890".
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn account(recovery: &[&str]) -> Account {
        Account {
            id: Uuid::nil(),
            name: "Анна".to_owned(),
            role: "manager".to_owned(),
            password: String::new(),
            second_factor: Some(SECRET.to_owned()),
            last_step: 0,
            recovery: recovery.iter().map(|code| hashed(&plain(code))).collect(),
            settings: "{}".to_owned(),
            disabled: false,
            created: 0,
            version: 1,
        }
    }

    #[test]
    fn a_code_counts_once_and_for_a_short_time() {
        // The RFC gives 94287082 for 59 seconds; applications show the last six digits.
        let first = spent(&account(&[]), "287 082", 59_000).unwrap();
        assert_eq!(first.last_step, 1);
        assert_eq!(spent(&first, "287082", 59_000), None, "it was used");
        assert!(spent(&account(&[]), "287082", 89_000).is_some(), "a step late");
        assert_eq!(spent(&account(&[]), "287082", 130_000), None);
        for wrong in ["", "287083", "28708", "2870820", "287O82", "٢٨٧٠٨٢"] {
            assert_eq!(spent(&account(&[]), wrong, 59_000), None, "{wrong}");
        }
    }

    #[test]
    fn a_recovery_code_counts_once() {
        let account = account(&["abcde-fghjk", "mnpqr-stuvw"]);
        let used = spent(&account, " ABCDE fghjk", 0).unwrap();
        assert_eq!(used.recovery.len(), 1);
        assert_eq!(spent(&used, "abcde-fghjk", 0), None);
        let none = Account { second_factor: None, ..account };
        assert_eq!(spent(&none, "mnpqr-stuvw", 0), None, "without a second factor there is nothing to pass");
    }

    #[test]
    fn recovery_codes_differ_and_can_be_typed() {
        let codes = recovery_codes().unwrap();
        let mut different = codes.clone();
        different.sort();
        different.dedup();
        assert_eq!((codes.len(), different.len()), (10, 10));
        assert!(codes.iter().all(|code| code.len() == 11 && !code.contains(['0', 'o', '1', 'l', 'i'])));
    }

    #[test]
    fn the_address_names_the_company_and_the_person() {
        let address = address(SECRET, "Анна П", "A&B");
        assert!(address.starts_with("otpauth://totp/A%26B:%D0%90"), "{address}");
        assert!(address.ends_with("&issuer=A%26B") && !address.contains(' '), "{address}");
    }
}
