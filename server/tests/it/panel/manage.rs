//! Administration over HTTP: who may do what to whom, what the audit log shows, tasks, the log, the database, and experiments.

use serde_json::json;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use super::{
    Client, PASSWORD, Panel,
    client::encoded,
    client::field,
    create,
    tokens::{Program, token},
};
use crate::{page::Page, support::Home};

/// Changes the database beside the server: for rows that are there by themselves only after days or crashes.
pub(super) async fn beside(home: &Home, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(home.path("tolmach-data/tolmach.db"));
    let mut database = options.connect().await.expect("the database");
    sqlx::query(sql).execute(&mut database).await.expect("done");
}

fn audited(home: &Home, action: &str) -> serde_json::Value {
    home.tolmach(&["audit", "list", "--action", action, "--json"]).run().ok().json()
}

/// The id of an account, from the page of an owner.
async fn id_of(olga: &mut Client, name: &str) -> String {
    let page = olga.get("/admin/data/accounts").await.body;
    let row = page.split("<tr>").find(|row| row.contains(&format!("<td>{name}</td>"))).expect("the account");
    row.split("<td>").nth(2).and_then(|rest| rest.split('<').next()).expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_person_makes_an_account_once() {
    let panel = Panel::start().await;
    let mut adam = panel.logged_in("Adam").await;
    adam.get("/admin/people").await;
    let made = adam.post("/admin/people/invite", &[("role", "manager")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let link =
        made.body.split("/admin/setup/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let path = format!("/admin/setup/{link}");
    assert!(!adam.get("/admin/people").await.body.contains(link), "it is shown once");
    assert_eq!(
        adam.post("/admin/people/invite", &[("role", "owner")]).await.status,
        422,
        "only owners make owners"
    );

    let mut guest = panel.client();
    let page = guest.get(&path).await.body;
    assert!(page.contains("You are invited. Your role: manager."), "{page}");
    let form = [("name", "Nora"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(guest.post(&path, &form).await.status, 303);
    assert_eq!(guest.get("/admin/leads").await.status, 200);
    let refused = guest.get("/admin/people").await;
    assert!(refused.status == 403 && refused.body.contains("Your role is manager"), "{}", refused.body);
    let mut late = panel.client();
    assert!(late.get(&path).await.body.contains("This link no longer works"));

    // Two links stand side by side; one that is taken back works no more.
    adam.get("/admin/people").await;
    for _ in 0..2 {
        assert_eq!(adam.post("/admin/people/invite", &[("role", "analyst")]).await.status, 200);
    }
    let page = adam.get("/admin/people").await.body;
    assert_eq!(page.matches("/withdraw\"").count(), 2, "{page}");
    let open = page
        .split("/admin/people/invitations/")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("a link");
    let open = open.to_owned();
    assert_eq!(adam.post(&format!("/admin/people/invitations/{open}/withdraw"), &[]).await.status, 303);
    assert_eq!(adam.get("/admin/people").await.body.matches("/withdraw\"").count(), 1);
    let json = panel.home.tolmach(&["admin", "invite", "--role", "owner", "--json"]).run().ok().json();
    let path = json["path"].as_str().expect("a path").to_owned();
    assert!(late.get(&path).await.body.contains("Your role: owner"));
    // Nor does an administrator take back what an owner has made.
    let page = adam.get("/admin/people").await.body;
    assert_eq!(page.matches("/withdraw\"").count(), 1, "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_cannot_touch_owners_and_the_last_owner_stays() {
    let panel = Panel::start().await;
    let mut olga = panel.logged_in("Olga").await;
    let (own, adams, milas) =
        (id_of(&mut olga, "Olga").await, id_of(&mut olga, "Adam").await, id_of(&mut olga, "Mila").await);
    let mut adam = panel.logged_in("Adam").await;
    adam.get("/admin/people").await;
    for (what, fields) in [
        ("role", [("role", "analyst")].as_slice()),
        ("disable", &[("disabled", "1")]),
        ("factor", &[]),
        ("sessions", &[]),
    ] {
        let refused = adam.post(&format!("/admin/people/{own}/{what}"), fields).await;
        assert!(
            refused.status == 422 && refused.body.contains("Only an owner can do this"),
            "{what}: {}",
            refused.body
        );
        let own = adam.post(&format!("/admin/people/{adams}/{what}"), fields).await;
        assert!(own.status == 422 && own.body.contains("This is your own account"), "{what}: {}", own.body);
    }
    assert_eq!(adam.post(&format!("/admin/people/{milas}/role"), &[("role", "owner")]).await.status, 422);
    assert_eq!(olga.get("/admin/people").await.status, 200, "nothing has happened to her");

    // What is done to somebody holds at once.
    let mut mila = panel.logged_in("Mila").await;
    assert_eq!(mila.get("/admin/leads").await.status, 200);
    assert_eq!(adam.post(&format!("/admin/people/{milas}/role"), &[("role", "analyst")]).await.status, 303);
    assert_eq!(mila.get("/admin/leads").await.status, 403);
    assert_eq!(adam.post(&format!("/admin/people/{milas}/disable"), &[("disabled", "1")]).await.status, 303);
    assert_eq!(mila.get("/admin/account").await.status, 303, "the session is over");
    assert_eq!(panel.client().log_in("Mila", PASSWORD).await.status, 422);
    assert_eq!(adam.post(&format!("/admin/people/{milas}/disable"), &[("disabled", "0")]).await.status, 303);
    panel.logged_in("Mila").await;

    // The only owner is kept also against the command line; two of them can change each other.
    for arguments in [["--role", "manager"].as_slice(), &["--disable"]] {
        let command: Vec<&str> = ["admin", "set", "Olga"].iter().chain(arguments).copied().collect();
        panel.home.tolmach(&command).run().fails_with(&["the only owner"]);
    }
    create(&panel.home, "Oleg", "owner");
    let oleg_id = id_of(&mut olga, "Oleg").await;
    let mut oleg = panel.logged_in("Oleg").await;
    oleg.get("/admin/people").await;
    assert_eq!(
        oleg.post(&format!("/admin/people/{own}/role"), &[("role", "administrator")]).await.status,
        303
    );
    let late = olga.post(&format!("/admin/people/{oleg_id}/role"), &[("role", "administrator")]).await;
    assert!([403, 422].contains(&late.status), "she is no owner any more: {}", late.status);
    let done = audited(&panel.home, "account.set");
    let refused = done.as_array().expect("a list").iter().filter(|row| row["result"]["result"] == "failed");
    assert!(refused.count() >= 4, "what was refused is in the log: {done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_reset_for_whoever_has_lost_it() {
    let panel = Panel::start().await;
    beside(&panel.home, "UPDATE accounts SET totp = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' WHERE name = 'Mila'")
        .await;
    let mut mila = panel.client();
    let asked = mila.log_in("Mila", PASSWORD).await;
    assert!(asked.location.is_some_and(|to| to.starts_with("/admin/login/code")));
    let mut olga = panel.logged_in("Olga").await;
    let id = id_of(&mut olga, "Mila").await;
    let page = olga.get("/admin/people").await.body;
    assert!(page.contains(&format!("/admin/people/{id}/factor")), "{page}");
    assert_eq!(olga.post(&format!("/admin/people/{id}/factor"), &[]).await.status, 303);
    panel.logged_in("Mila").await;
    assert!(!olga.get("/admin/people").await.body.contains(&format!("/admin/people/{id}/factor")));
    assert_eq!(audited(&panel.home, "account.second_factor")[0]["details"]["before"]["second_factor"], true);
    let ended = panel.home.tolmach(&["admin", "end-sessions", "Mila", "--json"]).run().ok().json();
    assert_eq!(ended["logins"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_others_are_shown_and_ended_by_who_manages_people() {
    let panel = Panel::start().await;
    let made: Vec<String> = [("Mila", "ci"), ("Mila", "sync"), ("Olga", "nightly"), ("Adam", "own")]
        .iter()
        .map(|(who, name)| token(&panel.home, who, name, &["--read-only"]))
        .collect();
    let programs: Vec<Program> = made.iter().map(|token| Program::new(&panel.address, token)).collect();
    programs[0].get("/admin/api/me").await;
    let (mut adam, mut owner) = (panel.logged_in("Adam").await, panel.logged_in("Olga").await);
    let (mila, olga, own) =
        (id_of(&mut owner, "Mila").await, id_of(&mut owner, "Olga").await, id_of(&mut owner, "Adam").await);
    let page = adam.get(&format!("/admin/people/{mila}")).await.body;
    for part in ["ci", "sync", "only reads", "used last on", "not used yet", "until"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(made.iter().all(|token| !page.contains(token.as_str())), "never the token");
    // The sessions end, the tokens stay, and the page says so.
    let ended = adam.post(&format!("/admin/people/{mila}/sessions"), &[]).await.location.expect("back");
    let told = adam.get(&ended).await.body;
    assert!(told.contains("go on working") && told.contains("2\u{a0}tokens"), "{told}");
    assert_eq!(programs[0].get("/admin/api/me").await.status, 200);
    // One of them, then all.
    let id =
        page.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    let end = format!("/admin/people/{mila}/tokens/end");
    let one = adam.post(&end, &[("token", id)]).await;
    let told = adam.get(&one.location.expect("back")).await.body;
    assert!(
        told.contains("The token has ended") && told.contains("sync") && !told.contains("<b>ci</b>"),
        "{told}"
    );
    assert_eq!(
        (programs[0].get("/admin/api/me").await.status, programs[1].get("/admin/api/me").await.status),
        (401, 200)
    );
    assert_eq!(adam.post(&end, &[]).await.status, 303);
    assert_eq!(programs[1].get("/admin/api/me").await.status, 401);
    // An administrator sees an owner's and ends none; one's own are ended on one's own page.
    for (id, name, why) in
        [(&olga, "nightly", "Owners are changed by owners"), (&own, "own", "changed by others")]
    {
        let page = adam.get(&format!("/admin/people/{id}")).await.body;
        assert!(page.contains(name) && page.contains(why) && !page.contains("tokens/end"), "{page}");
        assert_eq!(adam.post(&format!("/admin/people/{id}/tokens/end"), &[]).await.status, 422);
    }
    assert_eq!(programs[2].get("/admin/api/me").await.status, 200);
    let rows = audited(&panel.home, "account.end_token");
    let results: Vec<&str> =
        rows.as_array().expect("rows").iter().filter_map(|row| row["result"]["result"].as_str()).collect();
    assert_eq!(results, ["failed", "failed", "done", "done"], "{rows}");
    assert_eq!(adam.get("/admin/people/00000000-0000-7000-8000-000000000000").await.status, 404);

    // Of one's own sessions the page says it, too.
    let page = owner.get("/admin/account").await.body;
    assert!(
        page.contains("Access tokens go on working: <a class=\"link\" href=\"#tokens\">1\u{a0}token</a>"),
        "{page}"
    );

    // The same by command.
    let home = &panel.home;
    token(home, "Mila", "again", &[]);
    let said = home.tolmach(&["admin", "end-sessions", "Mila"]).run().ok().stdout;
    assert!(said.contains("access tokens that go on working: 1; --tokens ends them"), "{said}");
    let shown = home.tolmach(&["admin", "end-sessions", "Mila", "--tokens", "--json"]).run().ok().json();
    assert_eq!(shown, json!({ "name": "Mila", "logins": 0, "tokens_ended": 1, "tokens_left": 0 }));
    let said = home.tolmach(&["admin", "end-sessions", "Mila"]).run().ok().stdout;
    assert!(said.contains("access tokens: none that works"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_is_filtered_turned_over_and_exported() {
    let panel = Panel::start().await;
    let mut olga = panel.logged_in("Olga").await;
    let id = id_of(&mut olga, "Mila").await;
    olga.get("/admin/people").await;
    for role in ["analyst", "manager"].iter().cycle().take(60) {
        assert_eq!(olga.post(&format!("/admin/people/{id}/role"), &[("role", role)]).await.status, 303);
    }
    let page = olga.get("/admin/audit?action=account.set&actor=Olga&object=Mila").await.body;
    assert_eq!(page.matches("<td role=\"cell\" class=\"figures\">").count(), 50, "{page}");
    let plain = page.replace("&#x3D;", "=").replace("&amp;", "&");
    assert!(plain.contains("class=\"was\">analyst</span> → manager"), "{plain}");
    let older =
        plain.split("href=\"").find(|rest| rest.contains("before=")).and_then(|rest| rest.split('"').next());
    let older = older.expect("an older page").to_owned();
    let page = olga.get(&older).await.body;
    assert_eq!(page.matches("<td role=\"cell\" class=\"figures\">").count(), 10, "{page}");
    assert!(page.contains("These are all"), "{page}");
    let csv = olga.get("/admin/audit.csv?action=account.set&object=Mila").await;
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"audit.csv\"");
    assert_eq!(csv.body.lines().count(), 61);
    assert!(csv.body.contains("\"account.set\";\"Mila\""), "{}", csv.body);
    assert_eq!(olga.get("/admin/audit.csv?from=1999-01-01&to=1999-12-31").await.body.lines().count(), 1);
    assert!(olga.get("/admin/audit?to=1999-12-31").await.body.contains("No change matches"));
    assert_eq!(olga.get("/admin/audit?from=yesterday").await.status, 422);
    let mut mila = panel.logged_in("Mila").await;
    assert_eq!(mila.get("/admin/audit").await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_shown_retried_and_discarded() {
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "нужен перфоратор").await;
    // Of now: the first removal of old records, which goes on meanwhile, would take old ones along.
    beside(
        &panel.home,
        "INSERT INTO quarantine (id, task, starts, why, at) VALUES ('t1', '{\"kind\":\"retain\"}', 3, 'begun 3 times', unixepoch() * 1000),
            ('t/2', '{\"kind\":\"report\"}', 3, 'begun 3 times', unixepoch() * 1000)",
    )
    .await;
    let mut adam = panel.logged_in("Adam").await;
    let page = adam.get("/admin/jobs").await.body;
    assert!(page.contains("begun 3 times") && page.contains("removal of old records"), "{page}");
    assert!(page.contains("inactivity") || page.contains("No chat waits"), "timers: {page}");
    assert_eq!(adam.post("/admin/jobs/t1/retry", &[]).await.status, 303);
    assert_eq!(adam.post("/admin/jobs/t%2F2/discard", &[]).await.status, 303);
    for path in ["/admin/jobs/t1/retry", "/admin/jobs/t1/discard"] {
        assert_eq!(adam.post(path, &[]).await.status, 404, "{path}: it is gone");
    }
    assert!(adam.get("/admin/jobs").await.body.contains("Nothing is quarantined"));
    let shown = panel.home.tolmach(&["jobs", "show", "--json"]).run().ok().json();
    assert_eq!(shown["quarantined"], serde_json::json!([]), "{shown}");
    panel.home.tolmach(&["jobs", "discard", "t1"]).run().fails_with(&["no task t1 is quarantined"]);
}

/// Makes the server write a line into its log: a form with files that breaks off.
pub(super) async fn broken_form(client: &mut Client) {
    client.get("/admin/catalogue").await;
    let body = format!("--edge\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}", client.token);
    let form = Some(("multipart/form-data; boundary=edge", body.into_bytes()));
    let reply = client.send_typed(reqwest::Method::POST, "/admin/catalogue/uploads", form).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_and_its_log_are_shown() {
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "позовите менеджера").await;
    client.ask("m2", "Анна, 8 916 555 01 42").await;
    let mut adam = panel.logged_in("Adam").await;
    let system = adam.get("/admin/system").await.body;
    for part in ["SQLite 3.", env!("CARGO_PKG_VERSION"), "tolmach.db", "<code>all</code>", "Uptime"] {
        assert!(system.contains(part), "no {part}: {system}");
    }
    let status = panel.home.tolmach(&["status", "--json"]).run().ok().json();
    assert!(status["database"]["bytes"].as_u64().is_some_and(|bytes| bytes > 10_000), "{status}");
    assert!(system.contains(status["release"]["id"].as_str().expect("a release")), "{system}");

    assert!(adam.get("/admin/logs").await.body.contains("No line matches"));
    for _ in 0..3 {
        broken_form(&mut adam).await;
    }
    let log = adam.get("/admin/logs").await.body;
    let lines = log.matches("class=\"log-line info\"").count();
    assert_eq!(lines, 3, "{log}");
    assert!(
        log.contains("a form with files broke off error&#x3D;") && log.contains("tolmach_admin"),
        "{log}"
    );
    for secret in [PASSWORD, "9165550142", "8 916"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let last: u64 = log
        .split("data-last=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next()?.parse().ok())
        .expect("a number");
    broken_form(&mut adam).await;
    for (query, count) in [
        ("q=nothing-has-this".to_owned(), 0),
        ("q=BROKE".to_owned(), 4),
        ("target=tolmach_store".to_owned(), 0),
        ("level=error".to_owned(), 0),
        ("level=info&target=admin".to_owned(), 4),
        (format!("after={last}"), 1),
    ] {
        let part = adam.get(&format!("/admin/logs/lines?{query}")).await.body;
        assert_eq!(part.matches("class=\"log-line").count(), count, "{query}: {part}");
    }
    let mut mila = panel.logged_in("Mila").await;
    assert_eq!((mila.get("/admin/logs").await.status, mila.get("/admin/system").await.status), (403, 403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_looks_at_rows_and_mends_them_and_nobody_sees_secrets() {
    let panel = Panel::start().await;
    let mut client = Page::new(&panel.server, "ru").await;
    client.ask("m1", "нужен перфоратор").await;
    let mut olga = panel.logged_in("Olga").await;
    let tables = olga.get("/admin/data").await.body;
    for table in ["accounts", "chats", "messages", "audit", "_sqlx_migrations", "Jobs"] {
        assert!(tables.contains(&format!("/admin/data/{table}\"")), "no {table}: {tables}");
    }
    let accounts = olga.get("/admin/data/accounts").await.body;
    assert!(accounts.contains("Mila") && !accounts.contains("argon2"), "{accounts}");
    assert!(!accounts.contains("<option value=\"password\""), "{accounts}");
    let searched = olga.get("/admin/data/accounts?column=password&how=has&q=argon").await;
    assert_eq!(searched.status, 422, "a masked column is not searched: {}", searched.body);
    let id = id_of(&mut olga, "Mila").await;
    let row = |table: &str, key: &str, more: &str| {
        let key = serde_json::to_string(&[key]).expect("JSON");
        format!("/admin/data/{table}/row?{}{more}", encoded(&[("key", &key)]))
    };
    let mila = olga.get(&row("accounts", &id, "&edit=password")).await.body;
    assert!(
        mila.contains("hidden") && !mila.contains("argon2") && !mila.contains("name=\"value\""),
        "{mila}"
    );
    let key = serde_json::to_string(&[&id]).expect("JSON");
    let set = [("key", key.as_str()), ("column", "role"), ("value", "owner"), ("reason", "x"), ("seen", "")];
    let refused = olga.post("/admin/data/accounts/set", &set).await;
    assert!(refused.status == 422 && refused.body.contains("not changed here"), "{}", refused.body);

    let found = olga
        .get(&format!(
            "/admin/data/messages?{}",
            encoded(&[("column", "body"), ("how", "has"), ("q", "перфоратор")])
        ))
        .await
        .body;
    assert!(found.contains("перфоратор"), "{found}");
    let chats = olga.get("/admin/data/chats").await.body;
    let chat = chats
        .split("<td>")
        .find(|cell| cell.starts_with("web:"))
        .and_then(|cell| cell.split('<').next())
        .expect("a chat");
    let page = olga.get(&row("chats", chat, "")).await.body;
    assert!(page.contains("messages.chat") && page.contains("turns.chat"), "what names it: {page}");

    let edit = olga.get(&row("messages", "1", "&edit=body")).await.body;
    let seen = field(&edit, "seen").expect("a mark");
    let key = "[\"1\"]";
    let change = |reason: &'static str, value: &'static str, seen: String| {
        [
            ("key", key.to_owned()),
            ("column", "body".to_owned()),
            ("seen", seen),
            ("value", value.to_owned()),
            ("reason", reason.to_owned()),
        ]
    };
    let borrowed = |fields: &[(&'static str, String)]| {
        fields.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>()
    };
    for (fields, said) in [
        (change("", "x", seen.clone()), "Give a reason"),
        (change("why", "x", "old".to_owned()), "another one by now"),
    ] {
        let fields = borrowed(&fields);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = olga.post("/admin/data/messages/set", &fields).await;
        assert!(reply.status == 422 && reply.body.contains(said), "{said}: {}", reply.body);
    }
    let fields = borrowed(&change("опечатка клиента", "нужна <b>дрель</b>", seen));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = olga.post("/admin/data/messages/set", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = olga.get(&row("messages", "1", "")).await.body;
    assert!(page.contains("нужна &lt;b&gt;дрель&lt;/b&gt;"), "{page}");
    let log = audited(&panel.home, "data.set");
    assert_eq!(log[0]["details"]["reason"], "опечатка клиента", "{log}");
    assert!(!log.to_string().contains("дрель"), "what clients write is not in the audit log: {log}");

    let unconfirmed =
        olga.post("/admin/data/messages/delete", &[("key", key), ("reason", "r"), ("confirm", "")]).await;
    assert_eq!(unconfirmed.status, 422, "{}", unconfirmed.body);
    let deleted = olga
        .post("/admin/data/messages/delete", &[("key", key), ("reason", "r"), ("confirm", "messages")])
        .await;
    assert_eq!(deleted.status, 303, "{}", deleted.body);
    assert_eq!(olga.get(&row("messages", "1", "")).await.status, 404);
    let rows = panel
        .home
        .tolmach(&["data", "rows", "accounts", "--column", "name", "--is", "Mila"])
        .run()
        .ok()
        .stdout;
    assert!(rows.contains("\"Mila\"") && !rows.contains("argon2") && !rows.contains("password"), "{rows}");
    panel
        .home
        .tolmach(&["data", "rows", "accounts", "--column", "password", "--contains", "a"])
        .run()
        .fails_with(&["no column password"]);
    let mut adam = panel.logged_in("Adam").await;
    assert_eq!(adam.get("/admin/data").await.status, 403, "for owners alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn experiments_are_compared_with_their_intervals() {
    let panel = Panel::start().await;
    let mut anton = panel.logged_in("Anton").await;
    assert!(anton.get("/admin/experiments").await.body.contains("No client is in an experiment"));
    beside(
        &panel.home,
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
        INSERT INTO marks (effect, chat, kind, name, value, arms, arm, release, at)
        SELECT 'a' || n, 'web:' || n, 'arm', 'greeting', NULL, NULL, CASE WHEN n % 2 = 0 THEN 'warm' ELSE 'cold' END, 'r', unixepoch() * 1000 FROM n
        UNION ALL SELECT 'g' || n, 'web:' || n, 'goal', 'lead', 1, CASE WHEN n % 2 = 0 THEN '{\"greeting\":\"warm\"}' ELSE '{\"greeting\":\"cold\"}' END, NULL, 'r',
            unixepoch() * 1000 FROM n WHERE n % 2 = 0 AND n <= 120 OR n % 2 = 1 AND n <= 40",
    )
    .await;
    let page = anton.get("/admin/experiments").await.body;
    // 60 of 200 and 20 of 200: Wilson's intervals are apart.
    assert!(
        page.contains("the arms differ") && page.contains("30%") && page.contains("24.1% … 36.7%"),
        "{page}"
    );
    assert!(page.contains("10%") && page.contains("6.6% … 14.9%"), "{page}");
    let report = panel.home.tolmach(&["goals", "--json"]).run().ok().json();
    let warm = &report["experiments"]["greeting"]["warm"]["goals"]["lead"];
    assert_eq!((warm["clients"].as_u64(), warm["share"].as_f64()), (Some(60), Some(0.3)), "{report}");
    assert!(warm["interval"][0].as_f64().is_some_and(|from| (0.24..0.242).contains(&from)), "{report}");
    let mut mila = panel.logged_in("Mila").await;
    assert_eq!(mila.get("/admin/experiments").await.status, 403);
}
