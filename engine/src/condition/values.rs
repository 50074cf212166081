//! Values of [`Typed`] inside CEL: their operators, and the functions that make and compare them.

use std::{any::Any, cmp::Ordering, collections::HashMap, sync::Arc};

use cel::{
    Env, ExecutionError,
    common::{
        traits::{Adder, Comparer, Divider, Indexer, Multiplier, Subtractor},
        types::{
            CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt, DYN_TYPE,
            Kind, Type as CelType,
        },
        value::{CowVal, StaticVal, Val},
    },
};
use serde_json::Value;

use crate::{
    slot::Type,
    typed::{Money, Period, Typed, plain_number},
};

static TYPE: CelType = CelType::new_unspecified_type("tolmach.typed");

/// A value of one of our types, with its fields.
#[derive(Debug, Clone)]
struct TypedVal {
    typed: Typed,
    /// As [`Typed::tag`] gives it; of `now` with fields of its own.
    tag: Arc<Value>,
}

impl TypedVal {
    fn new(typed: Typed) -> TypedVal {
        let tag = Arc::new(typed.tag());
        TypedVal { typed, tag }
    }
}

fn failed(why: String) -> ExecutionError {
    ExecutionError::function_error("values", why)
}

/// The other side of an operator: a value of our types, or a text that is one (`'2026-12-31'`, `'2d'`).
fn other(of: &Typed, value: &(dyn Val + '_), kinds: &[Type]) -> Result<Typed, ExecutionError> {
    if let Some(other) = value.downcast_ref::<TypedVal>() {
        return Ok(other.typed.clone());
    }
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        let read = kinds.iter().find_map(|kind| Typed::parse(*kind, text.inner()));
        return read.ok_or_else(|| failed(format!("'{}' is no {}", text.inner(), of.kind().name())));
    }
    let found = if value.get_type().kind() == Kind::NullType { "nothing" } else { value.get_type().name() };
    Err(failed(format!("{} does not go with {found}", of.kind().told())))
}

