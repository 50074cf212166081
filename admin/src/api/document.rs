//! The document of the API: OpenAPI 3.1, made of the types that the routes take and answer; and what the readable page says of it.

use std::collections::BTreeMap;

use axum::http::Method;
use schemars::{
    SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value, json};
use tolmach_app::accounts::Role;
use tolmach_engine::language::Language;

use super::{Answer, Call, Nothing, Operation};
use crate::{
    gate::Needs,
    routes::{Route, table},
    texts::Texts,
};

/// Where schemas stand in the document.
const SCHEMAS: &str = "#/components/schemas";
/// How requests are refused: status, name in the document, and what it means.
const REFUSALS: [(&str, &str, &str); 6] = [
    ("401", "NoToken", "There is no token, or it has ended."),
    ("403", "Forbidden", "The role may not do it, or the token may only read."),
    ("404", "NotFound", "There is no such thing."),
    ("409", "Conflict", "Somebody else changed the same thing at the same time."),
    ("422", "Unfit", "The request is not as it is to be."),
    ("429", "TooMany", "Too many wrong tokens came from this address."),
];

/// A route of the API as it is told.
pub(crate) struct Told {
    pub(crate) method: Method,
    /// The whole address, with its places in braces.
    pub(crate) path: String,
    /// What it does: the key of a text.
    pub(crate) key: String,
    /// Who may ask.
    pub(crate) roles: Vec<Role>,
    /// Whether a token that only reads is refused.
    pub(crate) changes: bool,
    /// How it is asked by curl.
    pub(crate) example: String,
    operation: Operation,
}

/// All routes of the API, in the order of the table.
pub(crate) fn told() -> Vec<Told> {
    let told = |route: Route| {
        let Route { method, path, needs, changes, operation, .. } = route;
        let operation = operation?;
        let roles = match needs {
            Needs::Permission(what) => Role::that_may(what).collect(),
            Needs::Nothing | Needs::Password => Role::ALL.to_vec(),
        };
        let path = format!("/admin{path}");
        let key = format!("api.{}", operation.name);
        let example = curl(&method, &path, operation.example);
        Some(Told { method, path, key, roles, changes, example, operation })
    };
    table().into_iter().filter_map(told).collect()
}

/// A request by curl, with the token in the environment.
fn curl(method: &Method, path: &str, example: &str) -> String {
    let path = path
        .replace("{chat}", "web:1")
        .replace("{turn}", "7")
        .replace("{article}", "A-1")
        .replace("{table}", "flow_drafts")
        .replace("{id}", if path.contains("/releases/") { "current" } else { "ID" });
    let address = format!("\"$TOLMACH_URL{path}");
    let token = "-H \"Authorization: Bearer $TOLMACH_TOKEN\"";
    if *method == Method::GET {
        let query = if example.is_empty() { String::new() } else { format!("?{example}") };
        return format!("curl {token} {address}{query}\"");
    }
    format!("curl {token} --json '{example}' {address}\"")
}

/// The document.
///
/// # Errors
/// When two types of the same name have different schemas, or a text is missing, which tests exclude.
pub fn document(version: &str) -> Result<Value, String> {
    let texts = Texts::new()?;
    let (mut taken, mut answered) = (generator(Contract::Deserialize), generator(Contract::Serialize));
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for told in told() {
        let summary =
            texts.get(Language::En, &told.key).ok_or_else(|| format!("there is no text {}", told.key))?;
        let operation = described(&told, summary, (&mut taken, &mut answered));
        let method = told.method.as_str().to_lowercase();
        paths.entry(told.path).or_default().insert(method, operation);
    }
    let mut schemas = answered.take_definitions(true);
    for (name, schema) in taken.take_definitions(true) {
        match schemas.get(&name) {
            Some(known) if *known != schema => {
                return Err(format!("{name} is taken in another form than it is answered"));
            }
            _ => schemas.insert(name, schema),
        };
    }
    schemas.insert("Refusal".to_owned(), refusal());
    let refused = REFUSALS.map(|(_, name, what)| {
        let schema = json!({ "$ref": format!("{SCHEMAS}/Refusal") });
        (
            name.to_owned(),
            json!({ "description": what, "content": { "application/json": { "schema": schema } } }),
        )
    });
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tolmach",
            "version": version,
            "description": "What programs ask of Tolmach, in the name of a person of its staff: each request does what the role of \
                that person may. Times are milliseconds since the Unix epoch. Tokens are made in the panel under Account, or by \
                `tolmach admin token create`.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": Map::from_iter(refused),
            "schemas": schemas,
        },
    }))
}

