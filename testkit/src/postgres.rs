//! A temporary PostgreSQL server: a fresh cluster in a temporary folder, and a fresh database per test.
//!
//! The server never outlives the test process, however that ends: a shell reads from a pipe, and stops the server when
//! the process's end of the pipe is closed.

use std::{
    env,
    fs::{self, DirBuilder},
    io::{self, Write},
    net::TcpListener,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Superuser of every cluster.
const USER: &str = "tolmach";

/// Password of the superuser, required over TCP only.
const PASSWORD: &str = "throw-away";

/// PostgreSQL refuses to run as root. Then it runs as this user id (nobody).
const NOBODY: u32 = 65534;

/// Time limit of a start.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Shell script: `sh <folder> <server command>`. It runs the server until a line arrives on standard input: `crash`
/// sends SIGQUIT, anything else SIGINT. At end of input it sends SIGINT and deletes the folder.
const WATCHDOG: &str = r#"
folder=$1; shift
"$@" >>"$folder/log" 2>&1 &
server=$!
word=
read -r word
case $word in
  crash) kill -QUIT "$server" ;;
  *) kill -INT "$server" ;;
esac
wait "$server"
[ -n "$word" ] || rm -rf "$folder"
"#;

/// Settings of a cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether commits are flushed to disk. Only tests that simulate a power failure need it.
    pub fsync: bool,
}

/// A server that is running, or stopped and able to start again.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// User id of the server, if it differs from that of the tests.
    user: Option<u32>,
    options: Options,
    port: u16,
    watchdog: Option<(Child, ChildStdin)>,
    databases: AtomicU64,
}

impl Cluster {
    /// The cluster that all tests of this process share, started at the first call. If PostgreSQL is not installed,
    /// prints a line and returns `None`.
    ///
    /// # Errors
    /// If PostgreSQL is installed but does not start, or if it is not installed and the environment variable CI is
    /// `true`.
    pub fn shared() -> io::Result<Option<&'static Cluster>> {
        static SHARED: OnceLock<Result<Option<Cluster>, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| Cluster::start(Options::default()).map_err(|why| why.to_string()));
        shared.as_ref().map(Option::as_ref).map_err(|why| io::Error::other(why.clone()))
    }

    /// Starts a separate cluster. If PostgreSQL is not installed, prints a line and returns `None`.
    ///
    /// # Errors
    /// As [`Cluster::shared`].
    pub fn start(options: Options) -> io::Result<Option<Cluster>> {
        match programs() {
            Some(programs) => Cluster::make(programs, options).map(Some),
            None if env::var("CI").as_deref() == Ok("true") => {
                Err(io::Error::other("there is no PostgreSQL server here (no initdb)"))
            }
            None => {
                println!("skipped: there is no PostgreSQL server here (no initdb)");
                Ok(None)
            }
        }
    }

    fn make(programs: PathBuf, options: Options) -> io::Result<Cluster> {
        static CLUSTERS: AtomicU64 = AtomicU64::new(0);
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("tolmach-pg-{}-{number}", std::process::id()));
        // Left over from a process with the same id.
        drop(fs::remove_dir_all(&folder));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let user = Some(NOBODY).filter(|_| fs::metadata(&folder).is_ok_and(|made| made.uid() == 0));
        let password = folder.join("password");
        fs::write(&password, PASSWORD)?;
        for path in [&folder, &password] {
            chown(path, user, None)?;
        }
        let databases = AtomicU64::new(0);
        let mut cluster = Cluster { programs, folder, user, options, port: 0, watchdog: None, databases };
        let made = cluster
            .program("initdb")
            .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth-local=trust"])
            .args(["--auth-host=scram-sha-256", "--username", USER])
            .arg("--pwfile")
            .arg(&password)
            .arg("--pgdata")
            .arg(cluster.folder.join("data"))
            .output()?;
        succeeded("initdb", &made)?;
        cluster.go_on()?;
        Ok(cluster)
    }

    /// Creates an empty database. Returns its URL over the Unix socket, which needs no password.
    ///
    /// # Errors
    /// If `createdb` fails, for example because the server is stopped.
    pub fn database(&self) -> io::Result<String> {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = self
            .program("createdb")
            .env_clear()
            .arg("--host")
            .arg(&self.folder)
            .args(["--port", &self.port.to_string(), "--username", USER, &name])
            .output()?;
        succeeded("createdb", &made)?;
        Ok(format!("postgres://{USER}@localhost:{}/{name}?host={}", self.port, self.folder.display()))
    }

    /// The URL of the same database over TCP, with the password.
    pub fn over_tcp(&self, url: &str) -> String {
        let name = url.split(['/', '?']).nth(3).unwrap_or_default();
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{name}", self.port)
    }

    /// Stops the server without a checkpoint (SIGQUIT), so that the next start runs crash recovery. The data stays.
    ///
    /// # Errors
    /// If the watchdog cannot be waited for, or the log cannot be reset.
    pub fn crash(&mut self) -> io::Result<()> {
        self.end("crash\n")
    }

    /// Shuts the server down cleanly. The data stays.
    ///
    /// # Errors
    /// If the watchdog cannot be waited for, or the log cannot be reset.
    pub fn stop(&mut self) -> io::Result<()> {
        self.end("stop\n")
    }

    /// Starts the server on its data, on the same port if that is free.
    ///
    /// # Errors
    /// If it is not ready within 60 seconds, or five ports in a row were taken. The error contains the server's log.
    pub fn go_on(&mut self) -> io::Result<()> {
        for _ in 0..5 {
            if self.port == 0 {
                self.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            }
            self.watchdog = Some(self.launch()?);
            if self.is_ready()? {
                return Ok(());
            }
            // Another process took the port in the meantime.
            self.end("stop\n")?;
            self.port = 0;
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(io::Error::other(log))
    }

    fn launch(&self) -> io::Result<(Child, ChildStdin)> {
        let fsync = if self.options.fsync { "fsync=on" } else { "fsync=off" };
        let mut command = self.command("/bin/sh");
        command.args(["-c", WATCHDOG, "sh"]).arg(&self.folder).arg(self.programs.join("postgres"));
        command.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        command.args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-c", fsync]);
        for setting in ["shared_buffers=64MB", "max_connections=200", "timezone=UTC", "log_timezone=UTC"] {
            command.args(["-c", setting]);
        }
        // A process group of its own, so that terminal signals such as Ctrl-C do not reach it.
        let mut child = command.stdin(Stdio::piped()).process_group(0).spawn()?;
        let stdin = child.stdin.take().ok_or_else(|| io::Error::other("the watchdog has no input"))?;
        Ok((child, stdin))
    }

    /// Waits until the server accepts connections; `false` if its port is taken.
    fn is_ready(&mut self) -> io::Result<bool> {
        let status = self.folder.join("data/postmaster.pid");
        let until = Instant::now() + TIMEOUT;
        while Instant::now() < until {
            let lines = fs::read_to_string(&status).unwrap_or_default();
            if lines.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(true);
            }
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            if log.contains("could not create any TCP/IP sockets") {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(10));
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("not ready in time: {log}")))
    }

    fn end(&mut self, word: &str) -> io::Result<()> {
        let Some((mut child, mut stdin)) = self.watchdog.take() else { return Ok(()) };
        // If the watchdog has ended, so has the server.
        drop(stdin.write_all(word.as_bytes()));
        drop(stdin);
        child.wait()?;
        // Each start gets an empty log.
        fs::write(self.folder.join("log"), "")
    }

    fn program(&self, name: &str) -> Command {
        self.command(self.programs.join(name))
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.folder);
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut child, stdin)) = self.watchdog.take() {
            drop(stdin);
            drop(child.wait());
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// The folder with the server's programs: that of `initdb` in PATH, or else the newest version in Debian's folder.
fn programs() -> Option<PathBuf> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&paths).map(|folder| folder.join("initdb"));
    let versions = fs::read_dir("/usr/lib/postgresql").ok();
    let mut debian: Vec<PathBuf> =
        versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin/initdb")).collect();
    debian.sort();
    let found = in_path.chain(debian.into_iter().rev()).find(|path| path.is_file())?;
    // Follows a symlink to the folder that has the other programs too.
    fs::canonicalize(found).ok()?.parent().map(Path::to_owned)
}

