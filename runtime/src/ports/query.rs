//! What a read of many rows is asked for: an order and a page.

/// In which order rows come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// A part of many rows. Pages are cut by `seq`, so that rows which are added meanwhile repeat or skip none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows at most.
    pub limit: u32,
    /// The `seq` of the last row of the page before; `None` for the first page.
    pub after: Option<i64>,
}

impl Page {
    /// The first page, of at most `limit` rows.
    pub const fn first(limit: u32) -> Page {
        Page { limit, after: None }
    }
}
