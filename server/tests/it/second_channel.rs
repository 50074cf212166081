//! A second channel: what a messenger needs, in one small module and one line of wiring. It runs a whole dialog with
//! buttons on the real runtime.

use std::sync::Arc;

use tolmach_channels::telegram;
use tolmach_engine::{Platform, bundle::Bundle, compile};
use tolmach_llm::{embedder::MeaningEmbedder, offline::OfflineLlm};
use tolmach_runtime::{
    Coalescing, Models, NoticeLimits, QueryPorts, ReleaseRegistry, Runtime, RuntimePorts, Staff, Trainer,
    ports::{Channel, NoHttp, Store, SystemClock},
    testing::FailingCatalog,
};
use tolmach_store::sqlite::{Options, SqliteStore};

use pigeon::{PigeonChannel, Post};

/// The channel. Letters come in by a queue, and what it sends is kept in a list.
mod pigeon {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use tokio::sync::mpsc;
    use tolmach_engine::{
        channel::Capabilities,
        effect::{Action, Outgoing},
        event::{Client, EventKind},
    };
    use tolmach_runtime::ports::{Address, Channel, Delivery, Inbound, Intake};

    pub const NAME: &str = "pigeon";
    pub const CAPABILITIES: Capabilities =
        Capabilities { name: NAME, max_buttons: 4, max_text: 1000, ..Capabilities::UNLIMITED };

    /// A letter that came: who wrote, its number, and a text or the id of a button.
    pub enum Post {
        Text(&'static str, u32, &'static str),
        Press(&'static str, u32, String),
    }

    #[derive(Default)]
    pub struct PigeonChannel(pub Mutex<Vec<String>>);

    /// Passes letters on until the queue is closed. Returning from `receive` would be the place to acknowledge one.
    pub async fn listen(mut post: mpsc::Receiver<Post>, intake: &dyn Intake) {
        while let Some(letter) = post.recv().await {
            let (who, number, kind, button) = match letter {
                Post::Text(who, number, text) => (who, number, EventKind::from_text(text), None),
                Post::Press(who, number, id) => {
                    (who, number, EventKind::Press { label: String::new(), press: None }, Some(id))
                }
            };
            let (address, key) = (Address::new(NAME, who), number.to_string());
            let client = Client::default();
            intake
                .receive(vec![Inbound { address, key, client, origin: None, kind, button, sent: None }])
                .await
                .expect("stored");
        }
    }

    #[async_trait]
    impl Channel for PigeonChannel {
        fn name(&self) -> &str {
            NAME
        }

        fn capabilities(&self) -> Capabilities {
            CAPABILITIES
        }

        async fn deliver(&self, to: &Address, _: &str, message: &Outgoing) -> Delivery {
            let mut letter = format!("{}: {}", to.id, message.whole_text());
            for button in &message.buttons {
                if let Action::Press { id, .. } = &button.action {
                    letter.push_str(&format!(" [{}={id}]", button.label));
                }
            }
            self.0.lock().expect("not poisoned").push(letter);
            Delivery::Done
        }
    }
}

const FLOW: &str = "\
flow: shop
start: hello
slots: { colour: { type: text } }
on: { command: { help: help } }
nodes:
  hello:
    say: { text: Which colour?, buttons: [{ label: Red, to: red }, { label: Blue, to: blue }] }
  red:
    say: { text: Red it is. }
  blue:
    say: { text: Blue it is. }
  help:
    say: { text: Press a button. }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_dialog_with_buttons_runs_on_a_channel_of_one_module() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(Options::new(folder.path().join("tolmach.db"))).await.expect("opened");
    let store: Arc<dyn Store> = Arc::new(store);
    let trainer = Arc::new(Trainer::new(Arc::new(MeaningEmbedder)));
    let pigeon = Arc::new(PigeonChannel::default());
    let ports = RuntimePorts {
        store: Arc::clone(&store),
        queries: QueryPorts {
            http: Arc::new(NoHttp),
            catalog: Arc::new(FailingCatalog),
            trainer: Arc::clone(&trainer),
            models: Models::only(Arc::new(OfflineLlm)).into(),
        },
        clock: Arc::new(SystemClock),
        // The line of wiring.
        channels: vec![Arc::clone(&pigeon) as Arc<dyn Channel>].into(),
        coalescing: Coalescing::OFF.into(),
        staff: Staff::new().into(),
        notices: NoticeLimits::default().into(),
    };
    let platform = Platform {
        channels: vec![telegram::CAPABILITIES, pigeon.capabilities()],
        ..tolmach_nodes::platform()
    };
    let runtime = Runtime::new(ports, ReleaseRegistry::new(platform.clone(), store, trainer));
    let bundle = |flow: &str| Bundle { files: [("shop.yaml".to_owned(), flow.to_owned())].into() };
    runtime.releases().activate_draft(&bundle(FLOW), 0).await.expect("stored").expect("it compiles");

    let send = async |letter: Post| {
        let (to, post) = tokio::sync::mpsc::channel(1);
        to.send(letter).await.expect("sent");
        drop(to);
        pigeon::listen(post, &*runtime).await;
        runtime.settle().await;
        std::mem::take(&mut *pigeon.0.lock().expect("not poisoned"))
    };
    let asked = send(Post::Text("anna", 1, "hi")).await.remove(0);
    assert!(asked.starts_with("anna: Which colour? [Red=") && asked.contains("[Blue="), "{asked}");
    let blue = asked.split_once("[Blue=").and_then(|(_, rest)| rest.split_once(']')).expect("a button").0;
    assert_eq!(send(Post::Text("anna", 2, "/help")).await[0], "anna: Press a button.");
    assert_eq!(send(Post::Press("anna", 3, blue.to_owned())).await, ["anna: Blue it is."]);
    assert_eq!(send(Post::Press("anna", 3, blue.to_owned())).await, [""; 0], "a letter that comes twice");

    // The compiler knows the channel's limits.
    let many = (0..5).map(|n| format!("{{ label: B{n}, to: red }}")).collect::<Vec<_>>().join(", ");
    let flow = FLOW.replace(
        "[{ label: Red, to: red }, { label: Blue, to: blue }]",
        &format!("[{many}, {{ label: Blue, to: blue }}]"),
    );
    let told = compile(&bundle(&flow), &platform).diagnostics;
    assert!(told.iter().any(|one| format!("{one:?}").contains("pigeon")), "{told:?}");
}
