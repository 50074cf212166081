//! Conditions, expressions and catalogue filters: CEL, parsed once.
//!
//! What an expression may cost is bounded three times: its source before it is parsed and its tree after that (`bounds`),
//! and its work and memory before each evaluation, from the sizes of the values that enter it (`cost`).

mod bounds;
mod children;
mod compared;
mod constant;
mod cost;
mod explain;
mod facts;
mod functions;
mod kinds;
mod parsed;
mod values;

use std::collections::BTreeSet;

pub(crate) use bounds::{BYTES, LOOPS, NESTING, TERMS};
pub(crate) use functions::{FUNCTIONS, Function, Sort};
pub use kinds::fits;

use cel::{
    IdedExpr,
    common::ast::{Expr, operators},
};
use jiff::civil::DateTime;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use parsed::{Parsed, parse};

use crate::{
    catalog::{Comparison, Field, Filter, FilterValue},
    slot,
    span::{Span, Spanned},
    vars,
};

/// A CEL expression. It always exists, even when its source does not parse: the compiler reports that.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    source: String,
    span: Span,
    parsed: Result<Parsed, String>,
}

impl Expression {
    /// Parses an expression.
    pub fn compile(source: String, span: Span) -> Expression {
        let parsed = parse(&source).map(Parsed::new);
        Expression { source, span, parsed }
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its span in the file.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Why it does not parse, if so, and how to fix it.
    pub fn error(&self) -> Option<(&str, &str)> {
        let why = self.parsed.as_ref().err()?;
        Some(why.split_once('\n').unwrap_or((why, "write a condition such as slots.budget < 5000")))
    }

    /// Whether the error is that it is too long, too deep or too much work.
    pub fn is_too_complex(&self) -> bool {
        self.parsed.as_ref().err().is_some_and(|why| why.starts_with(bounds::TOO_COMPLEX))
    }

    /// A function that it calls and that does not exist, with those that do.
    pub fn unknown_function(&self) -> Option<(&str, &'static [&'static str])> {
        let name = facts::unknown_function(&self.parsed.as_ref().ok()?.expression)?;
        Some((name, functions::names()))
    }

    /// Paths such as `slots.budget` that it reads.
    pub fn paths(&self) -> &[Vec<String>] {
        self.parsed.as_ref().map_or(&[], |parsed| &parsed.paths)
    }

    /// Slots that must be set, or there is no value: fields of them are read, or they are ordered or computed with.
    pub fn needs(&self) -> &[String] {
        self.parsed.as_ref().map_or(&[], |parsed| &parsed.needs)
    }

    /// Slots that are known to be set when the condition holds, or when it does not.
    pub fn slots_set_when(&self, holds: bool) -> BTreeSet<String> {
        self.parsed.as_ref().map(|parsed| facts::when(&parsed.expression, holds)).unwrap_or_default()
    }

    /// Whether it is nothing but `null`, which unsets a slot.
    pub fn is_null(&self) -> bool {
        self.parsed.as_ref().is_ok_and(|parsed| facts::is_null(&parsed.expression))
    }

    /// The texts that slots are compared with by `==` or `!=`.
    pub(crate) fn texts_compared(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if let Ok(parsed) = &self.parsed {
            compared::collect(&parsed.expression, &mut found);
        }
        found
    }

    /// The slot whose value it is, if it is nothing but one: then it is unset where the slot is.
    pub fn only_slot(&self) -> Option<&str> {
        match facts::as_path(&self.parsed.as_ref().ok()?.expression)?.as_slice() {
            [root, _] if root == "slots" => self.paths().first()?.get(1).map(String::as_str),
            _ => None,
        }
    }

    /// The number that it is, if it is nothing but one.
    pub fn literal_number(&self) -> Option<f64> {
        use cel::common::ast::LiteralValue;
        match &self.parsed.as_ref().ok()?.expression.expr {
            Expr::Literal(LiteralValue::Double(number)) => Some(*number.inner()),
            Expr::Literal(LiteralValue::Int(number)) => Some(*number.inner() as f64),
            Expr::Literal(LiteralValue::UInt(number)) => Some(*number.inner() as f64),
            _ => None,
        }
    }

    /// The text that it is, if it is nothing but one.
    pub fn literal_text(&self) -> Option<&str> {
        match &self.parsed.as_ref().ok()?.expression.expr {
            Expr::Literal(cel::common::ast::LiteralValue::String(text)) => Some(text.inner()),
            _ => None,
        }
    }

