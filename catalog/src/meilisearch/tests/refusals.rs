//! What the server rejects. These tests run on the fake and on a real server, so that the fake stays accurate.

use meilisearch_sdk::{
    client::SwapIndexes,
    request::{HttpClient, Method},
};
use serde_json::{Value, json};

use super::*;
use crate::meilisearch::{MirrorError, publish::Publisher};

struct Server {
    fixture: Fixture,
}

impl Server {
    /// Starts with an index that has one document and one embedder of two dimensions.
    async fn ready() -> Server {
        let server = Server { fixture: place().await };
        let made =
            server.publisher().client().create_index(&server.publisher().live, Some("id")).await.unwrap();
        server.publisher().done("making", made.get_task_uid()).await.unwrap();
        let settings = json!({
            "filterableAttributes": ["colour", "price", { "attributePatterns": ["x_*"],
                "features": { "facetSearch": false, "filter": { "equality": true, "comparison": true } } }],
            "embedders": { "rows": { "source": "userProvided", "dimensions": 2 } },
        });
        assert_eq!(server.task(server.patch("settings", settings).await).await, "ok");
        let document = json!({ "id": "a", "name": "pump", "colour": "Red", "price": 5, "x_1": 7, "_vectors": { "rows": [1.0, 0.0] } });
        assert_eq!(server.add(json!([document])).await, "ok");
        server
    }

    fn publisher(&self) -> &Publisher {
        &self.fixture.mirror.publisher
    }

    fn url(&self, path: &str) -> String {
        format!("{}/indexes/{}/{path}", self.publisher().url, self.publisher().live)
    }

    async fn patch(&self, path: &str, body: Value) -> Result<Value, MirrorError> {
        let method = Method::Patch { query: (), body };
        Ok(self.publisher().http.request::<(), Value, Value>(&self.url(path), method, 202).await?)
    }

    async fn post(&self, path: &str, body: Value, expected: u16) -> Result<Value, MirrorError> {
        let method = Method::Post { query: (), body };
        Ok(self.publisher().http.request::<(), Value, Value>(&self.url(path), method, expected).await?)
    }

    /// The result of a task: `ok`, or its error code.
    async fn task(&self, summary: Result<Value, MirrorError>) -> String {
        let task = summary.unwrap()["taskUid"].as_u64().unwrap() as u32;
        match self.publisher().done("trying", task).await {
            Ok(()) => "ok".to_owned(),
            Err(MirrorError::Task { why, .. }) => why.split(':').next().unwrap_or_default().to_owned(),
            Err(other) => panic!("{other}"),
        }
    }

    async fn add(&self, documents: Value) -> String {
        self.task(self.post("documents?primaryKey=id", documents, 202).await).await
    }

