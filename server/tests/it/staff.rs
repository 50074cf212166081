//! The staff: delivery of mail despite failures, and handoff of chats.

use std::{net::TcpListener, time::Duration};

use serde_json::Value;
use tolmach_testkit::smtp::{Fault, Mail, Smtp, Step};

use crate::{
    page::Page,
    support::{Home, Server, Tolmach},
};

/// A shop that notifies the staff and hands chats off.
pub const FLOW: &str = "\
flow: shop
start: hello
on:
  command: { start: hello, lead: notify_staff, person: person }
  inactivity: { after: 2s, to: nudge }
nodes:
  hello:
    say: { text: Здравствуйте! }
  notify_staff:
    notify: { subject: Новая заявка, text: 'Анна ищет насос «Родник»' }
    next: told
  told:
    say: { text: Передал. }
  person:
    handoff: { text: Зову менеджера., reason: Нужен человек }
    next: { returned: back, timeout: back }
  back:
    say: { text: Снова бот. }
  nudge:
    say: { text: Вы ещё здесь? }
";

pub fn home() -> Home {
    let home = Home::ready();
    home.write("flows/shop.yaml", FLOW);
    home
}

fn run(home: &Home) -> Tolmach {
    home.tolmach(&["run", "--listen", "127.0.0.1:0"])
}

pub fn with_mail(home: &Home, port: u16) -> Tolmach {
    run(home)
        .env("TOLMACH_STAFF_EMAIL", "sales@example.com")
        .env("TOLMACH_SMTP_HOST", "127.0.0.1")
        .env("TOLMACH_SMTP_PORT", &port.to_string())
        .env("TOLMACH_SMTP_TLS", "none")
        .env("TOLMACH_SMTP_FROM", "Магазин <shop@example.com>")
}

