//! The one time by which a whole dial must be over; knows nothing of its steps.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

/// A point in time, or none.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// That long from now; never for `None`, nor for a time beyond what the clock can count.
    pub fn after(time: Option<Duration>) -> Deadline {
        Deadline(time.and_then(|time| Instant::now().checked_add(time)))
    }

    /// Runs a step; `None`, and the step dropped, when the time is over before its end.
    pub async fn bound<F: Future>(self, step: F) -> Option<F::Output> {
        match self.0 {
            None => Some(step.await),
            Some(at) => timeout_at(at, step).await.ok(),
        }
    }
}
