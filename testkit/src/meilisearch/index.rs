//! An index: settings and validated documents.

use serde_json::{Map, Value};

use super::Refusal;

/// All known settings; any other is an error.
const SETTINGS: [&str; 18] = [
    "displayedAttributes",
    "searchableAttributes",
    "filterableAttributes",
    "sortableAttributes",
    "rankingRules",
    "stopWords",
    "nonSeparatorTokens",
    "separatorTokens",
    "dictionary",
    "synonyms",
    "distinctAttribute",
    "proximityPrecision",
    "typoTolerance",
    "faceting",
    "pagination",
    "embedders",
    "searchCutoffMs",
    "localizedAttributes",
];
const RULES: [&str; 7] = ["words", "typo", "proximity", "attribute", "attributeRank", "sort", "exactness"];

/// One index.
#[derive(Default)]
pub(super) struct Index {
    pub primary_key: Option<String>,
    pub documents: Vec<Map<String, Value>>,
    settings: Map<String, Value>,
}

/// A user-provided embedder.
pub(super) struct Embedder {
    pub dimensions: usize,
    /// Mean and sigma of the model's scores, from which they are shifted.
    pub distribution: Option<(f64, f64)>,
}

impl Index {
    pub fn new(primary_key: Option<String>) -> Index {
        Index { primary_key, ..Index::default() }
    }

    /// Applies settings; null resets one to its default.
    ///
    /// # Errors
    /// If the documents do not have the vectors that a new embedder requires.
    pub fn set(&mut self, settings: &Value) -> Result<(), Refusal> {
        for (name, value) in settings.as_object().into_iter().flatten() {
            match value {
                Value::Null => self.settings.remove(name),
                value => self.settings.insert(name.clone(), value.clone()),
            };
        }
        // As in Meilisearch, a new embedder fails the task if documents lack its vectors.
        for document in &self.documents {
            self.check_vectors(document)?;
        }
        Ok(())
    }

    /// Adds or replaces documents, all or none.
    ///
    /// # Errors
    /// For a missing, conflicting or ambiguous primary key, an invalid document id, or invalid vectors.
    pub fn add(&mut self, documents: &[Value], primary_key: Option<&str>) -> Result<(), Refusal> {
        let key = match (&self.primary_key, primary_key) {
            (Some(known), Some(given)) if known != given => {
                let message = format!("Index already has a primary key: `{known}`.");
                return Err(Refusal::bad("index_primary_key_already_exists", message));
            }
            (Some(known), _) => known.clone(),
            (None, Some(given)) => given.to_owned(),
            (None, None) => inferred(documents)?,
        };
        let mut added = Vec::with_capacity(documents.len());
        for document in documents {
            let Value::Object(document) = document else {
                return Err(Refusal::bad("malformed_payload", "The payload provided is malformed."));
            };
            let id = document.get(&key).ok_or_else(|| {
                let message = format!(
                    "Document doesn't have a `{key}` attribute: `{}`.",
                    Value::Object(document.clone())
                );
                Refusal::bad("missing_document_id", message)
            })?;
            if !is_id(id) {
                let message = format!(
                    "Document identifier `{id}` is invalid. A document identifier can be of type integer or string, only \
                     composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more \
                     than 511 bytes."
                );
                return Err(Refusal::bad("invalid_document_id", message));
            }
            self.check_vectors(document)?;
            added.push(document.clone());
        }
        self.primary_key = Some(key.clone());
        for document in added {
            let same = |known: &Map<String, Value>| id_text(known, &key) == id_text(&document, &key);
            match self.documents.iter().position(same) {
                Some(at) => self.documents[at] = document,
                None => self.documents.push(document),
            }
        }
        Ok(())
    }

    /// Checks the document's vectors for all embedders.
    fn check_vectors(&self, document: &Map<String, Value>) -> Result<(), Refusal> {
        let id = self.primary_key.as_ref().and_then(|key| document.get(key)).unwrap_or(&Value::Null);
        for (name, embedder) in
            self.settings.get("embedders").and_then(Value::as_object).into_iter().flatten()
        {
            let dimensions = embedder["dimensions"].as_u64().unwrap_or_default() as usize;
            let vectors = match document.get("_vectors") {
                None => None,
                Some(Value::Object(vectors)) => vectors.get(name),
                Some(other) => {
                    let message = format!(
                        "The `_vectors` field in the document with id: `{id}` is not an object. Was expecting an object with a \
                         key for each embedder with manually provided vectors, but instead got `{other}`"
                    );
                    return Err(Refusal::bad("invalid_vectors_type", message));
                }
            };
            let Some(vectors) = vectors else {
                let message = format!(
                    "While embedding documents for embedder `{name}`: no vectors provided for document `{id}`\n- Note: `{name}` \
                     has `source: userProvided`, so documents must provide embeddings as an array in `_vectors.{name}`.\n- \
                     Hint: opt-out for a document with `_vectors.{name}: null`"
                );
                return Err(Refusal::bad("vector_embedding_error", message));
            };
            if vectors.is_null() {
                continue;
            }
            let found = numbers(vectors).map(|vector| vector.len());
            if found != Some(dimensions) {
                let message = format!(
                    "Invalid vector dimensions in document with id `{id}` in `._vectors.{name}`.\n  - note: embedding #0 has \
                     dimensions {}\n  - note: embedder `{name}` requires {dimensions}",
                    found.unwrap_or_default()
                );
                return Err(Refusal::bad("invalid_vector_dimensions", message));
            }
        }
        Ok(())
    }

