//! The content of images: the statements and operations of [`tolmach_runtime::ports::ImageStore`], the same on both databases.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tolmach_runtime::ports::{ImageStore, Result, StoredImage};

use super::{
    DbConnection, Dialect, SqlStore, Value,
    answer::Answer,
    batch::Group,
    operation::{Operation, json, plain},
    read::{first, text},
};

const KEEP: &str = "INSERT INTO images (hash, media, at, kept, content) VALUES ($1, $2, $3, 0, $4)
    ON CONFLICT (hash) DO UPDATE SET at = excluded.at WHERE images.at < excluded.at";
const IMAGE: &str = "SELECT hash, media, content FROM images WHERE hash = $1";

/// A write, whose texts the databases can keep.
pub(super) fn keep(image: &StoredImage, at: i64) -> Result<Operation> {
    plain("image", &image.hash)?;
    plain("media", &image.media)?;
    Ok(Operation::KeepImage(Box::new(image.clone()), at))
}

impl<S: DbConnection> Group<'_, S> {
    pub(super) async fn keep_image(&mut self, image: &StoredImage, at: i64) -> sqlx::Result<Answer> {
        let content = Value::Bytes(image.content.clone());
        let values = vec![text(&image.hash), text(&image.media), Value::Integer(at), content];
        self.session.run(KEEP, values).await?;
        Ok(Answer::Done)
    }
}

#[async_trait]
impl<D: Dialect> ImageStore for SqlStore<D> {
    async fn keep_image(&self, image: &StoredImage, at: i64) -> Result<()> {
        self.write(keep(image, at)?).await.map(drop)
    }

    async fn image(&self, hash: &str) -> Result<Option<StoredImage>> {
        // PostgreSQL takes no text with U+0000, and no hash has one.
        if plain("image", hash).is_err() {
            return Ok(None);
        }
        let found = first(&*self.dialect, IMAGE, vec![text(hash)]).await;
        let image = |(hash, media, content): (String, String, Vec<u8>)| StoredImage { hash, media, content };
        self.said(found.map(|found| found.map(image)))
    }

    async fn stored_images(&self, hashes: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let rows: Vec<[&String; 1]> = hashes.iter().map(|hash| [hash]).collect();
        let sql = self.dialect.statements().reads.stored_images;
        let found: sqlx::Result<Vec<(String,)>> =
            self.dialect.fetch(sql, vec![Value::Text(json(&rows)?)]).await;
        self.said(found.map(|found| found.into_iter().map(|(hash,)| hash).collect()))
    }
}
