//! The helpers of the templates: texts, numbers and times of the page's language.

use std::sync::Arc;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, ScopedJson,
};
use jiff::tz::TimeZone;
use serde_json::Value;
use tolmach_engine::language::Language;

use crate::{
    assets::Versions,
    context::Visit,
    texts::{self, Texts},
    times::Times,
};

/// Where the page's time and zone stand in its data; the key is nobody else's.
const TIMES: &str = "\u{1}times";

/// Adds the page's time and zone to its data.
pub(super) fn with_times(context: &mut Context, visit: &Visit) {
    let times = &visit.times;
    let zone = times.zone.iana_name().map(str::to_owned).unwrap_or_default();
    if let Value::Object(root) = context.data_mut() {
        root.insert(TIMES.to_owned(), serde_json::json!({ "now": times.now, "zone": zone }));
    }
}

fn language(context: &Context) -> Language {
    let code = context.data().get("lang").and_then(Value::as_str).unwrap_or_default();
    Language::ALL.into_iter().find(|language| language.code() == code).unwrap_or_default()
}

fn times(context: &Context) -> Times {
    let stored = context.data().get(TIMES);
    let zone = stored.and_then(|times| times["zone"].as_str()).and_then(|name| TimeZone::get(name).ok());
    let now = stored.and_then(|times| times["now"].as_i64()).unwrap_or_default();
    Times { language: language(context), zone: zone.unwrap_or(TimeZone::UTC), now }
}

/// What a helper needs to write text.
struct Call<'c> {
    texts: &'c Texts,
    assets: &'c Versions,
    context: &'c Context,
}

/// A helper that writes text, which is escaped.
struct Write {
    texts: Arc<Texts>,
    assets: Arc<Versions>,
    write: fn(&Call<'_>, &Helper<'_>) -> Result<String, RenderErrorReason>,
    /// Whether the text is markup of the helper's own, in which values are escaped already.
    markup: bool,
}

impl HelperDef for Write {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let call = Call { texts: &self.texts, assets: &self.assets, context };
        let text = (self.write)(&call, helper).map_err(RenderError::from)?;
        if self.markup {
            out.write(&text)?
        } else {
            out.write(&registry.get_escape_fn()(&text))?
        }
        Ok(())
    }

    /// The text as a value, where a helper stands within another one's parameters.
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let call = Call { texts: &self.texts, assets: &self.assets, context };
        let text = (self.write)(&call, helper).map_err(RenderError::from)?;
        Ok(ScopedJson::Derived(Value::String(text)))
    }
}

pub(super) fn register(engine: &mut Handlebars<'static>, texts: &Arc<Texts>, assets: &Arc<Versions>) {
    type Writer = fn(&Call<'_>, &Helper<'_>) -> Result<String, RenderErrorReason>;
    let mut add = |name: &str, markup: bool, write: Writer| {
        let (texts, assets) = (Arc::clone(texts), Arc::clone(assets));
        engine.register_helper(name, Box::new(Write { texts, assets, write, markup }));
    };
    add("t", false, text);
    add("n", false, counted);
    add("num", false, num);
    add("money", false, money);
    add("bytes", false, bytes);
    add("percent", false, percent);
    add("span", false, span);
    add("moment", false, moment);
    add("day", false, day);
    add("time", true, time);
    add("clock", true, clock);
    add("icon", true, icon);
    add("asset", false, asset);
    add("concat", false, concat);
    add("json", false, json);
    add("textarea", true, textarea);
}

/// The text of a `<textarea>`, in which only what could end it or begin an entity is markup: a large text stays as small as it is.
fn textarea(_: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let text = param(helper, 0)?.as_str().unwrap_or_default();
    Ok(text.replace('&', "&amp;").replace('<', "&lt;"))
}

fn wrong(why: impl Into<String>) -> RenderErrorReason {
    RenderErrorReason::Other(why.into())
}

fn param<'h>(helper: &'h Helper<'_>, at: usize) -> Result<&'h Value, RenderErrorReason> {
    let param = helper.param(at).ok_or_else(|| wrong(format!("{} needs another value", helper.name())))?;
    if param.is_value_missing() {
        return Err(wrong(format!(
            "{}: no {}",
            helper.name(),
            param.relative_path().map_or("value", String::as_str)
        )));
    }
    Ok(param.value())
}

