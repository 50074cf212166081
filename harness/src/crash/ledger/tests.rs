use super::*;

const ALONE: Rules = Rules { stops_count: false };

/// Builds a ledger from lines, one second apart: `> text` is written, `+ id text` is a mail, `kill`, `stop` and `up`
/// are process events, anything else is shown.
fn ledger(lines: &[&str]) -> Ledger {
    let mut ledger = Ledger::default();
    for (at, line) in lines.iter().enumerate() {
        let entry = match *line {
            "kill" => Entry::Down { process: 0, signal: Interruption::Kill },
            "stop" => Entry::Down { process: 0, signal: Interruption::Stop },
            "up" => Entry::Up { process: 0 },
            _ => match line.split_once(' ').unwrap() {
                (">", text) => Entry::Wrote { chat: 7, text: text.to_owned() },
                ("+", mail) => {
                    let (id, text) = mail.split_once(' ').unwrap();
                    Entry::Mail { id: id.to_owned(), text: text.to_owned() }
                }
                _ => Entry::Shown { chat: 7, text: (*line).to_owned() },
            },
        };
        ledger.note(Duration::from_secs(at as u64), entry);
    }
    ledger
}

fn faults(lines: &[&str]) -> Vec<String> {
    judge(&ledger(lines), ALONE).faults.iter().map(ToString::to_string).collect()
}

/// Checks that this is the only fault.
#[track_caller]
fn refused(lines: &[&str], part: &str) {
    let faults = faults(lines);
    assert!(faults.len() == 1 && faults[0].contains(part), "{faults:?}");
}

const GOOD: [&str; 8] =
    ["> a", "> b!", "reply 1 a", "reply 2 b!", "+ m1 b!", "nudge 1 after 2", "> c", "reply 3 c"];

#[test]
fn a_good_run_is_accepted() {
    let mut lines = GOOD.to_vec();
    assert_eq!(ledger(&lines).missing(), 1, "the last silence");
    lines.push("nudge 2 after 3");
    assert_eq!(ledger(&lines).missing(), 0);
    let verdict = judge(&ledger(&lines), ALONE);
    assert_eq!(verdict.faults, []);
    assert_eq!((verdict.effects, verdict.redeliveries, verdict.mails), (5, 0, 1));
}

#[test]
fn finds_lost_messages() {
    refused(&GOOD, "the last silence was never noticed");
    refused(&["> a", "> b", "reply 1 a", "nudge 1 after 2"], "lost: «b» has no answer");
    refused(&["> a!", "reply 1 a!", "nudge 1 after 1"], "mail lost: «a!»");
    // A mail with the Message-ID of another: a mailbox shows only the first.
    refused(
        &["> a!", "> b!", "reply 1 a!", "reply 2 b!", "+ m a!", "+ m b!", "nudge 1 after 2"],
        "mail lost: «b!»",
    );
    // The counter went back: a consumed message was forgotten.
    refused(
        &["> a", "> b", "reply 1 a", "reply 1 b", "nudge 1 after 2"],
        "«reply 1 b» is not what comes next",
    );
}

#[test]
fn finds_duplicates() {
    refused(&["> a", "reply 1 a", "reply 2 a", "nudge 1 after 1"], "consumed twice: «a» as the {1, 2}");
    refused(&["> a", "reply 1 a", "kill", "up", "reply 2 a", "nudge 1 after 1"], "consumed twice");
    refused(
        &["> a", "reply 1 a", "nudge 1 after 1", "nudge 2 after 1"],
        "consumed twice: the silence after 1",
    );
    refused(&["> a!", "reply 1 a!", "+ m1 a!", "+ m2 a!", "nudge 1 after 1"], "mail doubled: «a!» 2 times");
    let same_id = ["> a!", "reply 1 a!", "+ m1 a!", "+ m1 a!", "nudge 1 after 1"];
    assert_eq!(faults(&same_id), Vec::<String>::new());
    assert_eq!(judge(&ledger(&same_id), ALONE).mails_received, 2);
}