    /// The type of the value, where it is certain.
    ///
    /// # Errors
    /// Which values of different types are compared or computed with, and after a newline how to fix it.
    pub fn kind(&self, names: &vars::VariableNames<'_>) -> Result<Option<slot::Type>, String> {
        self.parsed.as_ref().map_or(Ok(None), |parsed| kinds::kind(&parsed.expression, names))
    }

    /// Why it has no value whatever a client does: it divides by zero, or adds up two currencies of company.yaml.
    pub(crate) fn always_fails(&self, names: &vars::VariableNames<'_>) -> Option<String> {
        constant::failure(&self.parsed.as_ref().ok()?.expression, names)
    }

    /// Its values at a few moments, where no client changes it, as [`crate::typed::Typed::tag`] gives them.
    pub(crate) fn constants(&self, names: &vars::VariableNames<'_>) -> Option<Vec<(DateTime, Value)>> {
        constant::values(&self.parsed.as_ref().ok()?.expression, names)
    }

    /// The value.
    ///
    /// # Errors
    /// Why there is no value, for logs and traces. An error is never treated as `false` or `null`.
    pub fn value(&self, source: &dyn vars::VariableSource) -> Result<Value, String> {
        let parsed = self.parsed.as_ref().map_err(|why| why.replace('\n', "; "))?;
        parsed.value(source)
    }

    /// The value as [`crate::typed::Typed::tag`] gives it, for texts.
    ///
    /// # Errors
    /// Why there is no value.
    pub fn tagged_value(&self, source: &dyn vars::VariableSource) -> Result<Value, String> {
        let parsed = self.parsed.as_ref().map_err(|why| why.replace('\n', "; "))?;
        parsed.tagged_value(source)
    }

    /// The value of a condition.
    ///
    /// # Errors
    /// Why there is no value, or that it is neither true nor false.
    pub fn holds(&self, source: &dyn vars::VariableSource) -> Result<bool, String> {
        match self.value(source)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(format!("`{}` is {other}, neither true nor false", self.source)),
        }
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expression, D::Error> {
        let source = Spanned::<Value>::deserialize(deserializer)?;
        let text = match source.value {
            Value::String(text) => text,
            // A plain number or truth value in YAML is itself.
            scalar @ (Value::Number(_) | Value::Bool(_) | Value::Null) => scalar.to_string(),
            _ => {
                return Err(serde::de::Error::custom(
                    "found a list or a map where an expression belongs\nwrite it in one line, such as slots.budget < 5000",
                ));
            }
        };
        Ok(Expression::compile(text, source.span))
    }
}

impl JsonSchema for Expression {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean", "null"], "description": "A CEL expression, e.g. `slots.budget != null && slots.budget < 5000`." })
    }
}

/// A catalogue filter: comparisons of catalogue columns with expressions, joined by `&&`.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterExpression {
    source: String,
    span: Span,
    clauses: Result<Vec<Clause>, String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Clause {
    field: Field,
    comparison: Comparison,
    value: Parsed,
}

impl FilterExpression {
    /// Parses a filter.
    pub fn compile(source: String, span: Span) -> FilterExpression {
        let clauses = parse(&source).and_then(clauses);
        FilterExpression { source, span, clauses }
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its span in the file.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Why it is not a filter, if so.
    pub fn error(&self) -> Option<&str> {
        let why = self.clauses.as_ref().err()?;
        Some(why.split_once('\n').map_or(why.as_str(), |(why, _)| why))
    }

    /// Whether the error is that it is too long, too deep or too much work.
    pub fn is_too_complex(&self) -> bool {
        self.error().is_some_and(|why| why.starts_with(bounds::TOO_COMPLEX))
    }

    /// The column that was probably meant where one is not known.
    pub fn nearest_column(&self) -> Option<&'static str> {
        let name = self.error()?.strip_prefix(NO_COLUMN)?.trim_matches('`');
        crate::diagnostic::nearest(name, Field::names())
    }

    /// The column name that is not known; empty where the filter is wrong in another way.
    pub fn unknown_column(&self) -> &str {
        self.error().and_then(|error| error.strip_prefix(NO_COLUMN)).unwrap_or_default().trim_matches('`')
    }

