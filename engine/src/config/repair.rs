//! Error recovery: removes what could not be read from a tree, so that the next error can be found.
//!
//! The result is never run. It only serves to collect further diagnostics.

use crate::{
    span::{Span, Spanned},
    yaml::{Node, Tree},
};

/// Adds an empty text without a span where a field is missing. Returns `false` when the field is there already.
pub(super) fn fill(tree: &mut Tree, span: Span, field: &str) -> bool {
    if tree.span.start() == span.start() && matches!(tree.node, Node::Null) {
        tree.node = Node::Map(Vec::new());
    }
    match &mut tree.node {
        Node::Map(entries) if tree.span.start() == span.start() => {
            if entries.iter().any(|(name, _)| name.value == field) {
                return false;
            }
            let nowhere = Tree::new(Span::default(), Node::Str(String::new()));
            entries.push((Spanned::new(field.to_owned(), Span::default()), nowhere));
            true
        }
        Node::Map(entries) => entries.iter_mut().any(|(_, value)| fill(value, span, field)),
        Node::Seq(items) => items.iter_mut().any(|item| fill(item, span, field)),
        _ => false,
    }
}

/// The span of a map into which [`fill`] put an empty text.
pub(super) fn filled(tree: &Tree) -> Option<Span> {
    match &tree.node {
        Node::Map(entries) => {
            let own = entries.iter().any(|(name, _)| name.span == Span::default());
            entries.iter().find_map(|(_, value)| filled(value)).or(own.then_some(tree.span))
        }
        Node::Seq(items) => items.iter().find_map(filled),
        _ => None,
    }
}

/// Makes a text of the number, `true` or nothing that starts where `span` starts. Returns whether there was one.
pub(super) fn as_text(tree: &mut Tree, span: Span) -> bool {
    match &mut tree.node {
        Node::Map(entries) => entries.iter_mut().any(|(_, value)| as_text(value, span)),
        Node::Seq(items) => items.iter_mut().any(|item| as_text(item, span)),
        Node::Bool(_) | Node::Int(_) | Node::Float(_) | Node::Null if tree.span.start() == span.start() => {
            let Some(written) = tree.written.take() else { return false };
            tree.node = Node::Str(written.into());
            true
        }
        _ => false,
    }
}

/// Removes the innermost entry or item that starts where `span` starts. Returns whether there was one.
pub(super) fn leave_out(tree: &mut Tree, span: Span, left_out: &mut Vec<(Span, String)>) -> bool {
    let of = tree.span;
    let starts = |other: Span| other.start() == span.start();
    match &mut tree.node {
        Node::Map(entries) => {
            if entries.iter_mut().any(|(_, value)| leave_out(value, span, left_out)) {
                return true;
            }
            let at = entries.iter().position(|(name, value)| starts(value.span) || starts(name.span));
            at.map(|at| left_out.push((of, entries.remove(at).0.value))).is_some()
        }
        Node::Seq(items) => {
            if items.iter_mut().any(|item| leave_out(item, span, left_out)) {
                return true;
            }
            let at = items.iter().position(|item| starts(item.span));
            at.map(|at| items.remove(at)).is_some()
        }
        _ => false,
    }
}
