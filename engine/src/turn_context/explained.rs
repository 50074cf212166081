//! What a node tells in a turn that is explained: see [`crate::explain`]. In other turns it costs nothing.

use std::borrow::Cow;

use serde_json::Value;

use super::TurnContext;
use crate::{catalog::Product, condition::Expression, text::shorten, trace::Understood, typed::Typed, vars};

impl TurnContext<'_> {
    /// A condition as the trace tells it: its source, and in an explained turn the values of what it reads.
    pub fn told<'e>(&self, condition: &'e Expression) -> Cow<'e, str> {
        let source = condition.source();
        if !self.turn_state.explained {
            return source.into();
        }
        let values: Vec<String> = condition
            .paths()
            .iter()
            .filter_map(|path| {
                let (root, fields) = path.split_first()?;
                let root = vars::VariableSource::root(self, root);
                let value =
                    fields.iter().try_fold(&root, |value, field| value.get(field)).unwrap_or(&Value::Null);
                let shown = Typed::tagged(value).map_or_else(|| value.to_string(), |typed| typed.iso());
                Some(format!("{} is {}", path.join("."), shorten(&shown, 60)))
            })
            .collect();
        if values.is_empty() { source.into() } else { format!("{source} ({})", values.join(", ")).into() }
    }

    /// Where the node says what it understood; `None` unless the turn is explained.
    pub fn understood(&mut self) -> Option<&mut Understood> {
        let explained = self.turn_state.explained;
        self.turn_state.trace.visits.last_mut().filter(|_| explained).map(|visit| &mut visit.understood)
    }

    /// Says in an explained turn which rows the message was found to be about.
    pub fn is_about(&mut self, rows: &[Product]) {
        if let Some(understood) = self.understood() {
            understood.rows = rows.iter().map(|row| row.article.clone()).collect();
        }
    }
}
