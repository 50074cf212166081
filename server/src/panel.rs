//! The admin panel in this server: what it needs of the process.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use tolmach_admin::{Options, Panel, Peer};
use tolmach_app::accounts;
use tolmach_channels::web::Visitor;
use tolmach_runtime::ports::Store;

use crate::clock::now;

/// The routes of the panel.
///
/// # Errors
/// When a template of the program is malformed, which its tests exclude.
pub fn router(options: Options) -> anyhow::Result<Router> {
    let panel = Panel::new(options).map_err(anyhow::Error::msg)?;
    Ok(tolmach_admin::router(Arc::new(panel)).layer(from_fn(with_peer)))
}

/// Tells the panel who asks, as the web chat's guard has found out.
async fn with_peer(mut request: Request, next: Next) -> Response {
    if let Some(visitor) = request.extensions().get::<Visitor>().copied() {
        let peer = Peer { address: visitor.address, https: visitor.https == Some(true) };
        request.extensions_mut().insert(peer);
    }
    next.run(request).await
}

/// The line of the start about the panel. Without an account it is a link, good for one day and one use, by which the first owner
/// makes theirs.
///
/// # Errors
/// When the database is unavailable.
pub async fn announced(store: &dyn Store, address: SocketAddr) -> anyhow::Result<String> {
    Ok(match accounts::invite_owner(store, now()).await? {
        Some(token) => format!("http://{address}/admin/setup/{token} (once, today: makes the first owner)"),
        None => format!("http://{address}/admin/"),
    })
}
