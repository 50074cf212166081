//! The inbox over HTTP: deliveries that fail and are tried again, who has a chat and since when, replies with files, and what a turn
//! cost.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use tolmach_testkit::{
    model::NAME,
    telegram::{ChatFault, TOKEN, Telegram},
};

use super::{Client, Panel, Reply};
use crate::{
    model::{KEY, provider},
    page::Page,
    support::Home,
};

/// A file as a browser sends it: its name and its content.
type NamedFile<'f> = (&'f str, &'f [u8]);

/// A person of Telegram who writes to the bot.
const PERSON: i64 = 5_001;
pub(super) const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n";
/// One red point.
pub(super) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 8, 0xd7, 0x63, 0xf8,
    0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42,
    0x60, 0x82,
];

/// A shop that hands chats over.
pub(super) const SHOP: &str = "\
flow: shop
start: hello
on:
  command: { start: hello, person: person }
nodes:
  hello:
    say: { text: Здравствуйте! }
  person:
    handoff: { text: Зову менеджера., reason: Нужен человек, timeout: 1h }
    next: { returned: back, timeout: back }
  back:
    say: { text: Снова бот. }
";

pub(super) async fn with_telegram(telegram: &Telegram) -> Panel {
    let settings = [("TOLMACH_TELEGRAM_TOKEN", TOKEN), ("TOLMACH_TELEGRAM_API_URL", &telegram.url)];
    Panel::with(&settings).await
}

/// Waits until something holds, at most 40 seconds.
pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(super) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}

/// The address of the only chat.
pub(super) async fn only_chat(client: &mut Client) -> String {
    let mut chat = None;
    until("a chat is listed", async || {
        let list = client.get("/admin/inbox?queue=all").await.body;
        chat = between(&list, "data-chat=\"", "\"").map(str::to_owned);
        chat.is_some()
    })
    .await;
    format!("/admin/inbox/{}", chat.expect("a chat"))
}

fn shown(telegram: &Telegram, part: &str) -> usize {
    telegram.inner().shown.iter().filter(|message| message.to_string().contains(part)).count()
}

fn audited(home: &Home, action: &str) -> String {
    home.tolmach(&["audit", "list", "--action", action, "--json"]).run().ok().stdout
}

/// Names of files below a folder.
fn files_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path().is_dir() {
            true => files_below(&entry.path()),
            false => vec![entry.path().display().to_string()],
        })
        .collect()
}

