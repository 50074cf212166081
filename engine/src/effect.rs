//! Queries and commands: everything that a dialog can ask of its surroundings. The set is closed; kinds compose these.
//!
//! A **query** suspends the turn until it is resumed with the [`QueryOutcome`]. A **command** is data that the runtime
//! executes after the turn is committed, under its stable [`Effect`] id.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    catalog::{Product, SearchRequest, SearchResults},
    language::Language,
};

/// A question that the runtime answers through its ports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// Classify a text by its similarity to labelled examples of the release.
    #[serde(alias = "nearest")]
    Classify(ClassifyRequest),
    /// Classify a text by a language model.
    #[serde(alias = "decide")]
    LlmClassify(LlmClassifyRequest),
    /// Generate a reply, by a language model or without one.
    #[serde(alias = "answer")]
    Generate(GenerateRequest),
    /// Find products.
    Search(SearchRequest),
    /// Call another system over HTTP.
    Http(HttpRequest),
}

impl Query {
    /// The query's name in traces and limits.
    pub const fn name(&self) -> &'static str {
        match self {
            Query::Classify(_) => "classify",
            Query::LlmClassify(_) => "llm_classify",
            Query::Generate(_) => "generate",
            Query::Search(_) => "search",
            Query::Http(_) => "http",
        }
    }

    /// The query's key in traces: 16 hexadecimal digits of a hash of its content. Backtests find recorded outcomes by it.
    pub fn key(&self) -> String {
        /// The JSON form that is hashed. Its tags are those of the first stored traces, so that outcomes recorded by
        /// earlier versions are found.
        #[derive(Serialize)]
        struct Keyed<'q, T> {
            query: &'static str,
            #[serde(flatten)]
            request: &'q T,
        }
        fn json<T: Serialize>(query: &'static str, request: &T) -> Vec<u8> {
            // Every query is plain data, so that it always has a JSON form.
            serde_json::to_vec(&Keyed { query, request }).unwrap_or_default()
        }
        let json = match self {
            Query::Classify(request) => json("nearest", request),
            Query::LlmClassify(request) => json("decide", request),
            Query::Generate(request) => json("answer", request),
            Query::Search(request) => json("search", request),
            Query::Http(request) => json("http", request),
        };
        blake3::hash(&json).to_hex()[..16].to_owned()
    }

    /// Whether it may cost a call of a language model.
    pub const fn calls_model(&self) -> bool {
        matches!(self, Query::LlmClassify(_) | Query::Generate(_))
    }
}

/// The answer to a query. Its variant matches the query's, or is `Failed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum QueryOutcome {
    /// To [`Query::Classify`]: labels with scores, best first.
    #[serde(alias = "nearest")]
    Classify {
        /// Each label at most once.
        labels: Vec<ScoredLabel>,
    },
    /// To [`Query::LlmClassify`].
    #[serde(alias = "decide")]
    LlmClassify(Classification),
    /// To [`Query::Generate`].
    #[serde(alias = "answer")]
    Generate(Reply),
    /// To [`Query::Search`].
    Search(SearchResults),
    /// To [`Query::Http`].
    Http(HttpReply),
    /// The query could not be answered.
    Failed {
        /// Why, for the trace; never shown to a client.
        reason: String,
    },
}

/// See [`Query::Classify`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassifyRequest {
    /// Name of an example set of the release: `<flow>.<node>`.
    pub set: String,
    /// The text to classify, at most [`ClassifyRequest::MAX_TEXT`] characters. An empty one has no label by its words.
    pub text: String,
    /// The whole message, where more of it than the text may be an article number of the catalogue: one of digits alone looks
    /// like a phone number, which is not classified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl ClassifyRequest {
    /// The most characters of a message that are classified. What a client wants is said within them, and comparing more with
    /// the examples costs time for nothing.
    pub const MAX_TEXT: usize = 1_000;
}

/// A label with its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredLabel {
    /// The label (an intent).
    pub label: String,
    /// 0 to 1.
    pub score: f32,
    /// The nearest example, for the trace.
    pub example: String,
}

impl ScoredLabel {
    /// The example of a label that is surely meant because the text holds an article number of the catalogue.
    pub const ARTICLE: &'static str = "[an article number of the catalogue]";

    /// The label of a text that holds an article number of the catalogue.
    pub fn of_article(label: &str) -> ScoredLabel {
        ScoredLabel { label: label.to_owned(), score: 1.0, example: ScoredLabel::ARTICLE.to_owned() }
    }
}

/// See [`Query::LlmClassify`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LlmClassifyRequest {
    /// Which configured model to use.
    pub role: String,
    /// The text to label. Data, never instructions.
    pub text: String,
    /// What to choose from; the answer is one of these or none.
    pub labels: Vec<Label>,
    /// What was said before, oldest first.
    pub history: Vec<Utterance>,
    /// The client's language.
    pub language: Language,
}

