//! Pages of a chat's stored messages. A reconnect must not make the server send megabytes.

use tolmach_runtime::ports::{self, MessageQuery, MessageRow, Store};

/// Most messages of a page.
pub(super) const MESSAGES: usize = 50;
/// Most bytes of the stored messages of a page; a single message may be longer.
pub(super) const BYTES: usize = 256 * 1024;

/// The last messages of a part of a chat, oldest first.
pub(super) struct Page {
    pub(super) rows: Vec<MessageRow>,
    /// Whether that part has older ones.
    pub(super) earlier: bool,
}

/// Reads the last messages above `after` and, if given, below `before`.
///
/// # Errors
/// When the database is unavailable.
pub(super) async fn last(
    store: &dyn Store,
    chat: &str,
    after: i64,
    before: Option<i64>,
) -> ports::Result<Page> {
    // One more than is sent tells whether there are older ones.
    let query = MessageQuery { before, ..MessageQuery::of(chat, after, MESSAGES as u32 + 1) };
    Ok(cut(store.messages(&query).await?))
}

fn cut(mut rows: Vec<MessageRow>) -> Page {
    let mut bytes = 0;
    let fitting = rows.iter().rev().take(MESSAGES).take_while(|row| {
        bytes += row.body.len();
        bytes <= BYTES
    });
    let count = fitting.count().max(1).min(rows.len());
    let left = rows.len() - count;
    Page { rows: rows.split_off(left), earlier: left > 0 }
}

#[cfg(test)]
mod tests {
    use tolmach_engine::effect::Author;

    use super::*;

    fn check(lengths: &[usize], kept: usize, earlier: bool) {
        let rows = lengths.iter().zip(1..).map(|(length, seq)| MessageRow {
            seq,
            who: Author::Client,
            body: "a".repeat(*length),
            at: 0,
        });
        let page = cut(rows.collect());
        assert_eq!((page.rows.len(), page.earlier), (kept, earlier));
        assert!(page.rows.last().is_none_or(|row| row.seq == lengths.len() as i64), "the last ones are kept");
    }

    #[test]
    fn a_page_has_a_bounded_number_of_messages_and_bytes() {
        check(&[], 0, false);
        check(&[1; MESSAGES], MESSAGES, false);
        check(&[1; MESSAGES + 1], MESSAGES, true);
        check(&[BYTES / 2; 3], 2, true);
        check(&[BYTES / 2, BYTES / 2], 2, false);
        check(&[1, 2 * BYTES], 1, true);
    }
}
