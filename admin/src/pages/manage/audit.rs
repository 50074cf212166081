//! The audit log: who changed what, with what was there before and after.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::IntoResponse,
};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::{accounts::TOKENS, audit};
use tolmach_runtime::ports::{AuditEntry, AuditQuery, AuditResult, Order, Page as Cut, Via};

use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{Params, filled},
    gate::encode,
    render::Page,
};

/// Rows of a page.
const ROWS: u32 = 50;

/// Which rows are shown, as the address says.
#[derive(Default, Deserialize)]
pub(crate) struct Filter {
    actor: Option<String>,
    action: Option<String>,
    object: Option<String>,
    /// Days in the company's time zone, `2026-11-29`; both are included.
    from: Option<String>,
    to: Option<String>,
    /// Only rows below this number.
    before: Option<i64>,
}

impl Filter {
    fn fields(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("actor", filled(&self.actor)),
            ("action", filled(&self.action)),
            ("object", filled(&self.object)),
            ("from", filled(&self.from)),
            ("to", filled(&self.to)),
        ]
    }

    fn address(&self, path: &str, before: Option<i64>) -> String {
        let fields = self.fields();
        let given = fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", encode((*value)?))));
        let mut parts: Vec<String> = given.collect();
        parts.extend(before.map(|before| format!("before={before}")));
        if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
    }

    fn query(&self, visit: &Visit, limit: u32) -> Result<AuditQuery, Failure> {
        let day = |field: &Option<String>| -> Result<Option<Date>, Failure> {
            filled(field).map(str::parse).transpose().map_err(|_| Failure::Bad("audit.bad_day"))
        };
        let begins = |day: Date| -> Result<i64, Failure> {
            let start = day.to_zoned(visit.times.zone.clone()).map_err(|_| Failure::Bad("audit.bad_day"))?;
            Ok(start.timestamp().as_millisecond())
        };
        let until = day(&self.to)?.map(|day| day.tomorrow().map_err(|_| Failure::Bad("audit.bad_day")));
        let owned = |field: &Option<String>| filled(field).map(str::to_owned);
        Ok(AuditQuery {
            actor: owned(&self.actor),
            action: owned(&self.action),
            object: owned(&self.object),
            since: day(&self.from)?.map(begins).transpose()?,
            until: until.transpose()?.map(begins).transpose()?,
            order: Order::NewestFirst,
            page: Cut { limit, after: self.before },
        })
    }
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(filter): Params<Filter>,
) -> Served {
    let mut entries = audit::list(panel.store(), &filter.query(&visit, ROWS + 1)?).await?;
    let more = entries.len() > ROWS as usize;
    entries.truncate(ROWS as usize);
    let last = entries.last().map(|entry| entry.seq).filter(|_| more);
    let mut actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    actions.sort_unstable();
    actions.dedup();
    let filtered = filter.fields().iter().any(|(_, value)| value.is_some());
    let mut data = json!({
        "rows": entries.iter().map(|entry| row(&filter, entry)).collect::<Vec<_>>(),
        "actions": actions,
        "filtered": filtered,
        "older_href": last.map(|last| filter.address("/admin/audit", Some(last))),
        "newest_href": filter.before.map(|_| filter.address("/admin/audit", None)),
        "export_href": filter.address("/admin/audit.csv", None),
        "exported": audit::EXPORTED,
    });
    for (name, value) in filter.fields() {
        data["filter"][name] = value.unwrap_or_default().into();
    }
    let title = panel.renderer.text(visit.language, "nav.audit");
    panel.page(&visit, Page { template: "audit", section: "audit", title }, data).await
}

fn row(filter: &Filter, entry: &AuditEntry) -> Value {
    let AuditEntry { seq, at, actor, action, object, result, details } = entry;
    let token = match &actor.via {
        Via::Staff(channel) => channel.strip_prefix(TOKENS),
        _ => None,
    };
    let via = match &actor.via {
        Via::Client => "client",
        Via::Staff(channel) if channel == "panel" => "panel",
        Via::Staff(_) if token.is_some() => "api",
        Via::Staff(_) => "staff",
        Via::Cli => "cli",
        Via::System => "system",
    };
    let failure = match result {
        AuditResult::Done => None,
        AuditResult::Failed(why) => Some(why),
    };
    let only = |actor: Option<&str>, object: Option<&str>| {
        let one = Filter {
            actor: actor.map(str::to_owned).or_else(|| filter.actor.clone()),
            object: object.map(str::to_owned).or_else(|| filter.object.clone()),
            action: filter.action.clone(),
            from: filter.from.clone(),
            to: filter.to.clone(),
            before: None,
        };
        one.address("/admin/audit", None)
    };
    json!({
        "seq": seq, "at": at, "actor": actor.id, "via": via, "token": token, "action": action, "object": object, "failure": failure,
        "changes": changes(details), "actor_href": only(Some(&actor.id), None),
        "object_href": (!object.is_empty()).then(|| only(None, Some(object))),
    })
}

/// What a row says was changed: each field before and after, then the other details.
pub(super) fn changes(details: &Value) -> Vec<Value> {
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let Some(details) = details.as_object() else { return Vec::new() };
    let (before, after) = (details.get("before"), details.get("after"));
    let fields = |part: Option<&Value>| {
        part.and_then(Value::as_object)
            .map(|part| part.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let mut names = fields(before);
    names.extend(fields(after));
    names.sort();
    names.dedup();
    let of = |part: Option<&Value>, name: &str| shown(part.and_then(|part| part.get(name)));
    let mut changes: Vec<Value> = names
        .iter()
        .map(|name| json!({ "name": name, "before": of(before, name), "after": of(after, name), "pair": true }))
        .filter(|change| change["before"] != change["after"])
        .collect();
    let others = details.iter().filter(|(name, _)| !["before", "after"].contains(&name.as_str()));
    changes.extend(others.map(
        |(name, value)| json!({ "name": name, "before": "", "after": shown(Some(value)), "pair": false }),
    ));
    changes
}

pub(crate) async fn export(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(filter): Params<Filter>,
) -> Served {
    let entries = audit::list(panel.store(), &filter.query(&visit, audit::EXPORTED)?).await?;
    let keys = [
        "audit.at",
        "audit.actor",
        "audit.via",
        "audit.action",
        "audit.object",
        "audit.failure",
        "audit.details",
    ];
    let headings = keys.map(|key| panel.renderer.text(visit.language, key));
    let csv = audit::csv(&entries, headings, |at| visit.times.formatted(at, "%Y-%m-%d %H:%M:%S"));
    let name = "attachment; filename=\"audit.csv\"";
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, name)], csv).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change() {
        let details = json!({ "before": { "role": "owner", "version": 1 }, "after": { "role": "manager", "version": 1, "new": true }, "note": "why" });
        let shown = changes(&details);
        let texts: Vec<String> = shown
            .iter()
            .map(|one| {
                format!(
                    "{}: {} > {}",
                    one["name"].as_str().unwrap(),
                    one["before"].as_str().unwrap(),
                    one["after"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(texts, ["new:  > true", "role: owner > manager", "note:  > why"]);
        assert_eq!(changes(&Value::Null), Vec::<Value>::new());
        assert_eq!(changes(&json!({ "before": null, "after": { "a": 1 } })).len(), 1);
    }
}
