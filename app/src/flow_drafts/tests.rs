use tempfile::TempDir;
use tolmach_runtime::ports::{AuditQuery, DraftChangeKind};
use tolmach_store::sqlite::{Options, SqliteStore};

use super::*;
use crate::release::publish_first;

const FLOW: &str = "\
flow: shop
start: hello
nodes:
  hello:
    say: { text: { ru: Привет, en: Hello } }
  bye:
    say: { text: { ru: Пока, en: Bye } }
on: { command: { bye: bye } }
";
const TESTS: &str = "\
- name: a greeting
  given: { catalogue: empty, language: en }
  steps: [{ client: hello, expect: { path: [hello] } }]
";

mod redo;

struct Shop {
    store: std::sync::Arc<dyn Store>,
    folder: TempDir,
}

impl Shop {
    async fn new() -> Shop {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(Options::new(folder.path().join("tolmach.db"))).await.unwrap();
        let shop = Shop { store: std::sync::Arc::new(store), folder };
        let texts = [
            ("shop.yaml", FLOW),
            ("prompts/offer.en.md", "One\nTwo\nThree\n"),
            ("tests/shop.test.yaml", TESTS),
        ];
        let bundle = Bundle { files: texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into() };
        publish_first(&*shop.store, &Actor::system(), 1, shop.folder.path(), &bundle).await.unwrap();
        shop
    }

    async fn begin(&self) -> Uuid {
        begin(&*self.store, &analyst("anton"), 5, "Rental").await.unwrap().id
    }

    async fn save(&self, who: &str, at: i64, id: Uuid, (path, base, text): (&str, i64, &str)) -> Saved {
        let edit = Edit { path: path.to_owned(), base, text: text.to_owned(), kind: DraftChangeKind::Text };
        save(&*self.store, &analyst(who), at, id, &edit).await.unwrap()
    }

    async fn text(&self, id: Uuid, path: &str) -> Option<String> {
        open(&*self.store, id).await.unwrap().bundle.files.get(path).cloned()
    }

    async fn publish(&self, id: Uuid, dry_run: bool) -> Result<crate::release::Published, Error> {
        let wanted = Publishing { note: String::new(), moves: vec![], staff: Default::default(), dry_run };
        publish(&*self.store, &tolmach_nodes::platform(), &analyst("anton"), 50, id, wanted).await
    }
}

fn editor(name: &str, flows: bool) -> Editor {
    Editor { actor: Actor::cli(name), flows }
}

fn analyst(name: &str) -> Editor {
    editor(name, true)
}

fn revision(saved: &Saved) -> i64 {
    match saved {
        Saved::Stored { revision, .. } => *revision,
        Saved::Conflict(conflict) => panic!("{conflict:?}"),
    }
}

const OFFER: &str = "prompts/offer.en.md";

#[tokio::test]
async fn two_people_write_in_one_file_at_once() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    assert_eq!(revision(&shop.save("anton", 10, id, (OFFER, 0, "ONE\nTwo\nThree\n")).await), 1);
    // The other had the text before that, and changed the line beside it.
    let saved = shop.save("mila", 11, id, (OFFER, 0, "One\nTWO\nThree\n")).await;
    let both = "ONE\nTWO\nThree\n";
    let by = Some("anton".to_owned());
    assert_eq!(saved, Saved::Stored { revision: 2, text: Some(both.to_owned()), by });
    assert_eq!(shop.text(id, OFFER).await.as_deref(), Some(both));
    // The same line: nothing is stored, and both versions come back.
    let Saved::Conflict(conflict) = shop.save("anton", 12, id, (OFFER, 1, "ONE\nZwei\nThree\n")).await else {
        panic!("both changed the second line")
    };
    assert_eq!((conflict.revision, conflict.by.as_str(), conflict.theirs.as_str()), (2, "mila", both));
    assert_eq!(conflict.base_text, "ONE\nTwo\nThree\n");
    assert_eq!(conflict.merged, "ONE\n<<<<<<< anton\nZwei\n=======\nTWO\n>>>>>>> mila\nThree\n");
    assert_eq!(shop.text(id, OFFER).await.as_deref(), Some(both));
    // Whoever has settled it names the revision that has theirs.
    assert_eq!(revision(&shop.save("anton", 13, id, (OFFER, 2, "ONE\nTWO, zwei\nThree\n")).await), 3);
    // Sent twice, it is there once.
    assert_eq!(revision(&shop.save("anton", 14, id, (OFFER, 2, "ONE\nTWO, zwei\nThree\n")).await), 3);
    // Line ends of other systems are no change.
    assert_eq!(revision(&shop.save("anton", 15, id, (OFFER, 3, "ONE\r\nTWO, zwei\r\nThree\r\n")).await), 3);
}

