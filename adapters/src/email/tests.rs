use std::time::Instant;

use tolmach_engine::language::Language;
use tolmach_testkit::smtp::{Fault, Smtp, Step};

use super::*;

fn options(smtp: &Smtp) -> Options {
    let from = "Магазин <shop@example.com>".to_owned();
    Options { port: Some(smtp.port), from, tls: Tls::None, ..Options::new("127.0.0.1") }
}

fn notice(subject: &str, text: &str) -> Outgoing {
    Outgoing { subject: subject.to_owned(), text: text.to_owned(), ..Outgoing::default() }
}

async fn deliver(channel: &EmailChannel, to: &str, effect: &str, message: &Outgoing) -> Delivery {
    channel.deliver(&Address::new(NAME, to), effect, message).await
}

async fn some(channel: &EmailChannel) -> Delivery {
    deliver(channel, "sales@example.com", "e.1.0", &notice("Lead", "text")).await
}

#[tokio::test]
async fn a_notice_arrives_with_headers_and_text() {
    let smtp = Smtp::start().await;
    let channel = EmailChannel::new(options(&smtp)).unwrap();
    assert_eq!((channel.state(), channel.last_error()), ("idle", None));
    let text = "Анна ищет насос «Родник» 🚰\n\n.точка\nstring\r\nweb:7";
    let message = notice("Новая заявка от клиента, которому нужен насос для скважины", text);
    assert_eq!(deliver(&channel, "sales@example.com", "0198-ab.2.0", &message).await, Delivery::Done);
    assert_eq!(channel.state(), "working");
    let mail = smtp.inner().mails[0].clone();
    assert_eq!(mail.to, "sales@example.com");
    assert_eq!(mail.headers["subject"], message.subject);
    assert_eq!(mail.text, text.replace("\r\n", "\n"));
    assert!(mail.headers["from"].contains("shop@example.com"), "{mail:?}");
    assert!(mail.headers["from"].contains("Магазин"), "{mail:?}");
    assert_eq!(mail.headers["message-id"], "<0198-ab.2.0@example.com>");
    assert_eq!(mail.headers["auto-submitted"], "auto-generated");
}

#[tokio::test]
async fn a_notice_about_a_chat_says_how_to_answer_it() {
    let smtp = Smtp::start().await;
    let channel = EmailChannel::new(options(&smtp)).unwrap();
    let about = Some("web:7".to_owned());
    for (language, subject, how) in [
        (Language::Ru, "Новая заявка", "Ответить клиенту, вернуть чат боту:"),
        (Language::En, "Lead", "To answer the client, to give the chat back to the bot:"),
    ] {
        let message = Outgoing { about: about.clone(), language, ..notice(subject, "A pump") };
        assert_eq!(deliver(&channel, "sales@example.com", "e.1.0", &message).await, Delivery::Done);
        let mail = smtp.inner().mails.last().unwrap().clone();
        assert_eq!(mail.headers["subject"], subject);
        let lines = "tolmach handoff say web:7 \"…\"\ntolmach handoff return web:7";
        assert_eq!(mail.text.trim_end(), format!("A pump\n\n{how}\n{lines}"));
    }
}