/// A label with what a model needs to know of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// A few examples.
    pub examples: Vec<String>,
}

/// A model's choice among labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// One of the request's labels, or `None` for "none of them".
    pub label: Option<String>,
    /// What it cost.
    #[serde(default)]
    pub usage: Usage,
}

/// See [`Query::Generate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    /// Which configured model to use.
    pub role: String,
    /// The rendered prompt: how to behave. Written by the flow's author.
    pub instructions: String,
    /// What the client asked. Data.
    pub question: String,
    /// The language to answer in.
    pub language: Language,
    /// Rows the reply may name, by index. Data.
    pub facts: Vec<Product>,
    /// Passages the reply may use. Data.
    pub passages: Vec<Passage>,
    /// What was said before, oldest first.
    pub history: Vec<Utterance>,
    /// 0 to 2.
    pub temperature: f32,
    /// Upper bound on the reply.
    pub max_tokens: u32,
}

/// See [`Query::Http`]. Credentials are no part of it: the configuration keeps them by host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// What to do.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Further headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body, sent as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Timeout of the whole exchange, milliseconds.
    pub deadline: u64,
    /// Bytes of the reply's body; a longer reply is refused.
    pub max_bytes: u64,
}

/// A method of [`HttpRequest`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read.
    #[default]
    Get,
    /// Send. The other side should recognise a repetition by the `Idempotency-Key` header.
    Post,
}

impl Method {
    /// As HTTP writes it.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// What another system replied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HttpReply {
    /// The status, 100 to 599.
    pub status: u16,
    /// The body as JSON; `null` when it is empty.
    pub body: Value,
}

/// A section of the company's knowledge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// `<file>#<heading>`: where it comes from.
    pub id: String,
    /// The heading.
    pub title: String,
    /// The text.
    pub text: String,
}

/// Something said in the chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who said it.
    pub who: Author,
    /// What.
    pub text: String,
}

/// A speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// The client.
    Client,
    /// The bot.
    Bot,
    /// A person of the staff.
    Staff,
}

/// A written reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The text. `[1]` stands for the first row of the request's facts, `[2]` for the second: the engine puts the
    /// row's own name there. An empty text means that nothing could be said (no passage fits).
    pub text: String,
    /// What it cost.
    #[serde(default)]
    pub usage: Usage,
}

/// Raw usage of a model call, as the provider reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Who answered: provider and model, or `offline`.
    #[serde(default)]
    pub model: String,
    /// Tokens read, cached ones included.
    #[serde(default)]
    pub input_tokens: u32,
    /// Of those, served from the provider's cache.
    #[serde(default)]
    pub cached_tokens: u32,
    /// Tokens written, reasoning ones included.
    #[serde(default)]
    pub output_tokens: u32,
    /// Of those, spent on reasoning.
    #[serde(default)]
    pub reasoning_tokens: u32,
}

/// A command with the id under which receivers may recognise a repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// `<event id>.<index>`: the same event always yields the same ids.
    pub id: String,
    /// What to do.
    pub command: Command,
}

/// Something to do after the turn is committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Show something to the client.
    Send(Outgoing),
    /// Create the client's open lead, or add to it.
    Lead(Lead),
    /// Start a timer of this chat. It replaces a running one of the same name.
    StartTimer {
        /// Its name.
        name: String,
        /// When it fires, milliseconds since the Unix epoch, UTC.
        due: i64,
    },
    /// Cancel a timer.
    CancelTimer {
        /// Its name.
        name: String,
    },
    /// Notify the staff.
    Notify(Notice),
    /// Hand the chat over to staff. The bot is silent until the handoff ends.
    HandOff {
        /// Why, for the person.
        reason: String,
    },
    /// The handoff ends; the bot answers again.
    #[serde(alias = "take_back")]
    EndHandoff,
    /// A conversion, for analytics.
    Goal(Goal),
    /// The client was put into an arm of an experiment, for analytics.
    Arm {
        /// The experiment.
        experiment: String,
        /// The arm.
        arm: String,
    },
}

/// A notification for everyone that the configuration lists in the group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The group of people, as the configuration names it.
    pub group: String,
    /// A line, for mail.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Whether to add how the chat can be reached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub about_chat: bool,
}

impl Notice {
    /// The group that notices without a group of their own go to.
    pub const EVERYBODY: &'static str = "default";
}

/// A goal that was reached, for analytics.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Its name.
    pub name: String,
    /// What it is worth, in the flow's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The client's arms, by experiment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arms: BTreeMap<String, String>,
}