#[test]
fn finds_reordered_messages() {
    refused(
        &["> a", "> b", "reply 1 b", "reply 2 a", "nudge 1 after 2"],
        "«reply 1 b» is not what comes next",
    );
    refused(&["> a", "> b", "reply 2 b", "reply 1 a", "nudge 1 after 2"], "out of order: «reply 2 b»");
    refused(
        &["> a", "> b", "reply 1 a", "reply 2 b", "nudge 1 after 1", "nudge 2 after 2"],
        "out of order: «nudge 1 after 1»",
    );
    let back = faults(&["> a", "> b", "reply 1 a", "reply 2 b", "reply 1 a", "nudge 1 after 2"]);
    assert!(back[0].contains("out of order: «reply 1 a» again though nothing ended since"), "{back:?}");
}

#[test]
fn finds_excess_redeliveries() {
    let crash = ["> a", "reply 1 a", "kill", "up", "reply 1 a", "nudge 1 after 1"];
    assert_eq!(faults(&crash), Vec::<String>::new());
    let verdict = judge(&ledger(&crash), ALONE);
    assert_eq!((verdict.redeliveries, verdict.most_redelivered), (1, 1));
    // A message sent before the kill may arrive after it, and the next process sends before it reports that it serves.
    let late = ["> a", "kill", "reply 1 a", "reply 1 a", "up", "nudge 1 after 1"];
    assert_eq!(faults(&late), Vec::<String>::new());
    refused(
        &["> a", "reply 1 a", "kill", "up", "reply 1 a", "reply 1 a", "nudge 1 after 1"],
        "shown too often: «reply 1 a» 3 times, crashes meanwhile: 1",
    );
    refused(&["> a", "reply 1 a", "reply 1 a", "kill", "up", "nudge 1 after 1"], "crashes meanwhile: 0");
    // A pause is no excuse, unless another process may have taken over.
    let stop = ["> a", "reply 1 a", "stop", "up", "reply 1 a", "nudge 1 after 1"];
    refused(&stop, "crashes meanwhile: 0");
    assert_eq!(judge(&ledger(&stop), Rules { stops_count: true }).faults, []);
}

#[test]
fn finds_unexpected_messages() {
    refused(&["> a", "reply 1 a", "nudge 1 after 1", "reply 2 z"], "out of nowhere: «reply 2 z»");
    refused(&["> a", "reply 1 a", "nudge 1 after 1", "Something broke."], "out of nowhere");
    refused(&["> a", "reply 1 a", "nudge 1 after 1", "+ m1 a"], "mail out of nowhere");
}

#[test]
fn prints_the_ledger_of_a_chat() {
    let shown = ledger(&["> a", "kill", "up", "reply 1 a"]).of_chat(7);
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    let expected = [
        "0.000  client  a",
        "1.000          -- process 0: killed --",
        "2.000          -- process 0 serves --",
        "3.000  shown   reply 1 a",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn downtime_does_not_count_as_lateness() {
    let seconds = |lines: &[&str]| -> Vec<u64> {
        lateness(&ledger(lines), Duration::from_secs(1)).iter().map(Duration::as_secs).collect()
    };
    assert_eq!(seconds(&["> a", "reply 1 a", "nudge 1 after 1"]), [0]);
    assert_eq!(seconds(&["> a", "reply 1 a", "> b", "> c", "nudge 1 after 1"]), [2]);
    assert_eq!(seconds(&["> a", "reply 1 a", "kill", "> b", "> c", "up", "> d", "nudge 1 after 1"]), [2]);
    assert_eq!(seconds(&["> a", "reply 1 a", "kill", "> b", "> c", "nudge 1 after 1", "up"]), [0]);
    assert_eq!(seconds(&["> a", "reply 1 a", "nudge 1 after 1", "kill", "up", "nudge 1 after 1"]), [0]);
}
