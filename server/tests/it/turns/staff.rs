//! Staff notices: sent after the commit, in order, and also after a crash.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    effect::{Command, Notice},
    event::StaffAction,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    turn_context::TurnContext,
};
use tolmach_runtime::{
    ports::{MessageQuery, prelude::*},
    testing::ManualClock,
};

use super::*;

/// A node that notifies the staff of the client's message.
#[derive(Debug, Deserialize, JsonSchema)]
struct Alarm {}

impl Kind for Alarm {
    const NAME: &'static str = "alarm";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "it was told")];
    const EXAMPLE: &'static str = "";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) = (&[], &[]);
}

impl Node for Alarm {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, _: &mut Scope<'_>) {}

    fn run(&self, turn: &mut TurnContext<'_>, _: NodeInput) -> Result<NodeOutcome, Fault> {
        let text = turn.message().to_owned();
        let notice = Notice { group: "default".into(), subject: "Lead".into(), text, about_chat: true };
        turn.command(Command::Notify(notice));
        turn.say("told".to_owned(), Vec::new());
        Ok(NodeOutcome::exit("done"))
    }
}

const ALARM: &[&KindSpec] = &[&KindSpec::of::<Alarm>()];
const FLOW: &str = "flow: counter\nstart: notify_staff\nnodes:\n  notify_staff:\n    alarm: {}\n";

async fn bot(folder: &Path, people: &[&str]) -> Bot {
    let people = people.iter().map(|id| Address::parse(id).unwrap()).collect();
    let staff = [("default".to_owned(), people)].into();
    Bot::with(folder, ALARM, FLOW, Coalescing::OFF, staff).await
}

impl Bot {
    fn told(&self, whom: &str) -> Vec<String> {
        self.channel.texts_of(whom)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_in_the_group_is_notified_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let bot = bot(folder.path(), &["test:boss", "test:night", "email:sales@example.com"]).await;
    for n in 0..20 {
        bot.runtime.receive(vec![inbound("a", &format!("a{n}"), &format!("a{n}"))]).await.unwrap();
        bot.runtime.receive(vec![inbound("b", &format!("b{n}"), &format!("b{n}"))]).await.unwrap();
    }
    bot.runtime.settle().await;
    for whom in ["boss", "night"] {
        let told = bot.told(whom);
        assert_eq!(told.len(), 40, "{told:?}");
        for chat in ["a", "b"] {
            let expected: Vec<String> =
                (0..20).map(|n| format!("Lead\n\n{chat}{n}\n\ntest:{chat}")).collect();
            let of_chat = told.iter().filter(|text| text.ends_with(&format!("test:{chat}")));
            assert_eq!(of_chat.cloned().collect::<Vec<_>>(), expected);
        }
    }
    assert_eq!(bot.told("a"), vec!["told"; 20]);
    // No channel for mail in this process: the notice stays in the outbox for a process that has one.
    assert_eq!(bot.store.outbox("email:sales@example.com").await.unwrap().len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_survives_a_crash_and_an_empty_group_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    {
        let bot = bot(folder.path(), &["test:boss"]).await;
        let later = Delivery::Later { after: Duration::from_millis(1), why: "away".into() };
        // The client gets the reply; the process ends before the notices are delivered.
        bot.channel.script.lock().unwrap().extend([Delivery::Done, later]);
        bot.say("1", "one").await;
        assert_eq!(bot.told("boss"), Vec::<String>::new());
    }
    let again = bot(folder.path(), &[]).await;
    let told = tokio::time::timeout(Duration::from_secs(20), async {
        let tending = tokio::spawn(Arc::clone(&again.runtime).run_maintenance(Tasks::Here));
        while again.told("boss").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tending.abort();
    });
    told.await.expect("told after the restart");
    assert_eq!(again.told("boss"), ["Lead\n\none\n\ntest:a"]);
    again.say("2", "two").await;
    assert_eq!(again.told("a"), ["told"], "a group of nobody is told nothing, and the client is answered");
    assert_eq!(again.told("boss").len(), 1);
}

const MINUTE: i64 = 60_000;

/// A bot whose staff are one chat and one mailbox, with the limits that a shop has.
async fn limited(
    folder: &Path,
    kinds: &'static [&'static KindSpec],
    flow: &str,
    clock: &Arc<ManualClock>,
) -> Bot {
    let people = ["test:boss", "email:sales@example.com"].map(|id| Address::parse(id).unwrap());
    let staff = [("default".to_owned(), people.to_vec())].into();
    Bot::limited(folder, kinds, flow, staff, Arc::clone(clock) as Arc<dyn Clock>).await
}

impl Bot {
    /// The clock moves on, and timers fire.
    async fn later(&self, clock: &ManualClock, millis: i64) {
        clock.advance(millis);
        self.runtime.fire_due_timers().await.unwrap();
        self.runtime.settle().await;
    }