fn generator(contract: Contract) -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = SCHEMAS.trim_start_matches('#').into();
    settings.meta_schema = None;
    settings.contract = contract;
    SchemaGenerator::new(settings)
}

/// What is answered where a request is refused.
fn refusal() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was refused.",
        "properties": {
            "error": { "type": "string", "description": "What is wrong, in the language of the token's person." },
            "key": { "type": "string", "description": "The same for programs." },
            "help": { "type": "string", "description": "What to do." },
            "detail": { "type": "string", "description": "More about it, in English." },
            "conflict": { "description": "Both versions, where two people changed the same lines." },
        },
        "required": ["error", "key"],
    })
}

fn described(
    told: &Told,
    summary: &str,
    (taken, answered): (&mut SchemaGenerator, &mut SchemaGenerator),
) -> Value {
    let operation = &told.operation;
    let mut parameters: Vec<Value> = told
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    // A query is one type; the document has a parameter for each of its fields.
    let mut own = generator(Contract::Deserialize);
    let query = (operation.query)(&mut own).to_value();
    let name = query["$ref"].as_str().and_then(|at| at.rsplit('/').next()).unwrap_or_default();
    let query = own.definitions_mut().remove(name).unwrap_or_default();
    taken.definitions_mut().extend(own.take_definitions(true));
    let required: Vec<&str> =
        query["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, schema) in query["properties"].as_object().into_iter().flatten() {
        let mut schema = schema.clone();
        let about = schema.as_object_mut().and_then(|fields| fields.remove("description"));
        parameters.push(json!({
            "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": schema,
            "description": about.unwrap_or_default(),
        }));
    }
    let roles: Vec<&str> = told.roles.iter().map(|role| role.name()).collect();
    let answer = (operation.answer)(answered).to_value();
    let mut responses = json!({
        "200": { "description": "Done.", "content": { "application/json": { "schema": answer } } },
    });
    for (status, name, _) in REFUSALS.iter().filter(|(status, ..)| *status != "409" || told.changes) {
        responses[*status] = json!({ "$ref": format!("#/components/responses/{name}") });
    }
    let mut described = json!({
        "operationId": operation.name,
        "summary": summary,
        "description": format!("For {}.", roles.join(", ")),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = operation.body {
        let schema = body(taken).to_value();
        let example: Value = serde_json::from_str(operation.example).unwrap_or_default();
        described["requestBody"] = json!({
            "required": true, "content": { "application/json": { "schema": schema, "example": example } },
        });
    }
    described
}

/// `/admin/api/openapi.json`.
pub(crate) async fn serve(call: Call<Nothing>) -> Answer<Value> {
    document(call.panel.options.process.version).map_err(|why| {
        tracing::error!(why, "the document of the API cannot be made");
        crate::error::Failure::Unavailable
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed() -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json")
    }

    /// Run with UPDATE_GENERATED=1 to write the file anew.
    #[test]
    fn the_committed_document_is_true() {
        let text = format!("{:#}\n", document(env!("CARGO_PKG_VERSION")).unwrap());
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(committed(), &text).unwrap();
        }
        let known = std::fs::read_to_string(committed()).unwrap_or_default();
        assert!(
            known == text,
            "docs/openapi.json is stale: run `UPDATE_GENERATED=1 cargo test -p tolmach-admin`"
        );
    }

    /// Every reference leads somewhere, and every schema is led to.
    #[test]
    fn the_document_is_whole() {
        let document = document("1").unwrap();
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for part in text.split("\"$ref\":\"").skip(1) {
            let at = part.split('"').next().unwrap();
            assert!(document.pointer(at.trim_start_matches('#')).is_some(), "{at}");
            seen.extend(at.strip_prefix("#/components/schemas/").map(str::to_owned));
        }
        let alone: Vec<_> = schemas.keys().filter(|name| !seen.contains(*name)).collect();
        assert_eq!(alone, Vec::<&String>::new(), "nothing leads to these");
        let names: Vec<&str> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|path| path.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        let apart: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(apart.len(), names.len(), "each has a name of its own");
    }
}