    /// The error code of a rejected search, or the number of its hits.
    async fn search(&self, body: Value) -> String {
        match self.post("search", body, 200).await {
            Ok(answer) => answer["hits"].as_array().unwrap().len().to_string(),
            Err(MirrorError::Refused(code) | MirrorError::Missing(code)) => code,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn invalid_documents_fail_their_tasks() {
    let server = Server::ready().await;
    let vectors = json!({ "rows": null });
    assert_eq!(server.add(json!([{ "id": "b/1", "_vectors": vectors }])).await, "invalid_document_id");
    assert_eq!(server.add(json!([{ "id": "я", "_vectors": vectors }])).await, "invalid_document_id");
    assert_eq!(
        server.add(json!([{ "id": "b".repeat(512), "_vectors": vectors }])).await,
        "invalid_document_id"
    );
    assert_eq!(server.add(json!([{ "id": "b".repeat(511), "_vectors": vectors }])).await, "ok");
    assert_eq!(server.add(json!([{ "name": "x", "_vectors": vectors }])).await, "missing_document_id");
    assert_eq!(server.add(json!([{ "id": "c" }])).await, "vector_embedding_error");
    assert_eq!(
        server.add(json!([{ "id": "c", "_vectors": { "rows": [1.0] } }])).await,
        "invalid_vector_dimensions"
    );
    assert_eq!(server.add(json!([{ "id": "c", "_vectors": 5 }])).await, "invalid_vectors_type");
    // A batch is added completely or not at all.
    let batch = json!([{ "id": "d", "_vectors": vectors }, { "id": "e e", "_vectors": vectors }]);
    assert_eq!(server.add(batch).await, "invalid_document_id");
    assert_eq!(server.search(json!({ "limit": 100 })).await, "2");
    server.fixture.end().await;
}

#[tokio::test]
async fn invalid_searches_are_rejected_immediately() {
    let server = Server::ready().await;
    assert_eq!(server.search(json!({ "q": "pump" })).await, "1");
    for good in [
        "colour = \"red\"",
        "colour IN [blue, 'Red']",
        "NOT colour = blue AND (price 1 TO 5 OR x_1 > 100)",
        "x_1 = 7",
        "colour EXISTS AND price >= 5 AND NOT price IN []",
        "x_none NOT EXISTS",
    ] {
        assert_eq!(server.search(json!({ "filter": good })).await, "1", "{good}");
    }
    for bad in [
        "name = pump",
        "colour = ",
        "colour = 'red",
        "(colour = red",
        "price > red",
        "colour red",
        "colour = red price = 1",
    ] {
        assert_eq!(server.search(json!({ "filter": bad })).await, "invalid_search_filter", "{bad}");
    }
    assert_eq!(server.search(json!({ "facets": ["name"] })).await, "invalid_search_facets");
    assert_eq!(server.search(json!({ "facets": ["colour", "x_9"] })).await, "1");
    assert_eq!(server.search(json!({ "sort": ["price:asc"] })).await, "invalid_search_sort");
    assert_eq!(server.search(json!({ "limit": -1 })).await, "invalid_search_limit");
    assert_eq!(server.search(json!({ "hitsPerPage": "x" })).await, "invalid_search_hits_per_page");
    assert_eq!(server.search(json!({ "nonsense": 1 })).await, "bad_request");
    assert_eq!(
        server.search(json!({ "matchingStrategy": "some" })).await,
        "invalid_search_matching_strategy"
    );
    assert_eq!(
        server.search(json!({ "rankingScoreThreshold": 2 })).await,
        "invalid_search_ranking_score_threshold"
    );
    let hybrid = |embedder: &str, ratio: f64, vector: Value| json!({ "q": "pump", "vector": vector, "hybrid": { "embedder": embedder, "semanticRatio": ratio } });
    assert_eq!(server.search(hybrid("rows", 0.9, json!([1.0, 0.0]))).await, "1");
    assert_eq!(server.search(hybrid("none", 0.9, json!([1.0, 0.0]))).await, "invalid_search_embedder");
    assert_eq!(server.search(hybrid("rows", 0.9, json!([1.0]))).await, "invalid_vector_dimensions");
    assert_eq!(server.search(hybrid("rows", 1.5, json!([1.0, 0.0]))).await, "invalid_search_semantic_ratio");
    assert_eq!(server.search(json!({ "vector": [1.0, 0.0] })).await, "missing_search_hybrid");
    server.fixture.end().await;
}

#[tokio::test]
async fn missing_objects_are_reported_as_missing() {
    let server = Server::ready().await;
    let publisher = server.publisher();
    let similar =
        |id: &str, embedder: &str| server.post("similar", json!({ "id": id, "embedder": embedder }), 200);
    assert_eq!(similar("z", "rows").await.unwrap_err(), MirrorError::Missing("not_found_similar_id".into()));
    assert_eq!(
        similar("a", "none").await.unwrap_err(),
        MirrorError::Refused("invalid_similar_embedder".into())
    );
    let client = publisher.client();
    let missing = client.get_index(&publisher.second).await.err().map(MirrorError::from);
    assert_eq!(missing, Some(MirrorError::Missing("index_not_found".into())));
    let swap = SwapIndexes { indexes: (publisher.live.clone(), publisher.second.clone()), rename: None };
    let task = client.swap_indexes([&swap]).await.unwrap();
    let failed = publisher.done("swapping", task.get_task_uid()).await.unwrap_err();
    assert!(failed.to_string().contains("index_not_found"), "{failed}");
    let same = SwapIndexes { indexes: (publisher.live.clone(), publisher.live.clone()), rename: None };
    let refused = client.swap_indexes([&same]).await.err().map(MirrorError::from);
    assert_eq!(refused, Some(MirrorError::Refused("invalid_swap_duplicate_index_found".into())));
    let task = client.create_index(&publisher.live, Some("id")).await.unwrap();
    let failed = publisher.done("making", task.get_task_uid()).await.unwrap_err();
    assert!(failed.to_string().contains("index_already_exists"), "{failed}");
    server.fixture.end().await;
}