fn number(value: &(dyn Val + '_)) -> Option<f64> {
    value
        .downcast_ref::<CelDouble>()
        .map(|number| *number.inner())
        .or_else(|| value.downcast_ref::<CelInt>().map(|number| *number.inner() as f64))
        .or_else(|| value.downcast_ref::<CelUInt>().map(|number| *number.inner() as f64))
}

fn owned<'b, 'v>(typed: Result<Typed, String>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    Ok(CowVal::owned(TypedVal::new(typed.map_err(failed)?)))
}

impl Val for TypedVal {
    fn get_type(&self) -> &CelType {
        &TYPE
    }

    fn cel_type() -> &'static CelType {
        &TYPE
    }

    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_subtractor<'b, 'v>(&'b self) -> Option<&'b (dyn Subtractor + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_multiplier<'b, 'v>(&'b self) -> Option<&'b (dyn Multiplier + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_divider<'b, 'v>(&'b self) -> Option<&'b (dyn Divider + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_comparer(&self) -> Option<&dyn Comparer> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, value: &dyn Val) -> bool {
        if value.get_type().kind() == Kind::NullType {
            return false;
        }
        other(&self.typed, value, &[self.typed.kind()])
            .is_ok_and(|other| self.typed.compare(&other) == Ok(Ordering::Equal))
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for TypedVal {}

impl Adder for TypedVal {
    fn add<'b, 'v>(&'b self, rhs: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        owned(self.typed.plus(&other(&self.typed, rhs, &[Type::Duration])?))
    }
}

impl Subtractor for TypedVal {
    fn sub<'b, 'v>(&'b self, rhs: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        owned(self.typed.minus(&other(&self.typed, rhs, &[Type::Duration, self.typed.kind()])?))
    }
}

impl Multiplier for TypedVal {
    fn mul<'b, 'v>(&'b self, rhs: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let factor = number(rhs)
            .ok_or_else(|| failed(format!("{} is multiplied by a number", self.typed.kind().told())))?;
        owned(self.typed.times(factor))
    }
}

impl Divider for TypedVal {
    fn div<'b, 'v>(&'b self, rhs: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        match number(rhs) {
            Some(0.0) => Err(failed("division by zero".to_owned())),
            Some(divisor) => owned(self.typed.times(1.0 / divisor)),
            None => {
                let share =
                    self.typed.over(&other(&self.typed, rhs, &[self.typed.kind()])?).map_err(failed)?;
                Ok(CowVal::owned(CelDouble::from(share)))
            }
        }
    }
}

impl Comparer for TypedVal {
    fn compare(&self, rhs: &dyn Val) -> Result<Ordering, ExecutionError> {
        self.typed.compare(&other(&self.typed, rhs, &[self.typed.kind()])?).map_err(failed)
    }
}

impl TypedVal {
    fn field(&self, name: &dyn Val) -> Result<Box<dyn Val>, ExecutionError> {
        let name = name.downcast_ref::<CelString<'_>>().map(|name| name.inner()).unwrap_or_default();
        match self.tag.get(name) {
            Some(value) => Ok(to_val(value)),
            None => Err(failed(format!("{} has no field `{name}`", self.typed.kind().told()))),
        }
    }
}

impl Indexer for TypedVal {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(CowVal::Owned(self.field(name)?))
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.field(name)
    }
}

/// JSON as CEL's values; what is tagged becomes a value of our types.
pub(super) fn to_val(value: &Value) -> Box<dyn Val> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => Box::new(CelDouble::from(number.as_f64().unwrap_or_default())),
        Value::String(text) => Box::new(CelString::from(text.clone())),
        Value::Array(items) => Box::new(CelList::from(items.iter().map(to_val).collect::<Vec<_>>())),
        Value::Object(fields) => match Typed::tagged(value) {
            Some(typed) => Box::new(TypedVal { typed, tag: Arc::new(value.clone()) }),
            None => {
                let map: HashMap<CelMapKey<'static>, Box<dyn Val>> =
                    fields.iter().map(|(key, value)| (CelMapKey::from(key.clone()), to_val(value))).collect();
                Box::new(CelMap::from(map))
            }
        },
    }
}

/// CEL's values as JSON; those of our types as slots keep them, or `tagged` with their types.
///
/// # Errors
/// The value has no form in JSON.
pub(super) fn from_val(value: &(dyn Val + '_), tagged: bool) -> Result<Value, String> {
    if let Some(typed) = value.downcast_ref::<TypedVal>() {
        return Ok(if tagged { typed.typed.tag() } else { typed.typed.stored() });
    }
    if let Some(number) = number(value) {
        return if number.is_finite() {
            Ok(plain_number(number))
        } else {
            Err("the result is no number: something is divided by zero, or too large".to_owned())
        };
    }
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return Ok(Value::String(text.inner().to_owned()));
    }
    if let Some(value) = value.downcast_ref::<CelBool>() {
        return Ok(Value::Bool(*value.inner()));
    }
    if value.get_type().kind() == Kind::NullType {
        return Ok(Value::Null);
    }
    if let Some(items) = value.downcast_ref::<CelList<'_>>() {
        return items.inner().iter().map(|item| from_val(item.as_ref(), tagged)).collect();
    }
    if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        let mut fields = serde_json::Map::new();
        for (key, value) in map.inner().iter() {
            let key = from_val(key.inner(), tagged)?;
            let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            fields.insert(key, from_val(value.as_ref(), tagged)?);
        }
        return Ok(Value::Object(fields));
    }
    Err(format!("a value of type {} cannot be kept", value.get_type().name()))
}

type Arguments<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Outcome<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

fn argument<'a>(arguments: &'a Arguments<'_, '_>, at: usize) -> Result<&'a dyn Val, ExecutionError> {
    arguments.get(at).map(|value| value.as_ref()).ok_or_else(|| failed("an argument is missing".to_owned()))
}

