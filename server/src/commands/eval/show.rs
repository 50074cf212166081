//! Output of `tolmach eval intents`.

use comfy_table::{CellAlignment, Table, presets};
use tolmach_app::eval::{Confusion, Cut, Evaluation, Figures, KEPT};

/// Prints the evaluation, with the `worst` most frequent confusions.
pub fn print(measured: &Evaluation, worst: usize, json: bool) {
    let Figures { inside, outside, right, accuracy, cuts, kept, calibration_error, confusions } =
        &measured.figures;
    let confusions = confusions.get(..worst).unwrap_or(confusions);
    let micros = |part: f64| {
        let at = (measured.times.len().saturating_sub(1) as f64 * part) as usize;
        measured.times.get(at).map_or(0.0, |each| each.as_secs_f64() * 1e6)
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
            "intents": measured.intents, "examples": measured.examples, "messages": inside, "oos_messages": outside,
            "accuracy": accuracy, "oos_recall": kept.as_ref().and_then(|kept| kept.refused),
            "oos_recall_at": kept.as_ref().map(cut), "coverage": cuts.iter().map(cut).collect::<Vec<_>>(),
            "calibration_error": calibration_error, "confusions": confusions,
            "learning_ms": measured.learning.as_secs_f64() * 1e3, "p50_us": micros(0.5), "p99_us": micros(0.99),
        });
        println!("{json:#}");
        return;
    }
    println!(
        "examples        {} of {} intents, learned in {:.1} s",
        measured.examples,
        measured.intents,
        measured.learning.as_secs_f64()
    );
    println!("messages        {inside} in scope, {outside} out of scope");
    println!("accuracy        {accuracy:.4}  ({right} of {inside}, however unsure)");
    match kept {
        Some(Cut { confidence, refused: Some(refused), accuracy, .. }) => println!(
            "oos recall      {refused:.4}  (refusing below {confidence:.2}, which leaves {accuracy:.2} of in-scope messages right)"
        ),
        None if *outside > 0 => {
            println!("oos recall      see the table: fewer than {KEPT} of in-scope messages are right")
        }
        _ => {}
    }
    println!("calibration     confidence is off by {calibration_error:.3} on average");
    println!("a message       p50 {:.0} µs, p99 {:.0} µs", micros(0.5), micros(0.99));
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["refused below", "coverage", "right of these", "right of all", "oos recall"]);
    for cut in cuts {
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
}
