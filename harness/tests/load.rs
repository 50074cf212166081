//! A short load run against the binary that cargo builds beside the harness: checks that the figures are present and
//! plausible.

#![expect(clippy::expect_used, reason = "a test ends at the first unexpected result")]

use std::process::Command;

use serde_json::Value;

fn load(args: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
    let ran = command.arg("load").args(args).arg("--json").output().expect("the harness runs");
    let (said, complained) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{complained}{said}");
    serde_json::from_str::<Value>(&said).expect("JSON")[0].clone()
}

#[test]
fn clients_are_answered_and_measured() {
    let measured = load(&["--clients", "5", "--think", "1", "--seconds", "4"]);
    let count = measured["answer"]["count"].as_u64().unwrap_or_default();
    assert!(count >= 5 && measured["errors"] == serde_json::json!({}), "{measured}");
    assert_eq!(measured["ack"]["count"], count);
    let millis = |what: &str, share: &str| measured[what][share].as_f64().unwrap_or_default();
    assert!(millis("answer", "p99_ms") >= millis("answer", "p50_ms") && millis("answer", "p50_ms") > 0.0);
    if cfg!(target_os = "linux") {
        let bytes = |name: &str| measured[name].as_u64().unwrap_or_default();
        assert!(
            bytes("peak_bytes") >= bytes("resident_bytes") && bytes("resident_bytes") > 1 << 20,
            "{measured}"
        );
        assert!(measured["cpu_seconds"].is_f64(), "{measured}");
    }
}

#[test]
fn silent_chats_stay_open() {
    let measured = load(&["--idle", "20"]);
    assert_eq!((&measured["clients"], &measured["answer"]["count"]), (&20.into(), &20.into()), "{measured}");
    assert_eq!(measured["errors"], serde_json::json!({}));
}