fn integer(helper: &Helper<'_>, at: usize) -> Result<i64, RenderErrorReason> {
    let value = param(helper, at)?;
    #[expect(clippy::cast_possible_truncation, reason = "times and counts are far below 2^53")]
    let whole = |number: f64| number.round() as i64;
    value
        .as_i64()
        .or_else(|| value.as_f64().map(whole))
        .ok_or_else(|| wrong(format!("{}: {value} is no number", helper.name())))
}

fn float(helper: &Helper<'_>, at: usize) -> Result<f64, RenderErrorReason> {
    let value = param(helper, at)?;
    value.as_f64().ok_or_else(|| wrong(format!("{}: {value} is no number", helper.name())))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn text(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let key = shown(param(helper, 0)?);
    let text =
        call.texts.get(language(call.context), &key).ok_or_else(|| wrong(format!("no text `{key}`")))?;
    let mut text = text.to_owned();
    for (name, value) in helper.hash() {
        text = text.replace(&format!("{{{name}}}"), &shown(value.value()));
    }
    Ok(text)
}

fn counted(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let (count, noun) = (integer(helper, 0)?, shown(param(helper, 1)?));
    let counted = call.texts.counted(language(call.context), count, &noun);
    counted.ok_or_else(|| wrong(format!("no text `n.{noun}`")))
}

/// A number; nothing where there is none.
fn num(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    if param(helper, 0)?.is_null() {
        return Ok(String::new());
    }
    Ok(texts::decimal(language(call.context), float(helper, 0)?, 2))
}

/// An amount; nothing where there is none.
fn money(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    if param(helper, 0)?.is_null() {
        return Ok(String::new());
    }
    let (amount, currency) = (float(helper, 0)?, shown(param(helper, 1)?));
    Ok(texts::priced(language(call.context), amount, &currency))
}

fn bytes(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let (language, bytes) = (language(call.context), float(helper, 0)?);
    let (value, unit, places) = match bytes {
        bytes if bytes < 1024.0 => (bytes, "unit.b", 0),
        bytes if bytes < 1024.0 * 1024.0 => (bytes / 1024.0, "unit.kb", 0),
        bytes => (bytes / (1024.0 * 1024.0), "unit.mb", 1),
    };
    let unit = call.texts.get(language, unit).unwrap_or_default();
    Ok(format!("{}\u{a0}{unit}", texts::decimal(language, value, places)))
}

fn percent(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let language = language(call.context);
    let number = texts::decimal(language, float(helper, 0)? * 100.0, 1);
    Ok(match language {
        Language::Ru => format!("{number}\u{a0}%"),
        Language::En => format!("{number}%"),
    })
}

fn span(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    if param(helper, 0)?.is_null() {
        return Ok(String::new());
    }
    Ok(times(call.context).span(call.texts, integer(helper, 0)?))
}

fn moment(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    Ok(times(call.context).moment(call.texts, integer(helper, 0)?))
}

fn day(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    Ok(times(call.context).day(call.texts, integer(helper, 0)?))
}

fn time(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let (at, times) = (integer(helper, 0)?, times(call.context));
    Ok(time_element(call, &times, at, &times.relative(call.texts, at)))
}

fn clock(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let (at, times) = (integer(helper, 0)?, times(call.context));
    Ok(time_element(call, &times, at, &times.clock(at)))
}

fn time_element(call: &Call<'_>, times: &Times, at: i64, shown: &str) -> String {
    let title = handlebars::html_escape(&times.moment(call.texts, at));
    let shown = handlebars::html_escape(shown);
    format!("<time datetime=\"{}\" title=\"{title}\">{shown}</time>", times.machine(at))
}

fn icon(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let name = shown(param(helper, 0)?);
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(wrong(format!("`{name}` is no icon")));
    }
    let address = call.assets.address("icons.svg");
    Ok(format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{address}#{name}\"/></svg>"))
}

fn asset(call: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let name = shown(param(helper, 0)?);
    if !call.assets.knows(&name) {
        return Err(wrong(format!("no file `{name}`")));
    }
    Ok(call.assets.address(&name))
}

fn concat(_: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    (0..helper.params().len()).map(|at| param(helper, at).map(shown)).collect()
}

fn json(_: &Call<'_>, helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    Ok(param(helper, 0)?.to_string())
}