#[tokio::test]
async fn what_was_undone_in_an_editor_does_not_come_back_by_the_next_undo() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    let flow = FLOW.replace("Hello", "Good day");
    shop.save("anton", 1_000, id, ("shop.yaml", 0, &flow)).await;
    let began = "One\nTwo\nThree\n";
    shop.save("anton", 50_000, id, (OFFER, 1, "One!\nTwo\nThree\n")).await;
    shop.save("anton", 90_000, id, (OFFER, 2, "One!!\nTwo\nThree\n")).await;
    // The editor undoes a part of it, then the rest; each is saved by itself.
    shop.save("anton", 130_000, id, (OFFER, 3, "One!\nTwo\nThree\n")).await;
    shop.save("anton", 170_000, id, (OFFER, 4, began)).await;
    let undone = undo(&*shop.store, &analyst("anton"), 200_000, id).await.unwrap();
    assert_eq!((undone.path.as_str(), undone.text.as_deref()), ("shop.yaml", Some(FLOW)));
    assert_eq!(shop.text(id, OFFER).await.as_deref(), Some(began));
    // What somebody else wrote between is never taken back by it.
    shop.save("anton", 300_000, id, (OFFER, 6, "One\nTwo\nThree!\n")).await;
    shop.save("mila", 310_000, id, (OFFER, 7, "ONE\nTwo\nThree!\n")).await;
    shop.save("anton", 320_000, id, (OFFER, 8, "One\nTwo\nThree!\n")).await;
    let changes = shop.store.draft_changes(id, i64::MAX, 3).await.unwrap();
    assert_eq!(changes.iter().map(|change| change.kind).collect::<Vec<_>>(), [DraftChangeKind::Text; 3]);
}

#[tokio::test]
async fn undoing_takes_back_what_one_did_and_nothing_of_others() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    let undone = async |who| undo(&*shop.store, &analyst(who), 100, id).await;
    assert!(matches!(undone("anton").await, Err(Error::NothingToUndo)));
    shop.save("anton", 1_000, id, (OFFER, 0, "One\nTwo\nThree!\n")).await;
    shop.save("anton", 2_000, id, (OFFER, 1, "One\nTwo\nThree!!\n")).await;
    shop.save("mila", 2_500, id, (OFFER, 2, "ONE\nTwo\nThree!!\n")).await;
    let flow = FLOW.replace("Hello", "Good day");
    shop.save("anton", 60_000, id, ("shop.yaml", 3, &flow)).await;
    // The last file first, then what was typed in one go, without the other's line.
    let first = undone("anton").await.unwrap();
    assert_eq!((first.path.as_str(), first.text.as_deref(), first.revision), ("shop.yaml", Some(FLOW), 5));
    let second = undone("anton").await.unwrap();
    assert_eq!(second.text.as_deref(), Some("ONE\nTwo\nThree\n"));
    assert!(matches!(undone("anton").await, Err(Error::NothingToUndo)));
    // What others changed since in the same lines is not undone over their heads.
    shop.save("anton", 70_000, id, (OFFER, 6, "Eins\nTwo\nThree\n")).await;
    assert!(matches!(undone("mila").await, Err(Error::ChangedSince(path, _)) if path == OFFER));
    // A file that was made is gone again, a file that was deleted is back.
    let owner = analyst("olga");
    create(&*shop.store, &owner, 80_000, id, ("knowledge/about.en.md", "About")).await.unwrap();
    delete(&*shop.store, &owner, 81_000, id, "shop.yaml").await.unwrap();
    assert_eq!(shop.text(id, "shop.yaml").await, None);
    assert_eq!(undone("olga").await.unwrap().text.as_deref(), Some(FLOW));
    assert_eq!(undone("olga").await.unwrap().text, None);
    assert_eq!(shop.text(id, "knowledge/about.en.md").await, None);
}

