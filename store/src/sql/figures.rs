//! What the panel counts: the statements and reads of [`tolmach_runtime::ports::FigureStore`].
//!
//! Dialogs are read by the primary key of `dialog_days`, which begins with the day. A day in the company's time zone is at most one
//! away from the day in UTC, so the range of days is one wider on both sides and the time decides.

use async_trait::async_trait;
use tolmach_runtime::ports::{
    DialogFact, DialogFigures, FigurePeriod, FigureStore, LeadFigures, ModelFigures, ModelTimes,
    ReplyFigures, Result, Tokens, UnsureTurn,
};

use super::{
    Dialect, SqlStore, Value,
    operation::stored,
    read::{first, number},
};

/// The statements of one dialect that differ.
pub(crate) struct Figures {
    pub(crate) add: &'static str,
}

// Counted by their facts, whose bits are looked at afterwards: a sum for each of them costs the database several times as much.
const DIALOGS: &str = "SELECT at / $5 * $5, facts, count(*) FROM dialog_days
    WHERE day >= $1 AND day <= $2 AND at >= $3 AND at < $4 AND (facts & 1) = 1 GROUP BY at / $5, facts ORDER BY 1";
const REPLIES: &str = "SELECT count(*) FROM dialog_days
    WHERE day >= $1 AND day <= $2 AND at >= $3 AND at < $4 AND reply IS NOT NULL";
const REPLY: &str = "SELECT reply FROM dialog_days
    WHERE day >= $1 AND day <= $2 AND at >= $3 AND at < $4 AND reply IS NOT NULL ORDER BY reply LIMIT 1 OFFSET $5";
const LEADS: &str =
    "SELECT created / $3 * $3, count(*), sum(CASE WHEN status = 'won' THEN 1 ELSE 0 END) FROM leads
    WHERE created >= $1 AND created < $2 GROUP BY created / $3 ORDER BY 1";
/// Turns as sums of one.
macro_rules! single_turns {
    () => {
        "SELECT intent, 1 AS turns FROM turns WHERE intent IS NOT NULL"
    };
}
// As MODELS.
const INTENTS: &str = concat!(
    "SELECT intent, CAST(sum(turns) AS BIGINT) AS turns FROM (
        SELECT intent, turns FROM intent_hours WHERE hour >= $1 AND hour < $2 UNION ALL ",
    single_turns!(),
    " AND at >= $3 AND at < $4 UNION ALL ",
    single_turns!(),
    " AND at >= $5 AND at < $6
    ) AS t GROUP BY intent ORDER BY 2 DESC, intent LIMIT $7"
);
const UNSURE: &str = "SELECT seq, chat, at, event FROM turns
    WHERE at >= $1 AND at < $2 AND intent IS NOT NULL AND intent = 'unsure' ORDER BY at DESC LIMIT $3";
/// Calls as sums of one.
macro_rules! single_calls {
    () => {
        "SELECT purpose, model, 1, failed, CASE WHEN failed = 0 AND input_tokens IS NULL THEN 1 ELSE 0 END,
            coalesce(input_tokens, 0), coalesce(cached_tokens, 0), coalesce(output_tokens, 0) FROM model_calls"
    };
}
// Hours that lie whole within the period are summed already; of the two at its ends the calls are counted, over an index that holds
// all of it. An attempt that was not answered may have told its tokens, because they were charged.
const MODELS: &str = concat!(
    "SELECT purpose, model, CAST(sum(calls) AS BIGINT), CAST(sum(failed) AS BIGINT), CAST(sum(unknown) AS BIGINT),
        CAST(sum(input_tokens) AS BIGINT), CAST(sum(cached_tokens) AS BIGINT), CAST(sum(output_tokens) AS BIGINT)
    FROM (
        SELECT purpose, model, calls, failed, unknown, input_tokens, cached_tokens, output_tokens
        FROM model_hours WHERE hour >= $1 AND hour < $2 UNION ALL ",
    single_calls!(),
    " WHERE at >= $3 AND at < $4 UNION ALL ",
    single_calls!(),
    " WHERE at >= $5 AND at < $6
    ) AS c GROUP BY purpose, model ORDER BY 3 DESC, purpose, model LIMIT 200"
);
const TIMES: &str =
    "SELECT purpose, model, coalesce(min(CASE WHEN place * 100 >= places * 95 THEN millis END), 0) FROM (
        SELECT purpose, model, millis, row_number() OVER (PARTITION BY purpose, model ORDER BY millis) AS place,
            count(*) OVER (PARTITION BY purpose, model) AS places
        FROM (SELECT purpose, model, millis FROM model_calls WHERE at >= $1 AND at < $2 ORDER BY at DESC LIMIT $3) AS c
    ) AS r GROUP BY purpose, model ORDER BY purpose, model LIMIT 200";
