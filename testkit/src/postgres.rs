//! A PostgreSQL server to throw away: a fresh cluster in a temporary folder, a fresh database a test.
//!
//! The server never outlives its user, however that one ends: a shell holds the reading end of a pipe, and stops the
//! server when the writing end is gone.

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

/// The superuser of every cluster.
const USER: &str = "tolmach";

/// His password where one is asked for: over TCP.
const PASSWORD: &str = "throw-away";

/// PostgreSQL refuses to run as root; this user has no other business.
const NOBODY: u32 = 65534;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs `$0 …` until its standard input ends or says how to stop: at the end the folder goes too. The signals of a
/// terminal are for the tests, not for the server.
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

/// How a cluster is started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether what is committed is flushed to the disk. Tests that cut no power do without.
    pub fsync: bool,
}

/// A running server, or one that was stopped and may go on.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// Who runs the server, where it is not who runs the tests.
    user: Option<u32>,
    options: Options,
    port: u16,
    watchdog: Option<(Child, ChildStdin)>,
    databases: AtomicU64,
}

impl Cluster {
    /// The one cluster of this test process, started at the first call; `None`, said in a line, where there is no
    /// PostgreSQL.
    ///
    /// # Errors
    /// When there is one that does not start, and when there is none and the variable CI is `true`.
    pub fn shared() -> io::Result<Option<&'static Cluster>> {
        static SHARED: OnceLock<Result<Option<Cluster>, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| Cluster::start(Options::default()).map_err(|why| why.to_string()));
        shared.as_ref().map(Option::as_ref).map_err(|why| io::Error::other(why.clone()))
    }

    /// A cluster of one's own, under the same conditions.
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
        // Left by a process that had the same number.
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

    /// A new, empty database; its URL goes through the socket, where no password is asked for.
    ///
    /// # Errors
    /// When it cannot be made.
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

    /// The same database over TCP, where the password is asked for.
    pub fn over_tcp(&self, url: &str) -> String {
        let name = url.split(['/', '?']).nth(3).unwrap_or_default();
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{name}", self.port)
    }

    /// Ends the server as a power cut would end its processes: nothing is tidied up. The data stays.
    ///
    /// # Errors
    /// When its end cannot be waited for.
    pub fn crash(&mut self) -> io::Result<()> {
        self.end("crash\n")
    }

    /// Ends the server as its keeper would. The data stays.
    ///
    /// # Errors
    /// When its end cannot be waited for.
    pub fn stop(&mut self) -> io::Result<()> {
        self.end("stop\n")
    }

    /// Starts the server on its data, on the same port where it had one.
    ///
    /// # Errors
    /// When it does not start in time; its log is in the error.
    pub fn go_on(&mut self) -> io::Result<()> {
        for _ in 0..5 {
            if self.port == 0 {
                self.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            }
            self.watchdog = Some(self.launch()?);
            if self.is_ready()? {
                return Ok(());
            }
            // Somebody took the port in between.
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
        // A group of its own: what is typed at the terminal of the tests does not reach it.
        let mut child = command.stdin(Stdio::piped()).process_group(0).spawn()?;
        let stdin = child.stdin.take().ok_or_else(|| io::Error::other("the watchdog has no input"))?;
        Ok((child, stdin))
    }

    /// Waits until the server takes connections; `false` when it has ended instead.
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
        // A watchdog that has ended has ended the server.
        drop(stdin.write_all(word.as_bytes()));
        drop(stdin);
        child.wait()?;
        // What the next start says is told from what this one said.
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

/// The folder with the server's programs: of the `initdb` in the PATH, or where Debian keeps its versions.
fn programs() -> Option<PathBuf> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&paths).map(|folder| folder.join("initdb"));
    let versions = fs::read_dir("/usr/lib/postgresql").ok();
    let mut debian: Vec<PathBuf> =
        versions.into_iter().flatten().flatten().map(|entry| entry.path().join("bin/initdb")).collect();
    debian.sort();
    let found = in_path.chain(debian.into_iter().rev()).find(|path| path.is_file())?;
    // A link leads to where the other programs are.
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
    fn crashes_and_goes_on() {
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
