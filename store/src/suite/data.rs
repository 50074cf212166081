//! The database as it is: tables by the catalogue, rows, what is masked, and changes by hand.

use tolmach_runtime::ports::{
    AccessToken, Account, AccountSaved, Actor, AuditEntry, AuditQuery, AuditResult, ColumnKind, DataChange,
    DataEdit, DataFilter, DataQuery, DataRow, Fixed, Invitation, SettingsWrite, Write, Written,
};
use tolmach_runtime::secret::Secret;

use super::{
    accounts::{account, login},
    *,
};

fn entry(object: &str) -> AuditEntry {
    AuditEntry {
        seq: 0,
        at: 7,
        actor: Actor::cli("ольга"),
        action: "data.set".to_owned(),
        object: object.to_owned(),
        result: AuditResult::Done,
        details: json!({}),
    }
}

fn query(table: &str, filter: Option<(&str, bool, &str)>) -> DataQuery {
    let filter = filter.map(|(column, contains, text)| DataFilter {
        column: column.to_owned(),
        contains,
        text: text.to_owned(),
    });
    DataQuery { table: table.to_owned(), filter, offset: 0, limit: 10 }
}

fn set(table: &str, key: &[&str], column: &str, old: Option<&str>, new: Option<&str>) -> DataChange {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let what = DataEdit::Set { column: column.to_owned(), old: owned(old), new: owned(new) };
    DataChange { table: table.to_owned(), key: key.iter().map(|&part| part.to_owned()).collect(), what }
}

pub(crate) async fn lists_every_table_and_masks_secrets(place: &dyn TestDatabase) {
    let store = place.open().await;
    let secret = Account {
        password: "$argon2id$tell-nobody".to_owned(),
        second_factor: Some("TELLNOBODY".to_owned()),
        recovery: vec!["tell-nobody".to_owned()],
        ..account("Анна")
    };
    assert_eq!(store.save_account(&secret).await.expect("stored"), AccountSaved::Stored);
    let hash = AccessToken {
        id: "tell-nobody".to_owned(),
        account: secret.id,
        name: "ci".to_owned(),
        read_only: false,
        made: 1,
        expires: 2,
        used: None,
    };
    let added = store.change(vec![Write::AddToken(hash)], entry("token")).await;
    assert_eq!(added.expect("stored"), Written::Done { logins: 0 });
    store.add_login(&login("tell-nobody", &secret, 1)).await.expect("stored");
    let link = Invitation { id: "tell-nobody".to_owned(), role: "manager".to_owned(), until: 100 };
    store.invite(&link).await.expect("stored");
    let settings = SettingsWrite {
        section: "mail".to_owned(),
        expected: 0,
        values: serde_json::Map::new(),
        secrets: vec![("smtp.password".to_owned(), Some(Secret::new("tell-nobody, not even the owner")))],
        author: "Анна".to_owned(),
        at: 5,
    };
    let written =
        store.change(vec![Write::Settings(Box::new(settings))], entry("mail")).await.expect("stored");
    assert_eq!(written, Written::Done { logins: 0 });

    let tables = store.data_tables().await.expect("read");
    let known: Vec<(String, Vec<String>)> = place.columns().await;
    for (name, columns) in known {
        if name.starts_with("sqlite_") {
            continue;
        }
        let lower = |text: &str| text.to_lowercase();
        let last = |table: &str| lower(table.rsplit('.').next().unwrap_or_default());
        let Some(table) = tables.iter().find(|table| last(&table.name) == name) else {
            panic!("{name} is not listed");
        };
        for column in columns {
            let found = table.columns.iter().find(|known| lower(&known.name) == column);
            // Hidden columns of an index are no columns of a row.
            assert!(found.is_some() || name.starts_with("message_words"), "{name}.{column}");
            // Whatever sounds secret is masked, and so is whatever is added later.
            let sounds = ["password", "secret", "token", "totp", "recovery"];
            let counts = ["input_tokens", "cached_tokens", "output_tokens"];
            if sounds.iter().any(|word| column.contains(word)) && !counts.contains(&column.as_str()) {
                assert!(found.is_some_and(|column| column.masked), "{name}.{column} is not masked");
            }
        }
        // Every row can be read, and nothing secret is in it.
        let rows = store.data_rows(&query(&table.name, None)).await.expect("read");
        let shown = format!("{rows:?}").to_lowercase();
        assert!(!shown.contains("tell") || !shown.contains("nobody"), "{name}: {shown}");
        for row in &rows {
            assert_eq!(row.values.len(), table.columns.len(), "{name}");
            if !row.key.is_empty() {
                let whole = store.data_row(&table.name, &row.key).await.expect("read").expect("there");
                assert!(!format!("{whole:?}").to_lowercase().contains("nobody"), "{name}");
            }
        }
        assert!(store.data_count(&table.name).await.expect("counted") >= rows.len() as u64);
    }
    let accounts = store.data_rows(&query("accounts", None)).await.expect("read").remove(0);
    assert_eq!(accounts.hidden.iter().filter(|hidden| **hidden).count(), 3);
    for (table, column) in [
        ("accounts", "password"),
        ("accounts", "totp"),
        ("setting_secrets", "secret"),
        ("logins", "id"),
        ("chats", "nothing"),
    ] {
        let asked = query(table, Some((column, false, "tell-nobody")));
        store.data_rows(&asked).await.expect_err("it cannot be searched");
    }
    store.data_rows(&query("no such table\"; --", None)).await.expect_err("it is no table");
    let change = set("accounts", &[&secret.id.to_string()], "role", Some("manager"), Some("owner"));
    store.change_data(&change, entry("accounts")).await.expect_err("people have a page");
    let change = set("setting_secrets", &["smtp.password"], "ending", Some("x"), Some("y"));
    store.change_data(&change, entry("settings")).await.expect_err("settings have pages");
    assert_eq!(
        store.audit(&AuditQuery::last(9)).await.expect("read").len(),
        2,
        "those of the token and the settings"
    );
    let fixed = |name: &str| tables.iter().find(|table| table.name == name).and_then(|table| table.fixed);
    assert_eq!(
        [fixed("audit"), fixed("accounts"), fixed("chats")],
        [Some(Fixed::Log), Some(Fixed::People), None]
    );
    let facts = store.facts().await.expect("read");
    assert!(facts.bytes > 10_000 && facts.migration > 5 && !facts.version.is_empty(), "{facts:?}");
}

