//! Conditions, expressions and catalogue filters: CEL, parsed once.
//!
//! All numbers of a dialog are doubles, and CEL refuses to add an int to a double; so whole-number literals in
//! arithmetic are read as doubles too.

mod facts;
mod mistakes;

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, IdedExpr, Value as Cel,
    common::ast::{Expr, LiteralValue, operators},
    parser::Parser,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

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

#[derive(Clone, Debug, PartialEq)]
struct Parsed {
    expression: IdedExpr,
    paths: Vec<Vec<String>>,
    needs: Vec<String>,
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

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Why it does not parse, if so, and how to fix it.
    pub fn error(&self) -> Option<(&str, &str)> {
        let why = self.parsed.as_ref().err()?;
        Some(why.split_once('\n').unwrap_or((why, "write a condition such as slots.budget < 5000")))
    }

    /// A function that it calls and that does not exist, with those that do.
    pub fn unknown_function(&self) -> Option<(&str, &'static [&'static str])> {
        let name = facts::unknown_function(&self.parsed.as_ref().ok()?.expression)?;
        Some((name, &facts::FUNCTIONS))
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

    /// The type of the value, where it is certain; the error says which values of different types are compared.
    pub fn kind(&self, names: &vars::Names<'_>) -> Result<Option<slot::Type>, String> {
        self.parsed.as_ref().map_or(Ok(None), |parsed| facts::kind(&parsed.expression, names))
    }

    /// The value. The error is for logs and traces; it is never taken for `false` or `null`.
    pub fn value(&self, source: &dyn vars::Source) -> Result<Value, String> {
        let parsed = self.parsed.as_ref().map_err(|why| why.replace('\n', "; "))?;
        evaluate(&parsed.expression, &parsed.paths, source).and_then(from_cel)
    }

    /// The value where only true or false will do.
    pub fn holds(&self, source: &dyn vars::Source) -> Result<bool, String> {
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

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Why it is not a filter, if so.
    pub fn error(&self) -> Option<&str> {
        let why = self.clauses.as_ref().err()?;
        Some(why.split_once('\n').map_or(why.as_str(), |(why, _)| why))
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

    /// How to fix a filter that is none.
    pub fn help(&self) -> &str {
        let own = self.clauses.as_ref().err().and_then(|why| why.split_once('\n'));
        own.map_or("write comparisons such as price <= slots.budget, joined by &&", |(_, help)| help)
    }

    /// A column that is compared with a value of another type, if there is one.
    pub fn clash(&self, names: &vars::Names<'_>) -> Option<String> {
        self.clauses.iter().flatten().find_map(|clause| {
            let column = &clause.field;
            let wanted = match column {
                // A column of somebody's price list may hold either.
                Field::Attribute(_) => return None,
                field if field.is_number() => slot::Type::Number,
                _ => slot::Type::Text,
            };
            match facts::kind(&clause.value.expression, names) {
                Ok(Some(kind)) if kind != wanted => Some(format!(
                    "`{column}` is a {}, but it is compared with a {}",
                    wanted.name(),
                    kind.name()
                )),
                Err(clash) => Some(clash),
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
    pub fn resolve(&self, source: &dyn vars::Source) -> Result<(Vec<Filter>, Vec<Field>), String> {
        let mut kept = Vec::new();
        let mut dropped = Vec::new();
        for clause in self.clauses.as_ref().map_err(Clone::clone)? {
            let value = evaluate(&clause.value.expression, &clause.value.paths, source).and_then(from_cel)?;
            let either = matches!(clause.field, Field::Attribute(_));
            let value = match (value, &clause.field) {
                (Value::Null, field) => {
                    dropped.push(field.clone());
                    continue;
                }
                (Value::Number(number), field) if either || field.is_number() => {
                    FilterValue::Number(number.as_f64().unwrap_or_default())
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

impl Parsed {
    fn new(mut expression: IdedExpr) -> Parsed {
        doubles(&mut expression, false);
        let mut paths = Vec::new();
        collect(&expression, &mut Vec::new(), &mut paths);
        paths.sort();
        paths.dedup();
        let needs = facts::needs(&expression);
        Parsed { expression, paths, needs }
    }
}

fn parse(source: &str) -> Result<IdedExpr, String> {
    Parser::new().parse(source).map_err(|errors| match errors.errors.first() {
        Some(error) => mistakes::explain(source, &error.msg),
        None => "it cannot be read".to_owned(),
    })
}

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

fn evaluate(expression: &IdedExpr, paths: &[Vec<String>], source: &dyn vars::Source) -> Result<Cel, String> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    let mut last = "";
    for root in paths.iter().filter_map(|path| path.first()) {
        // Paths are sorted, so the same root comes in a run.
        if root != last {
            context.add_variable_from_value(root.as_str(), to_cel(&source.root(root)));
            last = root;
        }
    }
    context.resolve(expression).map_err(|error| error.to_string())
}

fn to_cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(value) => Cel::Bool(*value),
        Value::Number(number) => Cel::Float(number.as_f64().unwrap_or_default()),
        Value::String(text) => Cel::from(text.as_str()),
        Value::Array(items) => Cel::from(items.iter().map(to_cel).collect::<Vec<_>>()),
        Value::Object(fields) => {
            let map: std::collections::HashMap<String, Cel> =
                fields.iter().map(|(key, value)| (key.clone(), to_cel(value))).collect();
            Cel::from(map)
        }
    }
}

fn from_cel(value: Cel) -> Result<Value, String> {
    Ok(match value {
        Cel::Null => Value::Null,
        Cel::Bool(value) => Value::Bool(value),
        Cel::Int(number) => number_value(number as f64),
        Cel::UInt(number) => number_value(number as f64),
        Cel::Float(number) if number.is_finite() => number_value(number),
        Cel::String(text) => Value::String(text.as_str().to_owned()),
        Cel::List(items) => Value::Array(items.iter().cloned().map(from_cel).collect::<Result<_, _>>()?),
        Cel::Map(map) => {
            let mut fields = serde_json::Map::new();
            for (key, value) in map.map.iter() {
                fields.insert(key.to_string(), from_cel(value.clone())?);
            }
            Value::Object(fields)
        }
        other => return Err(format!("the value {other:?} cannot be kept")),
    })
}

/// Whole numbers stay whole in JSON, so that a template shows 3 and not 3.0.
fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

/// Turns whole-number literals that stand in arithmetic into doubles.
fn doubles(node: &mut IdedExpr, in_arithmetic: bool) {
    const ARITHMETIC: [&str; 5] =
        [operators::ADD, operators::SUBSTRACT, operators::MULTIPLY, operators::DIVIDE, operators::NEGATE];
    match &mut node.expr {
        Expr::Literal(LiteralValue::Int(number)) if in_arithmetic => {
            let number = *number.inner() as f64;
            node.expr = Expr::Literal(LiteralValue::Double(number.into()));
        }
        Expr::Call(call) => {
            let arithmetic = ARITHMETIC.contains(&call.func_name.as_str());
            for child in call.target.iter_mut().map(|target| &mut **target).chain(&mut call.args) {
                doubles(child, arithmetic);
            }
        }
        Expr::Select(select) => doubles(&mut select.operand, false),
        Expr::List(list) => list.elements.iter_mut().for_each(|item| doubles(item, false)),
        Expr::Comprehension(comprehension) => {
            doubles(&mut comprehension.iter_range, false);
            doubles(&mut comprehension.loop_step, false);
        }
        _ => {}
    }
}

/// Collects the paths of variables; `bound` are the names that comprehensions introduce.
fn collect(node: &IdedExpr, bound: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    if let Some(path) = as_path(node) {
        if !bound.contains(&path[0]) && !path[0].starts_with('@') {
            paths.push(path);
        }
        return;
    }
    match &node.expr {
        Expr::Call(call) => {
            call.target
                .iter()
                .map(|target| &**target)
                .chain(&call.args)
                .for_each(|child| collect(child, bound, paths));
        }
        Expr::Select(select) => collect(&select.operand, bound, paths),
        Expr::List(list) => list.elements.iter().for_each(|item| collect(item, bound, paths)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let cel::common::ast::EntryExpr::MapEntry(entry) = &entry.expr {
                    collect(&entry.key, bound, paths);
                    collect(&entry.value, bound, paths);
                }
            }
        }
        Expr::Comprehension(inner) => {
            collect(&inner.iter_range, bound, paths);
            let before = bound.len();
            bound.extend(
                [Some(inner.iter_var.clone()), inner.iter_var2.clone(), Some(inner.accu_var.clone())]
                    .into_iter()
                    .flatten(),
            );
            for part in [&inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result] {
                collect(part, bound, paths);
            }
            bound.truncate(before);
        }
        _ => {}
    }
}

fn as_path(node: &IdedExpr) -> Option<Vec<String>> {
    match &node.expr {
        Expr::Ident(name) => Some(vec![name.clone()]),
        Expr::Select(select) => {
            let mut path = as_path(&select.operand)?;
            path.push(select.field.clone());
            Some(path)
        }
        _ => None,
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

    impl vars::Source for Slots {
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
