//! What is sent, and how failures to send are told apart.

use super::*;

#[tokio::test]
async fn sends_text_cards_and_buttons() {
    let fake = Telegram::start().await;
    let press = Press {
        id: String::new(),
        release: "r".to_owned(),
        flow: "f".to_owned(),
        node: "n".to_owned(),
        choice: Choice::Go { to: "x".to_owned() },
    };
    let button = |label: &str, id: &str| Button {
        label: label.to_owned(),
        action: Action::Press { id: id.to_owned(), press: press.clone() },
    };
    let card = |name: &str, photo: Option<&str>| Card {
        name: name.to_owned(),
        article: "0042".to_owned(),
        brand: "R&D".to_owned(),
        price: "100 ₽ < 200 ₽".to_owned(),
        description: "Насос <b>лучший</b>".to_owned(),
        photo: photo.map(str::to_owned),
        ..Card::default()
    };
    let message = Outgoing {
        text: "Вот <script> & </b> что есть".to_owned(),
        cards: vec![
            card("Первый", Some("https://example.com/1.jpg")),
            card("Второй", Some("https://example.com/bad.gif")),
            card("Третий", Some("https://user:secret@example.com/1.jpg")),
        ],
        buttons: vec![button("Ещё", "b1"), button("Длинный", &"x".repeat(65))],
        ..Outgoing::default()
    };
    assert_eq!(deliver(&fake, &message).await, Delivery::Done);
    let sent = fake.inner().shown.clone();
    let texts = shown(&fake);
    assert_eq!(texts[0], "Вот <script> & </b> что есть");
    assert_eq!(texts[1], "Первый\nR&D · 0042\nНасос <b>лучший</b>\n100 ₽ < 200 ₽");
    assert!(texts[2].starts_with("Второй") && texts[3].starts_with("Третий"));
    assert_eq!(sent[1]["photo"], "https://example.com/1.jpg");
    assert_eq!(sent[2]["photo"], Value::Null, "a photo that Telegram cannot fetch becomes a text");
    assert_eq!(sent[3]["photo"], Value::Null, "an address with a password is not passed on");
    assert_eq!(sent[3]["markup"], json!({ "inline_keyboard": [[{ "text": "Ещё", "callback_data": "b1" }]] }));
    assert!(sent[..3].iter().all(|message| message["markup"].is_null()), "buttons stand under the last part");
}

/// A photo store with one photo.
struct OnePhoto(String, Vec<u8>);

#[async_trait]
impl Photos for OnePhoto {
    async fn read(&self, name: &str) -> Result<Option<Photo>> {
        Ok((name == self.0).then(|| Photo { media: "image/jpeg", bytes: self.1.clone() }))
    }
}

/// Telegram cannot fetch the catalogue's photos, so they are uploaded.
#[tokio::test]
async fn uploads_photos_of_the_catalogue() {
    let fake = Telegram::start().await;
    let name = format!("{}.jpg", "0123456789abcdef".repeat(2));
    let photos = OnePhoto(name.clone(), vec![0xFF, 0xD8, 0xFF, b'\r', b'\n', 0]);
    let card = |photo: &str| Card {
        name: "Насос & Ко".to_owned(),
        price: "100 ₽".to_owned(),
        photo: Some(photo.to_owned()),
        ..Card::default()
    };
    let gone = format!("/photos/{}.jpg", "f".repeat(32));
    let message = Outgoing {
        cards: vec![card(&gone), card("/photos/../secret"), card(&format!("/photos/{name}"))],
        buttons: vec![Button {
            label: "Сайт".to_owned(),
            action: Action::Open { url: "https://example.com".to_owned() },
        }],
        ..Outgoing::default()
    };
    let channel = TelegramChannel::new(bot(&fake)).with_photos(Arc::new(photos));
    assert_eq!(channel.deliver(&to(7), "e1", &message).await, Delivery::Done);
    let sent = fake.inner().shown.clone();
    assert_eq!(
        (sent[0]["photo"].is_null(), sent[1]["photo"].is_null()),
        (true, true),
        "gone: the text alone"
    );
    let last = &sent[2];
    assert_eq!(last["photo"], json!({ "file": name, "media": "image/jpeg", "bytes": 6 }));
    assert_eq!((&last["chat"], &last["text"]), (&json!(7), &json!("Насос & Ко\n100 ₽")));
    assert_eq!(last["markup"]["inline_keyboard"][0][0]["text"], "Сайт");
    // Without photos of the catalogue the text is sent alone, as with a photo that Telegram rejects.
    assert_eq!(deliver(&fake, &message).await, Delivery::Done);
    assert!(fake.inner().shown[3..].iter().all(|message| message["photo"].is_null()));
}

