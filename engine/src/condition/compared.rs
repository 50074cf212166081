//! Slots that are compared with texts that are written out.

use cel::{
    IdedExpr,
    common::ast::{Expr, LiteralValue, operators},
};

use super::{children::children, facts::as_path};

/// Collects the slots with the texts that they are compared with by `==` or `!=`. A literal stands on the right already.
pub(super) fn collect(node: &IdedExpr, found: &mut Vec<(String, String)>) {
    if let Expr::Call(call) = &node.expr
        && [operators::EQUALS, operators::NOT_EQUALS].contains(&call.func_name.as_str())
        && let [slot, text] = call.args.as_slice()
        && let Expr::Literal(LiteralValue::String(text)) = &text.expr
        && let Some([root, slot]) = as_path(slot).as_deref()
        && root == "slots"
    {
        found.push((slot.clone(), text.inner().to_owned()));
    }
    children(node).into_iter().for_each(|part| collect(part, found));
}
