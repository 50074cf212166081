//! A parsed CEL expression and its evaluation.
//!
//! All numbers of a dialog are doubles, and CEL refuses to add an int to a double; so whole-number literals in
//! arithmetic are read as doubles too.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, IdedExpr, Value as Cel,
    common::ast::{Expr, LiteralValue, operators},
    parser::Parser,
};
use serde_json::Value;

use super::{bounds, children::children, cost, explain, facts, values};
use crate::{typed::Typed, vars};

/// A CEL expression with what is known of it before it is run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    pub(super) expression: IdedExpr,
    pub(super) paths: Vec<Vec<String>>,
    pub(super) needs: Vec<String>,
    reads: Vec<vars::Read>,
    /// Its cost depends on the values that enter it and is bounded before each evaluation.
    costly: bool,
}

impl Parsed {
    pub(super) fn new(mut expression: IdedExpr) -> Parsed {
        doubles(&mut expression, false);
        texts_last(&mut expression);
        let paths = paths(&expression);
        let needs = facts::needs(&expression);
        let reads = reads(&expression, &paths);
        let costly = cost::must_be_bounded(&expression);
        Parsed { expression, paths, needs, reads, costly }
    }

    /// The value, with variables out of `source`.
    ///
    /// # Errors
    /// Why there is no value: also that it might be too much work, see [`cost`].
    pub(super) fn value(&self, source: &dyn vars::VariableSource) -> Result<Value, String> {
        self.evaluated(source, false)
    }

    /// The same with types, as texts show it.
    ///
    /// # Errors
    /// Why there is no value.
    pub(super) fn tagged_value(&self, source: &dyn vars::VariableSource) -> Result<Value, String> {
        self.evaluated(source, true)
    }

    /// A path that it reads and that leads to nothing.
    fn unset(&self, roots: &BTreeMap<&str, Value>) -> Option<String> {
        self.paths.iter().find_map(|path| {
            let (root, fields) = path.split_first()?;
            let found = fields.iter().try_fold(roots.get(root.as_str())?, |value, field| value.get(field));
            found.is_none_or(Value::is_null).then(|| path.join("."))
        })
    }

    fn evaluated(&self, source: &dyn vars::VariableSource, tagged: bool) -> Result<Value, String> {
        let values: BTreeMap<&str, Value> =
            self.reads.iter().map(|read| (read.root(), read.value(source))).collect();
        if self.costly {
            cost::check(&self.expression, &values)?;
        }
        evaluate(&self.expression, &values, tagged).map_err(|why| match self.unset(&values) {
            Some(path) => format!("`{path}` is unset ({why})"),
            None => why,
        })
    }
}

/// What is read of each root. Where no loop names the moment of the turn anew and nothing is looked up by a computed name,
/// `now` on its own is only the moment, without what the company's calendar says of it.
fn reads(expression: &IdedExpr, paths: &[Vec<String>]) -> Vec<vars::Read> {
    if looks_up(expression) {
        return vars::reads(paths);
    }
    let (now, mut others): (Vec<_>, Vec<_>) =
        paths.iter().cloned().partition(|path| path.as_slice() == ["now"]);
    if !now.is_empty() {
        others.extend(Typed::IDENTITY.map(|field| vec!["now".to_owned(), field.to_owned()]));
    }
    vars::reads(&others)
}

/// Whether a field may be read by a name that is computed, or of a value that a loop has named.
fn looks_up(expression: &IdedExpr) -> bool {
    let here = match &expression.expr {
        Expr::Comprehension(_) => true,
        Expr::Call(call) => {
            [operators::INDEX, operators::OPT_INDEX, operators::OPT_SELECT].contains(&call.func_name.as_str())
        }
        // A field of a value that is computed, as in `max(now, slots.at).weekday`.
        Expr::Select(_) => facts::as_path(expression).is_none(),
        _ => false,
    };
    here || children(expression).into_iter().any(looks_up)
}

/// Parses a CEL expression within the bounds of [`bounds`].
///
/// # Errors
/// Why it does not parse or is too complex, and after a newline how to fix it.
pub(super) fn parse(source: &str) -> Result<IdedExpr, String> {
    bounds::check_source(source)?;
    let parsed = Parser::new().parse(source).map_err(|errors| match errors.errors.first() {
        Some(error) => explain::explain(source, &error.msg),
        None => "it cannot be read".to_owned(),
    })?;
    bounds::check_tree(&parsed)?;
    Ok(parsed)
}

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(values::environment()));

/// The value with these roots, of our types as texts show them (`tagged`) or as slots keep them.
///
/// # Errors
/// Why there is no value.
pub(super) fn evaluate(
    expression: &IdedExpr,
    roots: &BTreeMap<&str, Value>,
    tagged: bool,
) -> Result<Value, String> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    for (root, value) in roots {
        context.add_variable_as_val(*root, values::to_val(value));
    }
    let value = Cel::resolve_val(expression, &context).map_err(|error| explain::evaluation(&error))?;
    values::from_val(value.as_ref(), tagged)
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
            // The counter of `exists_one` begins as a literal and has literals added to it.
            doubles(&mut comprehension.accu_init, true);
            doubles(&mut comprehension.loop_step, false);
        }
        _ => {}
    }
}

/// Turns `'2026-12-01' < slots.day` round: the value on the left decides how the text on the right is read.
fn texts_last(node: &mut IdedExpr) {
    let is_literal = |node: &IdedExpr| matches!(&node.expr, Expr::Literal(_));
    if let Expr::Call(call) = &mut node.expr {
        let turned = match call.func_name.as_str() {
            operators::EQUALS => operators::EQUALS,
            operators::NOT_EQUALS => operators::NOT_EQUALS,
            operators::LESS => operators::GREATER,
            operators::LESS_EQUALS => operators::GREATER_EQUALS,
            operators::GREATER => operators::LESS,
            operators::GREATER_EQUALS => operators::LESS_EQUALS,
            _ => "",
        };
        if !turned.is_empty() && matches!(call.args.as_slice(), [a, b] if is_literal(a) && !is_literal(b)) {
            call.func_name = turned.to_owned();
            call.args.reverse();
        }
    }
    match &mut node.expr {
        Expr::Call(call) => {
            call.target.iter_mut().map(|target| &mut **target).chain(&mut call.args).for_each(texts_last);
        }
        Expr::Select(select) => texts_last(&mut select.operand),
        Expr::List(list) => list.elements.iter_mut().for_each(texts_last),
        Expr::Comprehension(inner) => {
            texts_last(&mut inner.iter_range);
            texts_last(&mut inner.loop_step);
        }
        _ => {}
    }
}

/// The paths of variables that an expression reads, each once.
pub(super) fn paths(expression: &IdedExpr) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    collect(expression, &mut Vec::new(), &mut paths);
    paths.sort();
    paths.dedup();
    paths
}

/// Collects the paths of variables; `bound` are the names that comprehensions introduce.
fn collect(node: &IdedExpr, bound: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    if let Some(path) = facts::as_path(node) {
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