pub(crate) async fn changes_rows_by_hand_with_their_audit_row(place: &dyn TestDatabase) {
    let store = place.open().await;
    for key in ["a", "b"] {
        let row = receive(&*store, CHAT, key).await;
        let commit = turn(&row, store.chat(CHAT).await.expect("read").version, vec![]);
        let body = "50% \"да\" _".to_owned();
        let messages = vec![MessageRow { body, ..commit.messages[0].clone() }];
        store.commit(Commit { messages, ..commit }).await.expect("stored");
    }
    let messages = store.data_rows(&query("messages", Some(("chat", false, CHAT)))).await.expect("read");
    assert_eq!(messages.len(), 2);
    let tables = store.data_tables().await.expect("read");
    let table = tables.iter().find(|table| table.name == "messages").expect("there");
    let at = |name: &str| table.columns.iter().position(|column| column.name == name).expect("a column");
    let (body, who) = (at("body"), at("who"));
    assert_eq!(
        (table.columns[at("seq")].kind, table.columns[body].kind),
        (ColumnKind::Integer, ColumnKind::Text)
    );
    // Marks of patterns are texts; of a number only the number itself is equal.
    for (filter, count) in [
        (("body", true, "50% \"да"), 2),
        (("body", true, "50%"), 2),
        (("body", true, "5_%"), 0),
        (("body", true, "' OR 1=1 --"), 0),
        (("seq", false, "nothing"), 0),
        (("seq", false, messages[0].key[0].as_str()), 1),
        (("at", true, ""), 2),
    ] {
        let found = store.data_rows(&query("messages", Some(filter))).await.expect("read");
        assert_eq!(found.len(), count, "{filter:?}");
    }
    let page = DataQuery { offset: 1, ..query("messages", None) };
    assert_eq!(store.data_rows(&page).await.expect("read").len(), 1);

    let chat = store.data_row("chats", &[CHAT.to_owned()]).await.expect("read").expect("there");
    let references = store.data_references("chats", &chat).await.expect("read");
    let of = |name: &str| {
        references.iter().find(|one| one.table == name && one.column == "chat").map(|one| one.count)
    };
    assert_eq!((of("messages"), of("turns"), of("leads")), (Some(2), Some(2), Some(0)), "{references:?}");

    let key = messages[0].key[0].as_str();
    let old = messages[0].values[body].as_deref();
    let done = set("messages", &[key], "body", old, Some("иначе"));
    assert!(store.change_data(&done, entry("messages")).await.expect("changed"));
    assert!(!store.change_data(&done, entry("messages")).await.expect("answered"), "somebody was faster");
    let read = store.data_row("messages", &[key.to_owned()]).await.expect("read").expect("there");
    assert_eq!(read.values[body].as_deref(), Some("иначе"));
    assert_eq!(store.audit(&AuditQuery::last(9)).await.expect("read").len(), 1);
    // What the table refuses is refused, and costs nobody anything.
    let bad = [
        set("messages", &[key], "who", read.values[who].as_deref(), Some("nobody")),
        set("messages", &[key], "at", Some("7"), Some("soon")),
        set("messages", &[key], "body", Some("иначе"), None),
        set("messages", &[key], "seq", Some(key), Some("77")),
        set("messages", &[key], "nothing", None, Some("1")),
        set("messages", &[key], "body", Some("иначе"), Some("a\0b")),
    ];
    for change in bad {
        store.change_data(&change, entry("messages")).await.expect_err(&format!("{change:?}"));
    }
    assert!(
        !store
            .change_data(&set("messages", &[], "body", None, Some("x")), entry("m"))
            .await
            .expect("answered")
    );
    let delete = DataChange { what: DataEdit::Delete, ..done };
    assert!(store.change_data(&delete, entry("messages")).await.expect("deleted"));
    assert!(!store.change_data(&delete, entry("messages")).await.expect("answered"), "it is gone");
    assert_eq!(store.audit(&AuditQuery::last(9)).await.expect("read").len(), 2);
    assert_eq!(store.data_count("messages").await.expect("counted"), 1);
    let number = set("chats", &[CHAT], "updated", chat_value(&tables, &chat, "updated"), Some("42"));
    assert!(store.change_data(&number, entry("chats")).await.expect("changed"), "a number stays a number");
}

