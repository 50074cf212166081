//! The first page: what waits for a person, the figures of a period beside the one before, and how the system is.

mod tiles;

use std::sync::{Arc, PoisonError};

use axum::{
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::IntoResponse,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    figures::{self, Figures, Period},
    suggest::{self, Question},
};
use tolmach_engine::language::Language;

use crate::{
    Panel, Part, PartState, Shown,
    charts::{self, Series},
    context::Visit,
    error::{Failure, Served},
    form::Params,
    gate::encode,
    render::Page,
    texts,
};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The period that is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    period: Option<String>,
}

impl Asked {
    /// The period; a month where none or an unknown one is named.
    fn period(&self) -> Period {
        self.period.as_deref().and_then(Period::parse).unwrap_or(Period::Month)
    }
}

/// The questions of the last look, under the turns that they were made of: grouping them takes longer than all the rest.
pub(crate) type LastQuestions = (Vec<i64>, Vec<Question>);

impl Panel {
    async fn figures(&self, period: Period) -> Result<Figures, Failure> {
        let zone = self.options.runtime.releases().time_zone();
        Ok(figures::figures(self.store(), &self.options.prices.get(), period, &zone, self.now()).await?)
    }

    async fn questions(&self, figures: &Figures) -> Result<Vec<Question>, Failure> {
        let turns: Vec<i64> = figures.questions.iter().map(|turn| turn.seq).collect();
        let last = self.questions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if last.0 == turns {
            return Ok(last.1);
        }
        let found = suggest::questions(self.store(), &figures.questions).await?;
        *self.questions.lock().unwrap_or_else(PoisonError::into_inner) = (turns, found.clone());
        Ok(found)
    }
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(asked): Params<Asked>,
) -> Served {
    let period = asked.period();
    let figures = panel.figures(period).await?;
    let questions = panel.questions(&figures).await?;
    let uploads = match visit.may(Permission::SeeCatalogue) {
        true => panel.options.drafts.unpublished().await?,
        false => 0,
    };
    let address = |period: Period| format!("/admin/?period={}", period.name());
    let periods =
        Period::ALL.map(|one| json!({ "key": one.name(), "href": address(one), "current": one == period }));
    let data = json!({
        "period": period.name(),
        "periods": periods,
        "export_href": format!("/admin/dashboard.csv?period={}", period.name()),
        "urgent": urgent(&visit, &figures, uploads),
        "tiles": tiles::tiles(&panel, &visit, &figures),
        "chart": chart(&panel, &visit, &figures),
        "funnel": funnel(&visit, &figures),
        "unanswered": questions.iter().map(question).collect::<Vec<Value>>(),
        "intents": intents(&figures),
        "models": models(visit.language, &figures),
        "heat": heat(&figures),
        "health": health(&panel, &visit),
    });
    let title = panel.renderer.text(visit.language, "nav.dashboard");
    panel.page(&visit, Page { template: "dashboard", section: "dashboard", title }, data).await
}

pub(crate) async fn export(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(asked): Params<Asked>,
) -> Served {
    let period = asked.period();
    let figures = panel.figures(period).await?;
    let text = |key: &str| panel.renderer.text(visit.language, key).to_owned();
    let first = if figures.by_hour { "chart.col.hour" } else { "chart.col.day" };
    let headings = [first, "chart.dialogs", "chart.before", "chart.leads", "tile.alone"].map(text);
    let csv = figures::csv(&figures, headings.each_ref().map(String::as_str), |at| {
        let form = if figures.by_hour { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
        visit.times.formatted(at, form)
    });
    let name = format!("attachment; filename=\"dashboard-{}.csv\"", period.name());
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, csv).into_response())
}

/// What waits for somebody; nothing when nobody and nothing does.
fn urgent(visit: &Visit, figures: &Figures, uploads: usize) -> Value {
    let urgent = &figures.urgent;
    if uploads == 0 && urgent.waiting + urgent.undelivered + urgent.quarantined + figures.unsure == 0 {
        return Value::Null;
    }
    json!({
        "waiting": urgent.waiting,
        "longest_ms": urgent.since.map_or(0, |since| (visit.times.now - since).max(0)),
        "unanswered": figures.unsure,
        "uploads": uploads,
        "undelivered": urgent.undelivered,
        "quarantined": urgent.quarantined,
    })
}

