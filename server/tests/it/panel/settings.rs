//! Settings over HTTP: what is saved holds at once, secrets are never read, two people do not overwrite each other, and what the
//! environment decides stays.

mod server;

use serde_json::{Value, json};
use tolmach_testkit::{
    model::{Model, NAME},
    smtp::Smtp,
};

use super::{Client, Panel, Reply, client::field};
use crate::{page::Page, support::Home};

const KEY: &str = "sk-secret-of-the-shop-0123456789";
const PASSWORD: &str = "hunter2-of-the-mailbox-4711";

fn reply(request: &Value) -> String {
    let schema = &request["response_format"]["json_schema"]["schema"]["properties"];
    if schema["label"].is_object() {
        return json!({ "label": "none" }).to_string();
    }
    json!({ "text": "Модель советует [1]." }).to_string()
}

/// The page of a section; its form's token and version.
async fn opened(client: &mut Client, section: &str) -> (String, String) {
    let page = client.get(&format!("/admin/settings/{section}")).await;
    assert_eq!(page.status, 200, "{section}: {}", page.body);
    let seen = field(&page.body, "seen").expect("a version");
    (page.body, seen)
}

async fn saved(client: &mut Client, section: &str, fields: &[(&str, &str)]) -> Reply {
    let (_, seen) = opened(client, section).await;
    let fields: Vec<(&str, &str)> =
        [("seen", seen.as_str())].into_iter().chain(fields.iter().copied()).collect();
    client.post(&format!("/admin/settings/{section}"), &fields).await
}

