//! Turns that cannot end: they take too long, panic, or end the process each time they are begun.

use std::time::Instant;

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    turn_context::TurnContext,
};
use tolmach_runtime::{
    ports::{QuarantineQuery, QuarantinedTask, Task, UnreadUpdate, prelude::*},
    testing::ManualClock,
};

use super::*;

/// A node that computes for 3 seconds when it is told `hang`, and panics when it is told `panic`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Poison {}

impl Kind for Poison {
    const NAME: &'static str = "poison";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "it ended")];
    const EXAMPLE: &'static str = "";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) = (&[], &[]);
}

impl Node for Poison {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, _: &mut Scope<'_>) {}

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        match turn.message() {
            "hang" => std::thread::sleep(Duration::from_secs(3)),
            "panic" => panic!("as it was told"),
            _ => {}
        }
        turn.say("answered".to_owned(), Vec::new());
        Ok(NodeOutcome::exit("done"))
    }
}

const POISON: &[&KindSpec] = &[&KindSpec::of::<Poison>()];
const FLOW: &str = "flow: counter\nstart: work\nlimits: { turn: 1s }\nnodes:\n  work:\n    poison: {}\n";

async fn bot(folder: &Path) -> Bot {
    let staff = [("default".to_owned(), vec![Address::new("test", "staff")])].into();
    Bot::with(folder, POISON, FLOW, Coalescing::OFF, staff).await
}

impl Bot {
    async fn receives(&self, chat: &str, key: &str, text: &str) {
        self.runtime.receive(vec![inbound(chat, key, text)]).await.unwrap();
    }

