//! Publications: they are stored in order, and none overwrites another.

use tolmach_runtime::ports::{Page, Publication, PublicationKind, PublishOutcome};

use super::*;

async fn keep(store: &dyn Store, id: &str) {
    let bundle = Bundle { id: id.to_owned(), files: "{}".to_owned() };
    store.keep_release(&bundle, 5).await.expect("kept");
}

fn publication(release: &str, parent: Option<&str>, note: &str) -> Publication {
    Publication {
        seq: 0,
        release: release.to_owned(),
        parent: parent.map(str::to_owned),
        author: "Анна".to_owned(),
        note: note.to_owned(),
        at: 7,
        kind: PublicationKind::Publish,
        moves: [("shop.size".to_owned(), "restart".to_owned())].into(),
    }
}

pub(crate) async fn publishes_in_order(place: &dyn TestDatabase) {
    let store = place.open().await;
    assert_eq!(store.current_release().await.expect("read"), None);
    assert_eq!(store.publications(Page::first(10)).await.expect("read"), []);
    for id in ["r1", "r2"] {
        keep(&*store, id).await;
    }
    let first = publication("r1", None, "начало");
    let outcome = store.publish(first.clone(), None).await.expect("answered");
    let PublishOutcome::Stored(seq) = outcome else { panic!("{outcome:?}") };
    assert_eq!(store.current_release().await.expect("read"), Some(Publication { seq, ..first.clone() }));
    // A caller that expects another current release, or none, is told which one is current.
    let second = publication("r2", Some("r1"), "");
    for expected in [None, Some("r2".to_owned())] {
        let outcome = store.publish(second.clone(), expected).await.expect("answered");
        assert_eq!(outcome, PublishOutcome::Conflict { current: Some("r1".to_owned()) });
    }
    let expected = Some("r1".to_owned());
    store.publish(second, expected).await.expect("answered");
    let back = Publication { kind: PublicationKind::Rollback, ..publication("r1", Some("r2"), "back") };
    store.publish(back.clone(), Some("r2".to_owned())).await.expect("answered");
    let unknown = store.publish(publication("r9", Some("r1"), ""), Some("r1".to_owned())).await;
    assert!(unknown.is_err(), "a release that is not kept cannot be published: {unknown:?}");
    let other = place.open().await;
    let all = other.publications(Page::first(10)).await.expect("read");
    let seen: Vec<_> = all.iter().map(|one| (one.release.as_str(), one.kind)).collect();
    let (publish, rollback) = (PublicationKind::Publish, PublicationKind::Rollback);
    assert_eq!(seen, [("r1", rollback), ("r2", publish), ("r1", publish)]);
    assert!(all.windows(2).all(|two| two[0].seq > two[1].seq));
    assert_eq!(other.publications(Page::first(1)).await.expect("read"), all[..1]);
    assert_eq!(other.current_release().await.expect("read").as_ref(), all.first());
}

pub(crate) async fn lets_one_of_two_publications_win(place: &dyn TestDatabase) {
    let stores = [place.open().await, place.open().await];
    keep(&*stores[0], "r0").await;
    stores[0].publish(publication("r0", None, ""), None).await.expect("answered");
    let mut current = "r0".to_owned();
    for round in 1..10 {
        let ids = [format!("a{round}"), format!("b{round}")];
        for id in &ids {
            keep(&*stores[0], id).await;
        }
        let both = (0..2)
            .map(|n| stores[n].publish(publication(&ids[n], Some(&current), ""), Some(current.clone())));
        let outcomes = futures_util::future::try_join_all(both).await.expect("answered");
        let won: Vec<usize> = (0..2).filter(|n| matches!(outcomes[*n], PublishOutcome::Stored(_))).collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        current = ids[won[0]].clone();
        assert_eq!(outcomes[1 - won[0]], PublishOutcome::Conflict { current: Some(current.clone()) });
    }
    assert_eq!(stores[1].publications(Page::first(100)).await.expect("read").len(), 10);
}

pub(crate) async fn finds_releases_by_prefix(place: &dyn TestDatabase) {
    let store = place.open().await;
    for id in ["abc1", "abc2", "abd1"] {
        keep(&*store, id).await;
    }
    let like = async |prefix: &str| store.releases_like(prefix).await.expect("read");
    assert_eq!(like("abc").await, ["abc1", "abc2"]);
    assert_eq!(like("abd1").await, ["abd1"]);
    assert_eq!(like("%").await, Vec::<String>::new(), "no pattern");
    assert_eq!(like("").await.len(), 3);
}
