//! What language models cost: tokens by purpose and model over a period, and their price.

use serde::Serialize;
use tolmach_runtime::ports::{self, FigurePeriod, Store, Tokens};

pub use tolmach_llm::prices::{Amount, Cost, Decimal, Price, Prices};

/// Calls of one model for one purpose, and what they cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Spent {
    /// See [`ports::Purpose`].
    pub purpose: String,
    /// Provider and model.
    pub model: String,
    /// Attempts.
    pub calls: u64,
    /// Of those, failed.
    pub failed: u64,
    /// Of those, answered without telling the tokens.
    pub unknown: u64,
    /// Tokens of all attempts that told them.
    pub tokens: Tokens,
    /// What the tokens cost.
    pub cost: Cost,
}

/// Calls of a period with their cost, the most frequent first. Every call has the price of its own day.
///
/// # Errors
/// When the database is unavailable.
pub async fn spent(store: &dyn Store, prices: &Prices, period: &FigurePeriod) -> ports::Result<Vec<Spent>> {
    let mut all: Vec<Spent> = Vec::new();
    for part in prices.parts(period) {
        for row in store.model_figures(&part).await? {
            let price = prices.of(&row.model, part.from);
            let mut cost = Cost::default();
            match price {
                Some(price) => {
                    cost.unknown = row.unknown;
                    // Without a single token nothing is known: a call that was cut off may have been charged.
                    cost.amounts.extend((row.tokens != Tokens::default()).then(|| price.of(&row.tokens)));
                }
                None => cost.unpriced = row.calls,
            }
            let known = all.iter_mut().find(|spent| spent.purpose == row.purpose && spent.model == row.model);
            let Some(spent) = known else {
                let ports::ModelFigures { purpose, model, calls, failed, unknown, tokens } = row;
                all.push(Spent { purpose, model, calls, failed, unknown, tokens, cost });
                continue;
            };
            spent.calls += row.calls;
            spent.failed += row.failed;
            spent.unknown += row.unknown;
            spent.tokens.input += row.tokens.input;
            spent.tokens.cached += row.tokens.cached;
            spent.tokens.output += row.tokens.output;
            spent.cost.add(&cost);
        }
    }
    all.sort_by(|a, b| {
        b.calls.cmp(&a.calls).then_with(|| (&a.purpose, &a.model).cmp(&(&b.purpose, &b.model)))
    });
    Ok(all)
}

/// What everything cost together.
pub fn total(spent: &[Spent]) -> Cost {
    let mut total = Cost::default();
    spent.iter().for_each(|spent| total.add(&spent.cost));
    total
}

/// Calls of a period and what they cost: what `tolmach spending --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SpendingReport")]
pub struct Report {
    /// From when on, milliseconds since the Unix epoch.
    pub from: i64,
    /// Until when, milliseconds since the Unix epoch.
    pub until: i64,
    /// Calls by purpose and model, the most frequent first.
    pub models: Vec<Spent>,
    /// What all of them cost together.
    pub total: Cost,
}

/// The report of a period.
///
/// # Errors
/// When the database is unavailable.
pub async fn report(store: &dyn Store, prices: &Prices, period: &FigurePeriod) -> ports::Result<Report> {
    let models = spent(store, prices, period).await?;
    Ok(Report { from: period.from, until: period.until, total: total(&models), models })
}
