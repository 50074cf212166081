//! The first page, and the demo that fills it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{Client, Panel};
use crate::support::Home;

/// The people of a demo with their passwords, as it printed them.
pub fn people(printed: &str) -> BTreeMap<String, String> {
    let roles = ["owner", "administrator", "manager", "analyst"];
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [name, role, password] if roles.contains(&role) => Some((name.to_owned(), password.to_owned())),
            _ => None,
        }
    };
    printed.lines().filter_map(line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_shows_the_panel_alive() {
    let home = Home::new();
    let server = home.tolmach(&["demo", "--days", "3", "--listen", "127.0.0.1:0"]).serve();
    let people = people(&server.printed());
    assert_eq!(people.keys().collect::<Vec<_>>(), ["Adam", "Anton", "Mila", "Olga", "Pavel"]);
    let mut client = Client::new(&server.address);
    assert_eq!(client.log_in("Mila", &people["Mila"]).await.status, 303);
    for period in ["day", "week", "month", "quarter", "nonsense"] {
        let page = client.get(&format!("/admin/?period={period}")).await;
        assert_eq!(page.status, 200, "{period}: {}", page.body);
    }
    let page = client.get("/admin/?period=week").await.body;
    for part in ["demo/no-model", "class=\"spark\"", "<path class=\"now\"", "id=\"unanswered\"", "product"] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    let tile = page
        .split("id=\"tile-cost\"")
        .nth(1)
        .and_then(|rest| rest.split("</section>").next())
        .expect("a tile");
    assert!(tile.contains("class=\"value\">$0.") && !tile.contains("without a known cost"), "{tile}");
    let csv = client.get("/admin/dashboard.csv?period=week").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 8, "{lines:?}");
    let dialogs: u32 = lines[1..]
        .iter()
        .filter_map(|line| line.split(';').nth(1)?.trim_matches('"').parse::<u32>().ok())
        .sum();
    assert!(dialogs > 20, "{lines:?}");
    // A figure opens the list that it counts.
    let plain = page.replace("&#x3D;", "=").replace("&amp;", "&");
    let href = plain.split("href=\"").find(|rest| rest.starts_with("/admin/leads?view=table&since="));
    let href = href.and_then(|rest| rest.split('"').next()).expect("a link").to_owned();
    let tile = page.split("id=\"tile-leads\"").nth(1).and_then(|rest| rest.split("class=\"value\">").nth(1));
    let count: usize =
        tile.and_then(|rest| rest.split('<').next()).and_then(|text| text.parse().ok()).expect("a count");
    let list = client.get(&href).await.body;
    assert_eq!(list.matches("data-lead=\"").count(), count, "{list}");
    assert_eq!(client.get("/admin/inbox").await.status, 200);
    server.kill();

    let refused = home.tolmach(&["demo", "--days", "1"]).run().fails_with(&["is in use", "--data DIR"]);
    assert!(refused.stderr.contains("tolmach-demo"), "{refused:?}");
}

#[test]
fn a_demo_that_was_cut_off_is_made_anew() {
    let home = Home::new();
    let fill = || home.tolmach(&["demo", "--days", "1", "--fill-only"]).run().ok().stdout;
    let first = fill();
    home.write("tolmach-demo/demo-unfinished", "");
    let second = fill();
    assert!(second.contains("was cut off"), "{second}");
    assert_ne!(people(&first), people(&second), "passwords are made by chance");
    assert!(!home.path("tolmach-demo/demo-unfinished").exists());
}

/// Of a shop's visitors few leave a contact; a demo in which half of them do is believed by nobody.
#[test]
fn a_month_of_the_demo_converts_as_a_shop_does() {
    let home = Home::new();
    let filled = home.tolmach(&["demo", "--days", "30", "--fill-only"]).run().ok().stdout;
    let dialogs =
        filled.lines().find_map(|line| line.trim().split_once(" dialogs with ")?.0.parse::<usize>().ok());
    let leads = home
        .tolmach(&["leads", "list", "--json", "--limit", "1000", "--data", "tolmach-demo"])
        .run()
        .ok()
        .json();
    let (dialogs, leads) = (dialogs.expect("a number"), leads.as_array().expect("a list").len());
    assert!(dialogs > 400, "{filled}");
    let share = leads * 1_000 / dialogs;
    assert!((40..=120).contains(&share), "{leads} leads of {dialogs} dialogs");
}

/// A process that ends at any moment leaves a folder that the next one makes anew.
#[test]
fn a_demo_that_is_killed_is_made_anew() {
    let home = Home::new();
    let demo = home.tolmach(&["demo", "--days", "60", "--fill-only"]).start();
    let database = home.path("tolmach-demo/tolmach.db-wal");
    let deadline = Instant::now() + Duration::from_secs(120);
    // In the middle: dialogs are being stored.
    while std::fs::metadata(&database).map_or(0, |file| file.len()) < 1_000_000 {
        assert!(Instant::now() < deadline, "nothing is stored");
        std::thread::sleep(Duration::from_millis(20));
    }
    demo.kill();
    assert!(home.path("tolmach-demo/demo-unfinished").exists(), "it was cut off");
    let again = home.tolmach(&["demo", "--days", "1", "--fill-only"]).run().ok().stdout;
    assert!(again.contains("was cut off") && people(&again).len() == 5, "{again}");
    assert!(!home.path("tolmach-demo/demo-unfinished").exists());
    let leads = home
        .tolmach(&["leads", "list", "--json", "--limit", "1000", "--data", "tolmach-demo"])
        .run()
        .ok()
        .json();
    let leads = leads.as_array().expect("a list").len();
    assert!(leads < 50, "of one day, and nothing of the sixty before: {leads}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_overview_counts_uploads_that_are_not_published() {
    let panel = Panel::start().await;
    let mut client = panel.logged_in("Mila").await;
    assert!(!client.get("/admin/").await.body.contains("href=\"/admin/catalogue\">1"));
    client.get("/admin/catalogue").await;
    let list = "Артикул;Наименование;Цена\nA-1;Насос;1000\n";
    let draft = client.upload("Снаб", &[("a.csv", list.as_bytes())]).await.location.expect("a draft");
    super::catalogue::waited(&mut client, &draft).await;
    let page = client.get("/admin/").await.body;
    assert!(page.contains("price list waits for a check"), "{page}");
    assert_eq!(client.post(&format!("{draft}/discard"), &[]).await.status, 303);
    assert!(!client.get("/admin/").await.body.contains("price list waits for a check"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_overview_says_so_and_an_analyst_sees_no_link_to_leads() {
    let panel = Panel::start().await;
    let mut client = panel.logged_in("Anton").await;
    let page = client.get("/admin/").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("no data") || page.body.contains("No data"), "{}", page.body);
    assert!(!page.body.contains("/admin/leads?"), "{}", page.body);
    let csv = client.get("/admin/dashboard.csv?period=day").await;
    assert_eq!(csv.status, 200);
}
