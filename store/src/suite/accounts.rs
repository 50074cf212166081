//! Accounts of the panel: names are unique, changes cannot overwrite each other, links work once.

use tolmach_runtime::ports::{
    AccessToken, AccessTokens, Account, AccountSaved, Actor, AuditEntry, AuditResult, Invitation, Login,
    Logins, MAX_TOKENS, Retention, Write, Written,
};

use super::*;

pub(super) fn account(name: &str) -> Account {
    Account {
        id: Uuid::now_v7(),
        name: name.to_owned(),
        role: "manager".to_owned(),
        password: "$argon2id$hash".to_owned(),
        second_factor: None,
        last_step: 0,
        recovery: vec![],
        settings: "{}".to_owned(),
        disabled: false,
        created: 5,
        version: 0,
    }
}

pub(super) fn login(id: &str, account: &Account, made: i64) -> Login {
    Login {
        id: id.to_owned(),
        account: account.id,
        passed: true,
        agent: "Firefox".to_owned(),
        address: "192.0.2.7".to_owned(),
        made,
        seen: made,
    }
}

pub(crate) async fn keeps_accounts(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(store.accounts().await.expect("read"), []);
    let anna = account("Анна");
    assert_eq!(store.save_account(&anna).await.expect("stored"), AccountSaved::Stored);
    let stored = Account { version: 1, ..anna.clone() };
    let other = place.open().await;
    assert_eq!(other.account_named(" аННА ").await.expect("read"), Some(stored.clone()));
    assert_eq!(other.account_named("Анн").await.expect("read"), None);
    assert_eq!(store.save_account(&account("АННА")).await.expect("read"), AccountSaved::NameTaken);

    let boris = account("Борис");
    assert_eq!(store.save_account(&boris).await.expect("stored"), AccountSaved::Stored);
    let renamed = Account { name: "анна".to_owned(), version: 1, ..boris };
    assert_eq!(store.save_account(&renamed).await.expect("answered"), AccountSaved::NameTaken);

    let changed = Account {
        second_factor: Some("JBSWY3DP".to_owned()),
        last_step: 7,
        recovery: vec!["a".to_owned(), "b".to_owned()],
        disabled: true,
        ..stored.clone()
    };
    assert_eq!(store.save_account(&changed).await.expect("stored"), AccountSaved::Stored);
    let late = Account { role: "owner".to_owned(), ..stored };
    assert_eq!(store.save_account(&late).await.expect("answered"), AccountSaved::Conflict);
    let all = store.accounts().await.expect("read");
    let names: Vec<_> = all.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["Анна", "Борис"]);
    assert_eq!(all[0], Account { version: 2, ..changed });
    assert!(!format!("{:?}", all[0]).contains("argon2"), "a hash never stands in a log");
    assert!(store.save_account(&account("a\0b")).await.is_err());
}

pub(crate) async fn keeps_logins(place: &dyn TestDatabase) {
    let store = place.open().await;
    let (anna, boris) = (account("Анна"), account("Борис"));
    for account in [&anna, &boris] {
        store.save_account(account).await.expect("stored");
    }
    for (id, account, made) in [("a1", &anna, 10), ("a2", &anna, 20), ("a3", &anna, 30), ("b1", &boris, 10)] {
        store.add_login(&login(id, account, made)).await.expect("stored");
    }
    store.touch_login("a1", 99).await.expect("stored");
    store.touch_login("a1", 98).await.expect("stored");
    let other = place.open().await;
    let (found, of) = other.login("a1").await.expect("read").expect("known");
    assert_eq!((found.seen, found.passed, of.name.as_str()), (99, true, "Анна"));
    let ids = |logins: Vec<Login>| logins.into_iter().map(|login| login.id).collect::<Vec<_>>();
    assert_eq!(ids(store.logins(anna.id).await.expect("read")), ["a1", "a3", "a2"]);

    let others = Logins::OthersOf(anna.id, "a1".to_owned());
    assert_eq!(store.end_logins(&others).await.expect("ended"), 2);
    assert_eq!(store.end_logins(&Logins::One("a1".to_owned())).await.expect("ended"), 1);
    assert_eq!(store.login("a1").await.expect("read"), None);
    assert!(store.login("b1").await.expect("read").is_some(), "nobody else is logged out");
    assert_eq!(store.login("x\0").await.expect("read"), None);
    store.add_login(&login("b2", &boris, 40)).await.expect("stored");
    let keep = Retention { logins: Some(15), ..Retention::default() };
    assert_eq!(store.retain(&keep, 10).await.expect("deleted").of("logins"), 1);
    assert_eq!(ids(store.logins(boris.id).await.expect("read")), ["b2"]);
    assert_eq!(store.end_logins(&Logins::Of(boris.id)).await.expect("ended"), 1);
}