const UNDELIVERED: &str = "SELECT count(*) FROM outbox WHERE delivered = 0 AND attempts > 0";

/// `rows`: the source of `e (key, value)`.
macro_rules! figures {
    (rows: $rows:literal) => {
        Figures {
            add: concat!(
                "INSERT INTO dialog_days AS d (day, chat, at, facts, reply)
                SELECT CAST(e.value->>0 AS BIGINT), e.value->>1, CAST(e.value->>2 AS BIGINT),
                    CAST(e.value->>3 AS INTEGER), CAST(e.value->>4 AS BIGINT)
                FROM ",
                $rows,
                " WHERE true ORDER BY e.key
                ON CONFLICT (day, chat) DO UPDATE SET facts = d.facts | excluded.facts,
                    reply = coalesce(d.reply, excluded.reply)
                WHERE (d.facts | excluded.facts) <> d.facts OR d.reply IS NULL AND excluded.reply IS NOT NULL"
            ),
        }
    };
}

pub(super) const SQLITE: Figures = figures!(rows: "json_each($1) AS e");
pub(super) const POSTGRES: Figures = figures!(
    rows: "(SELECT value, key - 1 AS key
        FROM json_array_elements($1::json) WITH ORDINALITY AS a (value, key)) AS e");

fn count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

/// The days that hold a period, and the period.
fn within(period: &FigurePeriod) -> Vec<Value> {
    let day = |at: i64| at.div_euclid(86_400_000);
    let numbers =
        [day(period.from).saturating_sub(1), day(period.until).saturating_add(1), period.from, period.until];
    numbers.map(Value::Integer).to_vec()
}

pub(super) async fn dialogs<D: Dialect>(
    db: &D,
    period: &FigurePeriod,
    step: i64,
) -> sqlx::Result<Vec<DialogFigures>> {
    let mut values = within(period);
    values.push(Value::Integer(step.max(1)));
    let rows: Vec<(i64, i32, i64)> = db.fetch(DIALOGS, values).await?;
    let mut figures: Vec<DialogFigures> = Vec::new();
    for (at, facts, dialogs) in rows {
        if figures.last().is_none_or(|last| last.at != at) {
            figures.push(DialogFigures { at, ..DialogFigures::default() });
        }
        let Some(step) = figures.last_mut() else { continue };
        let of = |bits: i32| if facts & bits == 0 { 0 } else { count(dialogs) };
        step.dialogs += count(dialogs);
        step.shown += of(DialogFact::Shown.bit());
        step.contact += of(DialogFact::Contact.bit());
        step.leads += of(DialogFact::Lead.bit());
        step.alone += count(dialogs) - of(DialogFact::Called.bit() | DialogFact::Staff.bit());
    }
    Ok(figures)
}

pub(super) async fn replies<D: Dialect>(db: &D, period: &FigurePeriod) -> sqlx::Result<ReplyFigures> {
    let all: Option<(i64,)> = first(db, REPLIES, within(period)).await?;
    let all = all.map_or(0, |(all,)| all);
    let mut values = within(period);
    values.push(Value::Integer((all - 1).max(0) / 2));
    let median: Option<(i64,)> = first(db, REPLY, values).await?;
    Ok(ReplyFigures { dialogs: count(all), median: median.map(|(median,)| median) })
}

pub(super) async fn leads<D: Dialect>(
    db: &D,
    period: &FigurePeriod,
    step: i64,
) -> sqlx::Result<Vec<LeadFigures>> {
    let values = [period.from, period.until, step.max(1)].map(Value::Integer).to_vec();
    let rows: Vec<(i64, i64, i64)> = db.fetch(LEADS, values).await?;
    Ok(rows
        .into_iter()
        .map(|(at, leads, won)| LeadFigures { at, leads: count(leads), won: count(won) })
        .collect())
}