#[tokio::test]
async fn requests_the_contact_with_a_reply_keyboard() {
    let fake = Telegram::start().await;
    let message = Outgoing {
        share_contact: Some("Поделиться".to_owned()), ..text("Оставьте телефон")
    };
    assert_eq!(deliver(&fake, &message).await, Delivery::Done);
    let keyboard = fake.inner().shown[0]["markup"]["keyboard"].clone();
    assert_eq!(keyboard, json!([[{ "text": "Поделиться", "request_contact": true }]]));
}

#[tokio::test]
async fn splits_long_messages() {
    let fake = Telegram::start().await;
    let long = "Насосы & дрели <всё> для дома 🦀. ".repeat(500);
    assert_eq!(deliver(&fake, &text(&long)).await, Delivery::Done);
    let texts = shown(&fake);
    assert!(texts.len() >= 4);
    assert!(texts.iter().all(|text| text.ends_with('.')), "at a sentence");
    assert_eq!(texts.join(" "), long.trim());
    let photo =
        Outgoing { photo: Some("https://example.com/1.jpg".to_owned()), ..text(&"Абзац. ".repeat(300)) };
    assert_eq!(
        deliver(&fake, &photo).await,
        Delivery::Done,
        "a text too long for a caption follows its photo"
    );
}

#[tokio::test]
async fn falls_back_to_plain_text_when_markup_is_refused() {
    let fake = Telegram::start().await;
    fake.inner().rejects_markup = true;
    let card = Card { name: "Насос".to_owned(), price: "1 ₽".to_owned(), ..Card::default() };
    let with_photo = Card { photo: Some("https://example.com/1.jpg".to_owned()), ..card.clone() };
    let message = Outgoing { cards: vec![card, with_photo], ..text("a & b") };
    assert_eq!(deliver(&fake, &message).await, Delivery::Done);
    assert_eq!(shown(&fake), ["a & b", "Насос\n1 ₽", "Насос\n1 ₽"]);
    assert!(fake.inner().shown.iter().all(|message| message["html"] == false));
    assert_eq!(fake.inner().shown[2]["photo"], "https://example.com/1.jpg");
}

#[tokio::test]
async fn resumes_after_the_last_sent_part() {
    let fake = Telegram::start().await;
    let cards = ["раз", "два", "три"].map(|name| Card {
        name: name.to_owned(),
        price: "1".to_owned(),
        ..Card::default()
    });
    let message = Outgoing { cards: cards.to_vec(), ..text("Вот:") };
    let channel = TelegramChannel::new(bot(&fake));
    fake.inner().faults.extend([None, None, Some((429, "Too Many Requests: retry after 35", Some(35)))]);
    let delivery = channel.deliver(&to(7), "e1", &message).await;
    assert!(
        matches!(delivery, Delivery::Later { after, .. } if after == Duration::from_secs(35)),
        "{delivery:?}"
    );
    assert_eq!(shown(&fake).len(), 2);
    assert_eq!(channel.deliver(&to(7), "e1", &message).await, Delivery::Done);
    let texts = shown(&fake);
    assert_eq!(
        texts.iter().map(|text| text.lines().next().expect("a line")).collect::<Vec<_>>(),
        ["Вот:", "раз", "два", "три"]
    );
    // Another message starts with its first part.
    assert_eq!(channel.deliver(&to(7), "e2", &text("ещё")).await, Delivery::Done);
    assert_eq!(shown(&fake).len(), 5);
}

