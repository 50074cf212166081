//! Children that do not do what they should: shell scripts in the place of the program.

#![cfg(unix)]

use std::{path::PathBuf, time::Instant};

use tempfile::TempDir;

use super::*;

struct Script {
    folder: TempDir,
    limits: Limits,
}

impl Script {
    /// A shell script; the arguments that a child gets are its own.
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
fn every_end_of_a_child_is_one_line() {
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
fn an_answer_of_a_child_that_failed_is_not_taken() {
    let report = "{\"file\":\"f\",\"items\":0,\"sheets\":[],\"warnings\":[]}";
    let good = format!("echo '{{\"Read\":{{\"items\":[],\"report\":{report}}}}}'");
    assert_eq!(Script::new(&good).read().unwrap().report.file, "f");
    Script::new(&format!("{good}; exit 1")).says(&["failed"]);
    let error = Script::new("echo '{\"Failed\":{\"Empty\":{\"file\":\"price.xlsx\"}}}'").read().unwrap_err();
    assert_eq!(error, Error::Empty { file: "price.xlsx".into() });
}

#[test]
fn a_child_that_hangs_is_ended() {
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
fn a_child_that_talks_without_end_is_ended() {
    let mut script = Script::new("exec yes >&2");
    script.limits.seconds = 1;
    // Its complaints are not waited for; its output stays open, or breaks when nobody reads its complaints.
    assert!(matches!(script.read(), Err(Error::Slow { .. } | Error::Ended { .. })));
}

#[test]
fn a_program_that_is_gone_is_said() {
    let program = PathBuf::from("/no/such/program");
    let reader = Reader { program: &program, arguments: &[], limits: Limits::default() };
    let error = reader.read(Path::new("price.xlsx"), &Options::default()).unwrap_err();
    assert!(matches!(&error, Error::NotStarted { .. }), "{error}");
}