fn numeric(arguments: &Arguments<'_, '_>, at: usize) -> Result<f64, ExecutionError> {
    let value = argument(arguments, at)?;
    number(value).ok_or_else(|| failed(format!("a number is expected, not {}", told(value))))
}

/// What a value is, in a message.
fn told(value: &dyn Val) -> String {
    match value.downcast_ref::<TypedVal>() {
        Some(typed) => typed.typed.kind().told().to_owned(),
        None if value.get_type().kind() == Kind::NullType => "an unset value".to_owned(),
        None => format!("a {}", value.get_type().name().replace("string", "text")),
    }
}

/// A text, or a value of the type itself, as a value of the type.
fn read<'b, 'v>(arguments: &Arguments<'b, 'v>, kind: Type) -> Outcome<'b, 'v> {
    let value = argument(arguments, 0)?;
    let typed = match (value.downcast_ref::<TypedVal>(), value.downcast_ref::<CelString<'_>>()) {
        (Some(typed), _) => match (&typed.typed, kind) {
            (Typed::DateTime(at), Type::Date) => Some(Typed::Date(at.date())),
            (Typed::DateTime(at), Type::Time) => Some(Typed::Time(at.time())),
            (typed, _) => Some(typed.clone()).filter(|typed| typed.kind() == kind),
        },
        (None, Some(text)) => Typed::parse(kind, text.inner()),
        _ => None,
    };
    let shown = value.downcast_ref::<CelString<'_>>().map(|text| format!("'{}'", text.inner()));
    let shown = shown.unwrap_or_else(|| told(value));
    owned(typed.ok_or_else(|| format!("{shown} is no {}; write one such as {}", kind.name(), kind.example())))
}

fn period<'b, 'v>(arguments: &Arguments<'b, 'v>, months: i64, seconds: i64) -> Outcome<'b, 'v> {
    let count = numeric(arguments, 0)?;
    owned(Typed::Period(Period { months, seconds }).times(count))
}

/// The least or the greatest of the arguments, or of the items of the only one.
fn extreme<'b, 'v>(arguments: Arguments<'b, 'v>, wanted: Ordering) -> Outcome<'b, 'v> {
    let items: Vec<Box<dyn Val + 'v>> = match arguments.as_slice() {
        [one] => match one.as_ref().downcast_ref::<CelList<'v>>() {
            Some(list) => list.inner().iter().map(|item| item.clone_as_boxed()).collect(),
            None => return Err(failed("several values, or a list of them, are expected".to_owned())),
        },
        _ => arguments.into_iter().map(CowVal::into_owned).collect(),
    };
    let mut items = items.into_iter();
    let mut best = items.next().ok_or_else(|| failed("the list is empty".to_owned()))?;
    for item in items {
        let order = item
            .as_comparer()
            .ok_or_else(|| failed(format!("{} has no order", told(item.as_ref()))))?
            .compare(best.as_ref())
            .map_err(|_| {
                failed(format!("{} and {} have no order", told(item.as_ref()), told(best.as_ref())))
            })?;
        if order == wanted {
            best = item;
        }
    }
    Ok(CowVal::Owned(best))
}

/// Rounds a number or an amount of money to so many digits after the point.
fn rounded<'b, 'v>(arguments: &Arguments<'b, 'v>, round: fn(f64) -> f64) -> Outcome<'b, 'v> {
    let digits = if arguments.len() > 1 { numeric(arguments, 1)? } else { 0.0 };
    if !(0.0..=9.0).contains(&digits) {
        return Err(failed("the second value is the number of digits, 0 to 9".to_owned()));
    }
    let scale = 10_f64.powi(digits as i32);
    // Beside the nearest hair of a float: 1.005 is written as 1.00499999999999989.
    let round = |value: f64| round((value * scale * 1e6).round() / 1e6) / scale;
    if let Some(TypedVal { typed: Typed::Money(money), .. }) = argument(arguments, 0)?.downcast_ref() {
        return owned(Money::new(round(money.amount), &money.currency).map(Typed::Money));
    }
    Ok(CowVal::owned(CelDouble::from(round(numeric(arguments, 0)?))))
}