#[tokio::test]
async fn maps_api_failures_to_delivery_results() {
    let fake = Telegram::start().await;
    let channel = TelegramChannel::new(bot(&fake));
    fake.inner().blocked.insert(13);
    for gone in [13, 404] {
        assert!(
            matches!(channel.deliver(&to(gone), "e", &text("раз")).await, Delivery::Gone { .. }),
            "{gone}"
        );
    }
    let nowhere = channel.deliver(&Address::new(NAME, "abc"), "e", &text("раз")).await;
    assert!(matches!(nowhere, Delivery::Refused { .. }));
    for (fault, later) in [
        ((502, "Bad Gateway", None), true),
        ((500, "Internal Server Error", None), true),
        ((401, "Unauthorized", None), true),
        ((400, "Bad Request: something odd", None), false),
    ] {
        fake.inner().faults.push_back(Some(fault));
        let delivery = channel.deliver(&to(7), "e", &text("раз")).await;
        assert_eq!(matches!(delivery, Delivery::Later { .. }), later, "{fault:?}: {delivery:?}");
        assert_eq!(matches!(delivery, Delivery::Refused { .. }), !later);
    }
    assert_eq!(
        channel.deliver(&to(7), "e", &text("")).await,
        Delivery::Done,
        "nothing to show is nothing to send"
    );
}

#[tokio::test]
async fn sets_the_command_menu_in_every_language() {
    let fake = Telegram::start().await;
    let bot = bot(&fake);
    assert_eq!(bot.username().await.expect("answered"), "shop_bot");
    let description = Localized { ru: "Помощь".to_owned(), en: "Help".to_owned() };
    bot.set_commands(&[MenuCommand { name: "help".to_owned(), description }]).await.expect("set");
    let seen = fake.inner().seen.clone();
    let menus: Vec<_> =
        seen.iter().filter(|(method, _)| method == "setmycommands").map(|(_, request)| request).collect();
    let menu = |language: Value| {
        menus
            .iter()
            .find(|menu| menu["language_code"] == language)
            .map(|menu| menu["commands"][0]["description"].clone())
    };
    assert_eq!(menu(json!("ru")), Some(json!("Помощь")));
    assert_eq!(menu(json!("en")), Some(json!("Help")));
    assert_eq!(menu(Value::Null), Some(json!("Помощь")));
}