    async fn mails(&self) -> usize {
        self.store.outbox("email:sales@example.com").await.unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_who_calls_a_hundred_times_in_an_hour_is_few_messages_and_none_is_lost() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(0)));
    let bot = limited(folder.path(), ALARM, FLOW, &clock).await;
    for n in 0..100 {
        bot.say(&n.to_string(), &format!("call <{n}>")).await;
        bot.later(&clock, 36_000).await;
    }
    assert_eq!(bot.told("a"), vec!["told"; 100], "the client is answered each time");
    bot.later(&clock, 10 * MINUTE).await;
    let told = bot.told("boss");
    // Four at once, twelve an hour, and the last one.
    assert!((10..=17).contains(&told.len()), "{}: {told:?}", told.len());
    assert_eq!(bot.mails().await, told.len());
    let all = told.concat();
    for n in 0..100 {
        assert_eq!(all.matches(&format!("<{n}>")).count(), 1, "<{n}>");
    }
    assert!(told.iter().all(|text| text.starts_with("Lead\n") && text.ends_with("\ntest:a")), "{told:?}");
    bot.later(&clock, 600 * MINUTE).await;
    assert_eq!(bot.told("boss").len(), told.len(), "nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_chat_does_not_delay_the_notices_of_another() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(0)));
    let bot = limited(folder.path(), ALARM, FLOW, &clock).await;
    for n in 0..30 {
        bot.say(&n.to_string(), "again").await;
    }
    assert_eq!(bot.told("boss").len(), 4);
    bot.runtime.receive(vec![inbound("b", "b", "first")]).await.unwrap();
    bot.runtime.settle().await;
    assert_eq!(bot.told("boss").last().map(String::as_str), Some("Lead\n\nfirst\n\ntest:b"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_back_survives_a_crash() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(0)));
    {
        let bot = limited(folder.path(), ALARM, FLOW, &clock).await;
        for n in 0..30 {
            bot.say(&n.to_string(), "again").await;
        }
        assert_eq!(bot.told("boss").len(), 4);
    }
    let bot = limited(folder.path(), ALARM, FLOW, &clock).await;
    bot.later(&clock, 4 * MINUTE).await;
    assert_eq!(bot.told("boss"), Vec::<String>::new(), "it is not time yet");
    bot.later(&clock, MINUTE).await;
    assert_eq!(bot.told("boss"), ["Lead\n\nagain (×26)\n\ntest:a"]);
    assert_eq!(bot.mails().await, 5);
    let turns = bot.store.turns(&TurnQuery::of("test:a", 100)).await.unwrap();
    for turn in turns {
        let record: Record = serde_json::from_str(&turn.trace).unwrap();
        let replayed =
            bot.runtime.releases().with_release(&turn.release, |release| record.replay(release, &turn.event));
        assert_eq!(replayed.await.unwrap(), Some(Ok(())));
    }
}

const HANDOFF: &str = "\
flow: counter
start: person
languages: [en]
nodes:
  person:
    handoff: { reason: a person is wanted, timeout: 8h }
    next: { returned: back, timeout: back }
  back:
    say: { text: the bot is back }
";

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_messages_to_a_person_are_few_notices_and_a_conversation_is_not_held_up() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(0)));
    let bot = limited(folder.path(), KINDS, HANDOFF, &clock).await;
    bot.say("start", "I want a person").await;
    assert_eq!(bot.told("boss").len(), 1, "the call");
    for n in 0..500 {
        bot.say(&n.to_string(), &format!("message <{n}> {}", "x".repeat(50))).await;
    }
    let told = bot.told("boss");
    assert_eq!(told.len(), 11, "ten at once: {told:?}");
    assert!(told[1].starts_with("The client writes\n\nmessage <0>"), "{told:?}");
    bot.later(&clock, 2 * MINUTE).await;
    let told = bot.told("boss");
    assert_eq!((told.len(), bot.mails().await), (12, 12));
    let merged = &told[11];
    let shown = merged.matches("message <").count();
    assert!(merged.contains("message <499>") && merged.chars().count() < 3_100, "{merged}");
    assert!(merged.contains(&format!("Earlier messages: {} more", 490 - shown)), "{merged}");
    let messages = bot.store.messages(&MessageQuery::of("test:a", 0, 1000)).await.unwrap();
    assert_eq!(messages.len(), 501, "the transcript has them all");
    // The person answers; the client's next words come at once.
    for n in 0..20 {
        let action = StaffAction::say(format!("answer {n}"));
        let answer = Inbound {
            kind: EventKind::Staff { action, by: Some("Pyotr".to_owned()) },
            ..inbound("a", &format!("staff{n}"), "")
        };
        bot.runtime.receive(vec![answer]).await.unwrap();
        bot.runtime.settle().await;
        bot.say(&format!("reply{n}"), &format!("reply {n}")).await;
        let last = bot.told("boss").pop().unwrap();
        assert_eq!(last, format!("The client writes\n\nreply {n}\n\ntest:a"));
    }
    assert_eq!(bot.told("a").len(), 20, "the bot says nothing: {:?}", bot.told("a"));
}
