//! The web chat over its WebSocket, from the greeting to a lead.

use serde_json::json;

use crate::{page::Page, support::Home};

#[tokio::test]
async fn a_client_finds_goods_and_leaves_a_contact() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::new(&server, "ru").await;
    let greeting = page.shown.last().expect("a greeting").clone();
    assert!(greeting["text"].as_str().is_some_and(|text| text.contains("Здравствуйте")), "{greeting}");
    assert_eq!(greeting["language"], "ru");

    let offer = page.ask("1", "нужен перфоратор до 20 тысяч").await;
    let cards = offer["cards"].as_array().expect("cards");
    assert!((1..=5).contains(&cards.len()), "{offer}");
    for card in cards {
        assert!(
            card["name"].as_str().is_some_and(|name| name.to_lowercase().contains("перфоратор")),
            "{card}"
        );
        assert!(card["price"].as_str().is_some_and(|price| price.contains('₽')), "{card}");
    }
    let form = page.press("2", "Связаться с менеджером").await;
    assert!(form["text"].as_str().is_some_and(|text| text.contains("имя и телефон")), "{form}");
    let thanks = page.ask("3", "Анна 8 999 123-45-67").await;
    assert!(thanks["text"].as_str().is_some_and(|text| text.contains("Спасибо, Анна")), "{thanks}");
    assert_eq!(server.health().await["web"]["connected"], 1);

    // A page that reconnects sees the same dialog, and requests only what it has not seen.
    let mut again = Page::back(&server, &page.token).await;
    assert_eq!(again.shown, page.shown);
    assert_eq!(again.token, page.token);
    let seqs: Vec<i64> =
        again.shown.iter().map(|message| message["seq"].as_i64().expect("a number")).collect();
    assert!(seqs.windows(2).all(|two| two[0] < two[1]), "{seqs:?}");
    let mut late = Page::connect(&server).await;
    let welcome = late.hello(json!({ "token": page.token, "after": seqs[seqs.len() - 2] })).await;
    assert_eq!(welcome["messages"].as_array().map(Vec::len), Some(1), "{welcome}");

    // Messages with the same id are one message, on any socket.
    again.send_message("3", "Анна 8 999 123-45-67").await;
    while again.receive().await.expect("open")["type"] != "ack" {}
    again.ask("4", "/help").await;
    assert_eq!(again.dialog().len(), page.dialog().len() + 2);

    server.terminate();
    let leads = home.tolmach(&["leads", "--json"]).run().ok().json();
    assert_eq!(leads[0]["lead"]["contact"], json!({ "name": "Анна", "phone": "+79991234567" }));
    let chat = leads[0]["chat"].as_str().expect("a chat");
    let replayed = home.tolmach(&["replay", chat]).run().ok().stdout;
    assert!(replayed.contains(" 0 differ"), "{replayed}");
    let database = std::fs::read(home.path("tolmach-data/tolmach.db")).expect("read");
    let token = page.token.as_bytes();
    assert!(!database.windows(token.len()).any(|bytes| bytes == token), "the database holds a secret");
}

#[tokio::test]
async fn a_page_speaks_its_own_language() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::new(&server, "en-GB").await;
    assert!(
        page.shown.last().is_some_and(|m| m["text"].as_str().is_some_and(|text| text.starts_with("Hello")))
    );
    let offer = page.ask("1", "do you have welding inverters?").await;
    assert!(!offer["cards"].as_array().expect("cards").is_empty(), "{offer}");
    assert_eq!(offer["language"], "en");
}

#[tokio::test]
async fn wrong_frames_get_an_error_and_the_chat_goes_on() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::connect(&server).await;
    page.send_message("1", "hello?").await;
    assert_eq!(page.receive().await, Some(json!({ "type": "error", "code": "hello_first" })));
    page.send_text("no JSON").await;
    assert_eq!(page.receive().await, Some(json!({ "type": "error", "code": "bad_frame" })));
    page.hello(json!({ "language": "ru", "token": "short" })).await;
    assert_eq!(page.token.len(), 64, "a token that cannot be ours opens a new chat");
    page.reply().await;

    let long = "я".repeat(5000);
    for (frame, code) in [
        (json!({ "type": "dance" }), "bad_frame"),
        (json!({ "type": "message", "text": "no id" }), "bad_frame"),
        (json!({ "type": "message", "id": "", "text": "empty id" }), "bad_frame"),
        (json!({ "type": "message", "id": "x", "text": "   " }), "bad_frame"),
        (json!({ "type": "message", "id": "x", "text": long }), "too_long"),
        (json!({ "type": "press", "id": "x", "button": long }), "bad_frame"),
    ] {
        page.send(frame.clone()).await;
        let answer = page.receive().await.expect("open");
        assert_eq!(answer["code"], code, "{frame}");
    }
    // A press of a button that was not shown is handled as text, by its label.
    page.send(json!({ "type": "press", "id": "9", "button": "0.0", "label": "?" })).await;
    page.reply().await;
    assert!(page.ask("10", "/help").await["text"].as_str().is_some_and(|text| text.contains("/catalog")));
}

#[tokio::test]
async fn messages_sent_in_a_row_are_answered_once() {
    let home = Home::ready();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let mut page = Page::new(&server, "ru").await;
    for (id, text) in [("1", "нужен"), ("2", "перфоратор"), ("3", "до 10 тысяч")] {
        page.send_message(id, text).await;
    }
    let offer = page.reply().await;
    assert!(offer["cards"].as_array().is_some_and(|cards| !cards.is_empty()), "{offer}");
    // A command is not delayed, and its reply comes after the replies to everything before it.
    page.ask("4", "/help").await;
    let who: Vec<String> = page.dialog().into_iter().map(|(who, _)| who).collect();
    assert_eq!(who, ["client", "bot", "client", "client", "client", "bot", "client", "bot"]);
}
