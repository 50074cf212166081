//! Storage of leads. The rules for merging and changing them are in [`crate::leads`].

use async_trait::async_trait;

use crate::{
    leads::{LeadChange, LeadHistoryRow, LeadRow, LeadStatus},
    ports::{Actor, AuditEntry, Order, Page, Result},
};

/// Filters for leads. An unset field does not filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadQuery {
    /// One of these statuses; empty for any.
    pub status: Vec<LeadStatus>,
    /// The assignee, exactly; [`LeadQuery::NOBODY`] for leads without one.
    pub assignee: Option<String>,
    /// The chat, exactly.
    pub chat: Option<String>,
    /// Created at or after this time, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// In which this stands: in a contact, the summary or a detail, whatever the case of its letters, or as a part of the phone
    /// however that is written. Such leads are read newest first.
    pub text: Option<String>,
    /// The order of the rows, by creation.
    pub order: Order,
    /// The page to read.
    pub page: Page,
}

/// The number of leads of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeadCount {
    /// The status.
    pub status: LeadStatus,
    /// All of them.
    pub leads: u64,
    /// Those without an assignee.
    pub unassigned: u64,
}

impl LeadQuery {
    /// Stands for the assignee of leads that have none.
    pub const NOBODY: &str = "-";

    /// The newest `limit` leads, newest first.
    pub fn newest(limit: u32) -> LeadQuery {
        LeadQuery {
            status: Vec::new(),
            assignee: None,
            chat: None,
            since: None,
            text: None,
            order: Order::NewestFirst,
            page: Page::first(limit),
        }
    }
}

/// The result of a change of a lead.
#[derive(Clone, Debug, PartialEq)]
pub enum LeadChanged {
    /// Stored; the lead after the change.
    Changed(Box<LeadRow>),
    /// There is no lead with this id.
    Unknown,
    /// Refused: the chat would have a second open lead. Holds the id of the other open lead.
    AnotherOpen(String),
}

/// Leads and their history. Turns create and update leads through [`super::TurnStore::commit`].
#[async_trait]
pub trait LeadStore: Send + Sync {
    /// Reads the leads that pass the filters.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn leads(&self, query: &LeadQuery) -> Result<Vec<LeadRow>>;

    /// The number of leads of each status; a status without any is missing.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn lead_counts(&self) -> Result<Vec<LeadCount>>;

    /// The lead with this id; where there is none, those whose ids begin so, at most 10.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn leads_like(&self, prefix: &str) -> Result<Vec<LeadRow>>;

    /// The history of a lead, oldest first, at most 1,000 rows.
    ///
    /// # Errors
    /// When the database is unavailable.
    async fn lead_history(&self, id: &str) -> Result<Vec<LeadHistoryRow>>;

    /// Changes a lead and adds to its history, by the rules of [`crate::leads::apply`]. `at` is in milliseconds since
    /// the Unix epoch. With the change goes its row of the audit log, whose details get the status and the assignee as `before` and
    /// `after`.
    ///
    /// # Errors
    /// When the database is unavailable, or when `id` contains U+0000.
    async fn change_lead(
        &self,
        id: &str,
        change: LeadChange,
        actor: &Actor,
        at: i64,
        audit: Option<AuditEntry>,
    ) -> Result<LeadChanged>;
}