async fn tested(client: &mut Client, section: &str, fields: &[(&str, &str)]) -> String {
    let (_, seen) = opened(client, section).await;
    let fields: Vec<(&str, &str)> =
        [("seen", seen.as_str())].into_iter().chain(fields.iter().copied()).collect();
    let reply = client.post(&format!("/admin/settings/{section}/test"), &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

/// Everything that the panel, the log and the commands tell of it.
async fn told(panel: &Panel, client: &mut Client) -> String {
    let mut all = String::new();
    for path in [
        "/admin/settings/mail",
        "/admin/settings/models",
        "/admin/settings/channels",
        "/admin/audit",
        "/admin/audit.csv",
        "/admin/logs",
        "/admin/data/setting_secrets",
        "/admin/data/settings",
    ] {
        all.push_str(&client.get(path).await.body);
    }
    for command in
        [["audit", "list", "--json"].as_slice(), &["config", "show"], &["config", "show", "--json"]]
    {
        let ran = panel.home.tolmach(command).run();
        all.push_str(&format!("{}{}", ran.stdout, ran.stderr));
    }
    all + &panel.server.printed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_tried_saved_and_holds_without_a_restart() {
    let smtp = Smtp::start().await;
    smtp.inner().login = Some(("shop".to_owned(), PASSWORD.to_owned()));
    let home = Home::ready();
    home.write("tolmach.toml", "log = \"debug\"\n[staff.default]\nemail = [\"sales@example.com\"]\n");
    let panel = Panel::in_home(home, &[]).await;
    let mut olga = panel.logged_in("Olga").await;
    let mut page = Page::new(&panel.server, "ru").await;
    page.ask("m1", "позовите менеджера").await;
    page.ask("m2", "Анна, 8 916 555 01 42").await;

    let port = smtp.port.to_string();
    let good = [
        ("smtp.host", "127.0.0.1"),
        ("smtp.port", port.as_str()),
        ("smtp.tls", "none"),
        ("smtp.from", "Shop <lager@example.com>"),
        ("smtp.username", "shop"),
        ("smtp.password", PASSWORD),
    ];
    let with = |name: &str, value: &'static str| {
        let one = |(known, text): (&'static str, &str)| {
            (known, if known == name { value.to_owned() } else { text.to_owned() })
        };
        good.map(one)
    };
    let lent = |fields: &[(&'static str, String)]| {
        fields.iter().map(|(name, text)| (*name, text.clone())).collect::<Vec<_>>()
    };
    // What is typed is tried before it is saved.
    for (fields, words) in [
        (lent(&with("smtp.password", "wrong-password-4711")), "does not accept the user name and password"),
        (lent(&with("smtp.port", "1")), "cannot be reached"),
        (lent(&with("smtp.host", "")), "The test failed"),
        (lent(&with("smtp.password", PASSWORD)), "The mail was handed over"),
    ] {
        let mut fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
        fields.extend([("test", "mail"), ("test.to", "owner@example.com")]);
        let body = tested(&mut olga, "mail", &fields).await;
        assert!(body.contains(words), "{words}: {body}");
        assert!(!body.contains("4711"), "a secret came back: {body}");
        assert!(body.contains("type it once more"), "and whoever has no script is told so: {body}");
    }
    assert_eq!(smtp.inner().mails.len(), 1, "nothing was saved, so staff have no mail yet");
    let refused = saved(
        &mut olga,
        "mail",
        &[
            ("smtp.host", "127.0.0.1"),
            ("smtp.tls", "starttls"),
            ("smtp.from", "no address"),
            ("smtp.port", "many"),
        ],
    )
    .await;
    assert!(refused.status == 422 && refused.body.contains("a whole number is expected"), "{}", refused.body);
    let refused = saved(&mut olga, "mail", &[("smtp.host", "127.0.0.1"), ("smtp.from", "no address")]).await;
    assert!(
        refused.body.contains("id=\"f-smtp-from-e\"") && refused.body.contains("from is no address"),
        "{}",
        refused.body
    );

    let reply = saved(&mut olga, "mail", &good).await;
    assert_eq!(
        (reply.status, reply.location.as_deref()),
        (303, Some("/admin/settings/mail?saved=1")),
        "{}",
        reply.body
    );
    // What has waited goes out, by the server that was named a moment ago.
    for _ in 0..200 {
        if smtp.inner().mails.len() > 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(smtp.inner().mails.len() > 1, "{}", panel.server.printed());
    let (body, _) = opened(&mut olga, "mail").await;
    assert!(body.contains("Set, ends in") && body.contains("<code>4711</code>"), "{body}");
    assert!(
        body.contains("set, ends in 4711") && body.contains("Olga"),
        "the change stands under it: {body}"
    );
    let all = told(&panel, &mut olga).await;
    assert!(!all.contains(PASSWORD) && !all.contains("wrong-password"), "a secret is told");
    assert!(
        all.contains("ends in 4711")
            && !panel.home.tolmach(&["audit", "list", "--json"]).run().stdout.contains("lager@example.com")
    );

    // Removed is removed, and the login with it; an empty form changes nothing.
    let same = saved(&mut olga, "mail", &[]).await;
    assert_eq!(same.location.as_deref(), Some("/admin/settings/mail?saved=same"));
    let half = saved(&mut olga, "mail", &[("smtp.password.remove", "1")]).await;
    assert!(half.status == 422 && half.body.contains("username is set but password is not"), "{}", half.body);
    let gone = saved(&mut olga, "mail", &[("smtp.password.remove", "1"), ("smtp.username", "")]).await;
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert!(!opened(&mut olga, "mail").await.0.contains("Set, ends in"));
    // The next start has what was saved.
    let Panel { server, home, .. } = panel;
    server.terminate();
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    assert!(server.printed().contains(&format!("by 127.0.0.1:{port}")), "{}", server.printed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_tried_and_answers_the_next_message() {
    let provider = Model::start(KEY, reply).await;
    let panel = Panel::with(&[("TOLMACH_LOG", "debug")]).await;
    let mut olga = panel.logged_in("Olga").await;
    let mut page = Page::new(&panel.server, "ru").await;
    let before = page.ask("1", "нужен перфоратор до 20 тысяч").await;
    assert!(!before["text"].as_str().is_some_and(|text| text.contains("Модель")), "{before}");
    let good = [
        ("llm.base_url", provider.url.as_str()),
        ("llm.model", NAME),
        ("llm.api_key", KEY),
        ("llm.timeout_seconds", "5"),
    ];
    for (field, value, words) in [
        ("llm.api_key", "sk-wrong-key-of-another-shop", "does not accept the key"),
        ("llm.model", "no-such-model", "no such model"),
        ("llm.base_url", "http://127.0.0.1:1/v1", "cannot be reached"),
        ("", "", "the model answered"),
    ] {
        let mut fields: Vec<(&str, &str)> =
            good.iter().map(|(name, text)| (*name, if *name == field { value } else { *text })).collect();
        fields.extend([
            ("test", "model"),
            ("llm.prices.rows", "1"),
            ("llm.prices.0.model", NAME),
            ("llm.prices.0.input", "2"),
            ("llm.prices.0.output", "10"),
            ("llm.prices.0.currency", "USD"),
        ]);
        let body = tested(&mut olga, "models", &fields).await;
        assert!(body.contains(words), "{words}: {body}");
        assert!(!body.contains(KEY) && !body.contains("sk-wrong"), "a secret came back");
        if field.is_empty() {
            assert!(body.contains("120 tokens") && body.contains("Модель советует"), "{body}");
            assert!(body.contains("0.0004"), "what it cost: {body}");
        }
    }
    let after = page.ask("2", "нужен сварочный инвертор").await;
    assert!(
        !after["text"].as_str().is_some_and(|text| text.contains("Модель")),
        "nothing was saved: {after}"
    );

    let mut fields = good.to_vec();
    fields.extend([
        ("llm.roles.rows", "1"),
        ("llm.roles.0.name", "fast"),
        ("llm.roles.0.model", NAME),
        ("llm.roles.1.name", "other"),
        ("llm.roles.1.model", "m"),
        ("llm.roles.1.base_url", "https://spare.example.com/v1"),
        ("llm.roles.1.api_key", "sk-of-the-spare-provider-7777"),
    ]);
    let reply = saved(&mut olga, "models", &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let offer = page.ask("3", "нужен дренажный насос").await;
    assert!(offer["text"].as_str().is_some_and(|text| text.starts_with("Модель советует")), "{offer}");
    let (body, _) = opened(&mut olga, "models").await;
    assert!(body.contains("<code>6789</code>") && body.contains("<code>7777</code>"), "{body}");
    // A role is tried by its stored key as well.
    let row = [
        ("llm.roles.rows", "1"),
        ("llm.roles.0.name", "fast"),
        ("llm.roles.0.was", "fast"),
        ("llm.roles.0.model", NAME),
    ];
    let mut fields = row.to_vec();
    fields.push(("test", "llm.roles.0"));
    assert!(tested(&mut olga, "models", &fields).await.contains("the model answered"));
    // The other role goes, and its key with it.
    assert_eq!(saved(&mut olga, "models", &row).await.status, 303);
    assert!(!opened(&mut olga, "models").await.0.contains("<code>7777</code>"));
    let refused = saved(&mut olga, "models", &[("llm.timeout_seconds", "0")]).await;
    assert!(
        refused.status == 422 && refused.body.contains("llm.timeout_seconds is 0; it is 1 to 600"),
        "{}",
        refused.body
    );
    let all = told(&panel, &mut olga).await;
    for secret in [KEY, "sk-wrong", "sk-of-the-spare"] {
        assert!(!all.contains(secret), "{secret} is told");
    }
    // Commands have the same settings: the compiler knows the role.
    let shown = panel.home.tolmach(&["config", "show", "--json"]).run().ok().json();
    let key = shown
        .as_array()
        .expect("a list")
        .iter()
        .find(|row| row["key"] == "llm.api_key")
        .expect("the key")
        .clone();
    assert_eq!((&key["value"], &key["source"]), (&json!("set, ends in 6789"), &json!("panel")), "{key}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_editors_do_not_overwrite_each_other_and_the_environment_stays() {
    let home = Home::ready();
    home.write("tolmach.toml", "[retention]\nmessages_days = 500\n");
    let panel =
        Panel::in_home(home, &[("TOLMACH_REPORT_AT", "19:00"), ("TOLMACH_STAFF_EMAIL", "env@example.com")])
            .await;
    let (mut olga, mut adam) = (panel.logged_in("Olga").await, panel.logged_in("Adam").await);
    let (page, seen) = opened(&mut olga, "retention").await;
    assert!(
        page.contains("TOLMACH_REPORT_AT")
            && page.contains("value=\"500\"")
            && page.contains("From the configuration file"),
        "{page}"
    );
    let (_, same) = opened(&mut adam, "retention").await;
    assert_eq!(seen, same);
    let mine = [("seen", seen.as_str()), ("retention.messages_days", "100"), ("report.at", "07:00")];
    assert_eq!(olga.post("/admin/settings/retention", &mine).await.status, 303);
    let theirs =
        [("seen", seen.as_str()), ("retention.messages_days", "200"), ("retention.leads_days", "300")];
    let refused = adam.post("/admin/settings/retention", &theirs).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let body = &refused.body;
    assert!(
        body.contains("value=\"200\"") && body.contains("<code>100</code>") && body.contains("Olga"),
        "both: {body}"
    );
    let again = [("seen", "1"), ("retention.messages_days", "200")];
    assert_eq!(field(body, "seen").as_deref(), Some("1"));
    assert_eq!(adam.post("/admin/settings/retention", &again).await.status, 303);
    let (page, _) = opened(&mut olga, "retention").await;
    assert!(
        page.contains("value=\"200\"") && page.contains("value=\"19:00\"") && !page.contains("07:00"),
        "{page}"
    );
    assert!(page.contains("Changed here"), "{page}");
    let refused =
        saved(&mut olga, "retention", &[("retention.inbox_days", "1"), ("report.timezone", "Mars/Base")])
            .await;
    assert!(
        refused.body.contains("id=\"f-retention-inbox-days-e\"")
            && refused.body.contains("id=\"f-report-timezone-e\""),
        "{}",
        refused.body
    );

    // A group of the environment is seen and kept, another one is added.
    let groups = [
        ("staff.rows", "1"),
        ("staff.0.name", "default"),
        ("staff.0.was", "default"),
        ("staff.0.telegram", "-100"),
        ("staff.1.name", "night"),
        ("staff.1.email", "a@example.com\nb@example.com"),
    ];
    assert_eq!(saved(&mut olga, "staff", &groups).await.status, 303);
    let shown = panel
        .home
        .tolmach(&["config", "show", "--json"])
        .env("TOLMACH_STAFF_EMAIL", "env@example.com")
        .run()
        .ok()
        .json();
    let staff = shown
        .as_array()
        .expect("a list")
        .iter()
        .find(|row| row["key"] == "staff")
        .expect("the groups")
        .clone();
    assert_eq!(
        staff["value"]["default"],
        json!({ "telegram": ["-100"], "email": ["env@example.com"] }),
        "{staff}"
    );
    assert_eq!(staff["value"]["night"]["email"], json!(["a@example.com", "b@example.com"]), "{staff}");
    let log = panel.home.tolmach(&["audit", "list", "--action", "settings.", "--json"]).run().ok().stdout;
    assert!(
        !log.contains("a@example.com") && log.contains("\"email\": 2") | log.contains("\"email\":2"),
        "{log}"
    );

    // By command, and back; what the environment decides is refused.
    let set = |arguments: &[&str]| {
        panel.home.tolmach(&[&["config"], arguments].concat()).env("TOLMACH_REPORT_AT", "19:00").run()
    };
    set(&["set", "retention.leads_days", "77"]).ok();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(opened(&mut olga, "retention").await.0.contains("value=\"77\""), "the process has seen it");
    set(&["unset", "retention.leads_days"]).ok();
    set(&["set", "report.at", "08:00"]).fails_with(&["TOLMACH_REPORT_AT"]);
    set(&["set", "retention.leads_days", "many"]).fails_with(&["retention.leads_days", "a whole number"]);
    set(&["set", "data_dir", "elsewhere"]).fails_with(&["data_dir"]);

    // Rows of tables: made, changed, taken out; what is wrong is said of the name.
    set(&["set", "staff.night.email", "a@example.com, b@example.com", "staff.day.telegram", "-100200"]).ok();
    let shown = |key: &str| {
        let all = set(&["show", "--json"]).ok().json();
        let rows = all.as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["key"] == key).expect("the setting")["value"].clone()
    };
    let groups = shown("staff");
    assert_eq!(groups["night"], json!({ "email": ["a@example.com", "b@example.com"] }), "{groups}");
    assert_eq!(groups["day"], json!({ "telegram": ["-100200"] }), "{groups}");
    set(&["unset", "staff.night.email", "staff.day"]).ok();
    assert!(
        shown("staff").get("day").is_none() && shown("staff")["night"] == json!({}),
        "{}",
        shown("staff")
    );
    set(&["unset", "staff.day"]).fails_with(&["staff.day", "there is no such row"]);
    set(&["set", "staff.a b.email", "a@example.com"]).fails_with(&["staff.a b.email", "a name of letters"]);
    set(&["set", "staff.night.email", "nobody"]).fails_with(&["staff.night.email, entry 1"]);
    set(&["set", "staff.night", "x"]).fails_with(&["no setting `staff.night`"]);
    set(&["unset", "staff"]).ok();
    let price = ["model", "input", "output", "currency"].map(|name| format!("llm.prices.0.{name}"));
    let [model, input, output, currency] = price.each_ref().map(String::as_str);
    set(&["set", model, "m", input, "0,15", output, "1", currency, "USD"]).ok();
    let listed = json!([{ "model": "m", "input": "0.15", "output": "1", "currency": "USD" }]);
    assert_eq!(shown("llm.prices"), listed);
    set(&["set", "llm.prices.5.model", "x"]).fails_with(&["numbered from 0 without a gap"]);
    set(&["unset", "llm.prices.0"]).ok();
    set(&["set", "http.hosts.crm.example.com.authorization", "Bearer x"]).ok();
    assert_eq!(shown("http.hosts"), json!({ "crm.example.com": {} }));
    set(&["unset", "http.hosts.crm.example.com"]).ok();
    set(&["set", "llm.roles.fast.api_key", "k"]).fails_with(&["set one of its other settings first"]);

    // A password comes by the standard input, so that it stands in no list of processes.
    let mail = [
        "smtp.host",
        "127.0.0.1",
        "smtp.tls",
        "none",
        "smtp.from",
        "shop@example.com",
        "smtp.username",
        "shop",
    ];
    let command = [&["config", "set"], mail.as_slice(), &["smtp.password", "-"]].concat();
    panel.home.tolmach(&command).stdin(format!("{PASSWORD}\n")).run().ok();
    let shown = panel.home.tolmach(&["config", "show"]).run().ok().stdout;
    assert!(
        shown.contains("smtp.password = set, ends in 4711  (panel)") && !shown.contains(PASSWORD),
        "{shown}"
    );
    assert!(
        shown.contains("smtp.host = 127.0.0.1  (panel)") && shown.contains("retention.messages_days = 200"),
        "{shown}"
    );
    panel
        .home
        .tolmach(&["config", "unset", "smtp.password"])
        .run()
        .fails_with(&["username is set but password"]);
    panel
        .home
        .tolmach(&["config", "unset", "smtp.password", "smtp.username", "smtp.host", "smtp.from"])
        .run()
        .ok();
    assert!(!panel.home.tolmach(&["config", "show"]).run().ok().stdout.contains("4711"));

    // A file that does not fit what is stored starts all the same, and says so.
    let Panel { server, home, .. } = panel;
    server.terminate();
    home.write("tolmach.toml", "[llm]\nmodel = \"m\"\n");
    home.tolmach(&["config", "set", "llm.model", ""]).run().ok();
    let file = "[llm]\nmodel = \"m\"\n[llm.roles.fast]\nmodel = \"x\"\n";
    home.write("tolmach.toml", file);
    let server = home.tolmach(&["run", "--listen", "127.0.0.1:0"]).serve();
    let model = server.health().await["model"]["name"].clone();
    assert!(
        model.as_str().is_some_and(|name| name.starts_with("openai-compatible/m")),
        "that of the file: {model}"
    );
    let shown = home.tolmach(&["config", "show"]).run().ok().stdout;
    assert!(
        shown.contains("left out") && shown.contains("llm.roles.fast is set but llm.model is not"),
        "{shown}"
    );
    let mut olga = Client::new(&server.address);
    assert_eq!(olga.log_in("Olga", super::PASSWORD).await.status, 303);
    let (page, _) = opened(&mut olga, "models").await;
    assert!(page.contains("The program runs without them") && page.contains("value=\"m\""), "{page}");
    // What is saved now holds again.
    assert_eq!(saved(&mut olga, "models", &[("llm.timeout_seconds", "7")]).await.status, 303);
    let (page, _) = opened(&mut olga, "models").await;
    assert!(!page.contains("The program runs without them") && page.contains("value=\"7\""), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sites_and_who_may_change_settings() {
    let panel = Panel::start().await;
    let mut adam = panel.logged_in("Adam").await;
    let site = [
        ("sites.rows", "1"),
        ("sites.0.name", "tools"),
        ("sites.0.title.ru", "Инструменты"),
        ("sites.0.title.en", "Tools"),
        ("sites.0.colours.accent", "red"),
    ];
    let refused = saved(&mut adam, "sites", &site).await;
    assert!(
        refused.status == 422
            && refused.body.contains("sites.tools.colours.accent is red; write it like #1f5fd0"),
        "{}",
        refused.body
    );
    let page = panel.server.url("/s/tools/");
    assert_eq!(reqwest::get(&page).await.expect("an answer").status().as_u16(), 404);
    assert_eq!(saved(&mut adam, "sites", &site[..4]).await.status, 303);
    let shown = reqwest::get(&page).await.expect("an answer");
    assert_eq!(shown.status().as_u16(), 200);
    assert!(shown.text().await.expect("text").contains("Инструменты"));
    // A token of Telegram holds after a restart, and says so.
    let token = [("telegram.token", "123456:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"), ("debounce_ms", "0")];
    let reply = saved(&mut adam, "channels", &token).await;
    assert_eq!(reply.location.as_deref(), Some("/admin/settings/channels?saved=restart"), "{}", reply.body);
    let (page, _) = opened(&mut adam, "channels").await;
    assert!(
        page.contains("<code>OOppQQr</code>")
            | page.contains("<code>pQQr</code>")
            | page.contains("<code>PQQr</code>"),
        "{page}"
    );
    assert!(page.contains("Holds after a restart") && page.contains("State of the channels"), "{page}");
    // Limits hold from the next request on: a chat may write one message, and then none.
    let refused = saved(&mut adam, "limits", &[("limits.chat.messages", "0")]).await;
    assert!(refused.body.contains("limits.chat.messages is 0; it is 1 or more"), "{}", refused.body);
    assert_eq!(saved(&mut adam, "limits", &[("limits.address.requests", "40")]).await.status, 303);
    let mut client = panel.client();
    let mut last = 0;
    for _ in 0..60 {
        last = client.get("/admin/login").await.status;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429, "the limit holds");
    panel.home.tolmach(&["config", "unset", "limits.address.requests"]).run().ok();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    for name in ["Mila", "Anton"] {
        let mut other = panel.logged_in(name).await;
        assert_eq!(other.get("/admin/settings/mail").await.status, 403, "{name}");
        assert_eq!(other.post("/admin/settings/mail", &[("seen", "0")]).await.status, 403, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_added_to_a_group_is_told_of_the_next_lead() {
    let smtp = Smtp::start().await;
    let port = smtp.port.to_string();
    let mail = [
        ("TOLMACH_SMTP_HOST", "127.0.0.1"),
        ("TOLMACH_SMTP_PORT", port.as_str()),
        ("TOLMACH_SMTP_TLS", "none"),
        ("TOLMACH_SMTP_FROM", "shop@example.com"),
    ];
    let panel = Panel::with(&mail).await;
    let mut olga = panel.logged_in("Olga").await;
    let (page, _) = opened(&mut olga, "mail").await;
    assert!(page.contains("TOLMACH_SMTP_HOST") && page.matches(" readonly").count() >= 3, "{page}");
    let group = [("staff.rows", "1"), ("staff.0.name", "default"), ("staff.0.email", "night@example.com")];
    assert_eq!(saved(&mut olga, "staff", &group).await.status, 303);
    let mut page = Page::new(&panel.server, "ru").await;
    page.ask("m1", "позовите менеджера").await;
    page.ask("m2", "Анна, 8 916 555 01 42").await;
    for _ in 0..200 {
        if !smtp.inner().mails.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(!smtp.inner().mails.is_empty(), "{}", panel.server.printed());
    let all = olga.get("/admin/audit").await.body;
    assert!(!all.contains("night@example.com"), "an address is in the audit log");
}
