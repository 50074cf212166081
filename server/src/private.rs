//! Permissions of files: what clients wrote is readable by the user that runs the program, and by nobody else.

use std::{io, path::Path};

/// Files and folders that this process and its children create are readable and writable by their owner only, whatever
/// umask the process was started with. SQLite, the search index and every other library create files of their own, so
/// this is set for the whole process.
pub fn new_files() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Makes a folder, and what an earlier version created in it, readable by its owner only. A folder that is private
/// already is not walked through: nobody else gets into it.
///
/// # Errors
/// When permissions cannot be read or changed, for instance because the folder belongs to another user.
#[cfg(unix)]
pub fn folder(path: &Path) -> io::Result<()> {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt as _,
    };

    const OTHERS: u32 = 0o077;
    if fs::metadata(path)?.permissions().mode() & OTHERS == 0 {
        return Ok(());
    }
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && entry.metadata()?.permissions().mode() & OTHERS != 0 {
                fs::set_permissions(entry.path(), Permissions::from_mode(0o600))?;
            }
        }
    }
    Ok(())
}

/// Other systems have no such permissions.
#[cfg(not(unix))]
pub fn folder(_: &Path) -> io::Result<()> {
    Ok(())
}
