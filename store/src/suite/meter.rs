//! The meter's rows.

use tolmach_runtime::ports::{ModelCall, ModelCallQuery, ModelCallRow, Order, Purpose, Retention};

use super::*;

fn row(at: i64, chat: &str, failure: Option<&str>) -> ModelCallRow {
    ModelCallRow {
        seq: 0,
        id: Uuid::now_v7(),
        at,
        call: ModelCall {
            chat: chat.to_owned(),
            turn: Uuid::now_v7(),
            release: "r1".to_owned(),
            flow: "shop".to_owned(),
            node: "offer".to_owned(),
            purpose: Purpose::Generate,
            role: "default".to_owned(),
        },
        model: "openai-compatible/small".to_owned(),
        attempt: 2,
        millis: 870,
        failure: failure.map(str::to_owned),
        usage: failure.is_none().then(|| json!({ "prompt_tokens": 120, "service_tier": "default" })),
    }
}

pub(crate) async fn keeps_model_calls(place: &dyn TestDatabase) {
    let store = place.open().await;
    // The chats are known: a call of another one is counted without it.
    let events = ["a", "b"].map(|key| text(if key == "a" { CHAT } else { "web:2" }, key, key));
    store.receive(1, events.to_vec()).await.expect("received");
    store.record_model_calls(vec![row(0, "web:3", None)]).await.expect("written");
    let mut unknown = store.model_calls(&ModelCallQuery::last(1)).await.expect("read");
    assert_eq!(unknown.remove(0).call.chat, "");
    let first = Retention { turns: Some(1), ..Retention::default() };
    assert_eq!(store.retain(&first, 10).await.expect("removed").of("model_calls"), 1);
    let rows = [row(1, CHAT, None), row(2, "web:2", Some("429, rate_limit")), row(3, CHAT, None)];
    store.record_model_calls(vec![rows[0].clone(), rows[1].clone()]).await.expect("written");
    // A repeated write, as after a lost answer, adds what is new.
    store.record_model_calls(rows.to_vec()).await.expect("written");
    let read = place.open().await.model_calls(&ModelCallQuery::last(10)).await.expect("read");
    let plain: Vec<_> = read.iter().rev().map(|row| ModelCallRow { seq: 0, ..row.clone() }).collect();
    assert_eq!(plain, rows);
    let of_chat =
        ModelCallQuery { chat: Some(CHAT.to_owned()), order: Order::OldestFirst, ..ModelCallQuery::last(1) };
    assert_eq!(store.model_calls(&of_chat).await.expect("read")[0].at, 1);
    let old = Retention { turns: Some(2), ..Retention::default() };
    assert_eq!(store.retain(&old, 10).await.expect("removed").of("model_calls"), 1);
    assert_eq!(store.model_calls(&ModelCallQuery::last(10)).await.expect("read").len(), 2);
    let since = ModelCallQuery { since: Some(2), ..ModelCallQuery::last(10) };
    assert_eq!(store.model_calls(&since).await.expect("read").len(), 2);
}
