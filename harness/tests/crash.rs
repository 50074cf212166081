//! A short run of the crash harness against the binary that cargo builds beside it, with a fixed seed.

#![expect(clippy::expect_used, reason = "a test ends at the first unexpected result")]

use std::process::{Command, Output};

use serde_json::Value;
use tolmach_testkit::postgres::Cluster;

fn harness(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
    command.args(args).output().expect("the harness runs")
}

#[test]
fn eight_crashes_lose_and_double_nothing() {
    check("sqlite", &[]);
}

/// Two processes share the work over PostgreSQL: a bot and a worker.
#[test]
fn eight_crashes_of_two_processes_lose_and_double_nothing() {
    match Cluster::shared().expect("PostgreSQL") {
        Some(cluster) => {
            let url = cluster.database().expect("a database");
            check("postgres", &["--database", "postgres", "--processes", "2", "--postgres-url", &url]);
        }
        None => eprintln!("skipped: there is no PostgreSQL on this machine"),
    }
}

fn check(database: &str, more: &[&str]) {
    let ran = harness(&[&["crash", "--cycles", "8", "--seed", "20261122", "--json"], more].concat());
    let (said, complained) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    // The output says how to build a missing binary; `cargo test --workspace` builds it.
    assert!(ran.status.success(), "{complained}{said}");
    let outcomes: Value = serde_json::from_str(&said).expect("JSON");
    let outcome = &outcomes[0];
    assert_eq!((&outcome["database"], &outcome["holds"]), (&database.into(), &true.into()), "{outcome}");
    let count = |name: &str| outcome[name].as_u64().unwrap_or_default();
    // Makes sure that the run did something.
    assert!(count("kills") >= 3 && count("kills") + count("stops") >= 8, "{outcome}");
    assert!(count("acknowledged") >= 50 && count("acknowledged") == count("updates"), "{outcome}");
    assert!(count("mails") >= 5 && count("effects") > count("updates"), "{outcome}");
}

#[test]
fn the_error_for_a_missing_binary_says_how_to_build_it() {
    let ran = harness(&["crash", "--cycles", "1", "--binary", "no/such/tolmach"]);
    let complained = String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success() && complained.contains("cargo build"), "{complained}");
    assert!(complained.contains("no/such/tolmach"), "{complained}");
}

#[test]
fn invalid_options_are_reported() {
    for (args, part) in [
        (&["crash", "--processes", "2"][..], "--database postgres"),
        (&["load", "--think", "0.1"], "a page may send one message a second"),
        (&["load", "--clients", "0"], "no clients"),
    ] {
        // Any file works as the binary, because nothing is started.
        let args = [args, &["--binary", env!("CARGO_BIN_EXE_harness")]].concat();
        let ran = harness(&args);
        let complained = String::from_utf8_lossy(&ran.stderr);
        assert!(!ran.status.success() && complained.contains(part), "{args:?}: {complained}");
    }
}
