//! The instance lock: one server process per SQLite file. The SQLite store has no leases, so the turns of a chat are
//! serialized within one process only.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use anyhow::{Context, bail};

/// The lock, held while the server runs. The operating system releases it when the process ends in any way.
pub struct InstanceLock(#[expect(dead_code, reason = "dropping it is its use")] File);

/// Takes the lock for a database file. The lock file is beside the database.
///
/// # Errors
/// When another process holds the lock, or the lock file cannot be opened or written.
pub fn take(database: &Path) -> anyhow::Result<InstanceLock> {
    let path = database.with_extension("lock");
    let cannot = || format!("{} cannot be opened", path.display());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // The process id is only informative; without it the message is still useful.
            let _ = file.read_to_string(&mut process);
            bail!(
                "another tolmach (process {}) serves {}; stop it first, or name another folder with --data. \
                 Several processes share one PostgreSQL instead: see TOLMACH_DATABASE_URL",
                process.trim(),
                database.display()
            );
        }
        Err(TryLockError::Error(why)) => return Err(why).with_context(cannot),
    }
    file.set_len(0).and_then(|()| file.rewind()).with_context(cannot)?;
    writeln!(file, "{}", std::process::id()).with_context(cannot)?;
    Ok(InstanceLock(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_one_server_until_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tolmach.db");
        let first = take(&file).unwrap();
        let why = take(&file).err().unwrap().to_string();
        assert!(why.contains(&std::process::id().to_string()) && why.contains("stop it first"), "{why}");
        drop(first);
        take(&file).unwrap();
    }
}
