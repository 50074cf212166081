//! Other systems, asked by `http` nodes.

use async_trait::async_trait;
use tolmach_engine::effect::{HttpReply, HttpRequest};

/// Asks other systems. What may be asked at all is the configuration's decision, not a flow's.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends one request. Any status is a reply; an error is a request that was refused or that did not come back.
    async fn request(&self, request: &HttpRequest) -> super::Result<HttpReply>;
}

/// No other system may be asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHttp;

#[async_trait]
impl Http for NoHttp {
    async fn request(&self, request: &HttpRequest) -> super::Result<HttpReply> {
        let why = format!("{} is not on the list of allowed hosts", request.url);
        Err(super::Error::refused("http", why))
    }
}