    pub fn embedder(&self, name: &str) -> Option<Embedder> {
        let embedder = self.settings.get("embedders")?.get(name)?;
        let distribution = &embedder["distribution"];
        let distribution = distribution["mean"].as_f64().zip(distribution["sigma"].as_f64());
        Some(Embedder { dimensions: embedder["dimensions"].as_u64()? as usize, distribution })
    }

    /// The document with this id.
    pub fn find(&self, id: &str) -> Option<&Map<String, Value>> {
        let key = self.primary_key.as_ref()?;
        self.documents.iter().find(|document| id_text(document, key).as_deref() == Some(id))
    }

    /// A document as in responses: the displayed attributes, limited to `wanted`, without vectors.
    pub fn shown(&self, document: &Map<String, Value>, wanted: Option<&[String]>) -> Map<String, Value> {
        let displayed = self.list("displayedAttributes");
        let among = |list: Option<&[String]>, name: &String| {
            list.is_none_or(|list| list.contains(name) || list.iter().any(|name| name == "*"))
        };
        let show =
            |name: &String| name != "_vectors" && among(displayed.as_deref(), name) && among(wanted, name);
        document
            .iter()
            .filter(|(name, _)| show(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// A setting whose value is a list of names.
    pub fn list(&self, setting: &str) -> Option<Vec<String>> {
        let names = self.settings.get(setting)?.as_array()?;
        Some(names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect())
    }

    /// Whether the attribute may be used in filters and facets.
    pub fn filterable(&self, attribute: &str) -> bool {
        let rules = self.settings.get("filterableAttributes").and_then(Value::as_array);
        rules.into_iter().flatten().any(|rule| match rule {
            Value::String(name) => fits(name, attribute),
            rule => {
                let patterns = rule["attributePatterns"].as_array().into_iter().flatten();
                patterns.filter_map(Value::as_str).any(|pattern| fits(pattern, attribute))
            }
        })
    }

    /// A number in a group of settings, such as `pagination.maxTotalHits`.
    pub fn number(&self, group: &str, name: &str, default: usize) -> usize {
        let value = self.settings.get(group).and_then(|group| group.get(name)?.as_u64());
        value.map_or(default, |value| value as usize)
    }
}

/// Validation that happens before a task is enqueued.
///
/// # Errors
/// For unknown settings, invalid ranking rules and invalid embedders.
pub(super) fn check_settings(settings: &Value) -> Result<(), Refusal> {
    let Some(settings) = settings.as_object() else {
        return Err(Refusal::bad("bad_request", "Invalid value type: expected an object"));
    };
    for (name, value) in settings {
        if !SETTINGS.contains(&name.as_str()) {
            let message = format!("Unknown field `{name}`: expected one of `{}`", SETTINGS.join("`, `"));
            return Err(Refusal::bad("bad_request", message));
        }
        if value.is_null() {
            continue;
        }
        match name.as_str() {
            "rankingRules" => {
                for rule in value.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if !RULES.contains(&rule) && !rule.ends_with(":asc") && !rule.ends_with(":desc") {
                        let message =
                            format!("Invalid value at `.rankingRules[0]`: `{rule}` ranking rule is invalid.");
                        return Err(Refusal::bad("invalid_settings_ranking_rules", message));
                    }
                }
            }
            "embedders" => {
                for (name, embedder) in value.as_object().into_iter().flatten() {
                    if embedder["source"] != "userProvided" {
                        let message =
                            format!("`.embedders.{name}`: this server has user-provided embedders only");
                        return Err(Refusal::bad("invalid_settings_embedders", message));
                    }
                    if embedder["dimensions"].as_u64().is_none_or(|dimensions| dimensions == 0) {
                        let message = format!(
                            "`.embedders.{name}`: Missing field `dimensions` (note: this field is mandatory for source \
                             `userProvided`)"
                        );
                        return Err(Refusal::bad("invalid_settings_embedders", message));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The only vector of a document; the first one if there are several.
pub(super) fn numbers(vectors: &Value) -> Option<Vec<f64>> {
    let list = vectors.as_array().or_else(|| vectors.get("embeddings")?.as_array())?;
    let list = match list.first() {
        Some(Value::Array(first)) => first,
        _ => list,
    };
    list.iter().map(Value::as_f64).collect()
}

/// A document's id as a string.
pub(super) fn id_text(document: &Map<String, Value>, key: &str) -> Option<String> {
    match document.get(key)? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn is_id(id: &Value) -> bool {
    match id {
        Value::Number(id) => id.is_u64() || id.is_i64(),
        Value::String(id) => {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            (1..=511).contains(&id.len()) && id.chars().all(fits)
        }
        _ => false,
    }
}

/// Infers the primary key from the field names of the first document.
fn inferred(documents: &[Value]) -> Result<String, Refusal> {
    let fields = documents.first().and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
    let candidates: Vec<&String> = fields.filter(|name| name.to_lowercase().ends_with("id")).collect();
    match candidates.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let message = "The primary key inference failed as the engine did not find any field ending with `id` in its \
                           name. Please specify the primary key manually using the `primaryKey` query parameter.";
            Err(Refusal::bad("index_primary_key_no_candidate_found", message))
        }
        several => {
            let message = format!(
                "The primary key inference failed as the engine found {} fields ending with `id` in their names. Please \
                 specify the primary key manually using the `primaryKey` query parameter.",
                several.len()
            );
            Err(Refusal::bad("index_primary_key_multiple_candidates_found", message))
        }
    }
}

/// Whether an attribute matches a pattern with `*` at its start or end.
fn fits(pattern: &str, attribute: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => attribute.starts_with(start),
        (_, Some(end)) => attribute.ends_with(end),
        _ => attribute == pattern,
    }
}
