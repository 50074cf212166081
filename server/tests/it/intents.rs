//! Intent classification by the built-in model alone.

use std::{path::Path, sync::Arc};

use tolmach_engine::{Release, compile, wording};
use tolmach_llm::embedder::MeaningEmbedder;
use tolmach_runtime::{Trainer, read_bundle};

use crate::support::Home;

/// Client messages labelled with the intents of the demo bundle's node `route`; none is among its examples.
const MESSAGES: &str = include_str!("intents/demo.tsv");
const TRAIN: &str = "text\tintent\n\
    сколько стоит доставка\tdelivery\nhow much is delivery\tdelivery\nпривезёте в Тулу?\tdelivery\n\
    нужна дрель\tproduct\nI am looking for a drill\tproduct\nищу перфоратор\tproduct\n\
    позовите менеджера\tperson\ncall a human\tperson\nхочу поговорить с человеком\tperson\n";
const TEST: &str = "почём доставка\tdelivery\nwhat does shipping cost\tdelivery\nнужен перфоратор\tproduct\n\
    соедините с менеджером\tperson\nкакая погода в Париже\toos\nwho wrote Hamlet\toos\n";

fn messages() -> impl Iterator<Item = (&'static str, &'static str)> {
    MESSAGES.lines().skip(1).map(|line| line.split_once('\t').expect("two columns"))
}

fn demo() -> Release {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
    let bundle = read_bundle(&folder).expect("the demo bundle");
    compile(&bundle, &tolmach_nodes::platform()).release.expect("it compiles")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_bundle_classifies_unseen_messages() {
    let release = demo();
    let examples = &release.resources.examples["consultant.route"];
    let trainer = Trainer::new(Arc::new(MeaningEmbedder));
    let learned = trainer.learn(examples).await.expect("learned");
    let (mut right, mut inside, mut taken, mut outside) = (0, 0, 0, 0);
    let mut off = [0.0_f32; 10];
    for (text, intent) in messages() {
        assert!(
            !examples.iter().any(|example| wording::same_words(&example.text, text)),
            "an example: {text}"
        );
        let best = trainer.place(&learned, text).await.expect("placed").into_iter().next().expect("a label");
        let is_right = if best.label == intent { 1.0 } else { 0.0 };
        off[((best.score * 10.0) as usize).min(9)] += best.score - is_right;
        if intent == "oos" {
            outside += 1;
            taken += usize::from(best.score >= 0.5);
        } else {
            inside += 1;
            right += usize::from(best.label == intent);
        }
    }
    assert_eq!((inside, outside), (180, 20));
    assert!(right * 100 >= inside * 95, "{right} of {inside}");
    assert!(taken <= 2, "{taken} of {outside} foreign messages are taken for an intent");
    // The expected calibration error over ten bins; 0.18 before the bundle calibrated itself.
    let off = off.iter().map(|bin| bin.abs()).sum::<f32>() / (inside + outside) as f32;
    assert!(off < 0.11, "confidences are off by {off:.3}");
}

#[test]
fn intents_are_evaluated() {
    let home = Home::new();
    home.write("train.tsv", TRAIN);
    home.write("test.tsv", TEST);
    let eval = |train: &str, more: &[&str]| {
        let args = [&["eval", "intents", "--train", train, "--test", "test.tsv"], more].concat();
        home.tolmach(&args).run()
    };
    let json = eval("train.tsv", &["--json"]).ok().json();
    assert_eq!(
        (&json["intents"], &json["messages"], &json["oos_messages"]),
        (&3.into(), &4.into(), &2.into())
    );
    assert_eq!((json["accuracy"].as_f64(), json["oos_recall"].as_f64()), (Some(1.0), Some(1.0)), "{json}");
    let said = eval("train.tsv", &[]).ok().stdout;
    assert!(said.contains("accuracy        1.0000") && said.contains("oos recall"), "{said}");

    for (file, content, complaint) in [
        ("none.tsv", "", "no messages"),
        ("one.tsv", "просто текст\n", "line 1: 1 columns"),
        ("empty.tsv", "нужна дрель\tproduct\n\tproduct\n", "line 2: the message is empty"),
        ("oos.tsv", "погода\toos\n", "nothing to learn"),
    ] {
        home.write(file, content);
        let ran = eval(file, &[]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(complaint) && ran.stderr.contains(file), "{}", ran.stderr);
    }
    home.write("cp1251.tsv", [0xed, 0xf3, 0xe6, 0xed, 0xe0, b'\t', b'a', b'\n']);
    assert!(eval("cp1251.tsv", &[]).stderr.contains("not UTF-8"));
    assert!(eval("missing.tsv", &[]).stderr.contains("missing.tsv cannot be read"));
    assert_eq!(home.names().iter().filter(|name| !name.ends_with(".tsv")).count(), 0, "nothing is made");
}

#[test]
fn vectors_are_printed_a_line_each() {
    let home = Home::new();
    home.write("texts.txt", "дрель\n\ndrill\r\n");
    for (purpose, dimensions) in [("intents", 512), ("search", 160)] {
        let printed = home.tolmach(&["embed", "--texts", "texts.txt", "--for", purpose]).run().ok().stdout;
        let vectors: Vec<Vec<f32>> =
            printed.lines().map(|line| serde_json::from_str(line).expect("a JSON array")).collect();
        let lengths: Vec<f32> =
            vectors.iter().map(|vector| vector.iter().map(|x| x * x).sum::<f32>().round()).collect();
        assert_eq!(lengths, [1.0, 0.0, 1.0]);
        assert!(vectors.iter().all(|vector| vector.len() == dimensions));
    }
}
