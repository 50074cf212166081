//! What the server asks, reads and logs.

use serde_json::Value;

use super::{
    super::{Client, Panel},
    opened, saved,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_asks_reads_and_logs_is_changed_while_it_runs() {
    let variables = [("TOLMACH_HTTP_HOSTS", "env.example.com"), ("TOLMACH_PROXY_HEADER", "x-forwarded-for")];
    let panel = Panel::with(&variables).await;
    let mut olga = panel.logged_in("Olga").await;
    let (page, _) = opened(&mut olga, "server").await;
    for part in ["TOLMACH_HTTP_HOSTS", "env.example.com", "TOLMACH_PROXY_HEADER", "Holds after a restart"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Each mistake stands at its field.
    for (name, value, words) in [
        ("health_token", "short", "health_token: at least 16 printable"),
        ("log", "tolmach=loud", "at most what info says"),
        ("log", "info,hyper=trace", "at most what info says"),
        ("import.currency", "roubles", "an ISO 4217 code such as RUB"),
        ("import.seconds", "0", "import.seconds is 0; it is 1 to 3600"),
        ("meilisearch.url", "nowhere", "meilisearch"),
        ("proxy.trusted", "everybody", "is no address"),
    ] {
        let refused = saved(&mut olga, "server", &[(name, value)]).await;
        let id = format!("id=\"f-{}-e\"", name.replace(['.', '_'], "-"));
        assert!(refused.status == 422 && refused.body.contains(&id), "{name}: {}", refused.body);
        assert!(refused.body.contains(words), "{name}: {}", refused.body);
    }
    for (section, name, value) in [("limits", "files_mib", "0"), ("limits", "web_sockets", "0")] {
        assert_eq!(saved(&mut olga, section, &[(name, value)]).await.status, 422, "{name}");
    }

    // The row that was left empty is still the one for another host.
    let empty =
        [("http.hosts.rows", "1"), ("http.hosts.0.name", ""), ("http.hosts.0.was", ""), ("log", "loud")];
    let refused = saved(&mut olga, "server", &empty).await;
    assert_eq!(refused.body.matches("class=\"setting-row\"").count(), 1, "{}", refused.body);

    // The health token: another machine sees the details with it, from the next request on.
    let token = "a-token-of-the-shop-0123";
    let client = reqwest::Client::new();
    let health = async || {
        let asked = client.get(panel.server.url("/health")).header("x-forwarded-for", "203.0.113.7");
        let answer = asked.bearer_auth(token).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")
    };
    assert!(health().await.get("catalogue").is_none(), "{}", health().await);
    let few = health().await.as_object().expect("an object").len();
    let fields = [
        ("health_token", token),
        ("http.hosts.rows", "1"),
        ("http.hosts.0.name", "CRM.example.com"),
        ("http.hosts.0.authorization", "Bearer of-the-crm-7788"),
        ("import.currency", "EUR"),
        ("import.rows", "2"),
    ];
    let reply = saved(&mut olga, "server", &fields).await;
    assert_eq!(reply.location.as_deref(), Some("/admin/settings/server?saved=1"), "{}", reply.body);
    assert!(health().await.as_object().expect("an object").len() > few, "{}", health().await);
    let (page, _) = opened(&mut olga, "server").await;
    assert!(page.contains("crm.example.com") && page.contains("<code>7788</code>"), "{page}");
    // To another host the stored value is not sent.
    let moved = [
        ("http.hosts.rows", "1"),
        ("http.hosts.0.was", "crm.example.com"),
        ("http.hosts.0.name", "elsewhere.example.com"),
    ];
    let refused = saved(&mut olga, "server", &moved).await;
    assert!(refused.status == 422 && refused.body.contains("type it again"), "{}", refused.body);
    let shown = panel.home.tolmach(&["config", "show", "--json"]).run().ok().json();
    let text = shown.to_string();
    assert!(
        text.contains("crm.example.com") && !text.contains("of-the-crm") && !text.contains(token),
        "{text}"
    );

    // Two rows of a price list at most, by now.
    panel.home.write("list.csv", "Артикул;Название;Цена\nA-1;Насос;1\nA-2;Кран;2\nA-3;Клапан;3\n");
    let refused = panel.home.tolmach(&["catalog", "preview", "list.csv"]).run();
    assert!(refused.stderr.contains("more than 2 items"), "{refused:?}");

    // What is logged, from now on.
    let lines = async |olga: &mut Client| {
        olga.get("/admin/logs").await.body.matches("settings that were changed hold now").count()
    };
    assert_eq!(saved(&mut olga, "server", &[("log", "error")]).await.status, 303);
    let before = lines(&mut olga).await;
    assert_eq!(saved(&mut olga, "retention", &[("retention.leads_days", "300")]).await.status, 303);
    assert_eq!(lines(&mut olga).await, before, "nothing is said at info any more");
    assert_eq!(saved(&mut olga, "server", &[("log", "info")]).await.status, 303);
    assert!(lines(&mut olga).await > before);

    // A change that waits for a restart says so, and a command takes it back.
    let reply = saved(&mut olga, "server", &[("meilisearch.index", "shop")]).await;
    assert_eq!(reply.location.as_deref(), Some("/admin/settings/server?saved=restart"), "{}", reply.body);
    panel.home.tolmach(&["config", "unset", "meilisearch.index"]).run().ok();
}
