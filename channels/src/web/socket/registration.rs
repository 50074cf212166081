//! The channel's list of open sockets.

use std::sync::Arc;

use tokio::sync::Notify;
use tolmach_runtime::ports::ChatKey;

use crate::web::WebChannel;

/// A socket in the channel's list, removed on drop.
pub(super) struct Registration {
    channel: Arc<WebChannel>,
    chat: ChatKey,
    wake: Arc<Notify>,
}

impl Registration {
    pub(super) fn new(channel: Arc<WebChannel>, chat: ChatKey, wake: Arc<Notify>) -> Registration {
        channel.open().entry(chat.clone()).or_default().push(Arc::clone(&wake));
        Registration { channel, chat, wake }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut open = self.channel.open();
        if let Some(sockets) = open.get_mut(&self.chat) {
            sockets.retain(|socket| !Arc::ptr_eq(socket, &self.wake));
            if sockets.is_empty() {
                open.remove(&self.chat);
            }
        }
    }
}
