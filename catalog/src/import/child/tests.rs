//! Children that misbehave, simulated by shell scripts.

#![cfg(unix)]

use std::{path::PathBuf, time::Instant};

use tempfile::TempDir;

use super::*;

struct Script {
    folder: TempDir,
    limits: Limits,
}

impl Script {
    /// A shell script that ignores the arguments of a child.
    fn new(text: &str) -> Script {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("child.sh"), text).unwrap();
        Script { folder, limits: Limits::default() }
    }

    fn read(&self) -> Result<Imported, Error> {
        let script = self.folder.path().join("child.sh");
        let reader = Reader {
            program: &PathBuf::from("/bin/sh"),
            arguments: &[script.to_str().unwrap()],
            limits: self.limits,
        };
        reader.read(Path::new("some/price.xlsx"), &Options::default())
    }

    fn says(&self, words: &[&str]) -> Error {
        let error = self.read().unwrap_err();
        let text = error.to_string();
        for word in words.iter().chain([&"price.xlsx: "]) {
            assert!(text.contains(word), "no {word:?} in: {text}");
        }
        assert!(!text.contains('\n'), "{text}");
        error
    }
}

#[test]
fn maps_every_way_a_child_ends_to_a_one_line_error() {
    let heavy = "echo 'memory allocation of 549755813888 bytes failed' >&2; kill -ABRT $$";
    assert!(matches!(Script::new(heavy).says(&["1536 MiB", "new workbook"]), Error::Heavy { .. }));
    let slow = Script::new("kill -XCPU $$").says(&["60 s"]);
    assert!(matches!(slow, Error::Slow { limit: 60, .. }));
    Script::new("kill -KILL $$").says(&["memory runs short"]);
    Script::new("kill -SEGV $$").says(&["crashed (signal 11)", "save it again"]);
    Script::new("echo '{\"Read\": {\"items\": [' ").says(&["no whole answer"]);
    Script::new("echo 'error: unexpected argument' >&2; exit 2")
        .says(&["failed: error: unexpected argument"]);
    Script::new("exit 3").says(&["exit status: 3"]);
}

#[test]
fn ignores_the_response_of_a_child_that_failed() {
    let report = "{\"file\":\"f\",\"items\":0,\"sheets\":[],\"warnings\":[],\"odd\":[],\"odd_rows\":0}";
    let good = format!("echo '{{\"Read\":{{\"items\":[],\"report\":{report}}}}}'");
    assert_eq!(Script::new(&good).read().unwrap().report.file, "f");
    Script::new(&format!("{good}; exit 1")).says(&["failed"]);
    let error = Script::new("echo '{\"Failed\":{\"Empty\":{\"file\":\"price.xlsx\"}}}'").read().unwrap_err();
    assert_eq!(error, Error::Empty { file: "price.xlsx".into() });
}

#[test]
fn kills_a_child_that_hangs() {
    let mut script = Script::new("echo $$ > \"$(dirname \"$0\")/pid\"; exec sleep 100");
    script.limits.seconds = 1;
    let started = Instant::now();
    script.says(&["longer than 1 s"]);
    assert!(started.elapsed() < Duration::from_secs(20));
    let pid = std::fs::read_to_string(script.folder.path().join("pid")).unwrap();
    let there = Command::new("kill").args(["-0", pid.trim()]).stderr(Stdio::null()).status().unwrap();
    assert!(!there.success(), "{} still runs", pid.trim());
}

#[test]
fn kills_a_child_that_floods_stderr() {
    let mut script = Script::new("exec yes >&2");
    script.limits.seconds = 1;
    // Reading stderr does not delay the timeout. stdout stays open, or the child breaks when nobody reads its stderr.
    assert!(matches!(script.read(), Err(Error::Slow { .. } | Error::Ended { .. })));
}

#[test]
fn reports_a_missing_executable() {
    let program = PathBuf::from("/no/such/program");
    let reader = Reader { program: &program, arguments: &[], limits: Limits::default() };
    let error = reader.read(Path::new("price.xlsx"), &Options::default()).unwrap_err();
    assert!(matches!(&error, Error::NotStarted { .. }), "{error}");
}
