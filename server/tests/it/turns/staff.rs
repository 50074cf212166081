//! Staff notices: sent after the commit, in order, and also after a crash.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    effect::{Command, Notice},
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    scope::Scope,
    turn_context::TurnContext,
};
use tolmach_runtime::ports::prelude::*;

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
        let chats = self.channel.chats.lock().unwrap().clone();
        let texts = self.channel.texts();
        chats.into_iter().zip(texts).filter(|(chat, _)| chat == whom).map(|(_, text)| text).collect()
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
