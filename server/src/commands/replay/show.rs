//! Output of replays and backtests.

use tolmach_app::replay::Replayed;
use tolmach_runtime::backtest::{Fault, Leads, Report};

use crate::out::counted;

/// The maximum number of chats or paths printed per list; --json prints all.
const SHOWN: usize = 20;

/// Prints the summary, preceded by the turns that differ if `with_turns` is set.
pub fn replayed(found: &Replayed, with_turns: bool) {
    for one in found.differ.iter().filter(|_| with_turns) {
        println!("  DIFF  {} {}\n        {}", one.chat, one.path.join(" → "), one.why);
    }
    let chats = if with_turns { format!(" of {} chats", found.chats) } else { String::new() };
    println!("{} turns{chats} replayed, {} differ", found.turns, found.differ.len());
}

/// Prints one turn of a replayed chat.
pub fn turn(path: &[&str], outcome: &Result<(), String>) {
    let path = path.join(" → ");
    match outcome {
        Ok(()) => println!("  same  {path}"),
        Err(why) => println!("  DIFF  {path}\n        {why}"),
    }
}

/// Prints the result of a backtest.
pub fn backtest(report: &Report, draft: &str) {
    let draft = draft.get(..12).unwrap_or(draft);
    let (chats, turns) = (counted(report.chats, "chat"), counted(report.turns, "turn"));
    println!("{chats}, {turns} through the draft {draft}\n");
    println!("paths     {} the same, {} changed", report.same, report.changed);
    for path in report.paths.iter().take(SHOWN) {
        let turns = counted(path.turns, "turn");
        println!("  {}  became  {}: {turns}", joined(&path.before), joined(&path.after));
        println!("    {} {}", path.chat, path.wrote);
    }
    more(report.paths.len());
    println!("leads     {} chats before, {} with the draft", report.leads.before, report.leads.after);
    lost_and_new(&report.leads);
    for goal in &report.goals {
        println!(
            "goal {}: {} chats before, {} with the draft",
            goal.name, goal.chats.before, goal.chats.after
        );
        lost_and_new(&goal.chats);
    }
    let (before, after) = (report.model_calls.before, report.model_calls.after);
    let a_turn = |calls: usize| calls as f64 / report.turns.max(1) as f64;
    println!(
        "model     {before} calls before ({:.2} a turn), {after} with the draft ({:.2} a turn)",
        a_turn(before),
        a_turn(after)
    );
    faults("faults    {} new", &report.faults);
    if !report.doubtful_faults.is_empty() {
        faults("doubtful  {} in turns that asked what was not recorded", &report.doubtful_faults);
    }
    println!("queries   {} answered approximately, {} not recorded", report.approximate, report.not_recorded);
    if report.is_worse() {
        println!("\nthe draft loses leads or brings faults");
    }
}

fn joined(path: &[String]) -> String {
    if path.is_empty() { "(nothing)".to_owned() } else { path.join(" → ") }
}

fn lost_and_new(leads: &Leads) {
    for (word, chats) in [("lost", &leads.lost), ("new", &leads.new)] {
        for chat in chats.iter().take(SHOWN) {
            println!("  {word:<4}  {chat}");
        }
        more(chats.len());
    }
}

fn faults(heading: &str, faults: &[Fault]) {
    println!("{}", heading.replace("{}", &faults.len().to_string()));
    for fault in faults.iter().take(SHOWN) {
        println!("  {}.{}: {}", fault.flow, fault.node, fault.fault);
        println!("    {}, such as one of {}", counted(fault.turns, "turn"), fault.chat);
    }
    more(faults.len());
}

fn more(all: usize) {
    if all > SHOWN {
        println!("  and {} more (--json shows all)", all - SHOWN);
    }
}
