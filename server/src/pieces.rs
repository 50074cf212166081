//! Files of the disk as bodies of responses, read in pieces: a client that reads slowly costs one piece, not a file.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::{
    fs::File,
    io::AsyncReadExt,
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Bytes that are read at a time.
pub const PIECE: usize = 32 * 1024;

/// The first `bytes` of a file as a body. `reads` bounds how many reads of the disk there are at a time; `place` is held until the
/// body is sent or dropped.
pub fn pieces(file: File, bytes: u64, reads: Arc<Semaphore>, place: Option<OwnedSemaphorePermit>) -> Body {
    type State = (File, u64, Arc<Semaphore>, Option<OwnedSemaphorePermit>);
    let read = |(mut file, left, reads, place): State| async move {
        if left == 0 {
            return Ok(None);
        }
        let reading = reads.acquire().await.map_err(std::io::Error::other)?;
        let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
        let count = file.read(&mut piece).await?;
        drop(reading);
        if count == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
        }
        piece.truncate(count);
        Ok(Some((Bytes::from(piece), (file, left - count as u64, reads, place))))
    };
    Body::from_stream(stream::try_unfold((file, bytes, reads, place), read))
}
