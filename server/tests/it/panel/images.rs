//! Images of the flows over HTTP and in a browser: put in, shown to clients, replaced, taken out, published and taken back.

use serde_json::{Value, json};
use tolmach_engine::image::hash;
use tolmach_runtime::read_image;
use tolmach_testkit::telegram::{TOKEN, Telegram};

use super::{Client, Panel, client::Reply};
use crate::{browser::Browser, page::Page, support::Home};

const PAGE: &str = "/admin/texts/images";
const OLD: &[u8] = include_bytes!("../../../../catalog-samples/photos/generator.png");
const NEW: &[u8] = include_bytes!("../../../../catalog-samples/photos/hammer.png");
const SHOP: &str = "\
flow: shop
start: hello
languages: [en]
on: { command: { start: hello } }
nodes:
  hello:
    say: { text: { en: Our warehouse }, photo: images/warehouse.png }
";
const TESTS: &str = "\
- name: the warehouse is shown
  given: { catalogue: empty, language: en }
  steps: [{ client: hello, expect: { path: [hello], photo: images/warehouse.png } }]
";

fn shop() -> Home {
    let home = Home::ready();
    home.write("flows/shop.yaml", SHOP);
    home.write("flows/tests/shop.test.yaml", TESTS);
    home.write("flows/images/warehouse.png", OLD);
    home
}

/// The address of a picture.
fn address(picture: &[u8]) -> String {
    read_image(picture).expect("a picture").image.address()
}

