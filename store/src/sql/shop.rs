//! The areas of the store that are about no chat: releases, analytics, tasks, uploads, the meter and the audit log.

use async_trait::async_trait;
use tolmach_runtime::ports::{
    AnalyticsEvent, AnalyticsStore, AuditEntry, AuditQuery, AuditStore, Bundle, Day, Job, MeterStore,
    ModelCallQuery, ModelCallRow, Page, Publication, PublishOutcome, QuarantineQuery, QuarantinedTask,
    QueueCount, QueuedTask, ReleaseStore, Result, Task, TaskStore, Upload, UploadStore, Write, Written,
};
use uuid::Uuid;

use super::{Dialect, SqlStore, audit, change, manage, operation, operation::Operation, read};

#[async_trait]
impl<D: Dialect> ReleaseStore for SqlStore<D> {
    async fn publish(&self, publication: Publication, expected: Option<String>) -> Result<PublishOutcome> {
        Ok(self.write(operation::publish(publication, expected)?).await?.published())
    }

    async fn current_release(&self) -> Result<Option<Publication>> {
        let last = self.said(read::publications(&*self.dialect, Page::first(1)).await)?;
        Ok(last.into_iter().next())
    }

    async fn publications(&self, page: Page) -> Result<Vec<Publication>> {
        self.said(read::publications(&*self.dialect, page).await)
    }

    async fn releases_like(&self, prefix: &str) -> Result<Vec<String>> {
        self.said(read::releases_like(&*self.dialect, prefix).await)
    }

    async fn keep_release(&self, bundle: &Bundle, at: i64) -> Result<()> {
        self.write(operation::keep_release(bundle, at)?).await.map(drop)
    }

    async fn release(&self, id: &str) -> Result<Option<Bundle>> {
        self.said(read::release(&*self.dialect, id).await)
    }
}

#[async_trait]
impl<D: Dialect> AnalyticsStore for SqlStore<D> {
    async fn analytics_since(&self, at: i64) -> Result<Vec<AnalyticsEvent>> {
        self.said(read::analytics_since(&*self.dialect, at).await)
    }

    async fn day(&self, at: i64) -> Result<Day> {
        self.said(read::day(&*self.dialect, at).await)
    }
}

#[async_trait]
impl<D: Dialect> TaskStore for SqlStore<D> {
    async fn push(&self, task: Job, at: i64) -> Result<()> {
        self.write(Operation::Push(operation::pushed(&task, at)?)).await.map(drop)
    }

    async fn push_once(&self, key: &str, task: Task, at: i64) -> Result<bool> {
        Ok(self.write(operation::push_once(key, &task, at)?).await?.found())
    }

    async fn begin_task(&self, id: &str, task: &Task, now: i64) -> Result<i64> {
        Ok(self.write(operation::begin_task(id, task, now)?).await?.count())
    }

    async fn end_task(&self, id: &str) -> Result<()> {
        self.write(operation::end_task(id)?).await.map(drop)
    }

    async fn quarantine(&self, id: &str, why: &str, now: i64) -> Result<()> {
        self.write(operation::quarantine(id, why, now)?).await.map(drop)
    }

    async fn quarantined(&self, query: &QuarantineQuery) -> Result<Vec<QuarantinedTask>> {
        self.said(read::quarantined(&*self.dialect, query).await)
    }

    async fn queued(&self, limit: u32) -> Result<Vec<QueuedTask>> {
        self.said(manage::queued(&*self.dialect, limit).await)
    }

    async fn queue_counts(&self) -> Result<Vec<QueueCount>> {
        self.said(manage::queue_counts(&*self.dialect).await)
    }

    async fn retry_task(&self, id: &str, now: i64) -> Result<bool> {
        Ok(self.write(operation::retry_task(id, now)?).await?.found())
    }
}

#[async_trait]
impl<D: Dialect> UploadStore for SqlStore<D> {
    async fn add_upload(&self, upload: &Upload) -> Result<()> {
        self.write(operation::add_upload(upload)?).await.map(drop)
    }

    async fn upload(&self, id: Uuid) -> Result<Option<Upload>> {
        self.said(read::upload(&*self.dialect, id).await)
    }

    async fn uploads_before(&self, at: i64) -> Result<Vec<Upload>> {
        self.said(read::uploads_before(&*self.dialect, at).await)
    }

    async fn remove_upload(&self, id: Uuid) -> Result<()> {
        self.write(operation::remove_upload(id)?).await.map(drop)
    }
}

#[async_trait]
impl<D: Dialect> MeterStore for SqlStore<D> {
    async fn record_model_calls(&self, rows: Vec<ModelCallRow>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.write(operation::model_calls(rows)?).await.map(drop)
    }

    async fn model_calls(&self, query: &ModelCallQuery) -> Result<Vec<ModelCallRow>> {
        self.said(read::model_calls(&*self.dialect, query).await)
    }
}

#[async_trait]
impl<D: Dialect> AuditStore for SqlStore<D> {
    async fn record(&self, entry: AuditEntry) -> Result<()> {
        self.write(operation::record(entry)?).await.map(drop)
    }

    async fn change(&self, writes: Vec<Write>, entry: AuditEntry) -> Result<Written> {
        Ok(self.write(change::change(writes, entry)?).await?.written())
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>> {
        self.said(audit::audit(&*self.dialect, query).await)
    }
}