fn succeeded(what: &str, output: &Output) -> io::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{what}: {}", String::from_utf8_lossy(&output.stderr))))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    #[test]
    fn restarts_after_a_crash() {
        let Some(mut cluster) = Cluster::start(Options { fsync: true }).expect("PostgreSQL") else { return };
        let url = cluster.database().expect("a database");
        assert!(url.contains("/test0?host="), "{url}");
        assert!(cluster.over_tcp(&url).ends_with("/test0"), "{}", cluster.over_tcp(&url));
        cluster.crash().expect("crashed");
        assert!(cluster.database().is_err(), "nobody is there");
        cluster.go_on().expect("started");
        assert!(cluster.database().is_ok());
        cluster.stop().expect("stopped");
        let folder = cluster.folder.clone();
        assert!(folder.join("data").is_dir(), "the data stays");
        drop(cluster);
        assert!(!folder.exists());
    }

    #[test]
    #[ignore = "the other half of the next one"]
    fn holds_a_cluster_until_it_is_killed() {
        let Some(cluster) = Cluster::start(Options::default()).expect("PostgreSQL") else { return };
        println!("\nfolder={}", cluster.folder.display());
        thread::sleep(TIMEOUT);
    }

    #[test]
    fn a_killed_process_leaves_no_server() {
        if programs().is_none() {
            assert!(Cluster::start(Options::default()).expect("PostgreSQL").is_none());
            return;
        }
        let this = env::current_exe().expect("this program");
        let mut other = Command::new(this)
            .args([
                "--exact",
                "postgres::tests::holds_a_cluster_until_it_is_killed",
                "--ignored",
                "--nocapture",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let lines = BufReader::new(other.stdout.take().expect("its output")).lines();
        let mut folders =
            lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("folder=").map(PathBuf::from));
        let folder = folders.next().expect("a folder");
        assert!(folder.join("data/postmaster.pid").exists());
        other.kill().expect("killed");
        other.wait().expect("ended");
        let until = Instant::now() + TIMEOUT;
        while folder.exists() {
            assert!(Instant::now() < until, "{} is still there", folder.display());
            thread::sleep(Duration::from_millis(10));
        }
    }
}
