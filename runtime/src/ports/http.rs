//! HTTP requests of `http` nodes to other systems.

use async_trait::async_trait;
use tolmach_engine::effect::{HttpReply, HttpRequest};

/// Sends requests to other systems. The configuration, not a flow, decides which hosts are allowed.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends one request. A reply with any status is `Ok`.
    ///
    /// # Errors
    /// When the request is not allowed, or when no complete reply comes back.
    async fn request(&self, request: &HttpRequest) -> super::Result<HttpReply>;
}

/// Refuses every request.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHttp;

#[async_trait]
impl Http for NoHttp {
    async fn request(&self, request: &HttpRequest) -> super::Result<HttpReply> {
        let why = format!("{} is not on the list of allowed hosts", request.url);
        Err(super::Error::refused("http", why))
    }
}
