//! The areas of the store that are about chats: events, turns, deliveries, timers, transcripts, leads and leases.

use async_trait::async_trait;
use tokio::sync::oneshot;
use tolmach_engine::effect::Press;
use tolmach_runtime::{
    leads::{LeadChange, LeadHistoryRow, LeadRow},
    ports::{
        Actor, AuditEntry, Chat, ChatKey, ChatStore, Commit, CommitOutcome, DeliveryRow, Inbound, InboxStore,
        LeadChanged, LeadCount, LeadQuery, LeadStore, LeaseStore, MessageQuery, MessageRow, Next, NoticeRow,
        OutboxRow, OutboxStore, Result, StoredTurn, TakenOverChat, TimerRow, TimerStore, TurnQuery,
        TurnStore, WaitingPlace,
    },
};
use uuid::Uuid;

use super::{Dialect, SqlStore, look, manage, operation, read};

#[async_trait]
impl<D: Dialect> InboxStore for SqlStore<D> {
    async fn receive(&self, at: i64, inbound: Vec<(Uuid, Inbound)>) -> Result<Vec<ChatKey>> {
        if inbound.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.write(operation::receive(at, inbound)?).await?.chats())
    }

    async fn next(&self, chat: &str) -> Result<Next> {
        let (reply, answer) = oneshot::channel();
        self.looks.send((chat.to_owned(), reply)).await.map_err(|_| self.closed())?;
        self.said(look::next(chat, answer.await.map_err(|_| self.closed())??))
    }

    async fn unfinished(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>> {
        self.said(read::unfinished(&*self.dialect, now, channels).await)
    }
}

#[async_trait]
impl<D: Dialect> TurnStore for SqlStore<D> {
    async fn chat(&self, chat: &str) -> Result<Chat> {
        self.said(read::chat(&*self.dialect, chat).await)
    }

    async fn commit(&self, commit: Commit) -> Result<CommitOutcome> {
        Ok(self.write(operation::commit(commit, self.dialect.statements().keeps_words)?).await?.outcome())
    }

    async fn button(&self, chat: &str, id: &str) -> Result<Option<Press>> {
        self.said(read::button(&*self.dialect, chat, id).await)
    }

    async fn turns(&self, query: &TurnQuery) -> Result<Vec<StoredTurn>> {
        self.said(read::turns(&*self.dialect, query).await)
    }
}

#[async_trait]
impl<D: Dialect> OutboxStore for SqlStore<D> {
    async fn post(&self, notices: Vec<NoticeRow>, at: i64) -> Result<()> {
        if notices.is_empty() {
            return Ok(());
        }
        self.write(operation::post(notices, at)?).await.map(drop)
    }

    async fn outbox(&self, chat: &str) -> Result<Vec<OutboxRow>> {
        self.said(read::outbox(&*self.dialect, chat).await)
    }

    async fn delivered(&self, effects: Vec<String>) -> Result<()> {
        if effects.is_empty() {
            return Ok(());
        }
        self.write(operation::delivered(effects)?).await.map(drop)
    }

    async fn give_up(&self, effects: Vec<(String, String)>) -> Result<()> {
        if effects.is_empty() {
            return Ok(());
        }
        self.write(operation::give_up(effects)?).await.map(drop)
    }

    async fn postpone(&self, effect: &str, due: i64, why: &str) -> Result<()> {
        self.write(operation::postpone(effect, due, why)?).await.map(drop)
    }

    async fn deliveries(&self, chat: &str, first: i64, last: i64) -> Result<Vec<DeliveryRow>> {
        self.said(read::deliveries(&*self.dialect, chat, first, last).await)
    }

    async fn deliver_again(&self, chat: &str, message: i64, now: i64) -> Result<bool> {
        Ok(self.write(operation::deliver_again(chat, message, now)?).await?.found())
    }
}

#[async_trait]
impl<D: Dialect> TimerStore for SqlStore<D> {
    async fn timers(&self, limit: u32) -> Result<Vec<TimerRow>> {
        self.said(manage::timers(&*self.dialect, limit).await)
    }

    async fn fire_timers(&self, now: i64, channels: &[String]) -> Result<Vec<ChatKey>> {
        Ok(self.write(operation::fire_timers(now, channels)?).await?.chats())
    }

    async fn fire_timer(&self, chat: &str, name: &str, now: i64) -> Result<bool> {
        Ok(self.write(operation::fire_timer(chat, name, now)?).await?.found())
    }

    async fn next_timer(&self, channels: &[String]) -> Result<Option<i64>> {
        self.said(read::next_timer(&*self.dialect, channels).await)
    }
}

#[async_trait]
impl<D: Dialect> ChatStore for SqlStore<D> {
    async fn messages(&self, query: &MessageQuery) -> Result<Vec<MessageRow>> {
        self.said(read::messages(&*self.dialect, query).await)
    }

    async fn waiting_places(&self) -> Result<Vec<WaitingPlace>> {
        self.said(read::waiting_places(&*self.dialect).await)
    }

    async fn chats_at_rest(&self) -> Result<u64> {
        self.said(read::chats_at_rest(&*self.dialect).await)
    }

    async fn chats_like(&self, part: &str) -> Result<Vec<ChatKey>> {
        self.said(read::chats_like(&*self.dialect, part).await)
    }

    async fn taken_over(&self) -> Result<Vec<TakenOverChat>> {
        self.said(read::taken_over(&*self.dialect).await)
    }
}

#[async_trait]
impl<D: Dialect> LeadStore for SqlStore<D> {
    async fn leads(&self, query: &LeadQuery) -> Result<Vec<LeadRow>> {
        self.said(read::leads(&*self.dialect, query).await)
    }

    async fn lead_counts(&self) -> Result<Vec<LeadCount>> {
        self.said(read::lead_counts(&*self.dialect).await)
    }

    async fn leads_like(&self, prefix: &str) -> Result<Vec<LeadRow>> {
        self.said(read::leads_like(&*self.dialect, prefix).await)
    }

    async fn lead_history(&self, id: &str) -> Result<Vec<LeadHistoryRow>> {
        self.said(read::lead_history(&*self.dialect, id).await)
    }

    async fn change_lead(
        &self,
        id: &str,
        change: LeadChange,
        actor: &Actor,
        at: i64,
        audit: Option<AuditEntry>,
    ) -> Result<LeadChanged> {
        Ok(self.write(operation::change_lead(id, change, (actor, at), audit)?).await?.lead())
    }
}

#[async_trait]
impl<D: Dialect> LeaseStore for SqlStore<D> {
    async fn lease(&self, chats: Vec<ChatKey>) -> Result<Vec<ChatKey>> {
        self.dialect.lease(chats).await
    }

    async fn release_lease(&self, chats: Vec<ChatKey>) -> Result<()> {
        self.dialect.release_lease(chats).await
    }

    async fn changed(&self) -> Vec<ChatKey> {
        self.dialect.changed().await
    }
}
