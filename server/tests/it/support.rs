//! Runs the binary as a child process, to its end or as a server. Every wait has a deadline.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// The time limit of a command. The slowest one imports a catalogue in a debug build on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A working directory for the binary, removed when dropped.
pub struct Home(TempDir);

impl Home {
    /// An empty one.
    pub fn new() -> Home {
        Home(TempDir::new().expect("a folder"))
    }

    /// One with the data folder of a first start. It is created once and copied, because the import takes seconds.
    pub fn ready() -> Home {
        static MADE: OnceLock<Home> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let home = Home::new();
            let ran = home.tolmach(&["catalog", "search", "дрель"]).run();
            assert_eq!(ran.code, Some(0), "{ran:?}");
            home
        });
        let home = Home::new();
        copy(&made.path("tolmach-data"), &home.path("tolmach-data"));
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and creates its parent folders.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, content).expect("written");
        path
    }

    /// A copy of the demo bundle as `name`.
    pub fn demo_bundle(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows"), &path);
        path
    }

    pub fn tolmach(&self, args: &[&str]) -> Tolmach {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tolmach"));
        command.args(args).current_dir(self.0.path());
        // Remove settings and proxies of the environment.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_lowercase();
            if text.starts_with("tolmach_") || text.ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        Tolmach { command, stdin: Vec::new() }
    }

    /// The names of the entries in this folder.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("listed") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

/// A command line.
pub struct Tolmach {
    command: Command,
    stdin: Vec<u8>,
}

impl Tolmach {
    pub fn env(mut self, name: &str, value: &str) -> Tolmach {
        self.command.env(name, value);
        self
    }

    /// Runs as a user without rights who can read `home` and the binary. Requires root.
    #[cfg(unix)]
    pub fn without_rights(mut self, home: &Home) -> Tolmach {
        use std::os::unix::{fs::PermissionsExt, process::CommandExt};
        const NOBODY: u32 = 65_534;
        fs::set_permissions(home.0.path(), fs::Permissions::from_mode(0o755)).expect("set");
        // The build folder may not be readable for other users.
        let binary = home.path("tolmach");
        fs::copy(env!("CARGO_BIN_EXE_tolmach"), &binary).expect("copied");
        let mut command = Command::new(binary);
        command.args(self.command.get_args()).current_dir(home.0.path()).uid(NOBODY).gid(NOBODY);
        self.command = command;
        self
    }

    /// Sets standard input; empty by default.
    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Tolmach {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// Runs to the end.
    pub fn run(self) -> Ran {
        let mut process = Process::start(self);
        let status = process.ended(TIMEOUT);
        process.read_to_end();
        Ran { code: status.code(), stdout: process.stdout.text(), stderr: process.stderr.text() }
    }

    /// Runs to the end with a closed standard output.
    pub fn run_unread(self) -> Ran {
        let mut process = Process::start_with(self, false);
        let status = process.ended(TIMEOUT);
        process.read_to_end();
        Ran { code: status.code(), stdout: String::new(), stderr: process.stderr.text() }
    }

    /// Starts it in the background.
    #[cfg(unix)]
    pub fn start(self) -> Running {
        Running(Process::start(self))
    }

    /// Runs `tolmach run` and waits until it prints its address.
    pub fn serve(self) -> Server {
        let mut process = Process::start(self);
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let text = process.stdout.text();
            let after = text.split_once("chat page  http://").map(|(_, after)| after);
            if let Some((address, rest)) = after.and_then(|after| after.split_once('/'))
                && rest.contains("Ctrl-C")
            {
                return Server { address: address.to_owned(), process };
            }
            if let Some(status) = process.child.try_wait().expect("waited") {
                process.read_to_end();
                panic!("the server ended ({status}):\n{text}\n{}", process.stderr.text());
            }
            assert!(Instant::now() < deadline, "the server does not start:\n{text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A running command, killed when dropped.
#[cfg(unix)]
pub struct Running(Process);

#[cfg(unix)]
impl Running {
    /// Waits until it has printed `text`; returns all output so far.
    pub fn until(&self, text: &str) -> String {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let printed = self.0.stdout.text();
            if printed.contains(text) {
                return printed;
            }
            assert!(
                Instant::now() < deadline,
                "«{text}» is never printed:\n{printed}\n{}",
                self.0.stderr.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.0.child.kill().expect("killed");
        self.0.ended(Duration::from_secs(30));
    }

    /// Sends SIGINT, as Ctrl-C does; returns the exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        let id = self.0.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill runs").success());
        self.0.ended(Duration::from_secs(30)).code()
    }
}

/// The result of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Checks that it succeeded without errors.
    #[track_caller]
    pub fn ok(self) -> Ran {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self
    }

    /// Checks that it failed with one error that contains all of this, and no debug output such as a panic.
    #[track_caller]
    pub fn fails_with(self, words: &[&str]) -> Ran {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stderr.matches("error: ").count(), 1, "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "«{word}» is not in: {}", self.stderr);
        }
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("{why}: {}", self.stdout))
    }
}

/// A running server, killed when dropped.
pub struct Server {
    /// Host and port.
    pub address: String,
    process: Process,
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn health(&self) -> Value {
        get(&self.url("/health")).await.1
    }

    /// Polls /health until `wanted` accepts it.
    pub async fn health_until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let health = self.health().await;
            if wanted(&health) {
                return health;
            }
            assert!(Instant::now() < deadline, "/health stays {health}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The output so far, of both streams.
    pub fn printed(&self) -> String {
        self.process.stdout.text() + &self.process.stderr.text()
    }

    /// Kills it without a warning (SIGKILL).
    pub fn kill(mut self) {
        self.process.child.kill().expect("killed");
        self.process.child.wait().expect("waited");
    }

    /// Sends a request to stop, and returns all output when it has ended.
    #[cfg(unix)]
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let id = self.process.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(sent.success());
        let status = self.process.ended(Duration::from_secs(30));
        self.process.read_to_end();
        (status.code(), self.printed())
    }
}

/// A GET request: the status and the JSON.
pub async fn get(url: &str) -> (u16, Value) {
    let client =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().expect("a client");
    let response = client.get(url).send().await.expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

struct Process {
    child: Child,
    stdout: Output,
    stderr: Output,
}

impl Process {
    fn start(tolmach: Tolmach) -> Process {
        Process::start_with(tolmach, true)
    }

    fn start_with(tolmach: Tolmach, read: bool) -> Process {
        let Tolmach { mut command, stdin } = tolmach;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("started");
        let mut input = child.stdin.take().expect("piped");
        // The process may end without reading its input; that is no failure.
        let _ = input.write_all(&stdin);
        drop(input);
        let stdout = child.stdout.take().expect("piped");
        // Dropping our end of the pipe is what `head` does.
        let stdout = if read { Output::of(stdout) } else { Output::of(std::io::empty()) };
        let stderr = Output::of(child.stderr.take().expect("piped"));
        Process { child, stdout, stderr }
    }

    fn ended(&mut self, timeout: Duration) -> ExitStatus {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.child.try_wait().expect("waited") {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}\n{}",
                self.stdout.text(),
                self.stderr.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn read_to_end(&mut self) {
        for reader in
            [&mut self.stdout, &mut self.stderr].into_iter().filter_map(|output| output.reader.take())
        {
            reader.join().expect("read");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An output stream, read while the process runs, so that the process never blocks on a full pipe.
struct Output {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Output {
    fn of(mut pipe: impl Read + Send + 'static) -> Output {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                let mut bytes = shared.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend_from_slice(&buffer[..read]);
            }
        });
        Output { bytes, reader: Some(reader) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}
