//! Leads as the store keeps them. The rules of their life are in [`crate::leads`].

use async_trait::async_trait;

use crate::{
    leads::{LeadChange, LeadHistoryRow, LeadRow, LeadStatus},
    ports::{Actor, Order, Page, Result},
};

/// Which leads are wanted; an unset field excludes none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadQuery {
    /// With one of these statuses; empty for any.
    pub status: Vec<LeadStatus>,
    /// That this person works on.
    pub assignee: Option<String>,
    /// From this chat.
    pub chat: Option<String>,
    /// Created at or after this time, milliseconds since the Unix epoch.
    pub since: Option<i64>,
    /// By the time of creation.
    pub order: Order,
    /// Which part.
    pub page: Page,
}

impl LeadQuery {
    /// The newest `limit` leads.
    pub fn newest(limit: u32) -> LeadQuery {
        LeadQuery {
            status: Vec::new(),
            assignee: None,
            chat: None,
            since: None,
            order: Order::NewestFirst,
            page: Page::first(limit),
        }
    }
}

/// How a change of a lead ended.
#[derive(Clone, Debug, PartialEq)]
pub enum LeadChanged {
    /// The lead as it is now.
    Changed(Box<LeadRow>),
    /// There is no such lead.
    Unknown,
    /// It would be a second open lead of its chat; the other one's id.
    AnotherOpen(String),
}

/// Leads and their history. Turns create and update leads by [`super::TurnStore::commit`].
#[async_trait]
pub trait LeadStore: Send + Sync {
    /// Reads leads.
    ///
    /// # Errors
    /// When the database is away.
    async fn leads(&self, query: &LeadQuery) -> Result<Vec<LeadRow>>;

    /// The leads whose ids begin so, at most 10.
    ///
    /// # Errors
    /// When the database is away.
    async fn leads_like(&self, prefix: &str) -> Result<Vec<LeadRow>>;

    /// The history of a lead, oldest first, at most 1,000 rows.
    ///
    /// # Errors
    /// When the database is away.
    async fn lead_history(&self, id: &str) -> Result<Vec<LeadHistoryRow>>;

    /// Changes a lead and writes its history, by [`crate::leads::apply`].
    ///
    /// # Errors
    /// When the database is away.
    async fn change_lead(&self, id: &str, change: LeadChange, actor: &Actor, at: i64) -> Result<LeadChanged>;
}
