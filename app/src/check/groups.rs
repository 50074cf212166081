//! Groups of the staff that the flows tell and nobody is in. The caller knows who is in a group.

use tolmach_engine::{
    Release,
    diagnostic::{Code, Diagnostic},
    effect::Notice,
};
use tolmach_runtime::Staff;

/// A warning for each node that tells a group nobody is in. Where no group has anybody, as on a first start, only groups that
/// a flow names are looked at.
pub fn empty_groups(release: &Release, staff: &Staff) -> Vec<Diagnostic> {
    let somebody: Vec<&str> =
        staff.iter().filter(|(_, members)| !members.is_empty()).map(|(name, _)| name.as_str()).collect();
    let mut found = Vec::new();
    for flow in release.flows.values() {
        for entry in flow.nodes.values() {
            let Some(group) = entry.node.staff_group() else { continue };
            let is_first_start = somebody.is_empty() && group.value == Notice::EVERYBODY;
            if is_first_start || somebody.contains(&group.as_str()) {
                continue;
            }
            let message =
                format!("nobody is in the group `{}` of the staff, so that nobody is told", group.value);
            let help = match somebody.as_slice() {
                [] => format!("add [staff.{}] with telegram or email to the configuration", group.value),
                groups => format!(
                    "add [staff.{}] with telegram or email to the configuration, or name a group with people: {}",
                    group.value,
                    groups.join(", ")
                ),
            };
            let span = if group.span.is_none() { entry.span } else { group.span };
            let diagnostic = Diagnostic::new(Code::EmptyGroup, &flow.file, span, message, help);
            found.push(match group.span.is_none() {
                true => diagnostic,
                false => diagnostic.near(&group.value, somebody.iter().copied()),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use tolmach_engine::{bundle::Bundle, compile};
    use tolmach_runtime::ports::Address;

    use super::*;

    const FLOW: &str = "\
flow: shop
start: a
nodes:
  a: { notify: { to: engineers, text: hi }, next: b }
  b: { notify: { text: hi }, next: c }
  c: { handoff: { to: sales }, next: { returned: wait, timeout: wait } }
";

    fn check(staff: &[(&str, &[&str])], expected: &[&str]) {
        let bundle = Bundle { files: [("shop.yaml".to_owned(), FLOW.to_owned())].into() };
        let release = compile(&bundle, &tolmach_nodes::platform()).release.unwrap();
        let staff: Staff = staff
            .iter()
            .map(|(name, ids)| {
                ((*name).to_owned(), ids.iter().map(|id| Address::new("telegram", *id)).collect())
            })
            .collect();
        let found = empty_groups(&release, &staff);
        let shown: Vec<String> = found
            .iter()
            .map(|one| format!("{} {}", one.span, one.nearest.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(shown, expected);
    }

    /// The code's own example raises it, and the mended one does not.
    #[test]
    fn the_explanation_holds() {
        let explanation = Code::EmptyGroup.explanation();
        for (files, expected) in [(&explanation.broken, 1), (&explanation.mended, 0)] {
            let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
            let bundle = Bundle { files: files.collect() };
            let release = compile(&bundle, &tolmach_nodes::platform()).release.unwrap();
            assert_eq!(empty_groups(&release, &Staff::default()).len(), expected);
        }
    }

    #[test]
    fn groups_without_people_are_told_where_they_are_named() {
        check(&[], &["4:22 ", "6:23 "]);
        check(&[("default", &["1"]), ("engineer", &["1"])], &["4:22 engineer", "6:23 "]);
        check(&[("engineers", &["1"]), ("sales", &["1"]), ("default", &["1"])], &[]);
        // A group in the configuration without an address is empty too.
        check(&[("engineers", &["1"]), ("sales", &[])], &["5:3 ", "6:23 "]);
    }
}