fn chart(panel: &Panel, visit: &Visit, figures: &Figures) -> Value {
    let steps = &figures.steps;
    let begun: Vec<_> = steps.iter().filter(|step| step.begun).collect();
    let now: Vec<u64> = begun.iter().map(|step| step.dialogs).collect();
    let bars: Vec<u64> = begun.iter().map(|step| step.leads).collect();
    let before: Vec<u64> = steps.iter().map(|step| step.before).collect();
    let label = |at: i64| match figures.by_hour {
        true => visit.times.clock(at),
        false => panel.renderer.short_day(visit, at),
    };
    let labels: Vec<String> = steps.iter().map(|step| label(step.at)).collect();
    let series = Series { now: &now, before: &before, bars: &bars, labels: &labels };
    let empty = figures.dialogs.now + figures.leads.now == 0 && before.iter().all(|count| *count == 0);
    let rows: Vec<Value> = begun
        .iter()
        .rev()
        .map(|step| json!({ "at": step.at, "now": step.dialogs, "before": step.before, "leads": step.leads }))
        .collect();
    json!({
        "by": if figures.by_hour { "hour" } else { "day" },
        "empty": empty,
        "least": now.iter().min().copied().unwrap_or_default(),
        "most": now.iter().max().copied().unwrap_or_default(),
        "all": figures.dialogs.now,
        "all_before": figures.dialogs.before,
        "leads": figures.leads.now,
        "wide": charts::chart((740, 262), &series, 8),
        "narrow": charts::chart((340, 220), &series, 5),
        "rows": rows,
    })
}

/// A part of a whole, 0 to 1.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn bar(key: &str, count: u64, whole: u64, href: Option<String>) -> Value {
    let share = share(count, whole);
    let width = (share.min(1.0) * 1000.0).round() / 10.0;
    json!({ "key": key, "name": key, "count": count, "share": share, "width": width, "href": href })
}

fn funnel(visit: &Visit, figures: &Figures) -> Vec<Value> {
    let all = figures.dialogs.now;
    let leads = |status: &str| {
        let address = format!("/admin/leads?view=table{status}&since={}", figures.from);
        visit.may(Permission::SeeLeads).then_some(address)
    };
    vec![
        bar("dialogs", all, all, None),
        bar("shown", figures.shown.now, all, None),
        bar("contact", figures.contact.now, all, None),
        bar("leads", figures.leads.now, all, leads("")),
        bar("won", figures.won.now, all, leads("&status=won")),
    ]
}

fn question(question: &Question) -> Value {
    json!({
        "question": question.example,
        "other": question.other,
        "count": question.count,
        "likely": question.likely.as_ref().map(|(intent, _)| intent),
        "confidence": question.likely.as_ref().map(|(_, sure)| sure),
        "last": question.last,
        "href": format!("/admin/inbox/{}?turn={}", encode(&question.chat), question.turn),
    })
}

fn intents(figures: &Figures) -> Vec<Value> {
    let all = figures.intents.iter().map(|(_, count)| count).sum();
    figures.intents.iter().map(|(name, count)| bar(name, *count, all, None)).collect()
}

fn models(language: Language, figures: &Figures) -> Value {
    let rows: Vec<Value> = figures
        .models
        .iter()
        .map(|row| {
            let times =
                figures.times.iter().find(|times| times.purpose == row.purpose && times.model == row.model);
            let tokens = row.tokens.input + row.tokens.output;
            json!({
                "purpose": row.purpose, "model": row.model, "calls": row.calls, "failed": row.failed,
                "known": tokens > 0, "tokens": tokens, "p95_ms": times.map(|times| times.p95),
                "cost": texts::amounts(language, &row.cost.amounts), "unpriced": row.cost.unpriced > 0,
            })
        })
        .collect();
    let newest = (figures.calls.now > u64::from(figures::CALLS)).then_some(figures::CALLS);
    let unknown: u64 = figures.models.iter().map(|row| row.unknown).sum();
    json!({
        "newest": newest, "unknown": unknown, "unpriced": figures.cost.unpriced, "rows": rows,
        "cost": texts::amounts(language, &figures.cost.amounts),
    })
}

fn heat(figures: &Figures) -> Value {
    let map = charts::heat(&figures.heat);
    let rows: Vec<Value> = DAYS
        .iter()
        .zip(&map.days)
        .map(|(day, row)| json!({ "day": day, "text_y": row.text_y, "cells": row.cells }))
        .collect();
    let mut data = json!(map);
    data["busiest_day"] = DAYS.get(map.busiest_day).copied().unwrap_or_default().into();
    data["rows"] = rows.into();
    data
}

/// How the parts of the system are.
pub(super) fn health(panel: &Panel, visit: &Visit) -> Vec<Value> {
    let number = |count: u64| texts::number(visit.language, i64::try_from(count).unwrap_or(i64::MAX));
    let shown = |part: Part| {
        let detail = match part.detail {
            Shown::Nothing => String::new(),
            Shown::Text(text) => text,
            Shown::Count(key, count) => {
                panel.renderer.text(visit.language, key).replace("{n}", &number(count))
            }
        };
        let state = match part.state {
            PartState::Good => "good",
            PartState::Warn => "warn",
            PartState::Bad => "bad",
            PartState::Off => "off",
        };
        json!({ "key": part.key, "state": state, "detail": detail })
    };
    (panel.options.health)().into_iter().map(shown).collect()
}

/// A number with its sign by language, for changes.
pub(super) fn percents(language: Language, share: f64) -> String {
    let number = texts::decimal(language, share * 100.0, 1);
    match language {
        Language::Ru => format!("{number}\u{a0}%"),
        Language::En => format!("{number}%"),
    }
}
