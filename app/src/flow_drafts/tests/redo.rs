//! Redoing, beside a model that keeps two stacks a person.

use std::collections::BTreeMap;

use super::*;

async fn undone(shop: &Shop, who: &str, id: Uuid, at: i64) -> Result<Undone, Error> {
    undo(&*shop.store, &analyst(who), at, id).await
}

async fn redone(shop: &Shop, who: &str, id: Uuid, at: i64) -> Result<Undone, Error> {
    redo(&*shop.store, &analyst(who), at, id).await
}

#[tokio::test]
async fn what_was_undone_in_several_files_is_done_again_under_what_others_wrote() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    assert!(matches!(redone(&shop, "anton", id, 1).await, Err(Error::NothingToRedo)));
    let flow = FLOW.replace("Hello", "Good day");
    shop.save("anton", 1_000, id, ("shop.yaml", 0, &flow)).await;
    shop.save("anton", 60_000, id, (OFFER, 1, "One\nTwo\nThree!\n")).await;
    for at in [70_000, 71_000] {
        undone(&shop, "anton", id, at).await.unwrap();
    }
    shop.save("mila", 80_000, id, (OFFER, 4, "ONE\nTwo\nThree\n")).await;
    // Nobody redoes what another undid.
    assert!(matches!(redone(&shop, "mila", id, 81_000).await, Err(Error::NothingToRedo)));
    let first = redone(&shop, "anton", id, 90_000).await.unwrap();
    assert_eq!((first.path.as_str(), first.text.as_deref()), ("shop.yaml", Some(flow.as_str())));
    let second = redone(&shop, "anton", id, 91_000).await.unwrap();
    assert_eq!((second.path.as_str(), second.text.as_deref()), (OFFER, Some("ONE\nTwo\nThree!\n")));
    assert!(matches!(redone(&shop, "anton", id, 92_000).await, Err(Error::NothingToRedo)));
    let kinds: Vec<_> = history(&*shop.store, id).await.unwrap();
    let kinds: Vec<_> = kinds.iter().take(2).map(|change| (change.kind, change.undone)).collect();
    assert_eq!(kinds, [(DraftChangeKind::Redo, false); 2]);
    // What was redone is undone as any other change, and new work gives up what could be redone.
    undone(&shop, "anton", id, 93_000).await.unwrap();
    assert_eq!(shop.text(id, OFFER).await.as_deref(), Some("ONE\nTwo\nThree\n"));
    shop.save("anton", 200_000, id, (OFFER, 8, "ONE\nTwo!\nThree\n")).await;
    assert!(matches!(redone(&shop, "anton", id, 210_000).await, Err(Error::NothingToRedo)));
    undone(&shop, "anton", id, 220_000).await.unwrap();
    redone(&shop, "anton", id, 230_000).await.unwrap();
    assert!(
        matches!(redone(&shop, "anton", id, 240_000).await, Err(Error::NothingToRedo)),
        "given up before"
    );
}

#[tokio::test]
async fn lines_that_others_changed_since_come_back_in_both_versions() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    shop.save("anton", 1_000, id, (OFFER, 0, "One\nTwo\nDrei\n")).await;
    undone(&shop, "anton", id, 2_000).await.unwrap();
    shop.save("mila", 3_000, id, (OFFER, 2, "One\nTwo\nTrois\n")).await;
    let Err(Error::ChangedSince(path, conflict)) = redone(&shop, "anton", id, 4_000).await else {
        panic!("both changed the third line")
    };
    assert_eq!((path.as_str(), conflict.by.as_str(), conflict.revision), (OFFER, "mila", 3));
    assert_eq!(conflict.merged, "One\nTwo\n<<<<<<< anton\nDrei\n=======\nTrois\n>>>>>>> mila\n");
    assert_eq!(conflict.theirs, "One\nTwo\nTrois\n");
    assert_eq!(shop.text(id, OFFER).await.as_deref(), Some("One\nTwo\nTrois\n"), "nothing is stored");
}