fn absolute<'b, 'v>(arguments: &Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    match argument(arguments, 0)?.downcast_ref::<TypedVal>() {
        Some(TypedVal { typed: Typed::Money(money), .. }) => {
            owned(Ok(Typed::Money(Money { amount: money.amount.abs(), currency: money.currency.clone() })))
        }
        Some(TypedVal { typed: Typed::Period(period), .. }) => {
            owned(Ok(Typed::Period(Period { months: period.months.abs(), seconds: period.seconds.abs() })))
        }
        _ => Ok(CowVal::owned(CelDouble::from(numeric(arguments, 0)?.abs()))),
    }
}

fn money<'b, 'v>(arguments: &Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    if arguments.len() == 1 {
        return read(arguments, Type::Money);
    }
    let currency = argument(arguments, 1)?.downcast_ref::<CelString<'_>>();
    let currency = currency.ok_or_else(|| failed("the currency is a text such as 'RUB'".to_owned()))?;
    owned(Money::new(numeric(arguments, 0)?, currency.inner()).map(Typed::Money))
}

/// `datetime('2026-12-31 14:30')`, or of a date and a time.
fn datetime<'b, 'v>(arguments: &Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    if arguments.len() == 1 {
        return read(arguments, Type::DateTime);
    }
    let part = |at: usize, kind: Type| {
        let value = argument(arguments, at)?;
        let typed = match value.downcast_ref::<TypedVal>() {
            Some(typed) => Some(typed.typed.clone()),
            None => value.downcast_ref::<CelString<'_>>().and_then(|text| Typed::parse(kind, text.inner())),
        };
        typed.ok_or_else(|| failed(format!("{} is no {}", told(value), kind.name())))
    };
    match (part(0, Type::Date)?, part(1, Type::Time)?) {
        (date @ Typed::Date(_), time @ Typed::Time(_)) => owned(date.plus(&time)),
        _ => Err(failed("a date and a time are expected".to_owned())),
    }
}

/// The standard environment with the functions of the language.
pub(super) fn environment() -> Env {
    const WEEK: i64 = 7 * 86_400;
    let mut env = Env::stdlib();
    let mut add = |name: &str, most: usize, function: cel::common::functions::Function| {
        for count in 1..=most {
            // Only a name that is there twice is refused, which a test of every function would show.
            let _ = env.add_overload(
                name,
                &format!("{name}_{count}"),
                (0..count).map(|_| DYN_TYPE).collect(),
                function,
            );
        }
    };
    add("date", 1, |arguments| read(&arguments, Type::Date));
    add("time", 1, |arguments| read(&arguments, Type::Time));
    add("datetime", 2, |arguments| datetime(&arguments));
    add("duration", 1, |arguments| read(&arguments, Type::Duration));
    add("money", 2, |arguments| money(&arguments));
    add("years", 1, |arguments| period(&arguments, 12, 0));
    add("months", 1, |arguments| period(&arguments, 1, 0));
    add("weeks", 1, |arguments| period(&arguments, 0, WEEK));
    add("days", 1, |arguments| period(&arguments, 0, 86_400));
    add("hours", 1, |arguments| period(&arguments, 0, 3600));
    add("minutes", 1, |arguments| period(&arguments, 0, 60));
    add("min", 8, |arguments| extreme(arguments, Ordering::Less));
    add("max", 8, |arguments| extreme(arguments, Ordering::Greater));
    add("round", 2, |arguments| rounded(&arguments, f64::round));
    add("floor", 2, |arguments| rounded(&arguments, f64::floor));
    add("ceil", 2, |arguments| rounded(&arguments, f64::ceil));
    add("abs", 1, |arguments| absolute(&arguments));
    env
}