fn chat_value<'r>(
    tables: &[tolmach_runtime::ports::DataTable],
    row: &'r DataRow,
    name: &str,
) -> Option<&'r str> {
    let table = tables.iter().find(|table| table.name == "chats")?;
    let at = table.columns.iter().position(|column| column.name == name)?;
    row.values[at].as_deref()
}

pub(crate) async fn shows_the_queue_and_the_timers(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(
        (store.queued(10).await.expect("read"), store.timers(10).await.expect("read")),
        (vec![], vec![])
    );
    store.push(Task::Report.into(), 9_000).await.expect("pushed");
    store.push(Task::Retain.into(), 5_000).await.expect("pushed");
    let queued = store.queued(10).await.expect("read");
    let shown: Vec<_> = queued
        .iter()
        .map(|task| (task.job.clone().map(|job| job.task), task.due, task.state.as_str()))
        .collect();
    assert_eq!(shown, [(Some(Task::Retain), 5_000, "Pending"), (Some(Task::Report), 9_000, "Pending")]);
    assert_eq!(store.queued(1).await.expect("read").len(), 1);
    let counts = store.queue_counts().await.expect("read");
    assert_eq!(
        counts.iter().map(|one| (one.state.as_str(), one.count)).collect::<Vec<_>>(),
        [("Pending", 2)]
    );

    let row = receive(&*store, CHAT, "a").await;
    let commands = vec![say("да"), start("inactivity", 900), start("soon", 10)];
    store.commit(turn(&row, 0, commands)).await.expect("stored");
    let timers = store.timers(10).await.expect("read");
    assert_eq!(timers.iter().map(|timer| timer.name.as_str()).collect::<Vec<_>>(), ["soon", "inactivity"]);

    store.begin_task("t1", &Task::Report, 3).await.expect("begun");
    store.quarantine("t1", "twice", 4).await.expect("stored");
    let discard = || vec![Write::DiscardTask("t1".to_owned())];
    assert_eq!(store.change(discard(), entry("t1")).await.expect("done"), Written::Done { logins: 0 });
    assert_eq!(store.change(discard(), entry("t1")).await.expect("answered"), Written::Gone);
    assert_eq!(store.audit(&AuditQuery::last(9)).await.expect("read").len(), 1);
    let until = AuditQuery { until: Some(7), ..AuditQuery::last(9) };
    assert_eq!(store.audit(&until).await.expect("read"), [], "the row is of 7");
}

pub(crate) async fn invites_several_and_keeps_an_owner(place: &dyn TestDatabase) {
    let store = place.open().await;
    let link = |id: &str, until| Invitation { id: id.to_owned(), role: "manager".to_owned(), until };
    for (id, until) in [("one", 50), ("two", 100), ("old", 5)] {
        let writes = vec![Write::Invite(link(id, until))];
        assert_eq!(store.change(writes, entry(id)).await.expect("done"), Written::Done { logins: 0 });
    }
    assert_eq!(store.invitations(10).await.expect("read"), [link("one", 50), link("two", 100)]);
    assert!(store.use_invitation("one").await.expect("used"));
    assert_eq!(store.invitations(10).await.expect("read"), [link("two", 100)]);

    let [first, second] = ["Ольга", "Олег"].map(|name| Account { role: "owner".to_owned(), ..account(name) });
    for owner in [&first, &second] {
        assert_eq!(store.save_account(owner).await.expect("stored"), AccountSaved::Stored);
    }
    let less = |owner: &Account| Account { role: "manager".to_owned(), version: 1, ..owner.clone() };
    assert_eq!(store.save_account(&less(&first)).await.expect("stored"), AccountSaved::Stored);
    assert_eq!(store.save_account(&less(&second)).await.expect("answered"), AccountSaved::Conflict);
    let disabled = Account { disabled: true, version: 1, ..second.clone() };
    assert_eq!(store.save_account(&disabled).await.expect("answered"), AccountSaved::Conflict);
    store.add_login(&login("l1", &second, 5)).await.expect("stored");
    store.add_login(&login("l2", &second, 9)).await.expect("stored");
    let counts = store.login_counts(5, 6).await.expect("read");
    assert_eq!(
        counts.iter().map(|one| (one.account, one.logins, one.seen)).collect::<Vec<_>>(),
        [(second.id, 1, 9)]
    );
}
