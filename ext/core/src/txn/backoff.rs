//! Jittered, growing pauses between tries.

use std::time::Duration;

use rand::Rng;

const FIRST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
pub(super) struct Backoff {
    pauses: u32,
}

impl Backoff {
    /// Sleeps for a random part of a bound that doubles each time.
    pub(super) async fn wait(&mut self) {
        let bound = FIRST.saturating_mul(1 << self.pauses.min(8)).min(LONGEST);
        self.pauses += 1;
        let pause = rand::rng().random_range(Duration::ZERO..=bound);
        tokio::time::sleep(pause).await;
    }
}