#[tokio::test]
async fn client_text_cannot_inject_headers_or_commands() {
    let smtp = Smtp::start().await;
    let channel = EmailChannel::new(options(&smtp)).unwrap();
    let long = "слово ".repeat(900);
    for (subject, text, shown) in [
        ("Hi\r\nBcc: all@example.com\r\n\r\nbody", "text", "Hi Bcc: all@example.com body"),
        ("Привет\nTo: all@example.com\u{0}", "text", "Привет To: all@example.com"),
        ("", "\n  первая\rстрока\nвторая", "первая строка"),
        ("=?utf-8?b?0J8=?= x", "a\u{0}b\n.\n..\r.\r\nQUIT", "=?utf-8?b?0J8=?= x"),
        ("x", long.as_str(), "x"),
        ("x", &"y".repeat(5000), "x"),
    ] {
        let count = smtp.inner().mails.len();
        assert_eq!(
            deliver(&channel, "sales@example.com", "e.1", &notice(subject, text)).await,
            Delivery::Done
        );
        let mail = smtp.inner().mails[count].clone();
        if !subject.starts_with("=?") {
            assert_eq!(mail.headers["subject"], shown);
        }
        assert!(!mail.headers.contains_key("bcc"), "{mail:?}");
        let words = |text: &str| -> Vec<String> {
            text.replace('\u{0}', "").split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(words(&mail.text), words(text));
    }
    // The reading direction stays: «fdp.exe» is not shown as «exe.pdf».
    let turned = notice("счёт \u{202e}fdp.exe", "текст\u{2066} за\u{200b}каза");
    assert_eq!(deliver(&channel, "sales@example.com", "e.4", &turned).await, Delivery::Done);
    let mail = smtp.inner().mails.last().unwrap().clone();
    assert_eq!((mail.headers["subject"].as_str(), mail.text.trim()), ("счёт fdp.exe", "текст заказа"));
    let shown = {
        deliver(&channel, "sales@example.com", "e.2", &notice(&long, "text")).await;
        smtp.inner().mails.last().unwrap().headers["subject"].clone()
    };
    assert!(shown.chars().count() <= 121 && shown.ends_with('…'), "{shown}");
    assert_eq!(smtp.inner().connections, 1, "one connection serves them all");
    for odd in [
        "a@example.com\r\nRCPT TO:<b@example.com>",
        "a@example.com>",
        "no address",
        "a@b",
        "\"a b\"@example.com",
    ] {
        let delivery = deliver(&channel, odd, "e.3", &notice("x", "y")).await;
        assert!(
            matches!(&delivery, Delivery::Refused { why } if !why.contains("example")),
            "{odd}: {delivery:?}"
        );
    }
    assert_eq!(smtp.inner().complaints, Vec::<String>::new());
}

#[tokio::test]
async fn failures_are_classified_by_step_and_code() {
    let smtp = Smtp::start().await;
    let mut options = options(&smtp);
    options.deadline = Duration::from_millis(300);
    let channel = EmailChannel::new(options).unwrap();
    for (step, fault, kind, part) in [
        (Step::Greeting, Fault::Say("421 busy"), "later", "421"),
        (Step::Greeting, Fault::Say("554 not you, sales@example.com"), "later", "554"),
        (Step::Greeting, Fault::HangUp, "later", "closed"),
        (Step::Greeting, Fault::Say("hello there sales@example.com"), "later", "as a mail server does"),
        (Step::Greeting, Fault::Silence, "later", "longer than 0.3 s"),
        (Step::From, Fault::Say("451 greylisted"), "later", "451"),
        (Step::From, Fault::Say("553 not yours"), "later", "smtp.from"),
        (Step::From, Fault::Say("552 too large"), "refused", "552"),
        (Step::To, Fault::Say("450 sales@example.com is busy"), "later", "450"),
        (Step::To, Fault::Say("550 sales@example.com is unknown"), "refused", "recipient: it answers 550"),
        (Step::To, Fault::Say("530 log in"), "later", "smtp.username"),
        (Step::To, Fault::HangUp, "later", "closed"),
        (Step::Data, Fault::Say("452 full"), "later", "452"),
        (Step::Data, Fault::Silence, "later", "longer"),
        (Step::Receipt, Fault::Say("554 spam"), "refused", "the mail: it answers 554"),
        (Step::Receipt, Fault::Say("451 later"), "later", "451"),
        (Step::Receipt, Fault::HangUp, "later", "closed"),
        (Step::Receipt, Fault::Silence, "later", "longer"),
        (Step::Receipt, Fault::TakeAndStall, "later", "longer"),
    ] {
        smtp.fails(step, fault.clone());
        // The greeting needs a new connection.
        let channel = if step == Step::Greeting {
            &EmailChannel::new(Options { deadline: Duration::from_millis(300), ..self::options(&smtp) })
                .unwrap()
        } else {
            &channel
        };
        let started = Instant::now();
        let delivery = some(channel).await;
        let (found, why) = match &delivery {
            Delivery::Later { why, .. } => ("later", why.as_str()),
            Delivery::Refused { why } => ("refused", why.as_str()),
            _ => ("", ""),
        };
        assert!(found == kind && why.contains(part), "{step:?} {fault:?}: {delivery:?}");
        assert!(!why.contains("sales"), "addresses are personal data: {why}");
        assert_eq!(channel.last_error().as_deref(), (kind == "later").then_some(why), "{step:?} {fault:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{step:?} {fault:?}");
        assert!(smtp.inner().faults.is_empty(), "{step:?} {fault:?} was never reached");
    }
    assert_eq!(smtp.inner().mails.len(), 1);
    assert_eq!(some(&channel).await, Delivery::Done);
    assert_eq!((channel.state(), channel.last_error()), ("working", None));
    assert!(matches!(
        deliver(&channel, "nobody@example.com", "e.2", &notice("x", "y")).await,
        Delivery::Refused { .. }
    ));
    assert_eq!(channel.state(), "working", "a wrong recipient is no last_error of the server's");
}

#[tokio::test]
async fn a_lost_reply_repeats_the_message_id_and_an_unreachable_server_is_reported() {
    let smtp = Smtp::start().await;
    let channel = EmailChannel::new(options(&smtp)).unwrap();
    assert_eq!(some(&channel).await, Delivery::Done);
    // The server takes the mail but its reply is lost; the retry has the same Message-ID.
    smtp.fails(Step::Receipt, Fault::TakeAndHangUp);
    assert!(matches!(some(&channel).await, Delivery::Later { .. }));
    assert_eq!(some(&channel).await, Delivery::Done);
    let mails = smtp.inner().mails.clone();
    assert_eq!(mails.len(), 3);
    assert_eq!(mails[1].id(), mails[2].id());
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let away = EmailChannel::new(Options { port: Some(port), ..options(&smtp) }).unwrap();
    assert!(matches!(some(&away).await, Delivery::Later { .. }));
    assert!(away.last_error().unwrap().contains("cannot be reached"), "{:?}", away.last_error());
}

#[tokio::test]
async fn logs_in_and_reports_a_wrong_password() {
    let smtp = Smtp::start().await;
    smtp.inner().login = Some(("shop@example.com".to_owned(), "correct horse".to_owned()));
    let with = |word: &str| {
        let mut options = options(&smtp);
        options.username = "shop@example.com".to_owned();
        options.password = Secret::new(word);
        options.from = String::new();
        EmailChannel::new(options).unwrap()
    };
    assert_eq!(some(&with("correct horse")).await, Delivery::Done);
    let wrong = with("hunter2");
    let delivery = some(&wrong).await;
    let Delivery::Later { after, why } = &delivery else { panic!("{delivery:?}") };
    assert!(after.as_secs() >= 60 && why.contains("535") && why.contains("smtp.password"), "{why}");
    assert!(!why.contains("hunter2") && !why.contains('@'), "{why}");
    assert_eq!(wrong.state(), "failing");
    let none = EmailChannel::new(options(&smtp)).unwrap();
    assert!(matches!(some(&none).await, Delivery::Later { .. }));
    assert!(none.last_error().unwrap().contains("530"), "{:?}", none.last_error());
}

#[tokio::test]
async fn sends_nothing_without_the_configured_encryption() {
    let smtp = Smtp::start().await;
    let channel = EmailChannel::new(Options { tls: Tls::StartTls, ..options(&smtp) }).unwrap();
    let delivery = some(&channel).await;
    assert!(matches!(&delivery, Delivery::Later { why, .. } if why.contains("STARTTLS")), "{delivery:?}");
    let channel = EmailChannel::new(Options { tls: Tls::Tls, ..options(&smtp) }).unwrap();
    assert!(matches!(some(&channel).await, Delivery::Later { .. }));
    assert!(smtp.inner().mails.is_empty());
}

#[test]
fn invalid_options_are_named() {
    let good = || Options { from: "shop@example.com".to_owned(), ..Options::new("smtp.example.com") };
    assert_eq!(EmailChannel::new(good()).unwrap().server(), "smtp.example.com:587");
    assert_eq!(
        EmailChannel::new(Options { tls: Tls::Tls, ..good() }).unwrap().server(),
        "smtp.example.com:465"
    );
    let local = Options { tls: Tls::None, host: "localhost".to_owned(), ..good() };
    assert_eq!(EmailChannel::new(local).unwrap().server(), "localhost:25");
    for (options, part) in [
        (Options { host: String::new(), ..good() }, "host"),
        (Options { host: "smtp.example.com:25".to_owned(), ..good() }, "`port`"),
        (Options { host: "https://smtp.example.com".to_owned(), ..good() }, "host"),
        (Options { tls: Tls::None, ..good() }, "this machine"),
        (Options { from: "shop".to_owned(), ..good() }, "from"),
        (Options { from: String::new(), ..good() }, "from"),
        (Options { from: "a@example.com\nBcc: b@example.com".to_owned(), ..good() }, "from"),
        (Options { username: "shop".to_owned(), ..good() }, "password"),
        (Options { password: Secret::new("hunter2"), ..good() }, "username"),
    ] {
        let why = EmailChannel::new(options).err().expect("refused").to_string();
        assert!(why.contains(part) && !why.contains("hunter2"), "{part}: {why}");
    }
    assert!(is_address("sales@example.com") && is_address("продажи@магазин.рф"));
    assert!(!is_address("b") && !is_address("a@b") && !is_address("a@example.com, b@example.com"));
}