/// A message to the client, or a notice to one of the staff, in no channel's markup: plain text, escaped by each channel
/// as it needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The subject of a notice. A channel without subject lines shows it above the text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// May be empty when there are cards or a photo.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// A picture's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
    /// Products to show after the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
    /// Files that a person of the staff sends, after the products.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<SentFile>,
    /// Buttons, one a row, under the last part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// Where the channel can share the client's own contact: the label of a button that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_contact: Option<String>,
    /// For a notice: the address of the chat that it is about. The channel adds how the chat can be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The person of the staff who wrote it, as the channel or the command line names them; `None` for the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// The language of the texts, for what a channel adds itself.
    pub language: Language,
}

impl Outgoing {
    /// The subject, the text and the address of the chat that a notice is about, with empty lines between them: all that
    /// there is to read, for a channel without subject lines and wording of its own.
    pub fn whole_text(&self) -> String {
        let about = self.about.as_deref().unwrap_or_default();
        paragraphs(&[&self.subject, &self.text, about])
    }
}

/// Joins texts with empty lines between them. Spaces around each are removed, and empty ones are left out.
pub fn paragraphs(texts: &[&str]) -> String {
    let texts: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    texts.join("\n\n")
}

/// A file that a person of the staff sends to the client. Its content is kept outside of the session, under its address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// Where its content is: an address on this server.
    pub address: String,
    /// What it is called, with its extension.
    pub name: String,
    /// The media type, such as `application/pdf`.
    pub media: String,
    /// The size of its content.
    pub bytes: u64,
}

impl SentFile {
    /// Whether it is a picture of points, which a client can be shown.
    pub fn is_picture(&self) -> bool {
        is_picture(&self.media)
    }
}

/// Whether a media type is that of a picture of points. A drawing such as SVG can hold a script and is none.
pub fn is_picture(media: &str) -> bool {
    matches!(media, "image/png" | "image/jpeg" | "image/webp" | "image/gif")
}

/// A product as the client sees it; every field is rendered from the row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The product's id.
    pub id: String,
    /// Name in the client's language.
    pub name: String,
    /// Article, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub article: String,
    /// Brand, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub brand: String,
    /// Price with currency, or "on request" in the client's language.
    pub price: String,
    /// Availability in the client's language, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stock: String,
    /// Description in the client's language, at most 300 characters, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Photo address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Button {
    /// What the client reads.
    pub label: String,
    /// What pressing does.
    pub action: Action,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Opens an address.
    Open {
        /// http(s), tel or mailto address.
        url: String,
    },
    /// Comes back to us as a press. The id is at most 64 bytes and opaque to channels.
    Press {
        /// The id under which the press is stored.
        id: String,
        /// What it stands for; channels must not look inside.
        press: Press,
    },
}

/// What a pressed button stands for; stored with the button, so that an old button still works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Press {
    /// The release that sent the button.
    pub release: String,
    /// The id of the button that was pressed; empty in a button that is sent, which has it beside this.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The flow of the node that sent it.
    pub flow: String,
    /// The node that sent it.
    pub node: String,
    /// What was chosen.
    pub choice: Choice,
}

/// A choice behind a button.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub enum Choice {
    /// Go to a node of the same flow.
    Go {
        /// The node.
        to: String,
    },
    /// An answer to the node that sent the button.
    Answer {
        /// The answer's value.
        value: String,
    },
    /// The next page of the cards that the node sent.
    More {
        /// The search, with the offset of that page.
        request: Box<SearchRequest>,
    },
}

impl Choice {
    /// The value of the button that leaves a question.
    pub const CANCELLED: &str = "\u{0}cancel";

    /// Whether it leaves a question.
    pub fn cancels(&self) -> bool {
        matches!(self, Choice::Answer { value } if value == Choice::CANCELLED)
    }
}

/// What a client wants and how to reach them. Fields given again replace the old, others stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Lead {
    /// Where it came from: `form`, `inactivity` or the flow's own word. A source that first brings a contact replaces
    /// one that brought none.
    pub source: String,
    /// Name, phone and e-mail as validated, under those keys.
    #[serde(default)]
    pub contact: BTreeMap<String, String>,
    /// What it is about, one or two sentences.
    #[serde(default)]
    pub summary: String,
    /// Further values of the dialog worth knowing.
    #[serde(default)]
    pub details: BTreeMap<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_before_has_no_files_and_one_without_any_is_written_as_before() {
        let json = r#"{"text":"hi","language":"en"}"#;
        let outgoing: Outgoing = serde_json::from_str(json).unwrap();
        assert_eq!(outgoing.files, []);
        assert_eq!(serde_json::to_string(&outgoing).unwrap(), json);
    }

    #[test]
    fn effects_of_an_earlier_version_read() {
        let effect: Effect =
            serde_json::from_str(r#"{ "id": "1.0", "command": { "command": "take_back" } }"#).unwrap();
        assert_eq!(effect.command, Command::EndHandoff);
    }
}
