//! Texts that are no more than words and values one after another, which most are: they are written without the renderer
//! of templates, which builds a context and calls a helper for each value.

use handlebars::Output;
use serde_json::{Map, Value};

use super::{
    Rendered, bounds, percent_encoded,
    show::{DASH, find, form},
};
use crate::{condition::Expression, vars::VariableSource};

/// A part of such a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Words.
    Text(String),
    /// The value of a variable.
    Value {
        /// As it is written.
        path: String,
        /// Its names.
        names: Vec<String>,
    },
    /// The value of a computation, by its number.
    Computed(usize),
}

/// Writes the text.
///
/// # Errors
/// A variable leads to nothing, or the text is too long; in an address also a value that cannot be shown.
pub(super) fn render(
    pieces: &[Piece],
    values: &Map<String, Value>,
    computed: &[Expression],
    source: &dyn VariableSource,
    address: bool,
) -> Result<Rendered, String> {
    let (mut out, mut faults) = (bounds::Capped::default(), Vec::new());
    for piece in pieces {
        let shown = match piece {
            Piece::Text(text) => {
                add(&mut out, text)?;
                continue;
            }
            Piece::Value { path, names } => {
                let value = find(values, names).ok_or_else(|| format!("there is no `{path}`"))?;
                form(value, path, source.language(), address)
            }
            Piece::Computed(at) => {
                let value = computed.get(*at).map_or(Ok(Value::Null), |at| at.tagged_value(source));
                let value = value.map_err(|why| format!("{COMPUTATION}: {why}"));
                value.and_then(|value| form(&value, COMPUTATION, source.language(), address))
            }
        };
        match shown {
            Ok(text) if address => add(&mut out, &percent_encoded(&text))?,
            Ok(text) => add(&mut out, &text)?,
            Err(why) if address => return Err(why),
            Err(why) => {
                faults.push(why);
                add(&mut out, DASH)?;
            }
        }
    }
    Ok(Rendered { text: out.text, faults })
}

/// What a computation is called in a fault.
pub(super) const COMPUTATION: &str = "a computed value";

fn add(out: &mut bounds::Capped, part: &str) -> Result<(), String> {
    out.write(part).map_err(|_| bounds::Capped::error())
}
