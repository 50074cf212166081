//! A tree without what could not be read, so that reading can go on to the next mistake.
//!
//! What is read from such a tree is never run: it only brings further findings to light.

use crate::{
    place::{At, Place},
    yaml::{Node, Tree},
};

/// Puts an empty text without a place where a field is missing, once.
pub(super) fn fill(tree: &mut Tree, place: Place, field: &str) -> bool {
    if tree.place == place && matches!(tree.node, Node::Null) {
        tree.node = Node::Map(Vec::new());
    }
    match &mut tree.node {
        Node::Map(entries) if tree.place == place => {
            if entries.iter().any(|(name, _)| name.value == field) {
                return false;
            }
            let nowhere = Tree { place: Place::default(), node: Node::Str(String::new()) };
            entries.push((At::new(field.to_owned(), Place::default()), nowhere));
            true
        }
        Node::Map(entries) => entries.iter_mut().any(|(_, value)| fill(value, place, field)),
        Node::Seq(items) => items.iter_mut().any(|item| fill(item, place, field)),
        _ => false,
    }
}

/// The place of a map into which an empty text was put.
pub(super) fn filled(tree: &Tree) -> Option<Place> {
    match &tree.node {
        Node::Map(entries) => {
            let own = entries.iter().any(|(name, _)| name.place == Place::default());
            entries.iter().find_map(|(_, value)| filled(value)).or(own.then_some(tree.place))
        }
        Node::Seq(items) => items.iter().find_map(filled),
        _ => None,
    }
}

/// Leaves out the innermost entry or item that begins at a place.
pub(super) fn leave_out(tree: &mut Tree, place: Place, left_out: &mut Vec<(Place, String)>) -> bool {
    let of = tree.place;
    match &mut tree.node {
        Node::Map(entries) => {
            if entries.iter_mut().any(|(_, value)| leave_out(value, place, left_out)) {
                return true;
            }
            let at = entries.iter().position(|(name, value)| value.place == place || name.place == place);
            at.map(|at| left_out.push((of, entries.remove(at).0.value))).is_some()
        }
        Node::Seq(items) => {
            if items.iter_mut().any(|item| leave_out(item, place, left_out)) {
                return true;
            }
            let at = items.iter().position(|item| item.place == place);
            at.map(|at| items.remove(at)).is_some()
        }
        _ => false,
    }
}
