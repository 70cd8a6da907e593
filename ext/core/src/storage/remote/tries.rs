//! Trying again: with growing, random pauses, for as long as the call has time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;

use super::client::Client;
use super::failure::{Advice, Cause, Failure};
use super::told::{Tried, told};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::storage::cloud::CloudStore;
use crate::storage::credentials::looked_for;
use crate::storage::http::{Seen, observed};

/// Tries of what fails for a reason that seldom goes away.
const FEW: u32 = 3;

/// How far pauses grow, in multiples of the first one.
const LONGEST: u32 = 100;

/// Less than this is left: there is no time for another try.
const NO_TIME: Duration = Duration::from_millis(5);

/// The tries of one request.
pub(super) struct Tries<'a> {
    client: &'a Client,
    what: &'a str,
    key: &'a str,
    call: Context,
    began: Instant,
    failed: usize,
    /// Tries that failed for a reason that seldom goes away.
    odd: u32,
    pauses: u32,
    may_be_done: bool,
    /// The credentials that were renewed for this request, if any were.
    renewed: bool,
    generation: u64,
    noted: bool,
}

impl<'a> Tries<'a> {
    /// For a request that is to do `what` to the object at `key`.
    pub(super) fn new(client: &'a Client, what: &'a str, key: &'a str) -> Self {
        Self {
            client,
            what,
            key,
            call: Context::current(),
            began: Instant::now(),
            failed: 0,
            odd: 1,
            pauses: 0,
            may_be_done: false,
            renewed: false,
            generation: 0,
            noted: false,
        }
    }

    /// The client to try with.
    pub(super) fn store(&mut self) -> Arc<dyn CloudStore> {
        let (generation, store) = self.client.current();
        self.generation = generation;
        store
    }

    /// One try.
    pub(super) async fn once<T>(
        &mut self,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<(T, Seen), Failure> {
        let (done, seen) = observed(work).await;
        match done {
            Ok(done) => {
                self.forget();
                Ok((done, seen))
            }
            Err(error) => Err(Failure::of(&error, seen)),
        }
    }

    /// Whether an earlier try may have done it already.
    pub(super) fn may_be_done(&self) -> bool {
        self.may_be_done
    }

    /// Something came of the last try: the pauses begin small again.
    pub(super) fn got_further(&mut self) {
        self.pauses = 0;
    }

    /// Waits until it is time for the next try; an error where there is none.
    pub(super) async fn again(&mut self, failure: Failure) -> Result<()> {
        self.failed += 1;
        self.may_be_done |= failure.may_be_done;
        let most = self.client.patience.max_retries.unwrap_or(usize::MAX);
        let asked = match failure.advice() {
            _ if self.failed > most => return Err(self.give_up(&failure)),
            Advice::Again(asked) => asked,
            Advice::AFewTimes if self.odd < FEW => {
                self.odd += 1;
                None
            }
            Advice::Renew if !self.renewed => {
                self.renewed = true;
                return self.client.renew(self.generation);
            }
            _ => return Err(self.give_up(&failure)),
        };
        let left = match self.call.remaining() {
            Some(left) => left,
            None => self.client.patience.retry_timeout.saturating_sub(self.began.elapsed()),
        };
        let mut pause = asked.unwrap_or_else(|| self.pause());
        if left < NO_TIME || (asked.is_some() && pause >= left) {
            self.forget();
            return Err(self.error(&failure, self.call.late()));
        }
        if pause >= left {
            pause = left / 2;
        }
        self.noted = true;
        self.call.note(self.error(&failure, None).to_string());
        self.pauses += 1;
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// The error for a request that is not tried again.
    pub(super) fn give_up(&mut self, failure: &Failure) -> Error {
        self.forget();
        self.error(failure, None)
    }

    fn error(&self, failure: &Failure, late: Option<String>) -> Error {
        let mut text = self.client.without_secrets(failure.text.clone());
        if failure.cause == Cause::NoCredentials {
            text.push_str("; ");
            text.push_str(looked_for(self.client.kind()));
        }
        let tried = Tried {
            text,
            late,
            tries: self.failed.max(1),
            seconds: self.began.elapsed().as_secs_f64(),
            may_be_done: self.may_be_done || failure.may_be_done,
        };
        told(self.what, &self.client.place(self.key), self.client.bucket(), failure, tried)
    }

    fn forget(&mut self) {
        if std::mem::take(&mut self.noted) {
            self.call.forget();
        }
    }

    /// Between the half and the whole of a bound that doubles each time.
    fn pause(&self) -> Duration {
        let first = self.client.patience.retry_backoff;
        let bound = first.saturating_mul(1 << self.pauses.min(10)).min(first.saturating_mul(LONGEST));
        rand::rng().random_range(bound / 2..=bound)
    }
}
