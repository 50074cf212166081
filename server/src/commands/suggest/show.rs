//! How suggestions are printed.

use serde::Serialize;

use super::unsure::Message;
use crate::out::counted;

/// How likely an intent must be to be proposed. Nine examples in all take «are you hiring» for a question about goods by
/// 0.58; what is proposed below this bound would be wrong too often.
const LIKELY: f32 = 0.65;
/// Messages of a group that are shown beside the central one; the JSON has all.
const SHOWN: usize = 3;
/// A message that is longer is cut for people; the line to paste is not.
const WIDTH: usize = 120;

/// What there is to add.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Messages that ended in `unsure`.
    pub messages: usize,
    /// In how many different words.
    pub different: usize,
    /// Messages that are not looked at: personal data, or meant for a person.
    pub private: usize,
    /// Different messages that are not looked at because there are too many; the oldest.
    pub left_out: usize,
    /// Messages that came to nodes which the current release has not.
    pub gone: usize,
    /// Groups, the most frequent first.
    pub clusters: Vec<Cluster>,
    /// Groups beyond the limit.
    pub more: usize,
}

/// Messages that mean about the same.
#[derive(Debug, Serialize)]
pub struct Cluster {
    /// The node that was unsure, as `FLOW.NODE`.
    node: String,
    /// How many messages.
    count: usize,
    /// The most central one.
    example: String,
    /// The others, the most central first.
    others: Vec<String>,
    /// What to do.
    add: Proposal,
    /// The intent of the node that the group is likeliest to mean, whether or not it is proposed.
    likeliest: Option<Likeliest>,
    /// A line for the node's intents that does it.
    yaml: String,
}

/// What to do about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Proposal {
    /// Its central message becomes an example of the likeliest intent.
    Example,
    /// It becomes an intent of its own.
    NewIntent,
}

/// An intent, and how likely a group means it.
#[derive(Debug, Serialize)]
pub struct Likeliest {
    pub intent: String,
    /// On average, 0 to 1.
    pub confidence: f32,
}

impl Cluster {
    /// Messages that came to a node, the most central first.
    pub fn of(node: String, messages: Vec<Message>, likeliest: Option<Likeliest>) -> Cluster {
        let count = super::total(&messages);
        let mut texts = messages.into_iter().map(|message| message.text);
        let example = texts.next().unwrap_or_default();
        let others: Vec<String> = texts.collect();
        let known = likeliest.as_ref().is_some_and(|likeliest| likeliest.confidence >= LIKELY);
        let add = if known { Proposal::Example } else { Proposal::NewIntent };
        let yaml = match add {
            Proposal::Example => format!("- {}", quoted(&example)),
            Proposal::NewIntent => {
                let examples = std::iter::once(&example).chain(others.iter().take(SHOWN));
                let examples: Vec<String> = examples.map(|text| quoted(text)).collect();
                format!("new_intent: {{ examples: [{}] }}", examples.join(", "))
            }
        };
        Cluster { node, count, example, others, add, likeliest, yaml }
    }

    fn print(&self) {
        let shorten = |text: &str| tolmach_engine::text::shorten(text, WIDTH);
        println!("\n{} at {}: «{}»", counted(self.count, "message"), self.node, shorten(&self.example));
        for other in self.others.iter().take(SHOWN) {
            println!("    «{}»", shorten(other));
        }
        if self.others.len() > SHOWN {
            println!("    and {} more (--json shows all)", self.others.len() - SHOWN);
        }
        println!("  {}:", self.advice());
        println!("    {}", self.yaml);
    }

    fn advice(&self) -> String {
        match (self.add, &self.likeliest) {
            (Proposal::Example, Some(Likeliest { intent, confidence })) => {
                format!("add as an example of `{intent}` (likely by {confidence:.2})")
            }
            (_, Some(Likeliest { intent, confidence })) => {
                format!("a new intent (`{intent}` is likely by {confidence:.2} only)")
            }
            (_, None) => "a new intent".to_owned(),
        }
    }
}

/// A text as YAML reads it, whatever is in it: JSON's strings are YAML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Report {
    /// For people.
    pub fn print(&self) {
        let groups = counted(self.clusters.len() + self.more, "group");
        let (messages, different) = (counted(self.messages, "message"), self.different);
        if self.messages > 0 {
            println!("{messages} ended in `unsure`, {different} different, in {groups}");
        } else if self.private + self.gone == 0 {
            println!("no message ended in `unsure`");
        }
        self.clusters.iter().for_each(Cluster::print);
        let notes = [
            ("groups beyond the limit (--limit)", self.more),
            ("older messages left out", self.left_out),
            ("messages not shown, personal data or meant for a person", self.private),
            ("messages at nodes that the current release has not", self.gone),
        ];
        let notes: Vec<String> = notes
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{what}: {count}"))
            .collect();
        if !self.clusters.is_empty() && !notes.is_empty() {
            println!("");
        }
        notes.iter().for_each(|note| println!("{note}"));
    }
}
