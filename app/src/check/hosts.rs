//! Hosts that the flows call and the configuration does not allow. The caller decides what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use tolmach_engine::Release;

/// One line for each host that a node of the flows calls and `may_ask` denies. Such nodes take their `failed` exit.
pub fn host_notes(release: &Release, may_ask: impl Fn(&str) -> bool) -> Vec<String> {
    let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for flow in release.flows.values() {
        for (name, entry) in &flow.nodes {
            let host = entry.node.host().filter(|host| !may_ask(host));
            if let Some(host) = host {
                missing.entry(host.to_lowercase()).or_default().insert(format!("{}.{name}", flow.id));
            }
        }
    }
    let note = |(host, nodes): (String, BTreeSet<String>)| {
        let nodes = nodes.into_iter().collect::<Vec<_>>().join(", ");
        format!(
            "{host} may not be asked, so that {nodes} fails; add it to [http.hosts] or TOLMACH_HTTP_HOSTS"
        )
    };
    missing.into_iter().map(note).collect()
}
