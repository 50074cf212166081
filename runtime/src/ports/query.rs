//! Order and paging of queries that return many rows.

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// One page of the rows. Pages are cut by `seq`, so rows that are added between two reads are neither repeated nor
/// skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Maximum number of rows.
    pub limit: u32,
    /// The `seq` of the last row of the previous page; `None` for the first page.
    pub after: Option<i64>,
}

impl Page {
    /// The first page, of at most `limit` rows.
    pub const fn first(limit: u32) -> Page {
        Page { limit, after: None }
    }
}