#[tokio::test]
async fn what_was_typed_in_one_go_is_kept_as_one_after_a_while() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    for at in 1..=20 {
        let text = format!("One\nTwo\n{}\n", "x".repeat(usize::try_from(at).unwrap()));
        shop.save("anton", at * 1_000, id, (OFFER, at - 1, &text)).await;
    }
    let kept = async || shop.store.draft_changes(id, i64::MAX, 100).await.unwrap().len();
    assert_eq!(kept().await, 20);
    for at in 21..=40 {
        let text = format!("One\n{}\nThree\n", "y".repeat(usize::try_from(at).unwrap()));
        shop.save("anton", 300_000 + at * 60_000, id, (OFFER, at - 1, &text)).await;
    }
    assert_eq!(kept().await, 22, "of the first twenty two are left, ten seconds each");
    let first = shop.store.draft_changes(id, 21, 100).await.unwrap();
    let first: Vec<_> = first.iter().map(|change| (change.revision, change.before.as_deref())).collect();
    assert_eq!(first, [(20, Some("One\nTwo\nxxxxxxxxx\n")), (9, Some("One\nTwo\nThree\n"))]);
}

#[tokio::test]
async fn managers_change_texts_and_analysts_flows() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    let manager = editor("mila", false);
    let edit = |path: &str| Edit {
        path: path.to_owned(),
        base: 0,
        text: "- []\n".to_owned(),
        kind: DraftChangeKind::Form,
    };
    for path in ["shop.yaml", "new.yaml", "tests/shop.test.yaml"] {
        let refused = save(&*shop.store, &manager, 9, id, &edit(path)).await;
        assert!(matches!(refused, Err(Error::NotYours(_))), "{path}");
        assert!(matches!(delete(&*shop.store, &manager, 9, id, path).await, Err(Error::NotYours(_))));
    }
    for path in ["prompts/a.md", "knowledge/b.ru.md", "faq/general.yaml", "company.yaml", "golden/a.yaml"] {
        save(&*shop.store, &manager, 9, id, &edit(path)).await.unwrap();
    }
    // What an analyst changed in the same draft is not for a manager to publish.
    shop.save("anton", 10, id, ("shop.yaml", 0, &FLOW.replace("Hello", "Hi"))).await;
    let wanted = Publishing { note: String::new(), moves: vec![], staff: Default::default(), dry_run: false };
    let refused = publish(&*shop.store, &tolmach_nodes::platform(), &manager, 11, id, wanted).await;
    assert!(matches!(refused, Err(Error::NotYours(path)) if path == "shop.yaml"));
}