    /// How to fix a filter that does not parse.
    pub fn help(&self) -> &str {
        let own = self.clauses.as_ref().err().and_then(|why| why.split_once('\n'));
        own.map_or("write comparisons such as price <= slots.budget, joined by &&", |(_, help)| help)
    }

    /// A column that is compared with a value of another type, if there is one.
    pub fn clash(&self, names: &vars::VariableNames<'_>) -> Option<String> {
        self.clauses.iter().flatten().find_map(|clause| {
            let column = &clause.field;
            let wanted = match column {
                // A column of somebody's price list may hold either.
                Field::Attribute(_) => return None,
                field if field.is_number() => slot::Type::Number,
                _ => slot::Type::Text,
            };
            match kinds::kind(&clause.value.expression, names) {
                Ok(Some(kind))
                    if kind != wanted && !(kind == slot::Type::Money && *column == Field::Price) =>
                {
                    Some(format!(
                        "`{column}` is a {}, but it is compared with a {}",
                        wanted.name(),
                        kind.name()
                    ))
                }
                Err(clash) => {
                    Some(clash.split_once('\n').map_or(clash.clone(), |(clash, _)| clash.to_owned()))
                }
                _ => None,
            }
        })
    }

    /// Paths such as `slots.budget` that it reads.
    pub fn paths(&self) -> impl Iterator<Item = &[String]> {
        self.clauses.iter().flatten().flat_map(|clause| clause.value.paths.iter().map(Vec::as_slice))
    }

    /// Slots that must be set: a clause with an unset slot is dropped, but a field of an unset slot has no value.
    pub fn needs(&self) -> Vec<String> {
        self.clauses.iter().flatten().flat_map(|clause| clause.value.needs.iter().cloned()).collect()
    }

    /// The clauses with their values, and the columns of those that were dropped because their value is unset.
    ///
    /// # Errors
    /// Why a clause has no value, or a value of a wrong type.
    pub fn resolve(&self, source: &dyn vars::VariableSource) -> Result<(Vec<Filter>, Vec<Field>), String> {
        let mut kept = Vec::new();
        let mut dropped = Vec::new();
        for clause in self.clauses.as_ref().map_err(Clone::clone)? {
            let value = clause.value.value(source)?;
            let either = matches!(clause.field, Field::Attribute(_));
            let value = match (value, &clause.field) {
                (Value::Null, field) => {
                    dropped.push(field.clone());
                    continue;
                }
                (Value::Number(number), field) if either || field.is_number() => {
                    FilterValue::Number(number.as_f64().unwrap_or_default())
                }
                (Value::Object(money), Field::Price) if money.contains_key("amount") => {
                    let amount = money.get("amount").and_then(Value::as_f64);
                    FilterValue::Number(amount.unwrap_or_default())
                }
                (Value::String(text), field) if either || !field.is_number() => FilterValue::Text(text),
                (other, field) => return Err(format!("{field} cannot be compared with {other}")),
            };
            kept.push(Filter { field: clause.field.clone(), comparison: clause.comparison, value });
        }
        Ok((kept, dropped))
    }
}

impl<'de> Deserialize<'de> for FilterExpression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FilterExpression, D::Error> {
        let source = Spanned::<String>::deserialize(deserializer)?;
        Ok(FilterExpression::compile(source.value, source.span))
    }
}

impl JsonSchema for FilterExpression {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Filter".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Comparisons of price, stock, brand, category or article with a value, joined by `&&`. \
                            A clause whose value is unset is dropped."
        })
    }
}

const NO_COLUMN: &str = "there is no catalogue column ";

fn clauses(node: IdedExpr) -> Result<Vec<Clause>, String> {
    let Expr::Call(mut call) = node.expr else {
        return Err("it compares nothing".to_owned());
    };
    if call.func_name == operators::LOGICAL_AND {
        let mut all = Vec::new();
        for side in call.args {
            all.extend(clauses(side)?);
        }
        return Ok(all);
    }
    let comparison = match call.func_name.as_str() {
        operators::EQUALS => Comparison::Eq,
        operators::NOT_EQUALS => Comparison::Ne,
        operators::LESS => Comparison::Lt,
        operators::LESS_EQUALS => Comparison::Le,
        operators::GREATER => Comparison::Gt,
        operators::GREATER_EQUALS => Comparison::Ge,
        _ => return Err("a filter holds only comparisons, joined by `&&`".to_owned()),
    };
    let (Some(value), Some(column)) = (call.args.pop(), call.args.pop()) else {
        return Err("a comparison has two sides".to_owned());
    };
    let field = column_of(column.expr)?;
    let ordered = !matches!(comparison, Comparison::Eq | Comparison::Ne);
    if ordered && !field.is_number() && !matches!(field, Field::Attribute(_)) {
        return Err(format!("`{field}` is a text, which is neither less nor more\ncompare it with == or !="));
    }
    Ok(vec![Clause { field, comparison, value: Parsed::new(value) }])
}