pub(super) async fn intents<D: Dialect>(
    db: &D,
    period: &FigurePeriod,
    limit: u32,
) -> sqlx::Result<Vec<(String, u64)>> {
    let mut values = hours(period).map(Value::Integer).to_vec();
    values.push(number(limit));
    let rows: Vec<(String, i64)> = db.fetch(INTENTS, values).await?;
    Ok(rows.into_iter().map(|(intent, turns)| (intent, count(turns))).collect())
}

pub(super) async fn unsure<D: Dialect>(
    db: &D,
    period: &FigurePeriod,
    limit: u32,
) -> sqlx::Result<Vec<UnsureTurn>> {
    let values = vec![Value::Integer(period.from), Value::Integer(period.until), number(limit)];
    let rows: Vec<(i64, String, i64, String)> = db.fetch(UNSURE, values).await?;
    let turn = |(seq, chat, at, event): (i64, String, i64, String)| {
        Ok(UnsureTurn { seq, chat, at, event: stored(&event)? })
    };
    rows.into_iter().map(turn).collect()
}

/// The whole hours of a period, counted from 1970-01-01, and what of it lies before and after them.
fn hours(period: &FigurePeriod) -> [i64; 6] {
    const HOUR: i64 = 3_600_000;
    let last = period.until.div_euclid(HOUR);
    let first = period.from.saturating_add(HOUR - 1).div_euclid(HOUR);
    if first >= last {
        return [0, 0, period.from, period.until, 0, 0];
    }
    [first, last, period.from, first * HOUR, last * HOUR, period.until]
}

pub(super) async fn models<D: Dialect>(db: &D, period: &FigurePeriod) -> sqlx::Result<Vec<ModelFigures>> {
    let values = hours(period).map(Value::Integer).to_vec();
    type Row = (String, String, i64, i64, i64, i64, i64, i64);
    let rows: Vec<Row> = db.fetch(MODELS, values).await?;
    let figures = |(purpose, model, calls, failed, unknown, input, cached, output)| ModelFigures {
        purpose,
        model,
        calls: count(calls),
        failed: count(failed),
        unknown: count(unknown),
        tokens: Tokens { input: count(input), cached: count(cached), output: count(output) },
    };
    Ok(rows.into_iter().map(figures).collect())
}

pub(super) async fn times<D: Dialect>(
    db: &D,
    period: &FigurePeriod,
    limit: u32,
) -> sqlx::Result<Vec<ModelTimes>> {
    let values = vec![Value::Integer(period.from), Value::Integer(period.until), number(limit)];
    let rows: Vec<(String, String, i64)> = db.fetch(TIMES, values).await?;
    Ok(rows.into_iter().map(|(purpose, model, p95)| ModelTimes { purpose, model, p95 }).collect())
}

pub(super) async fn undelivered<D: Dialect>(db: &D) -> sqlx::Result<u64> {
    let all: Option<(i64,)> = first(db, UNDELIVERED, vec![]).await?;
    Ok(all.map_or(0, |(all,)| count(all)))
}

#[async_trait]
impl<D: Dialect> FigureStore for SqlStore<D> {
    async fn dialog_figures(&self, period: &FigurePeriod, step: i64) -> Result<Vec<DialogFigures>> {
        self.said(dialogs(&*self.dialect, period, step).await)
    }

    async fn reply_figures(&self, period: &FigurePeriod) -> Result<ReplyFigures> {
        self.said(replies(&*self.dialect, period).await)
    }

    async fn lead_figures(&self, period: &FigurePeriod, step: i64) -> Result<Vec<LeadFigures>> {
        self.said(leads(&*self.dialect, period, step).await)
    }

    async fn intent_figures(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<(String, u64)>> {
        self.said(intents(&*self.dialect, period, limit).await)
    }

    async fn unsure_turns(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<UnsureTurn>> {
        self.said(unsure(&*self.dialect, period, limit).await)
    }

    async fn model_figures(&self, period: &FigurePeriod) -> Result<Vec<ModelFigures>> {
        self.said(models(&*self.dialect, period).await)
    }

    async fn model_times(&self, period: &FigurePeriod, limit: u32) -> Result<Vec<ModelTimes>> {
        self.said(times(&*self.dialect, period, limit).await)
    }

    async fn undelivered(&self) -> Result<u64> {
        self.said(undelivered(&*self.dialect).await)
    }
}
