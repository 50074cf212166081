//! The runtime: one turn a chat at a time, many chats at once.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    acknowledgements::Acknowledgements,
    busy_chats::Chats,
    coalescing::Coalescing,
    ports::{self, Address, Channel, Clock, Inbound, Intake, Store, Task},
    queries::QueryPorts,
    release_registry::ReleaseRegistry,
    staff::Staff,
};

/// Everything the runtime works with.
pub struct RuntimePorts {
    /// Memory.
    pub store: Arc<dyn Store>,
    /// What answers queries.
    pub world: QueryPorts,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ways out, one a name.
    pub channels: Vec<Arc<dyn Channel>>,
    /// What counts as one message.
    pub coalescing: Coalescing,
    /// Who of the staff is told.
    pub staff: Staff,
}

impl RuntimePorts {
    pub(crate) fn channel(&self, name: &str) -> Option<&Arc<dyn Channel>> {
        self.channels.iter().find(|channel| channel.name() == name)
    }

    /// Whether this process has the way to an address.
    pub(crate) fn reaches(&self, address: &str) -> bool {
        Address::parse(address).is_some_and(|to| self.channel(&to.channel).is_some())
    }

    pub(crate) fn channel_names(&self) -> Vec<String> {
        self.channels.iter().map(|channel| channel.name().to_owned()).collect()
    }
}

/// The turn loop.
pub struct Runtime {
    pub(crate) parts: RuntimePorts,
    pub(crate) releases: ReleaseRegistry,
    pub(crate) acknowledgements: Arc<Acknowledgements>,
    pub(crate) chats: Chats,
    pub(crate) me: Weak<Runtime>,
}

impl Runtime {
    /// A runtime without a release; publish one on the shelf before events come.
    pub fn new(parts: RuntimePorts, releases: ReleaseRegistry) -> Arc<Runtime> {
        let acknowledgements = Acknowledgements::new(Arc::clone(&parts.store));
        Arc::new_cyclic(|me| Runtime {
            parts,
            releases,
            acknowledgements,
            chats: Chats::default(),
            me: me.clone(),
        })
    }

    /// The releases in use.
    pub fn releases(&self) -> &ReleaseRegistry {
        &self.releases
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.parts.store
    }

    /// Carries out a task that concerns a chat, to its end; `false` for one that does not.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn perform(&self, task: &Task) -> ports::Result<bool> {
        match task {
            Task::Deliver { chat } => self.work_on(chat).await,
            Task::Timer { chat, name } => {
                if self.parts.store.fire_timer(chat, name, self.parts.clock.now()).await? {
                    self.work_on(chat).await;
                }
            }
            Task::Retain | Task::Report | Task::Reindex { .. } => return Ok(false),
        }
        Ok(true)
    }

    /// Waits until no chat is being worked on.
    pub async fn settle(&self) {
        self.chats.settle(|busy| busy.is_empty()).await;
    }

    /// Stops taking up work and waits for the turns in hand, at most `deadline`. Returns whether all ended.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.chats.close();
        tokio::time::timeout(deadline, self.settle()).await.is_ok()
    }
}

#[async_trait]
impl Intake for Runtime {
    async fn receive(&self, inbound: Vec<Inbound>) -> ports::Result<()> {
        let with_ids = inbound.into_iter().map(|inbound| (Uuid::now_v7(), inbound)).collect();
        let chats = self.parts.store.receive(self.parts.clock.now(), with_ids).await?;
        chats.iter().for_each(|chat| self.wake(chat));
        Ok(())
    }
}
