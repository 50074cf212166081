//! The runtime: one turn per chat at a time, many chats at once.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    acknowledgements::Acknowledgements,
    busy_chats::Chats,
    coalescing::Coalescing,
    greeting::Greetings,
    ports::{self, Address, Channel, Clock, Inbound, Intake, Store, Task, UnreadUpdate},
    queries::QueryPorts,
    release_registry::ReleaseRegistry,
    shared::Shared,
    staff::{NoticeLimits, Staff},
};

/// The ports and settings of a runtime.
pub struct RuntimePorts {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The ports that answer queries.
    pub queries: QueryPorts,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The channels, with distinct names.
    pub channels: Shared<Vec<Arc<dyn Channel>>>,
    /// Which consecutive messages are merged into one event.
    pub coalescing: Shared<Coalescing>,
    /// The recipients of notices to staff, by group.
    pub staff: Shared<Staff>,
    /// How many messages one chat may send to them.
    pub notices: Shared<NoticeLimits>,
}

impl RuntimePorts {
    pub(crate) fn channel(&self, name: &str) -> Option<Arc<dyn Channel>> {
        self.channels.get().iter().find(|channel| channel.name() == name).cloned()
    }

    /// Whether this process has the channel of an address.
    pub(crate) fn reaches(&self, address: &str) -> bool {
        Address::parse(address).is_some_and(|to| self.channel(&to.channel).is_some())
    }

    pub(crate) fn channel_names(&self) -> Vec<String> {
        self.channels.get().iter().map(|channel| channel.name().to_owned()).collect()
    }
}

/// The turn loop.
pub struct Runtime {
    pub(crate) ports: RuntimePorts,
    pub(crate) releases: ReleaseRegistry,
    pub(crate) acknowledgements: Arc<Acknowledgements>,
    pub(crate) chats: Chats,
    pub(crate) greetings: Greetings,
    /// Releases with the entry flows of clients that they do not have, so that each is reported once.
    pub(crate) missing_entries: Mutex<BTreeSet<(String, String)>>,
    pub(crate) me: Weak<Runtime>,
}

impl Runtime {
    /// Creates a runtime. Events need a current release in `releases`: see [`ReleaseRegistry::follow`].
    pub fn new(ports: RuntimePorts, releases: ReleaseRegistry) -> Arc<Runtime> {
        let acknowledgements = Acknowledgements::new(Arc::clone(&ports.store));
        Arc::new_cyclic(|me| Runtime {
            ports,
            releases,
            acknowledgements,
            chats: Chats::default(),
            greetings: Greetings::default(),
            missing_entries: Mutex::default(),
            me: me.clone(),
        })
    }

    /// The release registry.
    pub fn releases(&self) -> &ReleaseRegistry {
        &self.releases
    }

    /// Who is told of notices to staff, by group, as it is now.
    pub fn staff(&self) -> Arc<Staff> {
        self.ports.staff.get()
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.ports.store
    }

    /// Performs a task that concerns a chat and waits until the work on the chat ends; returns `false` for any other
    /// task. Failures of that work are logged and retried later.
    ///
    /// # Errors
    /// When the store is unavailable while a timer is fired.
    pub async fn perform(&self, task: &Task) -> ports::Result<bool> {
        match task {
            Task::Deliver { chat } => self.work_on(chat).await,
            Task::Timer { chat, name } => {
                if self.ports.store.fire_timer(chat, name, self.ports.clock.now()).await? {
                    self.work_on(chat).await;
                }
            }
            Task::Turn { chat, turn } => self.receive_again(chat, *turn).await?,
            Task::Update(update) => self.read_again(update).await?,
            Task::Retain | Task::Report | Task::Import { .. } | Task::Reindex { .. } => return Ok(false),
        }
        Ok(true)
    }

    /// Waits until no chat is being worked on.
    pub async fn settle(&self) {
        self.chats.settle(|busy| busy.is_empty()).await;
    }

    /// Stops accepting work and waits for running turns, at most `deadline`. Returns whether all of them ended.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.chats.close();
        tokio::time::timeout(deadline, self.settle()).await.is_ok()
    }
}

#[async_trait]
impl Intake for Runtime {
    async fn receive(&self, inbound: Vec<Inbound>) -> ports::Result<()> {
        self.receive_as(inbound.into_iter().map(|inbound| (Uuid::now_v7(), inbound)).collect()).await
    }

    async fn put_aside(&self, update: UnreadUpdate) -> ports::Result<()> {
        let (now, id) = (self.ports.clock.now(), update.task_id());
        self.store().begin_task(&id, &Task::Update(update), now).await?;
        self.store().quarantine(&id, "it cannot be read", now).await
    }
}

impl Runtime {
    /// Stores events under these ids and wakes their chats.
    /// What clients write enters here, and loses its invisible characters.
    pub(crate) async fn receive_as(&self, mut events: Vec<(Uuid, Inbound)>) -> ports::Result<()> {
        for (_, inbound) in &mut events {
            inbound.client.make_visible();
            inbound.kind.make_visible();
        }
        let chats = self.ports.store.receive(self.ports.clock.now(), events).await?;
        chats.iter().for_each(|chat| self.wake(chat));
        Ok(())
    }
}
