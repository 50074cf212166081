//! Drafts of flows and texts: what is kept of them, and that no change overwrites one that its author has not seen.

use tolmach_runtime::ports::{
    Actor, AuditEntry, AuditQuery, AuditResult, DraftChange, DraftChangeKind, DraftFile, DraftPerson,
    DraftState, DraftWrite, FlowDraft, MAX_CLOSED_DRAFTS, MAX_DRAFT_CHANGES,
};

use super::*;

fn draft(changed: i64) -> FlowDraft {
    FlowDraft {
        id: Uuid::now_v7(),
        title: "Аренда".to_owned(),
        author: "Анна".to_owned(),
        base: "b1".to_owned(),
        made: 5,
        changed,
        revision: 0,
        state: DraftState::Open,
    }
}

fn new(draft: &FlowDraft) -> DraftWrite {
    DraftWrite {
        draft: draft.clone(),
        expected: None,
        files: vec![],
        changes: vec![],
        forget: vec![],
        undone: vec![],
        release: None,
        audit: None,
    }
}

fn change(revision: i64, path: &str, before: Option<&str>, after: Option<&str>) -> DraftChange {
    DraftChange {
        revision,
        path: path.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        author: "Анна".to_owned(),
        at: 7,
        kind: DraftChangeKind::Text,
        undone: false,
    }
}

fn file(revision: i64, path: &str, text: Option<&str>) -> DraftFile {
    let base = text.is_none().then(|| "прежде".to_owned());
    DraftFile { path: path.to_owned(), text: text.map(str::to_owned), revision, base }
}

/// The write that makes the next revision.
fn next(draft: &FlowDraft, path: &str, before: Option<&str>, after: Option<&str>) -> DraftWrite {
    let revision = draft.revision + 1;
    DraftWrite {
        draft: FlowDraft { revision, ..draft.clone() },
        expected: Some(draft.revision),
        files: vec![file(revision, path, after)],
        changes: vec![change(revision, path, before, after)],
        ..new(draft)
    }
}

pub(crate) async fn keeps_drafts(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(store.flow_drafts().await.expect("read"), []);
    let first = draft(5);
    assert!(store.write_draft(&new(&first)).await.expect("written"));
    assert!(!store.write_draft(&new(&first)).await.expect("answered"), "it is there");
    let text = "flow: x\n# «ё» 'и \"кавычки\" \u{1F600}\n";
    let written = next(&first, "shop.yaml", Some("flow: x\n"), Some(text));
    let entry = AuditEntry {
        seq: 0,
        at: 7,
        actor: Actor::cli("anna"),
        action: "draft.change".to_owned(),
        object: first.id.to_string(),
        result: AuditResult::Done,
        details: json!({}),
    };
    let written = DraftWrite { audit: Some(entry), ..written };
    assert!(store.write_draft(&written).await.expect("written"));
    let deleted = next(&written.draft, "a/b.md", Some("было"), None);
    assert!(store.write_draft(&deleted).await.expect("written"));
    let second = draft(9);
    assert!(store.write_draft(&new(&second)).await.expect("written"));

    let other = place.open().await;
    assert_eq!(other.flow_draft(first.id).await.expect("read"), Some(deleted.draft.clone()));
    assert_eq!(other.flow_draft(Uuid::now_v7()).await.expect("read"), None);
    assert_eq!(other.flow_drafts().await.expect("read"), [second, deleted.draft.clone()]);
    let files = [file(2, "a/b.md", None), file(1, "shop.yaml", Some(text))];
    assert_eq!(other.draft_files(first.id).await.expect("read"), files);
    let changes = [deleted.changes[0].clone(), written.changes[0].clone()];
    assert_eq!(other.draft_changes(first.id, i64::MAX, 9).await.expect("read"), changes);
    assert_eq!(other.draft_changes(first.id, 2, 9).await.expect("read"), changes[1..]);
    assert_eq!(other.draft_changes(first.id, 9, 1).await.expect("read"), changes[..1]);
    assert_eq!(other.draft_change(first.id, 1).await.expect("read").as_ref(), changes.get(1));
    assert_eq!(other.draft_change(first.id, 7).await.expect("read"), None);
    assert_eq!(store.audit(&AuditQuery::last(9)).await.expect("read").len(), 1, "the row came with it");

    // Two changes become one, which replaced what the first of them did; a change may be undone.
    let goes_on = DraftWrite {
        draft: FlowDraft { revision: 3, ..deleted.draft.clone() },
        expected: Some(2),
        files: vec![file(3, "shop.yaml", Some("flow: y\n"))],
        forget: vec![1],
        changes: vec![
            DraftChange { undone: true, ..change(3, "shop.yaml", Some(text), Some("flow: y\n")) },
            change(2, "a/b.md", Some("до того"), None),
        ],
        undone: vec![2],
        ..new(&first)
    };
    assert!(store.write_draft(&goes_on).await.expect("written"));
    let files = [file(2, "a/b.md", None), file(3, "shop.yaml", Some("flow: y\n"))];
    assert_eq!(store.draft_files(first.id).await.expect("read"), files);
    let kept = store.draft_changes(first.id, i64::MAX, 9).await.expect("read");
    let kept: Vec<_> = kept.iter().map(|one| (one.revision, one.undone, one.before.as_deref())).collect();
    assert_eq!(kept, [(3, true, Some(text)), (2, true, Some("до того"))]);

    let nul = next(&goes_on.draft, "shop.yaml", None, Some("a\0b"));
    store.write_draft(&nul).await.expect_err("no database keeps U+0000");
    assert_eq!(store.draft_files(first.id).await.expect("read"), files);
}