#[tokio::test]
async fn what_cannot_be_a_file_is_refused() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    let refused = async |path: &str, text: &str| {
        let edit =
            Edit { path: path.to_owned(), base: 0, text: text.to_owned(), kind: DraftChangeKind::Text };
        save(&*shop.store, &analyst("anton"), 9, id, &edit).await.unwrap_err()
    };
    for path in [
        "",
        "/",
        "..",
        "../x.yaml",
        "/etc/x.yaml",
        "a/b/c.yaml",
        "other/a.md",
        "x.md",
        "x.exe",
        ".x.yaml",
        ".yaml",
        "tests/.a.yaml",
        "prompts/",
        "prompts/a b.md",
        "flow.schema.json",
        "prompts/../shop.yaml",
        "a\\b.yaml",
    ] {
        assert!(matches!(refused(path, "").await, Error::BadPath(_)), "{path}");
    }
    assert!(matches!(refused(&format!("{}.yaml", "x".repeat(200)), "").await, Error::BadPath(_)));
    assert!(matches!(refused("x.yaml", &"x".repeat(MAX_FILE + 1)).await, Error::TooLarge));
    assert!(matches!(refused("x.yaml", &"\n".repeat(MAX_LINES + 1)).await, Error::TooLarge));
    for title in ["", " ", "a\nb", &"x".repeat(MAX_TITLE + 1)] {
        let begun = begin(&*shop.store, &analyst("anton"), 9, title).await;
        assert!(matches!(begun, Err(Error::BadTitle)), "{title}");
    }
    assert!(matches!(open(&*shop.store, Uuid::now_v7()).await, Err(Error::Unknown)));
    rename(&*shop.store, 9, id, " Delivery ").await.unwrap();
    assert_eq!(open(&*shop.store, id).await.unwrap().draft.title, "Delivery");
    discard(&*shop.store, &analyst("anton"), 9, id).await.unwrap();
    assert!(matches!(refused("x.yaml", "").await, Error::Closed(DraftState::Discarded)));
    for _ in 0..MAX_OPEN {
        shop.begin().await;
    }
    let full = begin(&*shop.store, &analyst("anton"), 9, "One more").await;
    assert!(matches!(full, Err(Error::TooManyDrafts)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_checked_tested_and_published() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    assert!(matches!(shop.publish(id, true).await, Err(Error::NoChanges)));
    shop.save("anton", 10, id, ("shop.yaml", 0, &FLOW.replace("say:", "sya:"))).await;
    assert!(matches!(shop.publish(id, false).await, Err(Error::Release(release::Error::DoNotCompile(_)))));
    shop.save("anton", 11, id, ("shop.yaml", 1, &FLOW.replace("start: hello", "start: bye"))).await;
    assert!(matches!(shop.publish(id, false).await, Err(Error::Release(release::Error::TestsFail { .. }))));
    let marks = "<<<<<<< a\nOne\n=======\n1\n>>>>>>> b\n";
    shop.save("anton", 12, id, (OFFER, 2, marks)).await;
    let unsettled = shop.publish(id, false).await;
    assert!(matches!(unsettled, Err(Error::Unsettled { path, line: 1 }) if path == OFFER));
    shop.save("anton", 13, id, (OFFER, 3, "One\n")).await;
    let flow = FLOW.replace("Hello", "Good day");
    shop.save("anton", 14, id, ("shop.yaml", 3, &flow)).await;
    assert!(matches!(shop.publish(id, true).await, Ok(release::Published::Planned(_))));
    assert!(matches!(shop.publish(id, false).await, Ok(release::Published::Done(_))));
    let current = release::current(&*shop.store).await.unwrap().unwrap();
    assert_eq!((current.author.as_str(), current.note.as_str()), ("anton", "Rental"));
    assert_eq!(release::bundle(&*shop.store, &current.release).await.unwrap().files["shop.yaml"], flow);
    assert!(matches!(shop.publish(id, false).await, Err(Error::Closed(DraftState::Published))));
    let rows = shop.store.audit(&AuditQuery::last(20)).await.unwrap();
    let rows: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
    // Two refusals have rows, too.
    assert_eq!(
        rows,
        ["release.publish", "release.publish", "release.publish", "draft.begin", "release.publish"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_published_is_taken_in_before_a_draft_is_published() {
    let shop = Shop::new().await;
    let (id, other) = (shop.begin().await, shop.begin().await);
    shop.save("anton", 10, id, (OFFER, 0, "One\nTwo\nThree, mine\n")).await;
    shop.save("anton", 11, id, ("shop.yaml", 1, &FLOW.replace("Hello", "Mine"))).await;
    shop.save("mila", 10, other, (OFFER, 0, "One, theirs\nTwo\nThree\n")).await;
    shop.save("mila", 11, other, ("shop.yaml", 1, &FLOW.replace("Hello", "Theirs"))).await;
    shop.save("mila", 12, other, ("prompts/new.md", 2, "New\n")).await;
    shop.publish(other, false).await.unwrap();
    assert!(open(&*shop.store, id).await.unwrap().behind);
    assert!(matches!(shop.publish(id, false).await, Err(Error::Behind)));
    let updated = update(&*shop.store, &analyst("anton"), 20, id).await.unwrap();
    assert_eq!(updated.merged, [OFFER]);
    assert_eq!(updated.conflicts, ["shop.yaml"]);
    let opened = open(&*shop.store, id).await.unwrap();
    assert!(!opened.behind);
    assert_eq!(opened.bundle.files[OFFER], "One, theirs\nTwo\nThree, mine\n");
    assert_eq!(opened.bundle.files["prompts/new.md"], "New\n");
    let changed: Vec<&str> = opened.changed().map(|(path, _, _)| path).collect();
    assert_eq!(changed, [OFFER, "shop.yaml"]);
    assert!(matches!(shop.publish(id, false).await, Err(Error::Unsettled { .. })));
    let revision = opened.draft.revision;
    shop.save("anton", 21, id, ("shop.yaml", revision, &FLOW.replace("Hello", "Both"))).await;
    shop.publish(id, false).await.unwrap();
    let current = release::current(&*shop.store).await.unwrap().unwrap();
    let files = release::bundle(&*shop.store, &current.release).await.unwrap().files;
    assert!(files["shop.yaml"].contains("Both") && files["prompts/new.md"] == "New\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_alone_are_published_and_not_overwritten_either() {
    let shop = Shop::new().await;
    let (id, other) = (shop.begin().await, shop.begin().await);
    let more = "- name: a goodbye\n  given: { catalogue: empty, language: en }\n  steps: [{ command: bye, expect: { path: [bye] } }]\n";
    let path = "tests/shop.test.yaml";
    shop.save("anton", 10, id, (path, 0, &format!("{TESTS}{more}"))).await;
    shop.save("mila", 10, other, (path, 0, &TESTS.replace("a greeting", "a hello"))).await;
    let before = release::current(&*shop.store).await.unwrap().unwrap();
    assert!(matches!(shop.publish(id, false).await, Ok(release::Published::Done(_))));
    let after = release::current(&*shop.store).await.unwrap().unwrap();
    assert_eq!(before, after, "the release is the same");
    assert_eq!(
        release::bundle(&*shop.store, &after.release).await.unwrap().files[path],
        format!("{TESTS}{more}")
    );
    assert!(matches!(shop.publish(other, false).await, Err(Error::Behind)));
    let updated = update(&*shop.store, &analyst("mila"), 20, other).await.unwrap();
    assert_eq!((updated.merged.len(), updated.conflicts.len()), (1, 0));
    shop.publish(other, false).await.unwrap();
    let files = release::bundle(&*shop.store, &after.release).await.unwrap().files;
    assert!(files[path].contains("a goodbye") && files[path].contains("a hello"), "{}", files[path]);
    // A test that fails is not published.
    let third = shop.begin().await;
    shop.save("anton", 30, third, (path, 0, &TESTS.replace("path: [hello]", "path: [bye]"))).await;
    assert!(matches!(
        shop.publish(third, false).await,
        Err(Error::Release(release::Error::TestsFail { .. }))
    ));
}

#[tokio::test]
async fn many_writers_lose_nothing() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    let lines: String = (0..8).map(|line| format!("line {line}\n")).collect();
    create(&*shop.store, &analyst("anton"), 9, id, ("knowledge/list.md", &lines)).await.unwrap();
    let writers = (0..8).map(|line| {
        let (store, lines) = (std::sync::Arc::clone(&shop.store), lines.clone());
        tokio::spawn(async move {
            let text = lines.replace(&format!("line {line}\n"), &format!("line {line} of {line}\n"));
            let edit =
                Edit { path: "knowledge/list.md".to_owned(), base: 1, text, kind: DraftChangeKind::Text };
            loop {
                match save(&*store, &analyst(&format!("writer {line}")), 10, id, &edit).await {
                    Ok(saved) => break revision(&saved),
                    Err(Error::Busy) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let text = shop.text(id, "knowledge/list.md").await.unwrap();
    let expected: String = (0..8).map(|line| format!("line {line} of {line}\n")).collect();
    assert_eq!(text, expected);
}

#[tokio::test]
async fn whoever_claims_to_have_seen_the_future_overwrites_nothing() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    shop.save("anton", 10, id, (OFFER, 0, "ONE\nTwo\nThree\n")).await;
    let saved = shop.save("mila", 11, id, (OFFER, i64::MAX, "Eins\nTwo\nThree\n")).await;
    assert!(matches!(saved, Saved::Conflict(_)), "{saved:?}");
    let saved = shop.save("mila", 12, id, (OFFER, -5, "One\nTwo\nDrei\n")).await;
    assert_eq!(revision(&saved), 2);
    assert_eq!(shop.text(id, OFFER).await.as_deref(), Some("ONE\nTwo\nDrei\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_while_a_draft_is_published_is_not_lost() {
    for pause in [0, 20, 60, 120, 250] {
        let shop = std::sync::Arc::new(Shop::new().await);
        let id = shop.begin().await;
        shop.save("anton", 10, id, ("shop.yaml", 0, &FLOW.replace("Hello", "Good day"))).await;
        let publishing = std::sync::Arc::clone(&shop);
        let published = tokio::spawn(async move { publishing.publish(id, false).await });
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        let edit = Edit {
            path: OFFER.to_owned(),
            base: 1,
            text: "One\nTwo\nThree and more\n".to_owned(),
            kind: DraftChangeKind::Text,
        };
        let saved = save(&*shop.store, &analyst("mila"), 20, id, &edit).await;
        published.await.unwrap().unwrap();
        let opened = open(&*shop.store, id).await.unwrap();
        let current = release::current(&*shop.store).await.unwrap().unwrap();
        let live = release::bundle(&*shop.store, &current.release).await.unwrap();
        assert!(live.files["shop.yaml"].contains("Good day"));
        match saved {
            Err(error) => assert!(matches!(error, Error::Closed(_)), "{error}"),
            Ok(_) if live.files[OFFER].contains("more") => {}
            Ok(_) => {
                assert_eq!(opened.draft.state, DraftState::Open, "{pause}");
                update(&*shop.store, &analyst("mila"), 30, id).await.unwrap();
                let opened = open(&*shop.store, id).await.unwrap();
                let changed: Vec<&str> = opened.changed().map(|(path, _, _)| path).collect();
                assert_eq!((changed.as_slice(), opened.behind), ([OFFER].as_slice(), false));
            }
        }
    }
}
