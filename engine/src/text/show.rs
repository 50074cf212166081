//! The helpers of templates, and what they say of values that they cannot show.
//!
//! A text is sent even where one of its values is unset or of another type: a dash stands for the value, and the trace
//! has a fault. An address fails instead: nothing is asked of another system with a dash in it.

use std::{cell::RefCell, cmp::Ordering};

use handlebars::{
    Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason, ScopedJson,
};
use serde_json::{Map, Value, json};

use super::{money_in, russian_plural, simple::COMPUTATION};
use crate::{
    language::Language,
    typed::{DateStyle, Typed, format_date, show},
};

/// Stands for a value that cannot be shown.
pub(super) const DASH: &str = "—";

/// The helper that every `{{variable}}` is turned into.
pub(super) const SHOW: &str = "show";
/// The helper that computes with values.
pub(super) const CALC: &str = "calc";
/// Where the values of computations are in the context.
pub(super) const COMPUTED: &str = "@calc";
/// The field of a computation that has no value.
pub(super) const WHY: &str = "$why";

/// What the rendering at hand needs beside the values. Rendering neither waits nor changes threads.
#[derive(Debug, Default)]
struct Rendering {
    language: Language,
    for_machines: bool,
    faults: Vec<String>,
}

thread_local! {
    static RENDERING: RefCell<Rendering> = RefCell::default();
}

/// Begins a rendering.
pub(super) fn begin(language: Language, for_machines: bool) {
    RENDERING.set(Rendering { language, for_machines, faults: Vec::new() });
}

/// Ends the rendering; returns its faults.
pub(super) fn end() -> Vec<String> {
    RENDERING.take().faults
}

fn language() -> Language {
    RENDERING.with_borrow(|rendering| rendering.language)
}

type Shown<'rc> = Result<ScopedJson<'rc>, RenderError>;

fn text<'rc>(text: String) -> Shown<'rc> {
    Ok(ScopedJson::Derived(Value::String(text)))
}

/// A dash with a fault, or an error for machines.
fn fault<'rc>(why: String) -> Shown<'rc> {
    let machine = RENDERING.with_borrow_mut(|rendering| {
        if !rendering.for_machines {
            rendering.faults.push(why.clone());
        }
        rendering.for_machines
    });
    if machine { Err(RenderErrorReason::Other(why).into()) } else { text(DASH.to_owned()) }
}

/// The value of a parameter and how it is written in the template.
fn parameter<'h>(helper: &'h Helper<'_>, at: usize) -> (&'h Value, String) {
    let Some(found) = helper.param(at) else { return (&Value::Null, "nothing".to_owned()) };
    let written = found.relative_path().cloned();
    (found.value(), written.unwrap_or_else(|| found.value().to_string()))
}

/// What a value is, in a message; never the value itself, which may be personal.
fn told(value: &Value) -> String {
    match (Typed::tagged(value), value) {
        (Some(typed), _) => typed.kind().told().to_owned(),
        (None, Value::Null) => "unset".to_owned(),
        (None, Value::String(_)) => "a text".to_owned(),
        (None, Value::Number(_)) => "a number".to_owned(),
        (None, Value::Bool(_)) => "true or false".to_owned(),
        (None, Value::Array(_)) => "a list".to_owned(),
        (None, Value::Object(_)) => "a group of values".to_owned(),
    }
}

fn shown<'rc>(value: &Value, path: &str) -> Shown<'rc> {
    if let Some(why) = value.get(WHY).and_then(Value::as_str) {
        return fault(format!("{path}: {why}"));
    }
    let (language, machine) = RENDERING.with_borrow(|rendering| (rendering.language, rendering.for_machines));
    match form(value, path, language, machine) {
        Ok(shown) => text(shown),
        Err(why) => fault(why),
    }
}

/// A value as a client reads it, or as a machine does.
///
/// # Errors
/// Why the value at this path cannot be shown.
pub(super) fn form(value: &Value, path: &str, language: Language, machine: bool) -> Result<String, String> {
    if machine && !value.is_null() {
        let plain = Typed::tagged(value).map(|typed| typed.iso());
        return Ok(plain.unwrap_or_else(|| super::plain(value)));
    }
    show(value, language).map_err(|why| format!("`{path}` is {why}"))
}

/// The value at a path. What is inside something unset is unset; `None` where a group has no such field.
pub(super) fn find<'v>(values: &'v Map<String, Value>, names: &[String]) -> Option<&'v Value> {
    let (root, fields) = names.split_first()?;
    fields.iter().try_fold(values.get(root)?, |value, name| match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(items) => {
            Some(name.parse().ok().and_then(|at: usize| items.get(at)).unwrap_or(&Value::Null))
        }
        _ => Some(&Value::Null),
    })
}

/// `{{slots.budget}}`: a value by its path from the root, which is written out, or a value of a loop's item.
pub(super) struct Show;

impl HelperDef for Show {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Shown<'rc> {
        let Some(found) = helper.param(0) else { return fault("nothing to show".to_owned()) };
        if let Some(path) = found.relative_path() {
            return shown(found.value(), path);
        }
        let path = found.value().as_str().unwrap_or_default();
        let names = helper.param(1).and_then(|names| names.value().as_array());
        let names: Vec<String> =
            names.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        let value = context.data().as_object().and_then(|values| find(values, &names));
        let value = value.ok_or_else(|| RenderErrorReason::Other(format!("there is no `{path}`")))?;
        shown(value, path)
    }
}

/// `{{calc "slots.day + days(2)"}}`: the value of an expression; its number stands for it.
pub(super) struct Calc;