/// The column on the left of a comparison: a name, or `attributes["heading"]`.
fn column_of(side: Expr) -> Result<Field, String> {
    let known = || {
        let names: Vec<&str> = Field::names().collect();
        format!("{}, attributes[\"a heading of the price list\"]", names.join(", "))
    };
    match side {
        Expr::Ident(column) => {
            Field::named(&column).ok_or_else(|| format!("{NO_COLUMN}`{column}`\nuse one of: {}", known()))
        }
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [of, name] if matches!(&of.expr, Expr::Ident(of) if of == "attributes") => match &name.expr {
                Expr::Literal(cel::common::ast::LiteralValue::String(name)) => {
                    Ok(Field::Attribute(name.inner().to_owned()))
                }
                _ => Err("the name of an attribute is a text\nwrite attributes[\"Цвет\"] == \"красный\""
                    .to_owned()),
            },
            _ => Err(format!("only `attributes` has columns inside\nuse one of: {}", known())),
        },
        _ => Err(format!(
            "the left side of a comparison is a catalogue column\nwrite the column first, as in price <= slots.budget; the columns are: {}",
            known()
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Slots(Value);

    impl vars::VariableSource for Slots {
        fn root(&self, name: &str) -> Value {
            assert_eq!(name, "slots");
            self.0.clone()
        }
    }

    fn value(source: &str) -> Result<Value, String> {
        let slots =
            Slots(json!({ "budget": 4000, "rate": 1.5, "name": "насос", "unset": null, "list": [1, 2, 3] }));
        Expression::compile(source.to_owned(), Span::default()).value(&slots)
    }

    #[test]
    fn numbers_mix_freely() {
        assert_eq!(value("slots.budget != null && slots.budget < 5000"), Ok(json!(true)));
        assert_eq!(value("slots.unset != null && slots.unset < 5000"), Ok(json!(false)));
        assert_eq!(value("slots.budget * 2 + 1"), Ok(json!(8001)));
        assert_eq!(value("slots.budget * slots.rate"), Ok(json!(6000)));
        assert_eq!(value("slots.name + '!'"), Ok(json!("насос!")));
        assert_eq!(value("size(slots.list) > 2 && slots.list.exists(x, x == 2)"), Ok(json!(true)));
        assert_eq!(value("slots.list[0]"), Ok(json!(1)));
    }

    /// What the source hides in texts and comments is no operator, and what it does not hide there is one.
    #[test]
    fn terms_are_counted_as_the_parser_reads_them() {
        let many = "+1".repeat(200);
        let error = |source: &str| {
            Expression::compile(source.to_owned(), Span::default()).error().map(|(why, _)| why.to_owned())
        };
        for fine in [
            format!("'{many}' == 'x'"),
            format!("\"\"\"{many}\n\"{many}\"\"\" == 'x'"),
            format!("1 == 1 // {many}"),
            format!("r'\\' + '{many}' == 'x'"),
            "slots.n == 1.5 && slots.inn != 'in'".to_owned(),
        ] {
            assert_eq!(error(&fine), None, "{fine}");
        }
        for wrong in [
            format!("1{many} == 1"),
            format!("'it\\'s' == 'x' || 1{many} == 1"),
            format!("1 // '''\n{many} == 1"),
            format!("r'\\' == 'x' || 1{many} == 1 || '' == ''"),
            format!("size(''{many}) == 1"),
        ] {
            let found = error(&wrong);
            assert!(found.as_ref().is_some_and(|why| why.contains("operators")), "{wrong}: {found:?}");
        }
    }

    #[test]
    fn work_is_bounded_by_the_values_that_enter() {
        let of = |source: &str, items: usize, bytes: usize| {
            let item = json!({ "name": "n".repeat(bytes), "price": 5 });
            let slots = Slots(json!({ "list": vec![item; items], "name": "n".repeat(bytes) }));
            Expression::compile(source.to_owned(), Span::default()).value(&slots)
        };
        let fits = |source: &str, items, bytes| {
            let found = of(source, items, bytes);
            assert!(found.is_ok(), "{source}: {found:?}");
        };
        let refused = |source: &str, items, bytes| {
            let why = of(source, items, bytes).err();
            assert!(why.as_ref().is_some_and(|why| why.contains("too much work")), "{source}: {why:?}");
        };
        let page = "slots.list.filter(x, x.price < 9 && x.name == slots.name).map(x, x.name)";
        let pairs = "slots.list.map(x, slots.list.map(y, x.name + y.name + x.name + y.name))";
        let compared = "slots.list.all(x, slots.list.exists(y, x == y))";
        let matched = "slots.list.all(x, slots.name.matches('n*'))";
        fits(page, 50, 500);
        fits(compared, 10, 100);
        fits(pairs, 5, 100);
        fits(matched, 5, 100);
        refused(pairs, 50, 4_000);
        refused(compared, 1_000, 4_000);
        refused(matched, 1_000, 400);
        // A text that grows by twenty in each of four steps.
        let twenty = |name: &str| vec![name; 20].join("+");
        let grown = format!(
            "[slots.name].map(a, {}).map(b, {}).map(c, {}).map(d, {})",
            twenty("a"),
            twenty("b"),
            twenty("c"),
            twenty("d")
        );
        refused(&grown, 1, 4_000);
    }

    #[test]
    fn a_wrong_condition_is_an_error_and_not_false() {
        let slots = Slots(json!({ "name": "x" }));
        let condition = |source: &str| Expression::compile(source.to_owned(), Span::default()).holds(&slots);
        assert!(condition("slots.name").is_err());
        assert!(condition("slots.name < 5").is_err());
        assert!(condition("slots.").is_err());
    }

    #[test]
    fn paths_leave_out_bound_names() {
        let paths = |source: &str| Expression::compile(source.to_owned(), Span::default()).paths().to_vec();
        assert_eq!(
            paths("slots.list.exists(x, x == slots.budget)"),
            [["slots", "budget"], ["slots", "list"]]
        );
    }

    #[test]
    fn filters_may_name_quantities_and_columns_of_the_price_list() {
        let slots = Slots(json!({}));
        let source = "power >= 5000 && attributes[\"Цвет\"] != \"красный\" && attributes[\"Глубина\"] < 9";
        let filter = FilterExpression::compile(source.to_owned(), Span::default());
        let (kept, _) = filter.resolve(&slots).unwrap();
        let said: Vec<String> = kept.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["power >= 5000", "attributes[\"Цвет\"] != \"красный\"", "attributes[\"Глубина\"] < 9"]
        );
        for wrong in ["attributes[5] == 1", "slots[\"a\"] == 1", "attributes == 1"] {
            assert!(
                FilterExpression::compile(wrong.to_owned(), Span::default()).error().is_some(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn filters_drop_what_is_unset() {
        let slots = Slots(json!({ "budget": 4000, "brand": null }));
        let filter = FilterExpression::compile(
            "price <= slots.budget && brand == slots.brand && stock > 0".to_owned(),
            Span::default(),
        );
        let (kept, dropped) = filter.resolve(&slots).unwrap();
        assert_eq!(dropped, [Field::Brand]);
        assert_eq!(
            kept,
            [
                Filter {
                    field: Field::Price,
                    comparison: Comparison::Le,
                    value: FilterValue::Number(4000.0)
                },
                Filter { field: Field::Stock, comparison: Comparison::Gt, value: FilterValue::Number(0.0) },
            ]
        );
        for (wrong, part) in [
            ("prise <= 3", "no catalogue column `prise`"),
            ("brand < 'x'", "neither less nor more"),
            ("price <= 3 || stock > 0", "joined by"),
            ("price", "compares nothing"),
        ] {
            let filter = FilterExpression::compile(wrong.to_owned(), Span::default());
            assert!(
                filter.error().is_some_and(|error| error.contains(part)),
                "{wrong}: {:?}",
                filter.error()
            );
        }
    }
}