async fn reply(client: &mut Client, chat: &str, text: &str, files: &[NamedFile<'_>]) -> Reply {
    let token = client.token.clone();
    client.send_parts(&format!("{chat}/reply"), &[("csrf", &token), ("text", text)], files).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_did_not_arrive_says_why_and_is_sent_again_once() {
    let telegram = Telegram::start().await;
    let panel = with_telegram(&telegram).await;
    telegram.writes(PERSON, "/start");
    until("the bot answers", async || shown(&telegram, "Здравствуйте") > 0).await;
    let mut mila = panel.logged_in("Mila").await;
    let chat = only_chat(&mut mila).await;
    until("it is delivered", async || mila.get(&chat).await.body.contains("data-delivery=\"delivered\""))
        .await;

    // The client blocks the bot: nothing that follows arrives.
    telegram.inner().blocked.insert(PERSON);
    mila.post(&format!("{chat}/take"), &[]).await;
    mila.get(&chat).await;
    assert_eq!(mila.post(&format!("{chat}/reply"), &[("text", "Это Мила")]).await.status, 303);
    until("it has failed", async || mila.get(&chat).await.body.contains("data-delivery=\"failed\"")).await;
    let page = mila.get(&chat).await.body;
    assert!(page.contains("bot was blocked by the user") && page.contains("Try again"), "{page}");
    let actions = page.split("action=\"").filter_map(|part| part.split('"').next());
    let again = actions.into_iter().find(|to| to.ends_with("/again")).expect("an address").to_owned();
    // Analysts see the state, and may not send.
    let mut anton = panel.logged_in("Anton").await;
    let seen = anton.get(&chat).await.body;
    assert!(seen.contains("data-delivery=\"failed\"") && !seen.contains("Try again"));
    assert_eq!(anton.post(&again, &[]).await.status, 403);

    // Telegram is away: the message waits, and asking twice is asking once.
    telegram.inner().blocked.clear();
    telegram.inner().down = true;
    for _ in 0..2 {
        let asked = mila.post(&again, &[]).await;
        assert_eq!((asked.status, asked.location.as_deref()), (303, Some(chat.replace(':', "%3A").as_str())));
    }
    until("an attempt was made", async || mila.get(&chat).await.body.contains("data-delivery=\"delayed\""))
        .await;
    let page = mila.get(&chat).await.body;
    assert!(page.contains("502") && !page.contains("Try again"), "it waits, and says why");
    telegram.inner().down = false;
    until("it arrives", async || shown(&telegram, "Это Мила") > 0).await;
    until("that is known", async || !mila.get(&chat).await.body.contains("data-delivery=\"delayed\"")).await;
    let late = mila.post(&again, &[]).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("was delivered meanwhile"), "{}", late.body);
    assert_eq!(shown(&telegram, "Это Мила"), 1, "once");
    // Messages of other chats, of clients, and that are none.
    for wrong in ["0", "999999", "-1", "x"] {
        let status = mila.post(&format!("{chat}/messages/{wrong}/again"), &[]).await.status;
        assert!([404, 400].contains(&status), "{wrong}: {status}");
    }
    let audit = audited(&panel.home, "chat.deliver_again");
    assert!(audit.contains("\"before\": \"failed\"") && audit.contains("\"after\": \"waiting\""), "{audit}");
    assert!(audit.contains("delivered meanwhile") && !audit.contains("Это Мила"), "{audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timeline_tells_who_called_whom_and_who_has_the_chat() {
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    let panel = Panel::in_home(home, &[]).await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("1", "/person").await;
    let mut mila = panel.logged_in("Mila").await;
    let chat = only_chat(&mut mila).await;
    let page = mila.get(&chat).await.body;
    let called = "The bot called a person: Нужен человек. Notified: default";
    assert!(page.contains(called), "{page}");
    let at = |text: &str, page: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
    assert!(at("Зову менеджера", &page) < at(called, &page), "after what was said");

    // A person takes it, another one takes it over, and gives it back.
    mila.post(&format!("{chat}/take"), &[]).await;
    let mut adam = panel.logged_in("Adam").await;
    adam.get(&chat).await;
    adam.post(&format!("{chat}/take"), &[]).await;
    adam.post(&format!("{chat}/reply"), &[("text", "Это Адам")]).await;
    adam.post(&format!("{chat}/return"), &[]).await;
    let page = mila.get(&chat).await.body;
    let events = ["Mila took the chat", "Adam took the chat", "Adam returned the chat to the bot"];
    let places: Vec<usize> = events.iter().map(|event| at(event, &page)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(page.matches("Adam took the chat").count(), 1, "his words take nothing that he has");
    // A page that asks for what is new gets it too, between the words that it came between.
    let seqs =
        page.split("data-seq=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<i64>().ok());
    let last = seqs.max().expect("a message");
    let news = mila.get(&format!("{chat}/messages?after={}", last - 1)).await.body;
    assert!(at("Adam returned the chat to the bot", &news) < at("Снова бот.", &news), "{news}");
    adam.get(&chat).await;
    adam.post(&format!("{chat}/take"), &[]).await;
    let news = mila.get(&format!("{chat}/messages?after={last}")).await.body;
    assert!(news.contains("Adam took the chat"), "nothing was said since: {news}");
    adam.post(&format!("{chat}/return"), &[]).await;

    // Whoever answers without taking it takes it.
    panel
        .home
        .tolmach(&["handoff", "say", chat.trim_start_matches("/admin/inbox/"), "Из консоли"])
        .run()
        .ok();
    until("the words took it", async || {
        let page = mila.get(&chat).await.body;
        page.contains("Из консоли") && page.matches(" took the chat").count() == 4
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_reach_the_client_of_the_web_chat_and_go_with_them() {
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "позовите менеджера").await;
    let mut mila = panel.logged_in("Mila").await;
    let chat = only_chat(&mut mila).await;
    mila.get(&chat).await;
    let refused = reply(&mut mila, &chat, "x", &[("a.pdf", PDF)]).await;
    assert!(refused.status == 422 && refused.body.contains("Take the chat first"), "{}", refused.status);
    mila.get(&chat).await;
    mila.post(&format!("{chat}/take"), &[]).await;
    mila.get(&chat).await;
    let files: [(&str, &[u8]); 3] = [("кот.png", PNG), ("Счёт №5.pdf", PDF), ("", b"")];
    let sent = reply(&mut mila, &chat, "Строка 1\r\nСтрока 2", &files).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let said = client.reply().await;
    assert_eq!((said["text"].as_str(), said["who"].as_str()), (Some("Строка 1\nСтрока 2"), Some("staff")));
    let got = said["files"].as_array().expect("files");
    assert_eq!(got.len(), 2, "{said}");
    assert_eq!((got[0]["name"].as_str(), got[0]["picture"].as_bool()), (Some("кот.png"), Some(true)));
    assert_eq!(
        (got[1]["name"].as_str(), got[1]["bytes"].as_u64()),
        (Some("Счёт №5.pdf"), Some(PDF.len() as u64))
    );

    // The client needs no login; a picture is shown, everything else is downloaded.
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = |file: &serde_json::Value| {
        format!("http://{}/{}", panel.address, file["url"].as_str().expect("text"))
    };
    let picture = http.get(url(&got[0])).send().await.expect("answered");
    let header = |reply: &reqwest::Response, name: &str| {
        reply.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    assert_eq!(header(&picture, "content-type"), "image/png");
    assert_eq!(header(&picture, "x-content-type-options"), "nosniff");
    assert!(header(&picture, "content-disposition").starts_with("inline;"));
    assert_eq!(picture.bytes().await.expect("whole"), PNG);
    let document = http.get(url(&got[1])).send().await.expect("answered");
    assert!(header(&document, "content-disposition").starts_with("attachment; filename*=UTF-8''"));
    assert_eq!(header(&document, "x-content-type-options"), "nosniff");
    assert_eq!(document.bytes().await.expect("whole"), PDF);
    let guessed = format!("{}0", url(&got[1]).trim_end_matches(|c: char| c.is_ascii_hexdigit()));
    assert_eq!(http.get(guessed).send().await.expect("answered").status(), 404);

    // A file alone is a message too, and a page that comes back has them all.
    mila.get(&chat).await;
    assert_eq!(reply(&mut mila, &chat, " ", &[("a.txt", "текст".as_bytes())]).await.status, 303);
    client.reply().await;
    let back = Page::back(&panel.server, &client.token).await;
    assert_eq!(back.shown.iter().filter(|message| message["files"].is_array()).count(), 2);
    let page = mila.get(&chat).await.body;
    assert!(page.contains("Счёт №5.pdf") && page.contains("<span>кот.png</span>"), "{page}");
    let audit = audited(&panel.home, "handoff.say");
    assert!(audit.contains("\"files\": 2") && !audit.contains("кот"), "{audit}");

    // They are in the client's export, and go when the client is erased.
    let key = chat.trim_start_matches("/admin/inbox/");
    let export = panel.home.tolmach(&["client", "export", key]).run().ok().json();
    let names: Vec<_> =
        export["chats"][0]["files"].as_array().expect("files").iter().map(|f| &f["name"]).collect();
    assert_eq!(names.len(), 3, "{export}");
    let folder = panel.home.path("tolmach-data/files");
    assert_eq!(files_below(&folder).len(), 6, "contents, and what is known of them");
    panel.home.tolmach(&["client", "erase", key, "--yes"]).run().ok();
    assert_eq!(files_below(&folder), Vec::<String>::new());
    assert_eq!(http.get(url(&got[1])).send().await.expect("answered").status(), 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_may_not_be_sent_are_refused_with_a_reason() {
    let panel = Panel::with(&[("TOLMACH_FILES_MIB", "12")]).await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "позовите менеджера").await;
    let mut mila = panel.logged_in("Mila").await;
    let chat = only_chat(&mut mila).await;
    mila.get(&chat).await;
    mila.post(&format!("{chat}/take"), &[]).await;
    mila.get(&chat).await;
    let mut large = PDF.to_vec();
    large.resize((10 << 20) + 1, b' ');
    let six: Vec<(&str, &[u8])> = (0..6).map(|_| ("a.pdf", PDF)).collect();
    let cases: [(&[NamedFile<'_>], &str); 9] = [
        (&[("setup.exe", b"MZ")], "Programs and scripts are not sent"),
        (&[("счёт.pdf", b"MZ\x90\0")], "Programs and scripts are not sent"),
        (&[("page.html", b"<html>")], "HTML, SVG and XML are not sent"),
        (&[("a.svg", b"<svg onload=alert(1)>")], "HTML, SVG and XML are not sent"),
        (&[("a.txt", b"<svg onload=alert(1)>")], "HTML, SVG and XML are not sent"),
        (&[("a.png", PDF)], "is not what its name says"),
        (&[("a.iso", PDF)], "Files of this kind are not sent"),
        (&[("a.pdf", &large)], "larger than 10 MB"),
        (&six, "at most 5 files"),
    ];
    for (files, why) in cases {
        let refused = reply(&mut mila, &chat, "x", files).await;
        assert_eq!(refused.status, 422, "{why}");
        assert!(refused.body.contains(why), "{why}: {}", refused.body);
    }
    assert_eq!(files_below(&panel.home.path("tolmach-data/files")), Vec::<String>::new());
    // Without the form's token, with that of another login, and by somebody who may not answer.
    let path = format!("{chat}/reply");
    for fields in [vec![("text", "x")], vec![("csrf", "0"), ("text", "x")]] {
        let refused = mila.send_parts(&path, &fields, &[("a.pdf", PDF)]).await;
        assert_eq!(refused.status, 403);
    }
    let mut anton = panel.logged_in("Anton").await;
    anton.get(&chat).await;
    assert_eq!(reply(&mut anton, &chat, "x", &[("a.pdf", PDF)]).await.status, 403);
    // A form that ends in the middle, and one that is none.
    for body in [
        &b"--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.pdf\"\r\n\r\n%PDF-"[..],
        b"x",
    ] {
        let kind = "multipart/form-data; boundary=edge";
        let broken = mila.send_typed(reqwest::Method::POST, &path, Some((kind, body.to_vec()))).await;
        assert!((400..500).contains(&broken.status), "{}", broken.status);
    }
    assert_eq!(files_below(&panel.home.path("tolmach-data/files")), Vec::<String>::new());

    // The folder has a bound.
    large.truncate(9 << 20);
    mila.get(&chat).await;
    assert_eq!(reply(&mut mila, &chat, "", &[("a.pdf", &large)]).await.status, 303);
    let full = reply(&mut mila, &chat, "", &[("b.pdf", &large)]).await;
    assert!(full.status == 422 && full.body.contains("files_mib"), "{}", full.body);
    assert_eq!(files_below(&panel.home.path("tolmach-data/files")).len(), 2);
    assert_eq!(reply(&mut mila, &chat, "", &[("small.pdf", PDF)]).await.status, 303, "a small one fits");
    let wrong = panel.home.tolmach(&["check"]).env("TOLMACH_FILES_MIB", "0").run();
    assert!(
        wrong.code != Some(0) && wrong.stderr.contains("files_mib is 0; it is 1 to 1000000"),
        "{wrong:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_reach_the_client_of_telegram_after_a_kill_too() {
    let telegram = Telegram::start().await;
    let panel = with_telegram(&telegram).await;
    telegram.writes(PERSON, "/start");
    until("the bot answers", async || shown(&telegram, "Здравствуйте") > 0).await;
    let mut mila = panel.logged_in("Mila").await;
    let chat = only_chat(&mut mila).await;
    mila.get(&chat).await;
    mila.post(&format!("{chat}/take"), &[]).await;
    mila.get(&chat).await;
    let files: [(&str, &[u8]); 2] = [("кот.png", PNG), ("Счёт.pdf", PDF)];
    assert_eq!(reply(&mut mila, &chat, "Вот <b>файлы</b>", &files).await.status, 303);
    until("the document comes", async || shown(&telegram, "Счёт.pdf") == 1).await;
    let sent = telegram.inner().shown.clone();
    let [.., photo, document] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(photo["text"], "Вот <b>файлы</b>", "the text is the caption of the first file");
    assert_eq!(
        (photo["photo"]["file"].as_str(), photo["photo"]["bytes"].as_u64()),
        (Some("кот.png"), Some(PNG.len() as u64))
    );
    assert_eq!(
        (document["document"]["media"].as_str(), document["text"].as_str()),
        (Some("application/pdf"), Some(""))
    );

    // The server is killed after the reply was taken and before Telegram has it.
    telegram.inner().chat_faults.insert(PERSON, ChatFault::Hang);
    mila.get(&chat).await;
    assert_eq!(reply(&mut mila, &chat, "", &[("Договор.pdf", PDF)]).await.status, 303);
    let Panel { server, home, .. } = panel;
    server.kill();
    telegram.inner().chat_faults.clear();
    let server = home
        .tolmach(&["run", "--listen", "127.0.0.1:0"])
        .env("TOLMACH_TELEGRAM_TOKEN", TOKEN)
        .env("TOLMACH_TELEGRAM_API_URL", &telegram.url)
        .serve();
    until("it comes after the restart", async || shown(&telegram, "Договор.pdf") > 0).await;
    let mut mila = Client::new(&server.address);
    mila.log_in("Mila", super::PASSWORD).await;
    until("that is known", async || !mila.get(&chat).await.body.contains("data-delivery=\"queued\"")).await;

    // A file that is gone before it was delivered is told of, not left out.
    telegram.inner().down = true;
    mila.get(&chat).await;
    assert_eq!(reply(&mut mila, &chat, "", &[("Акт.pdf", PDF)]).await.status, 303);
    fs::remove_dir_all(home.path("tolmach-data/files")).expect("removed");
    telegram.inner().down = false;
    until("it is told", async || mila.get(&chat).await.body.contains("the file is not kept any more")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_tells_the_time_and_the_model_calls_of_each_node() {
    let provider = provider().await;
    let settings = [
        ("TOLMACH_LLM_BASE_URL", provider.url.as_str()),
        ("TOLMACH_LLM_MODEL", NAME),
        ("TOLMACH_LLM_API_KEY", KEY),
    ];
    let panel = Panel::with(&settings).await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "нужен перфоратор до 20 тысяч, звоните 8 916 555-01-42").await;
    let mut anton = panel.logged_in("Anton").await;
    let chat = only_chat(&mut anton).await;
    let page = anton.get(&chat).await.body;
    let turns: Vec<&str> =
        page.split("id=\"turn-").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let trace = anton.get(&format!("{chat}/turns/{}", turns.last().expect("a turn"))).await.body;
    let nodes = trace.matches("class=\"node").count();
    assert!(nodes > 1, "{trace}");
    assert_eq!(trace.matches("class=\"took\"").count(), nodes, "each has its time: {trace}");
    assert!(trace.contains("The whole prompt") && trace.contains("tokens"), "{trace}");
    assert!(trace.contains("Instructions") && trace.contains("The client’s words"), "{trace}");
    assert!(trace.contains("no price is set for the model"), "{trace}");
    let prompts: String =
        trace.split("<pre class=\"said\"").skip(1).filter_map(|rest| rest.split("</pre>").next()).collect();
    assert!(prompts.contains("перфоратор"), "{prompts}");
    assert!(!prompts.contains("555-01-42") && !prompts.contains("5550142"), "{prompts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_test_has_a_name_of_its_own_and_ends_where_it_was_cut() {
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    home.write("flows/tests/shop.test.yaml", "- name: привет\n  steps:\n    - command: start\n");
    let panel = Panel::in_home(home, &[]).await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("1", "привет").await;
    client.ask("2", "/person").await;
    let mut mila = panel.logged_in("Mila").await;
    let chat = only_chat(&mut mila).await;
    let page = mila.get(&chat).await.body;
    let turns: Vec<&str> =
        page.split("id=\"turn-").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let whole = mila.get(&format!("{chat}/test")).await.body;
    assert!(whole.starts_with("- name: привет (2)\n") && whole.contains("command: person"), "{whole}");
    let cut = mila.get(&format!("{chat}/test?turn={}", turns[1])).await.body;
    assert!(cut.contains("- client: привет") && !cut.contains("person"), "{cut}");
    panel.home.write("flows/tests/saved.test.yaml", &cut);
    let tested = panel.home.tolmach(&["test", "--only", "привет (2)"]).run();
    assert_eq!(tested.code, Some(0), "{tested:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bot_would_say_is_known_where_it_asks_for_a_contact() {
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("1", "позовите менеджера").await;
    let mut mila = panel.logged_in("Mila").await;
    let chat = only_chat(&mut mila).await;
    mila.post(&format!("{chat}/take"), &[]).await;
    mila.get(&chat).await;
    assert_eq!(mila.post(&format!("{chat}/reply"), &[("text", "Слушаю вас")]).await.status, 303);
    until("it is shown", async || mila.get(&chat).await.body.contains("Слушаю вас")).await;
    client.send_message("2", "есть доставка в Казань?").await;
    until("it has come", async || mila.get(&chat).await.body.contains("доставка в Казань")).await;
    let would = mila.get(&format!("{chat}/would")).await.body;
    assert!(would.contains("Казань") || would.contains("оставк"), "{would}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_contact_of_a_lead_is_quoted_from_the_message_that_gave_it() {
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("1", "перезвоните мне, 8 916 555 01 42").await;
    client.ask("2", "Анна").await;
    let mut mila = panel.logged_in("Mila").await;
    until("the lead is there", async || mila.get("/admin/leads?view=table").await.body.contains("Анна"))
        .await;
    let list = mila.get("/admin/leads?view=table").await.body;
    let to = list.split("href=\"").find(|to| to.starts_with("/admin/leads/") && !to.contains("export"));
    let to = to.unwrap_or_else(|| panic!("no lead in {list}"));
    let lead = mila.get(to.split(['"', '?']).next().expect("an address")).await.body;
    let quotes: Vec<&str> = lead.split("<q>").skip(1).filter_map(|rest| rest.split("</q>").next()).collect();
    assert_eq!(quotes[..2], ["Анна", "перезвоните мне, 8 916 555 01 42"], "{quotes:?}");
}