impl HelperDef for Calc {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Shown<'rc> {
        let at = helper.param(0).and_then(|at| at.value().as_u64()).and_then(|at| usize::try_from(at).ok());
        let value = at.and_then(|at| context.data().get(COMPUTED)?.get(at)).unwrap_or(&Value::Null);
        Ok(ScopedJson::Derived(value.clone()))
    }

    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        rendering: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn handlebars::Output,
    ) -> handlebars::HelperResult {
        let value = self.call_inner(helper, registry, context, rendering)?;
        let shown = shown(value.as_json(), COMPUTATION)?;
        out.write(&registry.get_escape_fn()(&shown.render()))?;
        Ok(())
    }
}

/// A helper that makes a text of its parameters.
pub(super) struct Format(pub(super) for<'h, 'rc> fn(&'h Helper<'rc>) -> Shown<'rc>);

impl HelperDef for Format {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Shown<'rc> {
        (self.0)(helper)
    }
}

/// A helper that compares its two parameters.
pub(super) struct Compare(pub(super) &'static str, pub(super) fn(Ordering) -> bool);

impl HelperDef for Compare {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Shown<'rc> {
        let ((a, first), (b, second)) = (parameter(helper, 0), parameter(helper, 1));
        let equality = matches!(self.0, "eq" | "ne");
        let order = match (order(a, b), equality) {
            (Some(order), _) => Some(order),
            (None, true) => Some(if a == b { Ordering::Equal } else { Ordering::Less }),
            // An unset value is neither less nor more.
            (None, false) if a.is_null() || b.is_null() => None,
            (None, false) => {
                let why = format!("`{}`: {first} is {}, {second} is {}", self.0, told(a), told(b));
                fault(why)?;
                None
            }
        };
        Ok(ScopedJson::Derived(json!(order.is_some_and(self.1))))
    }
}

/// The order of two values of one type; a text may stand for a value of the other's type.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (Typed::tagged(a), Typed::tagged(b)) {
        (Some(a), Some(b)) => a.compare(&b).ok(),
        (Some(a), None) => a.compare(&Typed::parse(a.kind(), b.as_str()?)?).ok(),
        (None, Some(b)) => Typed::parse(b.kind(), a.as_str()?)?.compare(&b).ok(),
        (None, None) => match (a, b) {
            (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        },
    }
}

/// A number, or the amount of money.
fn amount(value: &Value) -> Option<f64> {
    match Typed::tagged(value) {
        Some(Typed::Money(money)) => Some(money.amount),
        Some(_) => None,
        None => value.as_f64(),
    }
}

/// `{{money 1992.6 "RUB"}}` is «1 992,60 ₽»; of an amount of money the currency is known.
pub(super) fn money<'rc>(helper: &Helper<'rc>) -> Shown<'rc> {
    let (value, written) = parameter(helper, 0);
    if let Some(Typed::Money(money)) = Typed::tagged(value) {
        return text(money_in(money.amount, &money.currency, language()));
    }
    let Some(number) = value.as_f64() else {
        return fault(format!("`money` shows a number or money, and `{written}` is {}", told(value)));
    };
    let currency = parameter(helper, 1).0.as_str().unwrap_or_default().to_owned();
    text(money_in(number, &currency, language()))
}

/// `{{date slots.day "day"}}` is «29 ноября».
pub(super) fn date<'rc>(helper: &Helper<'rc>) -> Shown<'rc> {
    let (value, written) = parameter(helper, 0);
    let day = match Typed::tagged(value) {
        Some(Typed::Date(day)) => day,
        Some(Typed::DateTime(at)) => at.date(),
        _ => return fault(format!("`date` shows a date, and `{written}` is {}", told(value))),
    };
    let name = helper.param(1).map_or("short", |style| style.value().as_str().unwrap_or_default());
    match DateStyle::ALL.into_iter().find(|(known, _)| *known == name) {
        Some((_, style)) => text(format_date(day, style, language())),
        None => fault(format!("`date` has no style `{name}`")),
    }
}

/// `{{time now}}` is «14:30».
pub(super) fn time<'rc>(helper: &Helper<'rc>) -> Shown<'rc> {
    let (value, written) = parameter(helper, 0);
    match Typed::tagged(value) {
        Some(Typed::Time(at)) => shown(&Typed::Time(at).tag(), &written),
        Some(Typed::DateTime(at)) => shown(&Typed::Time(at.time()).tag(), &written),
        _ => fault(format!("`time` shows a time, and `{written}` is {}", told(value))),
    }
}

/// `{{number 12500.5}}` is «12 500,50»: grouped, with two digits after the mark where there are any.
pub(super) fn number<'rc>(helper: &Helper<'rc>) -> Shown<'rc> {
    let (value, written) = parameter(helper, 0);
    match amount(value) {
        Some(number) => text(money_in(number, "", language())),
        None => fault(format!("`number` shows a number, and `{written}` is {}", told(value))),
    }
}

/// `{{plural slots.results.total "товар" "товара" "товаров"}}` chooses by Russian rules; two forms are English ones.
pub(super) fn plural<'rc>(helper: &Helper<'rc>) -> Shown<'rc> {
    let (value, written) = parameter(helper, 0);
    let Some(count) = amount(value) else {
        return fault(format!("`plural` counts a number, and `{written}` is {}", told(value)));
    };
    let forms: Vec<&str> =
        (1..).map_while(|at| helper.param(at)).filter_map(|form| form.value().as_str()).collect();
    match forms.as_slice() {
        [one, few, many] => text(russian_plural(count, one, few, many).to_owned()),
        [one, _] if count == 1.0 => text((*one).to_owned()),
        [_, many] => text((*many).to_owned()),
        _ => Err(RenderErrorReason::Other("plural needs a number and two or three forms".to_owned()).into()),
    }
}