pub(crate) async fn uses_an_invitation_once(place: &dyn TestDatabase) {
    let store = place.open().await;
    let invitation = |id: &str| Invitation { id: id.to_owned(), role: "owner".to_owned(), until: 50 };
    store.invite(&invitation("first")).await.expect("stored");
    store.invite(&invitation("second")).await.expect("stored");
    assert_eq!(store.invitation("first").await.expect("read"), None, "the last link is the only one");
    assert_eq!(store.invitation("second").await.expect("read"), Some(invitation("second")));
    let other = place.open().await;
    let used = (store.use_invitation("second").await, other.use_invitation("second").await);
    assert_eq!((used.0.expect("answered"), used.1.expect("answered")), (true, false));
}

pub(crate) async fn keeps_access_tokens(place: &dyn TestDatabase) {
    let store = place.open().await;
    let (anna, boris) = (account("Анна"), account("Борис"));
    for account in [&anna, &boris] {
        store.save_account(account).await.expect("stored");
    }
    let token = |id: &str, of: &Account, name: &str| AccessToken {
        id: id.to_owned(),
        account: of.id,
        name: name.to_owned(),
        read_only: id == "a1",
        made: 10,
        expires: 50,
        used: None,
    };
    let row = |object: &str| AuditEntry {
        seq: 0,
        at: 5,
        actor: Actor::cli("anna"),
        action: "token.create".to_owned(),
        object: object.to_owned(),
        result: AuditResult::Done,
        details: json!({}),
    };
    let done = Written::Done { logins: 0 };
    let add = async |token: AccessToken| {
        let object = token.name.clone();
        store.change(vec![Write::AddToken(token)], row(&object)).await.expect("answered")
    };
    assert_eq!(add(token("a1", &anna, "ci")).await, done);
    assert_eq!(add(token("a2", &anna, "ci")).await, Written::NameTaken);
    assert_eq!(add(token("b1", &boris, "ci")).await, done, "names are of one account");
    let other = place.open().await;
    let (found, of) = other.token("a1").await.expect("read").expect("known");
    assert_eq!((found, of.name.as_str()), (token("a1", &anna, "ci"), "Анна"));
    assert_eq!(other.token("a2").await.expect("read"), None);
    assert_eq!(other.token("x\0").await.expect("read"), None);
    store.touch_token("a1", 7).await.expect("stored");
    store.touch_token("a1", 6).await.expect("stored");
    assert_eq!(store.tokens(anna.id).await.expect("read")[0].used, Some(7));

    // As many as one may have, of which those that have expired are none.
    for number in 1..MAX_TOKENS {
        assert_eq!(add(token(&format!("a1{number}"), &anna, &format!("n{number}"))).await, done);
    }
    assert_eq!(add(token("late", &anna, "late")).await, Written::NameTaken);
    let later = AccessToken { made: 60, expires: 99, ..token("late", &anna, "late") };
    assert_eq!(add(later).await, done, "the others have expired by then");

    let end = async |which: AccessTokens| {
        store.change(vec![Write::EndTokens(which)], row("end")).await.expect("answered")
    };
    assert_eq!(end(AccessTokens::One(anna.id, "b1".to_owned())).await, Written::Gone, "it is not hers");
    assert_eq!(end(AccessTokens::One(anna.id, "a1".to_owned())).await, done);
    let keep = Retention { logins: Some(51), ..Retention::default() };
    assert_eq!(store.retain(&keep, 100).await.expect("deleted").of("tokens"), 20);
    let names: Vec<String> =
        store.tokens(anna.id).await.expect("read").into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["late"]);
    assert_eq!(end(AccessTokens::Of(anna.id)).await, done);
    assert_eq!(store.tokens(anna.id).await.expect("read"), []);
    assert_eq!(end(AccessTokens::Of(anna.id)).await, done, "none is no failure");
}
