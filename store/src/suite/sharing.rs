//! Conformance cases for a database that several processes share: leases and change notifications.

use std::time::{Duration, Instant};

use super::*;

/// A database on which each open store stands for a process.
#[async_trait]
pub(crate) trait Shared: TestDatabase {
    async fn open_with(&self, lease: Duration) -> Arc<dyn Store>;
}

macro_rules! sharing {
    ($place:path) => {
        $crate::suite::sharing!($place:
            leases_a_chat_to_one_process, leases_expire, leases_end_with_their_store,
            leases_each_chat_once, unfinished_skips_chats_leased_by_others, receives_changes_by_other_processes);
    };
    ($place:path: $($case:ident),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let Some(place) = $place() else { return };
            $crate::suite::$case(&place).await;
        })+
    };
}
pub(crate) use sharing;

const LONG: Duration = Duration::from_secs(60);

fn keys(chats: &[&str]) -> Vec<String> {
    chats.iter().map(|chat| (*chat).to_owned()).collect()
}

async fn lease(store: &dyn Store, chats: &[&str]) -> Vec<String> {
    store.lease(keys(chats)).await.expect("leased")
}

/// Waits up to 20 s until a condition holds.
async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is().await {
        assert!(Instant::now() < deadline, "{what} never came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) async fn leases_a_chat_to_one_process(place: &dyn Shared) {
    let (one, two) = (place.open_with(LONG).await, place.open_with(LONG).await);
    assert_eq!(lease(&*one, &["web:1", "web:2"]).await, ["web:1", "web:2"]);
    assert_eq!(lease(&*two, &["web:1", "web:3", "web:2"]).await, ["web:3"]);
    assert_eq!(lease(&*one, &["web:3", "web:1"]).await, ["web:1"]);
    // A store cannot give back a lease that it does not hold.
    two.release_lease(keys(&["web:1"])).await.expect("harmless");
    assert_eq!(lease(&*two, &["web:1"]).await, Vec::<String>::new());
    one.release_lease(keys(&["web:1"])).await.expect("given back");
    assert_eq!(lease(&*two, &["web:1", "web:2"]).await, ["web:1"]);
    assert_eq!(lease(&*one, &["web:1"]).await, Vec::<String>::new());
}

pub(crate) async fn leases_expire(place: &dyn Shared) {
    let (short, long) = (place.open_with(Duration::from_millis(200)).await, place.open_with(LONG).await);
    assert_eq!(lease(&*short, &["web:1"]).await, ["web:1"]);
    receive(&*short, "web:1", "a").await;
    until("the end of the lease", async || long.unfinished(5, &web()).await.expect("read") == ["web:1"])
        .await;
    assert_eq!(lease(&*long, &["web:1"]).await, ["web:1"]);
    assert_eq!(lease(&*short, &["web:1"]).await, Vec::<String>::new());
}

pub(crate) async fn leases_end_with_their_store(place: &dyn Shared) {
    let two = place.open_with(LONG).await;
    for closed in [true, false] {
        let one = place.open_with(LONG).await;
        assert_eq!(lease(&*one, &["web:1"]).await, ["web:1"]);
        assert_eq!(lease(&*two, &["web:1"]).await, Vec::<String>::new());
        if closed {
            one.close().await.expect("closed");
        }
        drop(one);
        until("the end of the store", async || lease(&*two, &["web:1"]).await == ["web:1"]).await;
        two.release_lease(keys(&["web:1"])).await.expect("given back");
    }
}

pub(crate) async fn leases_each_chat_once(place: &dyn Shared) {
    let stores = [place.open_with(LONG).await, place.open_with(LONG).await];
    let chats: Vec<String> = (0..60).map(|n| format!("web:{n}")).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..8 {
        let (store, mut chats) = (Arc::clone(&stores[caller % 2]), chats.clone());
        chats.rotate_left(caller * 7);
        tasks.spawn(async move { (caller % 2, store.lease(chats).await.expect("leased")) });
    }
    let mut owners = std::collections::HashMap::new();
    while let Some(task) = tasks.join_next().await {
        let (by, leased) = task.expect("asked");
        for chat in leased {
            assert_eq!(*owners.entry(chat).or_insert(by), by, "one owner a chat");
        }
    }
    assert_eq!(owners.len(), chats.len());
}

pub(crate) async fn unfinished_skips_chats_leased_by_others(place: &dyn Shared) {
    let (one, two) = (place.open_with(LONG).await, place.open_with(LONG).await);
    receive(&*one, "web:1", "a").await;
    run(&*one, "web:2", "b", vec![say("1")]).await;
    receive(&*one, "web:3", "c").await;
    assert_eq!(lease(&*one, &["web:1", "web:2"]).await, ["web:1", "web:2"]);
    assert_eq!(two.unfinished(5, &web()).await.expect("read"), ["web:3"]);
    assert_eq!(one.unfinished(5, &web()).await.expect("read"), ["web:1", "web:2", "web:3"]);
    one.close().await.expect("closed");
    drop(one);
    until("the end of the store", async || {
        two.unfinished(5, &web()).await.expect("read") == ["web:1", "web:2", "web:3"]
    })
    .await;
}

pub(crate) async fn receives_changes_by_other_processes(place: &dyn Shared) {
    let (one, two) = (place.open_with(LONG).await, place.open_with(LONG).await);
    // More chats than one notification can carry, with unusual keys; one key is too long for any notification.
    let mut chats: Vec<String> = (0..300).map(|n| format!("web:{n}-«\"\\{}", "я".repeat(40))).collect();
    chats.sort();
    let long = format!("web:{}", "y".repeat(9_000));
    let all = chats.iter().chain([&long]).map(|chat| text(chat, chat, "?")).collect();
    one.receive(5, all).await.expect("received");
    let mut heard = Vec::new();
    until("the news", async || {
        heard.extend(two.changed().await);
        heard.len() >= chats.len()
    })
    .await;
    heard.sort();
    assert_eq!(heard, chats);
    let soon = async |store: &Arc<dyn Store>| {
        tokio::time::timeout(Duration::from_secs(20), store.changed()).await.expect("news")
    };
    run(&*two, CHAT, "a", vec![start("inactivity", 100)]).await;
    assert_eq!(soon(&one).await, [CHAT]);
    receive(&*one, "web:2", "b").await;
    assert_eq!(soon(&two).await, ["web:2"], "one's own are no news");
    assert!(one.fire_timer(CHAT, "inactivity", 100).await.expect("fired"));
    assert_eq!(soon(&two).await, [CHAT]);
}
