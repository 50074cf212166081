//! How a chat begins before anything of it is stored.

use async_trait::async_trait;
use tolmach_engine::effect::Outgoing;

use super::{Inbound, Intake, Result};

/// Greets clients who have not acted yet.
///
/// A page that only opens the chat must not fill the database. The channel shows [`Greeter::greeting`], and passes the
/// client's first event to [`Greeter::begin`].
#[async_trait]
pub trait Greeter: Intake {
    /// What the bot would say to `start`, the event with which a chat begins. Nothing of the chat is stored.
    ///
    /// A button has the id that it gets in [`Greeter::begin`] with the same `start`, as long as the current release is
    /// the same. A button of an earlier release is unknown then, as any out-of-date button is.
    ///
    /// Empty if the flow says nothing, if it fails, or if it would change something in another system.
    async fn greeting(&self, start: &Inbound) -> Vec<Outgoing>;

    /// Stores `start` and then `first`, the client's first event, in one step, like [`Intake::receive`]. If the chat has
    /// begun already, `start` is skipped by its key.
    ///
    /// # Errors
    /// As [`Intake::receive`].
    async fn begin(&self, start: Inbound, first: Inbound) -> Result<()>;
}
