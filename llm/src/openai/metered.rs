//! One call on the meter: every attempt is reserved before it is made and settled however it ends.

use std::time::Instant;

use serde_json::Value;
use tolmach_runtime::ports::{AttemptResult, Estimate, Meter, ModelCall, Reservation, Result};

/// The meter, the call it counts, and the provider and model.
pub(super) struct Metered<'a> {
    pub(super) meter: &'a dyn Meter,
    pub(super) call: &'a ModelCall,
    pub(super) model: &'a str,
}

/// An attempt under way. Dropped before it is settled, it was cancelled by the limits of the turn, and counts as failed with
/// unknown usage.
pub(super) struct Attempt<'a> {
    metered: &'a Metered<'a>,
    reservation: Option<Reservation>,
    number: u32,
    started: Instant,
}

impl<'a> Metered<'a> {
    /// Reserves an attempt; `number` counts from 1.
    ///
    /// # Errors
    /// The meter's refusal.
    pub(super) async fn begin(
        &'a self,
        number: u32,
        input_bytes: usize,
        max_output_tokens: u32,
    ) -> Result<Attempt<'a>> {
        let estimate = Estimate { model: self.model.to_owned(), input_bytes, max_output_tokens };
        let reservation = self.meter.reserve(self.call, &estimate).await?;
        Ok(Attempt { metered: self, reservation: Some(reservation), number, started: Instant::now() })
    }
}

impl Attempt<'_> {
    /// Settles it; `failure` is `None` for an answer.
    pub(super) fn settle(mut self, failure: Option<String>, usage: Option<Value>) {
        self.report(failure, usage);
    }

    fn report(&mut self, failure: Option<String>, usage: Option<Value>) {
        let Some(reservation) = self.reservation.take() else { return };
        let result = AttemptResult {
            model: self.metered.model.to_owned(),
            attempt: self.number,
            millis: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            failure,
            usage,
        };
        self.metered.meter.settle(reservation, self.metered.call, result);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.report(Some("cancelled: no answer within the turn's time".to_owned()), None);
    }
}
