//! A short run of every attack against the binary that cargo builds beside the harness. The times are printed and not judged
//! here: a test machine is busy. That everybody is answered, that the memory is bounded and that no poisoned flow is accepted
//! is judged.

use std::process::Command;

use serde_json::Value;

#[test]
fn ordinary_clients_are_answered_during_every_attack() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: attackers need addresses of their own on the loopback");
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
    let ran = command.args(["attack", "--seconds", "3", "--json"]).output().expect("the harness runs");
    let (said, complained) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let report: Value =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {complained}{said}"));
    let attacks = report["attacks"].as_array().expect("attacks");
    assert_eq!(attacks.len(), 12, "{report:#}");
    for attack in attacks {
        println!(
            "{:<18} answers {}, health {}, missed {}",
            attack["attack"].as_str().unwrap_or_default(),
            attack["answer"],
            attack["health"],
            attack["missed"]
        );
        let missed = |what: &str| attack["missed"].as_array().expect("a list").iter().any(|one| one == what);
        for what in ["failures", "no answers", "memory", "staff", "poison accepted"] {
            assert!(!missed(what), "{what}: {attack:#}");
        }
        assert!(attack["normal_after_seconds"].is_f64(), "{attack:#}");
        // Makes sure that there was an attack.
        let tries = attack["tries"].as_u64().unwrap_or_default();
        assert!(attack["attack"] == "nothing" || tries > 0, "{attack:#}");
    }
}