pub(crate) async fn one_of_two_writers_of_a_draft_wins(place: &dyn TestDatabase) {
    let (store, other) = (place.open().await, place.open().await);
    let begun = draft(5);
    assert!(store.write_draft(&new(&begun)).await.expect("written"));
    let (mine, theirs) =
        (next(&begun, "a.yaml", None, Some("mine")), next(&begun, "a.yaml", None, Some("theirs")));
    let (one, two) = tokio::join!(store.write_draft(&mine), other.write_draft(&theirs));
    let (one, two) = (one.expect("answered"), two.expect("answered"));
    assert!(one != two, "one of two");
    let text = if one { "mine" } else { "theirs" };
    assert_eq!(store.draft_files(begun.id).await.expect("read"), [file(1, "a.yaml", Some(text))]);
    assert_eq!(store.draft_changes(begun.id, 9, 9).await.expect("read").len(), 1);

    // Whoever closes a draft ends it: nothing is written to it afterwards. Tests of a release may change with it.
    let kept = |files: &str| Bundle { id: "r1".to_owned(), files: files.to_owned() };
    store.keep_release(&kept("{}"), 5).await.expect("kept");
    let closed = DraftWrite {
        draft: FlowDraft { state: DraftState::Published, revision: 1, ..begun.clone() },
        expected: Some(1),
        release: Some(kept("{\"files\":{}}")),
        ..new(&begun)
    };
    assert!(store.write_draft(&closed).await.expect("written"));
    assert_eq!(store.release("r1").await.expect("read"), Some(kept("{\"files\":{}}")));
    let late = next(&FlowDraft { revision: 1, ..begun.clone() }, "a.yaml", None, Some("late"));
    assert!(!store.write_draft(&late).await.expect("answered"));
    assert_eq!(store.draft_files(begun.id).await.expect("read"), [file(1, "a.yaml", Some(text))]);
}

pub(crate) async fn forgets_old_changes_and_closed_drafts(place: &dyn TestDatabase) {
    let store = place.open().await;
    let begun = draft(5);
    assert!(store.write_draft(&new(&begun)).await.expect("written"));
    let mut last = begun.clone();
    for at in [0, MAX_DRAFT_CHANGES - 1, MAX_DRAFT_CHANGES, MAX_DRAFT_CHANGES + 1] {
        let write = next(&FlowDraft { revision: at, ..begun.clone() }, "a.yaml", Some("a"), Some("b"));
        let write = DraftWrite { expected: Some(last.revision), ..write };
        assert!(store.write_draft(&write).await.expect("written"));
        last = write.draft;
    }
    let kept = store.draft_changes(begun.id, i64::MAX, 1_000).await.expect("read");
    let kept: Vec<i64> = kept.iter().map(|change| change.revision).collect();
    assert_eq!(kept, [MAX_DRAFT_CHANGES + 2, MAX_DRAFT_CHANGES + 1, MAX_DRAFT_CHANGES]);

    for at in 0..MAX_CLOSED_DRAFTS + 2 {
        let closed = draft(100 + at);
        assert!(store.write_draft(&new(&closed)).await.expect("written"));
        let change = next(&closed, "a.yaml", None, Some("b"));
        let draft = FlowDraft { state: DraftState::Discarded, ..change.draft.clone() };
        assert!(store.write_draft(&DraftWrite { draft, ..change }).await.expect("written"));
    }
    let drafts = store.flow_drafts().await.expect("read");
    assert_eq!(drafts.len(), 1 + usize::try_from(MAX_CLOSED_DRAFTS).expect("small"));
    assert_eq!(drafts[0].id, begun.id, "an open one is never forgotten");
    assert!(!drafts.iter().any(|draft| [100, 101].contains(&draft.changed)), "the oldest went");
    assert_eq!(store.draft_files(drafts[1].id).await.expect("read").len(), 1);
}

/// Two processes on one database: each learns of the other's people.
pub(crate) async fn tells_processes_who_is_in_a_draft(place: &impl TestDatabase) {
    let (one, other) = (place.open().await, place.open().await);
    let (draft, another) = (Uuid::now_v7(), Uuid::now_v7());
    let person = |name: &str, process: &str, file: &str, at: i64| DraftPerson {
        draft,
        name: name.to_owned(),
        process: process.to_owned(),
        file: file.to_owned(),
        line: 3,
        at,
    };
    let anton = person("Антон", "one", "shop.yaml", 1_000);
    one.note_draft_person(&anton).await.unwrap();
    one.note_draft_person(&DraftPerson { draft: another, ..anton.clone() }).await.unwrap();
    assert_eq!(other.draft_people(draft, 0).await.unwrap(), std::slice::from_ref(&anton));
    let mila = person("Mila", "other", "faq/a.yaml", 2_000);
    other.note_draft_person(&mila).await.unwrap();
    assert_eq!(one.draft_people(draft, 0).await.unwrap(), [mila.clone(), anton.clone()]);
    assert_eq!(one.draft_people(draft, 1_001).await.unwrap(), std::slice::from_ref(&mila));
    // Somebody is in one place: what was said last counts, also where a clock was set back.
    for moved in [person("Антон", "other", "faq/a.yaml", 5_000), person("Антон", "one", "shop.yaml", 4_000)]
    {
        other.note_draft_person(&moved).await.unwrap();
        assert_eq!(one.draft_people(draft, 2_001).await.unwrap(), [moved]);
    }
    // Whom nobody has noted for a minute is forgotten, in every draft.
    let later = person("Olga", "one", "shop.yaml", 64_001);
    one.note_draft_person(&later).await.unwrap();
    assert_eq!(one.draft_people(draft, 0).await.unwrap(), [later]);
    assert_eq!(one.draft_people(another, 0).await.unwrap(), []);
    assert!(one.note_draft_person(&person("a\0b", "one", "shop.yaml", 64_002)).await.is_err());
}
