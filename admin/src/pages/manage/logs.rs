//! The last lines of this process's log, with filters and a live tail.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::logs::{Level, LogLine, LogQuery};

use crate::{
    Panel,
    context::Visit,
    error::Served,
    form::{Params, filled},
    gate::encode,
    render::Page,
};

/// Lines of a page.
const LINES: usize = 200;

#[derive(Default, Deserialize)]
pub(crate) struct Filter {
    level: Option<String>,
    target: Option<String>,
    q: Option<String>,
    /// Only lines after this number.
    after: Option<u64>,
}

impl Filter {
    fn level(&self) -> Option<Level> {
        filled(&self.level).and_then(Level::parse)
    }

    fn query(&self) -> LogQuery {
        LogQuery {
            level: self.level(),
            target: filled(&self.target).map(str::to_owned),
            text: filled(&self.q).map(str::to_owned),
            after: self.after.unwrap_or_default(),
            limit: LINES,
        }
    }

    fn address(&self, path: &str) -> String {
        let fields = [
            ("level", self.level().map(Level::name)),
            ("target", filled(&self.target)),
            ("q", filled(&self.q)),
        ];
        let parts: Vec<String> =
            fields.iter().filter_map(|(name, value)| Some(format!("{name}={}", encode((*value)?)))).collect();
        format!("{path}?{}", parts.join("&"))
    }
}

fn data(panel: &Panel, visit: &Visit, filter: &Filter) -> Value {
    let (last, lines) = panel.options.log.read(&filter.query());
    let line = |line: &LogLine| {
        json!({
            "seq": line.seq, "hms": visit.times.formatted(line.at, "%H:%M:%S"), "at": line.at,
            "level": line.level.name(), "target": line.target, "text": line.text,
        })
    };
    json!({ "last": last, "lines": lines.iter().map(line).collect::<Vec<_>>() })
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(filter): Params<Filter>,
) -> Served {
    let mut data = data(&panel, &visit, &filter);
    data["src"] = filter.address("/admin/logs/lines").into();
    data["kept"] = panel.options.log.capacity().into();
    data["levels"] = Level::ALL.map(Level::name).into_iter().collect();
    data["filter"] = json!({
        "level": filter.level().map_or("", Level::name), "target": filled(&filter.target).unwrap_or_default(),
        "q": filled(&filter.q).unwrap_or_default(),
    });
    let title = panel.renderer.text(visit.language, "nav.logs");
    panel.page(&visit, Page { template: "logs", section: "logs", title }, data).await
}

pub(crate) async fn lines(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(filter): Params<Filter>,
) -> Served {
    let data = data(&panel, &visit, &filter);
    panel.fragment(&visit, "log_lines", data)
}