#[tokio::test]
async fn what_an_editor_redoes_by_itself_gives_up_nothing_that_was_undone_before_it() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    shop.save("anton", 50_000, id, (OFFER, 0, "One!\nTwo\nThree\n")).await;
    shop.save("anton", 100_000, id, (OFFER, 1, "One!\nTwo!\nThree\n")).await;
    // The editor takes both back and does the first again; each is saved by itself.
    for (at, base, text) in [
        (150_000, 2, "One!\nTwo\nThree\n"),
        (200_000, 3, "One\nTwo\nThree\n"),
        (250_000, 4, "One!\nTwo\nThree\n"),
    ] {
        shop.save("anton", at, id, (OFFER, base, text)).await;
    }
    let last = redone(&shop, "anton", id, 300_000).await.unwrap();
    assert_eq!(last.text.as_deref(), Some("One!\nTwo!\nThree\n"));
    // And all of it is undone again, by the editor or here.
    shop.save("anton", 350_000, id, (OFFER, 6, "One!\nTwo\nThree\n")).await;
    assert_eq!(undone(&shop, "anton", id, 400_000).await.unwrap().text.as_deref(), Some("One\nTwo\nThree\n"));
    assert!(matches!(undone(&shop, "anton", id, 410_000).await, Err(Error::NothingToUndo)));
}

#[tokio::test]
async fn whoever_may_not_change_a_file_any_more_neither_undoes_nor_redoes_in_it() {
    let shop = Shop::new().await;
    let id = shop.begin().await;
    shop.save("anton", 1_000, id, ("shop.yaml", 0, &FLOW.replace("Hello", "Hi"))).await;
    let demoted = editor("anton", false);
    let refused = undo(&*shop.store, &demoted, 2_000, id).await;
    assert!(matches!(refused, Err(Error::NotYours(path)) if path == "shop.yaml"));
    undone(&shop, "anton", id, 3_000).await.unwrap();
    let refused = redo(&*shop.store, &demoted, 4_000, id).await;
    assert!(matches!(refused, Err(Error::NotYours(path)) if path == "shop.yaml"));
}

/// What one person did: the cell, what was in it and what came.
type Did = (Cell, String, String);
/// A file and a line of it.
type Cell = (&'static str, usize);

const PEOPLE: [&str; 3] = ["anton", "mila", "olga"];
const FILES: [&str; 2] = [OFFER, "knowledge/list.md"];

/// Every person has two lines in each file and does what they like; the draft has what the model has.
#[tokio::test]
async fn several_people_undo_and_redo_as_in_a_model_of_two_stacks_each() {
    for seed in 0..12 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let shop = Shop::new().await;
        let id = shop.begin().await;
        let mut cells: BTreeMap<Cell, String> = BTreeMap::new();
        for file in FILES {
            cells.extend((0..6).map(|line| ((file, line), format!("line {line}"))));
        }
        let text = |cells: &BTreeMap<Cell, String>, file: &str| -> String {
            cells.iter().filter(|((of, _), _)| *of == file).map(|(_, line)| format!("{line}\n")).collect()
        };
        for file in FILES {
            shop.save("nobody", 1, id, (file, 0, &text(&cells, file))).await;
        }
        let mut undos: [Vec<Did>; 3] = Default::default();
        let mut redos: [Vec<Did>; 3] = Default::default();
        for step in 0..60 {
            let at = 100_000 + step * 60_000;
            let who = chance.usize(0..3);
            let name = PEOPLE[who];
            match chance.u8(0..5) {
                0 | 1 => {
                    let cell = (FILES[chance.usize(0..2)], who * 2 + chance.usize(0..2));
                    let new = format!("{name} {step}");
                    let old = cells.insert(cell, new.clone()).unwrap();
                    let base = open(&*shop.store, id).await.unwrap().draft.revision;
                    revision(&shop.save(name, at, id, (cell.0, base, &text(&cells, cell.0))).await);
                    undos[who].push((cell, old, new));
                    redos[who].clear();
                }
                2 | 3 => match (undos[who].pop(), undone(&shop, name, id, at).await) {
                    (Some(did), Ok(_)) => {
                        cells.insert(did.0, did.1.clone());
                        redos[who].push(did);
                    }
                    (None, Err(Error::NothingToUndo)) => {}
                    (model, real) => panic!("seed {seed}, step {step}: {model:?}, {real:?}"),
                },
                _ => match (redos[who].pop(), redone(&shop, name, id, at).await) {
                    (Some(did), Ok(_)) => {
                        cells.insert(did.0, did.2.clone());
                        undos[who].push(did);
                    }
                    (None, Err(Error::NothingToRedo)) => {}
                    (model, real) => panic!("seed {seed}, step {step}: {model:?}, {real:?}"),
                },
            }
            for file in FILES {
                assert_eq!(
                    shop.text(id, file).await,
                    Some(text(&cells, file)),
                    "seed {seed}, step {step}, {name}"
                );
            }
        }
    }
}