    fn shown_to(&self, whom: &str) -> Vec<String> {
        self.channel.texts_of(whom)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turns_that_hang_end_with_an_apology_and_delay_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path()).await;
    for chat in 0..8 {
        bot.receives(&format!("poison{chat}"), &format!("p{chat}"), "hang").await;
    }
    // More turns hang than there are cores, and this one waits for none of them: each keeps its core until its limit.
    let began = Instant::now();
    bot.receives("bystander", "b", "hello").await;
    let heartbeat = tokio::spawn(async {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    heartbeat.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "timers went on: {:?}", began.elapsed());
    bot.runtime.settle().await;
    assert_eq!(bot.shown_to("bystander"), ["answered"]);
    for chat in 0..8 {
        let shown = bot.shown_to(&format!("poison{chat}"));
        assert!(shown.len() == 1 && shown[0].contains("не справился"), "{shown:?}");
    }
    let told = bot.shown_to("staff");
    assert!(told.len() == 8 && told[0].contains("limits.turn"), "{told:?}");

    // What was abandoned is no riddle for a replay, and the chat goes on.
    let turns = bot.store.turns(&TurnQuery::of("test:poison0", 10)).await.unwrap();
    let record: Record = serde_json::from_str(&turns[0].trace).unwrap();
    assert!(record.trace.abandoned.is_some());
    let replayed = bot
        .runtime
        .releases()
        .with_release(&turns[0].release, |release| record.replay(release, &turns[0].event));
    assert_eq!(replayed.await.unwrap(), Some(Ok(())));
    bot.receives("poison0", "again", "hello").await;
    bot.runtime.settle().await;
    assert_eq!(bot.shown_to("poison0").last().map(String::as_str), Some("answered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_panics_ends_with_an_apology() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path()).await;
    bot.receives("a", "1", "panic").await;
    bot.receives("a", "2", "hello").await;
    bot.runtime.settle().await;
    let shown = bot.shown_to("a");
    assert!(shown.len() == 2 && shown[0].contains("не справился"), "{shown:?}");
    assert_eq!(shown[1], "answered");
    assert_eq!(bot.shown_to("staff").len(), 1);
    assert_eq!(bot.store.quarantined(&QuarantineQuery::last(10)).await.unwrap(), [], "it has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_turns_that_fail_are_few_messages_to_the_staff() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(0)));
    let staff = [("default".to_owned(), vec![Address::new("test", "staff")])].into();
    let bot =
        Bot::limited(folder.path(), POISON, FLOW, staff, Arc::clone(&clock) as Arc<dyn ports::Clock>).await;
    for n in 0..100 {
        bot.receives("a", &n.to_string(), "panic").await;
        bot.runtime.settle().await;
    }
    assert_eq!(bot.shown_to("a").len(), 100, "the client is told each time");
    assert_eq!(bot.shown_to("staff").len(), 4);
    clock.advance(300_000);
    bot.runtime.fire_due_timers().await.unwrap();
    bot.runtime.settle().await;
    let told = bot.shown_to("staff");
    assert!(told.len() == 5 && told[4].contains("(×96)"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_was_begun_three_times_is_quarantined_and_can_be_retried() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path()).await;
    let id = uuid::Uuid::now_v7();
    bot.store.receive(0, vec![(id, inbound("a", "1", "hello"))]).await.unwrap();
    let task = Task::Turn { chat: "test:a".to_owned(), turn: id };
    let name = format!("turn-{id}");
    for starts in 1..=3 {
        // What a process does that is killed in the middle of the turn.
        assert_eq!(bot.store.begin_task(&name, &task, starts).await.unwrap(), starts);
    }
    assert_eq!(bot.runtime.recover().await.unwrap(), 1);
    bot.runtime.settle().await;
    let shown = bot.shown_to("a");
    assert!(shown.len() == 1 && shown[0].contains("не справился"), "{shown:?}");
    assert!(bot.shown_to("staff")[0].contains("tolmach jobs"), "{:?}", bot.shown_to("staff"));
    let aside = bot.store.quarantined(&QuarantineQuery::last(10)).await.unwrap();
    assert!(
        matches!(&aside[..], [QuarantinedTask { id, task: of, .. }] if *id == name && *of == task),
        "{aside:?}"
    );
    let audited = bot.store.audit(&ports::AuditQuery::last(10)).await.unwrap();
    assert!(audited.iter().any(|row| row.action == "turn.quarantine" && row.object == name), "{audited:?}");
    assert_eq!(bot.runtime.recover().await.unwrap(), 0, "nothing waits");

    assert!(bot.store.retry_task(&name, 5).await.unwrap());
    assert!(bot.runtime.perform(&task).await.unwrap());
    assert!(bot.runtime.perform(&task).await.unwrap(), "a task that comes twice");
    bot.runtime.settle().await;
    assert_eq!(bot.shown_to("a")[1..], ["answered"]);
    assert_eq!(bot.store.quarantined(&QuarantineQuery::last(10)).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_left_is_run_twice_more() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path()).await;
    let id = uuid::Uuid::now_v7();
    bot.store.receive(0, vec![(id, inbound("a", "1", "hello"))]).await.unwrap();
    let task = Task::Turn { chat: "test:a".to_owned(), turn: id };
    for starts in 1..=2 {
        bot.store.begin_task(&format!("turn-{id}"), &task, starts).await.unwrap();
    }
    bot.runtime.recover().await.unwrap();
    bot.runtime.settle().await;
    assert_eq!(bot.shown_to("a"), ["answered"]);
    assert_eq!(
        bot.store.begin_task(&format!("turn-{id}"), &task, 9).await.unwrap(),
        1,
        "a turn that has ended is counted no more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_cannot_be_read_is_kept_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path()).await;
    let update = |id: &str, update: &str| UnreadUpdate {
        channel: "test".to_owned(),
        id: id.to_owned(),
        chat: None,
        update: update.to_owned(),
    };
    for unread in [update("1", "{}"), update("2", "readable now"), update("2", "readable now")] {
        bot.runtime.put_aside(unread).await.unwrap();
    }
    let aside = bot.store.quarantined(&QuarantineQuery::last(10)).await.unwrap();
    let mut ids: Vec<&str> = aside.iter().map(|task| task.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["update-test-1", "update-test-2"], "one that comes twice is kept once");
    for kept in &aside {
        assert!(bot.store.retry_task(&kept.id, 5).await.unwrap());
        assert!(bot.runtime.perform(&kept.task).await.unwrap());
        assert!(bot.runtime.perform(&kept.task).await.unwrap(), "a task that comes twice");
    }
    bot.runtime.settle().await;
    assert_eq!(bot.shown_to("a"), ["answered"]);
    let left = bot.store.quarantined(&QuarantineQuery::last(10)).await.unwrap();
    assert!(matches!(&left[..], [QuarantinedTask { id, .. }] if id == "update-test-1"), "{left:?}");
}