async fn put(client: &mut Client, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
    client.get(PAGE).await;
    let token = client.token.clone();
    let fields: Vec<(&str, &str)> =
        [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    client.send_parts(PAGE, &fields, files).await
}

/// The address of the reader's draft.
async fn draft(client: &mut Client) -> String {
    let page = client.get(PAGE).await.body;
    let (_, rest) = page.split_once("href=\"/admin/flows/").expect("a draft");
    format!("/admin/flows/{}", rest.split(['"', '?', '/']).next().expect("an id"))
}

async fn publish(client: &mut Client) {
    let draft = draft(client).await;
    client.get(&format!("{draft}/publish")).await;
    let published = client.post(&format!("{draft}/publish"), &[]).await;
    assert_eq!(published.status, 303, "{}", published.body);
}

/// The picture that a new client is shown.
async fn shown(panel: &Panel) -> String {
    let mut page = Page::new(&panel.server, "en").await;
    let reply = page.ask("m1", "hello").await;
    reply["photo"].as_str().unwrap_or_else(|| panic!("no picture: {reply}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_published_replaced_and_taken_back() {
    let panel = Panel::in_home(shop(), &[]).await;
    let mut mila = panel.logged_in("Mila").await;
    // Of the folder from the first start on, beside the chat page.
    assert_eq!(format!("/{}", shown(&panel).await), address(OLD));
    let get = async |path: String| reqwest::get(format!("http://{}{path}", panel.address)).await.unwrap();
    let served = get(address(OLD)).await;
    assert_eq!(served.status(), 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "public, max-age=31536000, immutable"),
    ] {
        assert_eq!(served.headers()[name], value, "{name}");
    }
    let bytes = served.bytes().await.unwrap();
    assert_eq!(hash(&bytes), read_image(OLD).unwrap().image.hash);
    let page = mila.get(PAGE).await.body;
    for part in ["warehouse.png", &address(OLD), "images/warehouse.png", "hello", "shop.yaml:7"] {
        assert!(page.contains(part), "{part}: {page}");
    }

    // Nothing exists that nobody named.
    for unknown in [address(NEW), address(OLD).replace(".png", ".jpg"), "/images/x.png".to_owned()] {
        assert_eq!(get(unknown.clone()).await.status(), 404, "{unknown}");
    }

    let seen = read_image(OLD).unwrap().image.hash;
    let stale =
        put(&mut mila, &[("replaces", "images/warehouse.png"), ("seen", "")], &[("x.png", NEW)]).await;
    assert!(stale.status == 422 && stale.body.contains("Somebody else changed"), "{}", stale.body);
    let fields = [("replaces", "images/warehouse.png"), ("seen", seen.as_str())];
    let replaced = put(&mut mila, &fields, &[("x.png", NEW)]).await;
    assert_eq!(replaced.status, 303, "{}", replaced.body);
    let draft = draft(&mut mila).await;
    let changes = mila.get(&format!("{draft}/changes")).await.body;
    assert!(changes.contains(&address(OLD)) && changes.contains(&address(NEW)), "side by side: {changes}");
    assert!(!changes.contains("tolmach-image"), "{changes}");
    assert_eq!(format!("/{}", shown(&panel).await), address(OLD), "a draft is not shown to clients");
    publish(&mut mila).await;
    assert_eq!(format!("/{}", shown(&panel).await), address(NEW));

    // A release goes elsewhere as files, and comes back as the same.
    panel.home.tolmach(&["release", "export", "current", "out"]).run().ok();
    let written = std::fs::read(panel.home.path("out/images/warehouse.png")).unwrap();
    assert_eq!(read_image(&written).unwrap().image.address(), address(NEW));
    panel.home.tolmach(&["release", "export", "current", "out.zip"]).run().ok();
    panel.home.tolmach(&["release", "import", "out.zip"]).run().ok();

    // The way back shows the old picture again.
    panel.home.tolmach(&["release", "rollback"]).run().ok();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while format!("/{}", shown(&panel).await) != address(OLD) {
        assert!(std::time::Instant::now() < deadline, "the old picture comes back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_picture_is_refused_and_what_is_shown_stays() {
    let panel = Panel::in_home(shop(), &[]).await;
    let mut mila = panel.logged_in("Mila").await;
    let huge = [NEW, &vec![0; 5 << 20]].concat();
    let files: [(&str, &[u8]); 6] = [
        ("good one.png", NEW),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("b.png", b"MZ\x90"),
        ("c.png", &NEW[..NEW.len() / 2]),
        ("d.png", b""),
        ("e.png", &huge),
    ];
    assert_eq!(put(&mut mila, &[], &files[1..]).await.status, 422);
    let drafts = panel.home.tolmach(&["draft", "list", "--json"]).run().ok().json();
    assert_eq!(drafts, serde_json::json!([]), "nothing was changed, so no draft began");
    let refused = put(&mut mila, &[], &files).await;
    assert_eq!(refused.status, 422);
    for part in [
        "a.svg: An SVG may hold scripts",
        "b.png: This is no JPEG",
        "c.png: The picture is damaged",
        "d.png: The file is empty",
        "e.png: It is larger than 5",
        "images/good-one.png",
    ] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let none = put(&mut mila, &[], &[("", b"")]).await;
    assert!(none.status == 422 && none.body.contains("No picture was chosen"), "{}", none.body);
    let stranger = mila.send_parts(PAGE, &[("csrf", "none")], &[("x.png", NEW)]).await;
    assert_eq!(stranger.status, 403);
    let many: Vec<(&str, &[u8])> = (0..21).map(|_| ("x.png", NEW)).collect();
    let many = put(&mut mila, &[], &many).await;
    assert!(many.status == 422 && many.body.contains("at most 20"), "{}", many.body);

    // What a node shows is not taken out, what nothing shows is.
    mila.get(PAGE).await;
    let change = format!("{PAGE}/change");
    let (old, new) = (read_image(OLD).unwrap().image.hash, read_image(NEW).unwrap().image.hash);
    let used = mila.post(&change, &[("path", "images/warehouse.png"), ("seen", &old)]).await;
    assert!(used.status == 422 && used.body.contains("A node shows this image"), "{}", used.body);
    mila.get(PAGE).await;
    let stale = mila.post(&change, &[("path", "images/good-one.png"), ("seen", &old)]).await;
    assert_eq!(stale.status, 422, "{}", stale.body);
    mila.get(PAGE).await;
    let gone = mila.post(&change, &[("path", "images/good-one.png"), ("seen", &new)]).await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert!(!mila.get(PAGE).await.body.contains("good-one"));

    // A line that names nothing that is kept is no image; neither is one that a script writes.
    let draft = draft(&mut mila).await;
    mila.get(&draft).await;
    let line = format!("tolmach-image {} image/png 100 10x10\n", "ab".repeat(16));
    for text in [line.as_str(), "<svg/>"] {
        let body = json!({ "file": "images/evil.png", "base": 0, "text": text, "line": 1 });
        let (status, answer) = mila.json(&format!("{draft}/save"), &body).await;
        assert_eq!(status, 422, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_pictures_for_one_image_are_shown_to_choose_from() {
    let panel = Panel::in_home(shop(), &[]).await;
    let mut mila = panel.logged_in("Mila").await;
    let replaced = put(&mut mila, &[], &[("warehouse.png", NEW)]).await;
    assert_eq!(replaced.status, 303, "{}", replaced.body);
    let draft = draft(&mut mila).await;
    let third = include_bytes!("../../../../catalog-samples/photos/ladder.png");
    let file = panel.home.write("warehouse.png", third).display().to_string();
    let added = panel.home.tolmach(&["image", "add", &file, "--json"]).run().ok().json();
    panel.home.tolmach(&["draft", "publish", added["draft"].as_str().expect("a draft")]).run().ok();
    mila.get(&draft).await;
    assert_eq!(mila.post(&format!("{draft}/update"), &[]).await.status, 303);
    let page = mila.get(PAGE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in ["Two people replaced this image", "Keep this one", &address(NEW), &address(third)] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let open = mila.get(&format!("{draft}?file=images%2Fwarehouse.png")).await;
    assert!(open.status == 200 && open.body.contains("Two people replaced"), "{}", open.body);
    mila.get(PAGE).await;
    let mine = read_image(NEW).unwrap().image.hash;
    let fields = [("path", "images/warehouse.png"), ("seen", ""), ("keep", mine.as_str())];
    let kept = mila.post(&format!("{PAGE}/change"), &fields).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    let listed =
        panel.home.tolmach(&["image", "list", "--draft", draft.rsplit('/').next().expect("an id"), "--json"]);
    assert_eq!(listed.run().ok().json()[0]["address"], address(NEW));
    publish(&mut mila).await;
    assert_eq!(format!("/{}", shown(&panel).await), address(NEW));
    // Who may only look sees them without a draft, and a stranger sees nothing.
    let mut anton = panel.logged_in("Anton").await;
    assert!(anton.get(PAGE).await.body.contains(&address(NEW)));
    assert_eq!(Client::new(&panel.address).get(PAGE).await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_are_listed_added_and_exported_by_command() {
    let panel = Panel::in_home(shop(), &[]).await;
    let home = &panel.home;
    let list = home.tolmach(&["image", "list", "--json"]).run().ok().json();
    assert_eq!(list[0]["path"], "images/warehouse.png");
    assert_eq!(list[0]["address"], address(OLD));
    assert_eq!(list[0]["stored"], true);
    assert_eq!(list[0]["used"], json!([{ "file": "shop.yaml", "node": "hello", "line": 7 }]));
    home.write("hammer drill.png", NEW);
    home.write("broken.png", &NEW[..100]);
    let added =
        home.tolmach(&["image", "add", "hammer drill.png", "--author", "Mila", "--json"]).run().ok().json();
    assert_eq!(added["paths"], json!(["images/hammer-drill.png"]));
    let draft = added["draft"].as_str().expect("a draft");
    let replace =
        ["image", "add", "hammer drill.png", "--draft", draft, "--replaces", "images/warehouse.png"];
    home.tolmach(&replace).run().ok();
    let broken = home.tolmach(&["image", "add", "broken.png", "--draft", draft]).run();
    broken.fails_with(&["broken.png was not put in", "damaged"]);
    let used = home.tolmach(&["image", "remove", "images/warehouse.png", "--draft", draft]).run();
    used.fails_with(&["hello (shop.yaml:7)"]);
    home.tolmach(&["image", "remove", "images/hammer-drill.png", "--draft", draft]).run().ok();
    home.tolmach(&["image", "export", "images/warehouse.png", "new.png", "--draft", draft]).run().ok();
    home.tolmach(&["draft", "export", draft, "folder"]).run().ok();
    for file in ["new.png", "folder/images/warehouse.png"] {
        let written = std::fs::read(home.path(file)).unwrap();
        assert_eq!(read_image(&written).unwrap().image.address(), address(NEW), "{file}");
    }
    home.tolmach(&["draft", "publish", draft, "--author", "Mila"]).run().ok();
    let list = home.tolmach(&["image", "list", "--json"]).run().ok().json();
    assert_eq!(list[0]["address"], address(NEW));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_is_sent_the_picture_itself() {
    let telegram = Telegram::start().await;
    let url = telegram.url.clone();
    let variables = [("TOLMACH_TELEGRAM_TOKEN", TOKEN), ("TOLMACH_TELEGRAM_API_URL", url.as_str())];
    let _panel = Panel::in_home(shop(), &variables).await;
    telegram.writes(5, "hello");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(40);
    let uploaded: Value = loop {
        let found = telegram.inner().shown.iter().find_map(|shown| shown["photo"].as_object().cloned());
        if let Some(found) = found {
            break found.into();
        }
        assert!(std::time::Instant::now() < deadline, "{:?}", telegram.inner().shown);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(uploaded["media"], "image/png");
    assert_eq!(uploaded["bytes"], read_image(OLD).unwrap().image.bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_replaces_a_picture_that_a_client_then_sees() {
    let Some(mut browser) = Browser::start().await else { return };
    let panel = Panel::in_home(shop(), &[]).await;
    browser.screen(1440, 1000).await;
    browser.enter(&panel, "Mila").await;
    browser.visit(&format!("http://{}/admin/texts", panel.address)).await;
    browser.run(&format!("document.querySelector('a[href=\"{PAGE}\"]').click()")).await;
    browser.until(&format!("location.pathname === '{PAGE}' && document.readyState === 'complete'")).await;
    browser.until("document.querySelector('.picture img').naturalWidth > 0").await;
    let new = panel.home.write("new.png", NEW);
    let other = panel.home.write("Our shop.png", NEW);
    browser.run("document.querySelector('.replace').open = true").await;
    browser.choose_files("#replace-0", &[new.display().to_string()]).await;
    browser.run("document.querySelector('.replace button').click()").await;
    browser.until("location.search.includes('saved=1') && document.readyState === 'complete'").await;
    assert!(browser.text("#main").await.contains("1\u{a0}picture is in your draft"));
    browser.choose_files("#add", &[other.display().to_string()]).await;
    browser.run("document.querySelector('#add').form.requestSubmit()").await;
    browser.until("document.querySelectorAll('.pictures > li').length === 2").await;
    for (width, height) in [(390, 844), (1440, 1000)] {
        browser.screen(width, height).await;
        browser.is_accessible(&format!("images {width}")).await;
        browser.is_as_wide_as_the_screen(&format!("images {width}")).await;
        browser.photograph(&format!("images-{width}")).await;
    }
    // The draft shows it as a picture, and its difference as two.
    browser.run("document.querySelector('.head .row a').click()").await;
    browser.until("document.querySelector('.tree-picture') && document.readyState === 'complete'").await;
    browser.run("document.querySelector('a[href*=\"images%2Fwarehouse.png\"], a[href*=\"images/warehouse.png\"]').click()").await;
    browser
        .until(
            "document.querySelector('.compared img')?.naturalWidth > 0 && document.readyState === 'complete'",
        )
        .await;
    browser.is_accessible("an image of a draft").await;
    browser.photograph("image-of-a-draft").await;
    let draft = browser.run("location.pathname").await.as_str().expect("an address").to_owned();
    browser.visit(&format!("http://{}{draft}/publish", panel.address)).await;
    browser.until("[...document.querySelectorAll('.compared img')].filter((img) => { img.loading = 'eager'; return img.naturalWidth > 0; }).length >= 2").await;
    browser.is_accessible("a publication with images").await;
    browser.photograph("images-difference").await;
    browser.run("document.querySelector('form[action$=\"/publish\"] button.primary').click()").await;
    browser.until("location.search.includes('published=') && document.readyState === 'complete'").await;

    // A client sees it with words for those who do not.
    let client = "document.querySelector('.message.bot img.photo')";
    browser.open(&panel.server).await;
    browser.write("hello").await;
    browser.until(&format!("{client}?.naturalWidth > 0")).await;
    let source = browser.run(&format!("new URL({client}.src).pathname")).await;
    assert_eq!(source, address(NEW));
    assert_eq!(browser.run(&format!("{client}.alt")).await, "Photo: Our warehouse");
    browser.is_content("the way of an image");
}
