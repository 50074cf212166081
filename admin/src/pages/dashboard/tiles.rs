//! The numbers on top, each beside that of the period before.

use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    figures::{Figures, Pair},
    spending::Cost,
};

use super::{percents, share};
use crate::{Panel, charts, context::Visit, texts};

/// What more of something means.
#[derive(Clone, Copy)]
enum More {
    Better,
    Worse,
    Neither,
}

struct Tile {
    key: &'static str,
    kind: &'static str,
    /// `None` when it is not known.
    value: Option<f64>,
    change: Option<Value>,
    spark: Option<charts::Spark>,
    href: Option<String>,
    /// What is shown instead of a number.
    text: String,
    /// What is not in the value.
    note: Option<String>,
}

impl Tile {
    fn shown(self) -> Value {
        json!({
            "key": self.key, "kind": self.kind, "value": self.value.unwrap_or_default(), "currency": "",
            "known": self.value.is_some(), "change": self.change, "share": null, "spark": self.spark, "href": self.href,
            "text": self.text, "note": self.note,
        })
    }
}

pub(super) fn tiles(panel: &Panel, visit: &Visit, figures: &Figures) -> Vec<Value> {
    let language = visit.language;
    let begun: Vec<_> = figures.steps.iter().filter(|step| step.begun).collect();
    let spark = |value: &dyn Fn(usize) -> f64| {
        let values: Vec<f64> = (0..begun.len()).map(value).collect();
        charts::spark(&values)
    };
    let of = |at: usize| begun.get(at).map(|step| **step).unwrap_or_default();
    let counted = |pair: Pair, more| {
        let by = if pair.before == 0 { 0.0 } else { pair.now as f64 / pair.before as f64 - 1.0 };
        let before = texts::number(language, i64::try_from(pair.before).unwrap_or(i64::MAX));
        (pair.before > 0).then(|| change(by, 0.001, more, &percents(language, by.abs()), &before))
    };
    let shared = |now: f64, before: Option<f64>| {
        before.map(|before| {
            let points = texts::decimal(language, (now - before).abs() * 100.0, 1);
            let by = format!("{points}\u{a0}{}", panel.renderer.text(language, "unit.points"));
            change(now - before, 0.0005, More::Better, &by, &percents(language, before))
        })
    };
    let of_dialogs = |part: Pair| {
        let known = figures.dialogs.before > 0;
        let before = known.then(|| share(part.before, figures.dialogs.before));
        (share(part.now, figures.dialogs.now), before)
    };
    let (conversion, conversion_before) = of_dialogs(figures.leads);
    let (alone, alone_before) = of_dialogs(figures.alone);
    let (reply, reply_before) = (figures.replies.median, figures.replies_before.median);
    let reply_change = reply.zip(reply_before).map(|(now, before)| {
        let by = panel.renderer.span(visit, (now - before).abs());
        change((now - before) as f64, 999.0, More::Worse, &by, &panel.renderer.span(visit, before))
    });
    let any = figures.dialogs.now > 0;
    let leads = format!("/admin/leads?view=table&since={}", figures.from);
    let mut tiles = vec![
        Tile {
            key: "dialogs",
            kind: "count",
            value: Some(figures.dialogs.now as f64),
            change: counted(figures.dialogs, More::Better),
            spark: spark(&|at| of(at).dialogs as f64),
            href: None,
            text: String::new(),
            note: None,
        },
        Tile {
            key: "leads",
            kind: "count",
            value: Some(figures.leads.now as f64),
            change: counted(figures.leads, More::Better),
            spark: spark(&|at| of(at).leads as f64),
            href: visit.may(Permission::SeeLeads).then_some(leads),
            text: String::new(),
            note: None,
        },
        Tile {
            key: "conversion",
            kind: "percent",
            value: any.then_some(conversion),
            change: shared(conversion, conversion_before).filter(|_| any),
            spark: spark(&|at| share(of(at).leads, of(at).dialogs)),
            href: None,
            text: String::new(),
            note: None,
        },
        Tile {
            key: "first_reply",
            kind: "span",
            value: reply.map(|reply| reply as f64),
            change: reply_change,
            spark: None,
            href: None,
            text: String::new(),
            note: None,
        },
        Tile {
            key: "alone",
            kind: "percent",
            value: any.then_some(alone),
            change: shared(alone, alone_before).filter(|_| any),
            spark: spark(&|at| share(of(at).alone, of(at).dialogs)),
            href: None,
            text: String::new(),
            note: None,
        },
        Tile {
            key: "calls",
            kind: "count",
            value: Some(figures.calls.now as f64),
            change: counted(figures.calls, More::Neither),
            spark: None,
            href: Some("#models-h".to_owned()),
            text: String::new(),
            note: None,
        },
    ];
    // Without a call there is nothing to be told of the cost, not even that it is not known.
    if figures.calls.now + figures.calls.before > 0 {
        tiles.push(cost(panel, visit, figures));
    }
    tiles.into_iter().map(Tile::shown).collect()
}

fn cost(panel: &Panel, visit: &Visit, figures: &Figures) -> Tile {
    let language = visit.language;
    let (now, before) = (&figures.cost, &figures.cost_before);
    // Only what is known as a whole, in one currency, can be compared.
    let whole = |cost: &Cost| match cost.amounts.as_slice() {
        [one] if cost.unpriced + cost.unknown == 0 => Some((one.number(), one.currency.clone())),
        _ => None,
    };
    let compared = whole(now).zip(whole(before)).filter(|((_, one), (_, other))| one == other);
    let change = compared.filter(|(_, (before, _))| *before > 0.0).map(|((now, _), (old, _))| {
        let by = now / old - 1.0;
        change(
            by,
            0.001,
            More::Neither,
            &percents(language, by.abs()),
            &texts::amounts(language, &before.amounts),
        )
    });
    let left_out = now.unpriced + now.unknown;
    let note = (left_out > 0).then(|| panel.renderer.counted(visit, left_out, "call_left_out"));
    Tile {
        key: "cost",
        kind: "text",
        value: (!now.amounts.is_empty()).then_some(0.0),
        change,
        spark: None,
        href: Some("#models-h".to_owned()),
        text: texts::amounts(language, &now.amounts),
        note,
    }
}

/// A change by `amount`; below `least` nothing has changed.
fn change(amount: f64, least: f64, more: More, by: &str, before: &str) -> Value {
    let way = match amount {
        amount if amount.abs() < least => "same",
        amount if amount > 0.0 => "up",
        _ => "down",
    };
    let good = match (more, way) {
        (More::Neither, _) | (_, "same") => "",
        (More::Better, "up") | (More::Worse, "down") => "yes",
        _ => "no",
    };
    json!({ "way": way, "by": by, "good": good, "before": before })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_says_whether_it_is_good() {
        let of = |amount, more| {
            let change = change(amount, 0.001, more, "1", "2");
            (change["way"].as_str().unwrap().to_owned(), change["good"].as_str().unwrap().to_owned())
        };
        let pair = |way: &str, good: &str| (way.to_owned(), good.to_owned());
        assert_eq!(of(0.5, More::Better), pair("up", "yes"));
        assert_eq!(of(-0.5, More::Better), pair("down", "no"));
        assert_eq!(of(-5.0, More::Worse), pair("down", "yes"));
        assert_eq!(of(0.0001, More::Worse), pair("same", ""));
        assert_eq!(of(7.0, More::Neither), pair("up", ""));
    }
}
