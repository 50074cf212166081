//! What `tolmach eval intents` prints.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};

use super::intents::{Placed, Work};

/// Confidences at which messages are counted.
const CONFIDENCES: [f32; 7] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// The share of in-scope messages placed rightly at which the refusal of others is told.
const KEPT: f64 = 0.85;

/// What happens when messages below a confidence are refused.
struct Cut {
    confidence: f32,
    /// Share of in-scope messages that are placed.
    coverage: f64,
    /// Share of those that are placed rightly.
    precision: f64,
    /// Share of all in-scope messages that are placed, and rightly.
    accuracy: f64,
    /// Share of out-of-scope messages that are refused; `None` without any.
    refused: Option<f64>,
}

/// An intent taken for another, how often, and the first message of it.
struct Confusion<'a> {
    wanted: &'a str,
    found: &'a str,
    times: usize,
    example: &'a str,
}

/// Prints what became of the messages.
pub fn print(placed: &[Placed], work: &Work, worst: usize, json: bool) -> anyhow::Result<()> {
    let inside: Vec<&Placed> = placed.iter().filter(|message| message.wanted.is_some()).collect();
    let outside = placed.len() - inside.len();
    let right = inside.iter().filter(|message| is_right(message)).count();
    let accuracy = share(right, inside.len());
    let cuts: Vec<Cut> = CONFIDENCES.iter().map(|confidence| cut(placed, *confidence)).collect();
    let kept = keeping(placed, KEPT);
    let off = miscalibration(placed);
    let confusions = confusions(&inside, worst);
    let micros = |part: f64| {
        let at = (work.each.len().saturating_sub(1) as f64 * part) as usize;
        work.each.get(at).map_or(0.0, |each| each.as_secs_f64() * 1e6)
    };
    if json {
        let cut = |cut: &Cut| {
            serde_json::json!({
                "confidence": (f64::from(cut.confidence) * 1e4).round() / 1e4, "coverage": cut.coverage, "precision": cut.precision,
                "accuracy": cut.accuracy, "oos_recall": cut.refused,
            })
        };
        let confusions: Vec<_> = confusions
            .iter()
            .map(|c| serde_json::json!({ "intent": c.wanted, "taken_for": c.found, "times": c.times, "example": c.example }))
            .collect();
        let json = serde_json::json!({
            "intents": work.intents, "examples": work.examples, "messages": inside.len(), "oos_messages": outside,
            "accuracy": accuracy, "oos_recall": kept.as_ref().and_then(|kept| kept.refused),
            "oos_recall_at": kept.as_ref().map(cut), "coverage": cuts.iter().map(cut).collect::<Vec<_>>(),
            "calibration_error": off, "confusions": confusions,
            "learning_ms": work.learning.as_secs_f64() * 1e3, "p50_us": micros(0.5), "p99_us": micros(0.99),
        });
        println!("{json:#}");
        return Ok(());
    }
    println!(
        "examples        {} of {} intents, learned in {:.1} s",
        work.examples,
        work.intents,
        work.learning.as_secs_f64()
    );
    println!("messages        {} in scope, {outside} out of scope", inside.len());
    println!("accuracy        {accuracy:.4}  ({right} of {}, however unsure)", inside.len());
    match &kept {
        Some(Cut { confidence, refused: Some(refused), accuracy, .. }) => println!(
            "oos recall      {refused:.4}  (refusing below {confidence:.2}, which leaves {accuracy:.2} of in-scope messages right)"
        ),
        None if outside > 0 => {
            println!("oos recall      see the table: fewer than {KEPT} of in-scope messages are right")
        }
        _ => {}
    }
    println!("calibration     confidence is off by {off:.3} on average");
    println!("a message       p50 {:.0} µs, p99 {:.0} µs", micros(0.5), micros(0.99));
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["refused below", "coverage", "right of these", "right of all", "oos recall"]);
    for cut in &cuts {
        table.add_row([
            format!("{:.1}", cut.confidence),
            format!("{:.3}", cut.coverage),
            format!("{:.3}", cut.precision),
            format!("{:.3}", cut.accuracy),
            cut.refused.map_or_else(|| "-".to_owned(), |refused| format!("{refused:.3}")),
        ]);
    }
    table.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    println!("\n{table}");
    if !confusions.is_empty() {
        println!("\nworst confusions");
    }
    for confusion in confusions {
        let Confusion { wanted, found, times, example } = confusion;
        println!("  {times:3}  {wanted} → {found}  «{example}»");
    }
    Ok(())
}

fn is_right(message: &Placed) -> bool {
    message.wanted.is_some() && message.found == message.wanted
}

fn is_placed(message: &Placed, confidence: f32) -> bool {
    message.found.is_some() && message.confidence >= confidence
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn cut(placed: &[Placed], confidence: f32) -> Cut {
    let (mut inside, mut outside, mut covered, mut right, mut accepted) = (0, 0, 0, 0, 0);
    for message in placed {
        let taken = is_placed(message, confidence);
        if message.wanted.is_none() {
            outside += 1;
            accepted += usize::from(taken);
        } else {
            inside += 1;
            covered += usize::from(taken);
            right += usize::from(taken && is_right(message));
        }
    }
    Cut {
        confidence,
        coverage: share(covered, inside),
        precision: share(right, covered),
        accuracy: share(right, inside),
        refused: (outside > 0).then(|| share(outside - accepted, outside)),
    }
}

/// The highest confidence at which so large a share of in-scope messages is still placed rightly.
fn keeping(placed: &[Placed], least: f64) -> Option<Cut> {
    let inside = placed.iter().filter(|message| message.wanted.is_some()).count();
    let mut right: Vec<f32> =
        placed.iter().filter(|message| is_right(message)).map(|message| message.confidence).collect();
    right.sort_by(|a, b| b.total_cmp(a));
    let needed = (least * inside as f64).ceil() as usize;
    let confidence = *right.get(needed.checked_sub(1)?)?;
    Some(cut(placed, confidence))
}

/// By how much confidence and the share of right answers differ, over tenths of confidence (expected calibration error). A message
/// that is out of scope has no right answer.
fn miscalibration(placed: &[Placed]) -> f64 {
    let mut tenths = [(0.0_f64, 0_usize, 0_usize); 10];
    for message in placed.iter().filter(|message| message.found.is_some()) {
        let at = ((message.confidence * 10.0) as usize).min(9);
        if let Some((confidence, right, count)) = tenths.get_mut(at) {
            *confidence += f64::from(message.confidence);
            *right += usize::from(is_right(message));
            *count += 1;
        }
    }
    let all: usize = tenths.iter().map(|(.., count)| count).sum();
    tenths.iter().map(|(confidence, right, _)| (confidence - *right as f64).abs()).sum::<f64>()
        / all.max(1) as f64
}

fn confusions<'a>(inside: &[&'a Placed], most: usize) -> Vec<Confusion<'a>> {
    let mut found: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
    for message in inside.iter().filter(|message| !is_right(message)) {
        let wanted = message.wanted.as_deref().unwrap_or_default();
        let taken_for = message.found.as_deref().unwrap_or("out of scope");
        found.entry((wanted, taken_for)).or_insert((0, &message.text)).0 += 1;
    }
    let confusions = found.into_iter();
    let mut confusions: Vec<Confusion<'_>> = confusions
        .map(|((wanted, found), (times, example))| Confusion { wanted, found, times, example })
        .collect();
    confusions.sort_by_key(|confusion| std::cmp::Reverse(confusion.times));
    confusions.truncate(most);
    confusions
}