/// A folder with one file.
struct OneFile(&'static str, Vec<u8>);

#[async_trait]
impl Files for OneFile {
    async fn content(&self, address: &str) -> Result<Option<Vec<u8>>> {
        match address {
            "/files/x/locked" => Err(ports::Error::unavailable("read a file", "the disk is away")),
            _ => Ok((address == self.0).then(|| self.1.clone())),
        }
    }
}

fn sent_file(address: &str, name: &str, media: &str) -> SentFile {
    SentFile { address: address.to_owned(), name: name.to_owned(), media: media.to_owned(), bytes: 3 }
}

/// Pictures are shown, other files are documents under their own names, and a short text is the caption of the first one.
#[tokio::test]
async fn uploads_files_of_the_staff() {
    let fake = Telegram::start().await;
    let channel =
        TelegramChannel::new(bot(&fake)).with_files(Arc::new(OneFile("/files/x/y", b"abc".to_vec())));
    let picture = sent_file("/files/x/y", "кот <1>.png", "image/png");
    let document = sent_file("/files/x/y", "Счёт №5.pdf", "application/pdf");
    let moving = sent_file("/files/x/y", "a.gif", "image/gif");
    let files = vec![picture.clone(), document.clone(), moving];
    let message = Outgoing { files, ..text("Вот <b>файлы</b> & цены") };
    assert_eq!(channel.deliver(&to(7), "e1", &message).await, Delivery::Done);
    let sent = fake.inner().shown.clone();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent[0]["photo"], json!({ "file": "кот <1>.png", "media": "image/png", "bytes": 3 }));
    assert_eq!(sent[0]["text"], "Вот <b>файлы</b> & цены");
    assert_eq!(sent[1]["document"], json!({ "file": "Счёт №5.pdf", "media": "application/pdf", "bytes": 3 }));
    assert_eq!((&sent[1]["text"], &sent[2]["document"]["file"]), (&json!(""), &json!("a.gif")));

    // A text that is too long for a caption comes before its files, and so does one with products.
    let long = Outgoing { files: vec![document.clone()], ..text(&"Абзац. ".repeat(300)) };
    assert_eq!(channel.deliver(&to(7), "e2", &long).await, Delivery::Done);
    let sent = fake.inner().shown.split_off(3);
    assert!(sent.len() == 2 && sent[0]["document"].is_null() && sent[1]["text"] == "", "{sent:?}");

    // A picture that Telegram does not take as a photo is a document.
    fake.inner().faults = [Some((400, "Bad Request: PHOTO_INVALID_DIMENSIONS", None))].into();
    let message = Outgoing { files: vec![picture], ..text("подпись") };
    assert_eq!(channel.deliver(&to(7), "e3", &message).await, Delivery::Done);
    let last = fake.inner().shown.last().cloned().expect("sent");
    assert_eq!((&last["document"]["file"], &last["text"]), (&json!("кот <1>.png"), &json!("подпись")));

    // After a failure part way only what is missing is sent.
    let before = fake.inner().shown.len();
    fake.inner().faults = [None, Some((500, "Internal Server Error", None))].into();
    let two = Outgoing { files: vec![document.clone(), document.clone()], ..Outgoing::default() };
    assert!(matches!(channel.deliver(&to(7), "e4", &two).await, Delivery::Later { .. }));
    assert_eq!(channel.deliver(&to(7), "e4", &two).await, Delivery::Done);
    assert_eq!(fake.inner().shown.len(), before + 2);

    // So too where a part was refused and staff send the message again.
    let before = fake.inner().shown.len();
    fake.inner().faults = [None, Some((400, "Bad Request: wrong file", None))].into();
    let again = Outgoing { files: vec![document.clone(), document.clone()], ..Outgoing::default() };
    assert!(matches!(channel.deliver(&to(7), "e7", &again).await, Delivery::Refused { .. }));
    assert_eq!(channel.deliver(&to(7), "e7", &again).await, Delivery::Done);
    assert_eq!(fake.inner().shown.len(), before + 2);

    // What is not kept any more never arrives; what cannot be read now may.
    let gone = Outgoing { files: vec![sent_file("/files/x/z", "a.pdf", "application/pdf")], ..text("x") };
    let refused = channel.deliver(&to(7), "e5", &gone).await;
    assert!(
        matches!(&refused, Delivery::Refused { why } if why.contains("not kept any more")),
        "{refused:?}"
    );
    let locked =
        Outgoing { files: vec![sent_file("/files/x/locked", "a.pdf", "application/pdf")], ..text("x") };
    assert!(matches!(channel.deliver(&to(7), "e6", &locked).await, Delivery::Later { .. }));
}

/// The fake refuses what Telegram refuses: uploads that are empty, too large or missing, and captions that are too long.
#[tokio::test]
async fn uploads_have_the_limits_of_telegram() {
    let fake = Telegram::start().await;
    let deliver = async |name: &str, media: &str, content: Vec<u8>| {
        let channel = TelegramChannel::new(bot(&fake)).with_files(Arc::new(OneFile("/files/x/y", content)));
        let files = vec![sent_file("/files/x/y", name, media)];
        channel.deliver(&to(7), "e", &Outgoing { files, ..Outgoing::default() }).await
    };
    assert!(
        matches!(deliver("a.pdf", "application/pdf", vec![]).await, Delivery::Refused { why } if why.contains("non-empty"))
    );
    assert_eq!(deliver("a.png", "image/png", vec![0; (10 << 20) + 1]).await, Delivery::Done);
    let last = fake.inner().shown.last().cloned().expect("sent");
    assert!(last["photo"].is_null() && last["document"]["bytes"] == (10 << 20) + 1, "too large for a photo");
    let large = deliver("a.zip", "application/zip", vec![0; (50 << 20) + 1]).await;
    assert!(matches!(&large, Delivery::Refused { why } if why.contains("413")), "{large:?}");
    let http = reqwest::Client::new();
    for (method, body, why) in [
        ("sendPhoto", json!({ "chat_id": 7 }), "no photo"),
        ("sendDocument", json!({ "chat_id": 7 }), "no document"),
        (
            "sendDocument",
            json!({ "chat_id": 7, "document": { "file": "a", "bytes": 1 }, "caption": "x".repeat(1025) }),
            "caption is too long",
        ),
    ] {
        let url = format!("{}/bot{}/{method}", fake.url, tolmach_testkit::telegram::TOKEN);
        let answer: Value = http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
        assert!(answer["description"].as_str().is_some_and(|text| text.contains(why)), "{method}: {answer}");
    }
}