/// Waits for this many mails.
pub async fn mails(smtp: &Smtp, count: usize) -> Vec<Mail> {
    for _ in 0..4000 {
        let mails = smtp.inner().mails.clone();
        if mails.len() >= count {
            return mails;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{count} mails never came: {:?}", smtp.inner().complaints)
}

pub async fn ask_lead(server: &Server) -> Page {
    let mut page = Page::new(server, "ru").await;
    assert_eq!(page.ask("1", "/lead").await["text"], "Передал.");
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_arrives_once_despite_a_crash() {
    let home = home();
    let smtp = Smtp::start().await;
    smtp.inner().login = Some(("shop".to_owned(), "correct-horse".to_owned()));
    let serve = || {
        with_mail(&home, smtp.port)
            .env("TOLMACH_SMTP_USERNAME", "shop")
            .env("TOLMACH_SMTP_PASSWORD", "correct-horse")
            .env("TOLMACH_LOG", "trace")
            .serve()
    };
    let server = serve();
    assert!(server.printed().contains(&format!("by 127.0.0.1:{}", smtp.port)), "{}", server.printed());
    assert_eq!(server.health().await["email"]["state"], "idle");
    // The mail is accepted, but the server is killed before it receives the reply.
    smtp.fails(Step::Receipt, Fault::TakeAndStall);
    ask_lead(&server).await;
    let first = mails(&smtp, 1).await.remove(0);
    assert_eq!((first.to.as_str(), first.headers["subject"].as_str()), ("sales@example.com", "Новая заявка"));
    assert!(first.text.starts_with("Анна ищет насос «Родник»\n\nОтветить клиенту"), "{first:?}");
    assert!(first.text.lines().last().is_some_and(|line| line.contains("web:")), "{first:?}");
    server.kill();

    let server = serve();
    let again = mails(&smtp, 2).await.remove(1);
    assert_eq!(again.id(), first.id(), "a mailbox shows it once");
    let health = server.health_until(|health| health["email"]["state"] == "working").await;
    assert_eq!(health["email"]["error"], Value::Null);
    ask_lead(&server).await;
    assert_ne!(mails(&smtp, 3).await[2].id(), first.id());
    let (code, printed) = server.terminate();
    assert_eq!(code, Some(0));
    assert!(printed.contains("DEBUG"), "{printed}");
    for private in ["correct-horse", "sales@example.com", "shop@example.com"] {
        assert!(!printed.contains(private), "«{private}» is in the output");
    }
    assert_eq!(smtp.inner().complaints, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_for_its_server_and_its_settings() {
    let home = home();
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    // No mail server is configured yet: the notice stays in the outbox.
    let server = run(&home).env("TOLMACH_STAFF_EMAIL", "sales@example.com").serve();
    let printed = server.printed();
    assert!(printed.contains("mail to 1 address of") && printed.contains("TOLMACH_SMTP_HOST"), "{printed}");
    assert_eq!(server.health().await["email"], Value::Null);
    ask_lead(&server).await;
    server.terminate();
    // The mail server is down.
    let server = with_mail(&home, port).serve();
    let health = server.health_until(|health| health["email"]["state"] == "failing").await;
    let trouble = health["email"]["error"].as_str().unwrap_or_default();
    assert!(trouble.contains("cannot be reached") && !trouble.contains('@'), "{health}");
    let smtp = Smtp::start_at(port).await;
    assert_eq!(mails(&smtp, 1).await[0].headers["subject"], "Новая заявка");
    server.health_until(|health| health["email"]["state"] == "working").await;
    // The mail server now requires a login that is not configured.
    smtp.inner().login = Some(("shop".to_owned(), "word".to_owned()));
    server.kill();
    let server = with_mail(&home, port)
        .env("TOLMACH_SMTP_USERNAME", "shop")
        .env("TOLMACH_SMTP_PASSWORD", "hunter2")
        .serve();
    ask_lead(&server).await;
    let health = server.health_until(|health| health["email"]["state"] == "failing").await;
    assert!(health["email"]["error"].as_str().is_some_and(|why| why.contains("smtp.password")), "{health}");
    let (_, printed) = server.terminate();
    assert!(printed.contains("mail cannot go out") && !printed.contains("hunter2"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staff_member_takes_a_chat_over_and_returns_it() {
    let home = home();
    let handoff = |args: &[&str]| home.tolmach(&[&["handoff"], args].concat()).run();
    let server = run(&home).serve();
    assert!(handoff(&["list"]).ok().stdout.contains("no chat is taken over by the staff"));
    let mut page = Page::new(&server, "ru").await;
    assert_eq!(page.ask("1", "/person").await["text"], "Зову менеджера.");
    page.send_message("2", "у меня вопрос\u{1b}[31m").await;
    let lists = (0..50).map(|_| handoff(&["list", "--json"]).ok().json());
    let listed =
        lists.into_iter().find(|listed| listed.to_string().contains("вопрос")).expect("it is listed");
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let chat = listed[0]["chat"].as_str().expect("a chat").to_owned();
    let said = handoff(&["list", "--messages", "2"]).ok().stdout;
    assert!(said.contains(&chat) && said.contains("  client у меня вопрос"), "{said}");
    assert!(said.contains("bot    Зову менеджера.") && !said.contains('\u{1b}'), "{said}");

    let said = handoff(&["say", &chat[4..20], "Добрый день, это Пётр"]).ok().stdout;
    assert!(said.contains("the bot is silent until"), "{said}");
    let reply = page.reply().await;
    assert_eq!(
        (&reply["text"], &reply["who"]),
        (&"Добрый день, это Пётр".into(), &"staff".into()),
        "theirs, not the bot's"
    );
    page.send_message("3", "спасибо").await;
    // The bot still sends its reminder to another client, who fell silent later.
    let mut other = Page::new(&server, "ru").await;
    other.ask("1", "привет").await;
    assert_eq!(other.reply().await["text"], "Вы ещё здесь?");
    let given = handoff(&["return", &chat, "--json"]).ok().json();
    assert_eq!(
        (&given["chat"], &given["done"]),
        (&Value::from(chat.as_str()), &Value::Bool(true)),
        "{given}"
    );
    assert_eq!(page.reply().await["text"], "Снова бот.");
    assert_eq!(page.ask("4", "/lead").await["text"], "Передал.");
    let dialog: Vec<String> = page.dialog().into_iter().map(|(_, text)| text).collect();
    assert!(!dialog.iter().any(|text| text == "Вы ещё здесь?"), "{dialog:?}");

    // Invalid actions are refused. Then the chat is taken over without a message.
    let mine = chat.clone();
    handoff(&["return", &chat]).fails_with(&[&mine, "the bot has", "already"]);
    handoff(&["say", "web:", "x"]).fails_with(&["several chats", &mine]);
    handoff(&["take", "nowhere"]).fails_with(&["no chat nowhere", &mine]);
    handoff(&["say", &chat, "  "]).fails_with(&["empty"]);
    handoff(&["say", &chat, &"я".repeat(4097)]).fails_with(&["4097", "4096"]);
    assert!(handoff(&["take", &chat]).ok().stdout.contains("the bot is silent"));
    server.terminate();

    // No server runs: the action is kept until one does.
    let said = handoff(&["return", &chat]).ok().stdout;
    assert!(said.contains("kept") && said.contains("tolmach run"), "{said}");
    let server = run(&home).serve();
    let mut page = Page::back(&server, &page.token).await;
    page.ask("5", "/lead").await;
    assert_eq!(page.shown.last().map(|message| &message["text"]), Some(&Value::from("Передал.")));
    assert!(handoff(&["list"]).ok().stdout.contains("no chat is taken over by the staff"));
    let replayed = home.tolmach(&["replay", &chat]).run().ok().stdout;
    assert!(replayed.contains(" 0 differ"), "{replayed}");
    Home::new().tolmach(&["handoff", "list"]).run().fails_with(&["no database"]);
}

#[test]
fn wrong_settings_of_mail_are_named() {
    let home = Home::new();
    let run = |toml: &str, words: &[&str]| {
        home.write("tolmach.toml", toml);
        let ran = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).run().fails_with(words);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    };
    run("[smtp]\nhost = \"smtp.example.com\"", &["smtp", "from"]);
    run("[smtp]\nhost = \"smtp.example.com\"\nfrom = \"shop\"", &["smtp", "from is no address"]);
    run("[smtp]\nhost = \"smtp.example.com\"\nfrom = \"a@example.com\"\ntls = \"none\"", &["this machine"]);
    run("[smtp]\nhost = \"smtp.example.com\"\ntls = \"ssl\"", &["smtp.tls", "starttls"]);
    run("[smtp]\npassword = \"hunter2\"", &["smtp.host"]);
    run(
        "[smtp]\nhost = \"smtp.example.com\"\nfrom = \"a@example.com\"\npassword = \"hunter2\"",
        &["username"],
    );
    run("[smtp]\nport = 70000", &["smtp.port"]);
    run("[staff.default]\nemail = [\"a@example.com\", \"a@b c.de\"]", &["staff.default.email", "entry 2"]);
    run("[http.hosts.\"https://api.example.com\"]", &["http.hosts", "no host name"]);
    run("[http.hosts.\"api.example.com\"]\ntoken = \"hunter2\"", &["token", "authorization"]);
    assert_eq!(home.names(), ["tolmach.toml"]);
}
