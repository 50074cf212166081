//! The values that the examples of the reference stand on, so that each example can be evaluated as it is printed.

use serde_json::{Value, json};

use crate::{slot::Type, typed::Typed, vars};

/// The variables of the examples, printed above them in the reference.
pub(crate) struct SampleValues(Value);

impl SampleValues {
    /// A client in a dialog that has a name, a budget, a city and three goods.
    pub(crate) fn new() -> SampleValues {
        let typed = |kind, text| Typed::parse(kind, text).map(|typed| typed.tag());
        SampleValues(json!({
            "client": { "first_name": "Анна", "last_name": "", "username": "" },
            "message": { "text": "нужен насос" },
            "session": { "language": "ru", "flow": "shop" },
            "slots": {
                "name": "Anna",
                "city": null,
                "budget": 9500,
                "count": 3,
                "urgent": true,
                "contact": { "name": "Anna", "phone": "+79990001122" },
                "tags": ["new", "sale", "pump"],
                "day": typed(Type::Date, "2026-03-04"),
                "at": typed(Type::DateTime, "2026-03-04T10:00"),
                "length": typed(Type::Duration, "1h30m"),
                "price": typed(Type::Money, "4500 RUB"),
                "goods": [
                    { "name": "Pump", "price": 4990.5, "stock": 2 },
                    { "name": "Hose", "price": 700, "stock": 0 },
                    { "name": "Drill", "price": 12000, "stock": 5 },
                ],
            },
            "results": { "query": "pump", "total": 2, "items": [] },
            "company": { "name": "Example Ltd" },
            "now": typed(Type::DateTime, "2026-03-02T14:30"),
        }))
    }

    /// The slots as YAML, for the page.
    pub(crate) fn page(&self) -> String {
        let slots = self.0["slots"].as_object();
        let lines = slots.into_iter().flatten().map(|(name, value)| {
            let typed = Typed::tagged(value).map(|typed| format!("{name}: {}\n", typed.iso()));
            typed.unwrap_or_else(|| format!("{name}: {value}\n"))
        });
        lines.collect()
    }
}

impl vars::VariableSource for SampleValues {
    fn root(&self, name: &str) -> Value {
        self.0[name].clone()
    }
}
