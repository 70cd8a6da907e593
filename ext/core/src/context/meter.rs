//! What a call has asked of stores.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Failed requests that are remembered, to know that the next one is the same again.
const REMEMBERED: usize = 256;

/// Kinds of requests, as a store charges for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// An object or ranges of it.
    Get,
    /// An object, a part of one, or the beginning or end of an upload in parts.
    Put,
    /// A page of a listing.
    List,
    /// What is known of an object.
    Head,
    /// One object or many.
    Delete,
    /// What is not about objects: credentials, a log store.
    Other,
}

/// Requests by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// See [`RequestKind::Get`].
    pub get: u64,
    /// See [`RequestKind::Put`].
    pub put: u64,
    /// See [`RequestKind::List`].
    pub list: u64,
    /// See [`RequestKind::Head`].
    pub head: u64,
    /// See [`RequestKind::Delete`].
    pub delete: u64,
    /// See [`RequestKind::Other`].
    pub other: u64,
}

/// What a [`Meter`] shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metered {
    /// Requests, those that failed or were made again among them.
    pub requests: RequestCounts,
    /// Bytes of bodies that were sent.
    pub bytes_sent: u64,
    /// Bytes of bodies that came.
    pub bytes_received: u64,
    /// How many of the requests were made again after a failure.
    pub retries: u64,
}

/// Counts the requests of one call. A store on a disk or in memory counts one for each thing that is asked of it.
#[derive(Debug, Default)]
pub struct Meter {
    requests: [AtomicU64; 6],
    sent: AtomicU64,
    received: AtomicU64,
    retries: AtomicU64,
    files: AtomicU64,
    failed: Mutex<Vec<u64>>,
}

impl Meter {
    /// One request of that kind, with so many bytes in its body.
    pub fn request(&self, kind: RequestKind, sent: u64) {
        self.requests[kind as usize].fetch_add(1, Ordering::Relaxed);
        self.sent.fetch_add(sent, Ordering::Relaxed);
    }

    /// So many bytes came.
    pub fn received(&self, bytes: u64) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The request of that hash failed in a way that lets it be made again.
    pub fn failed(&self, request: u64) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() < REMEMBERED {
            failed.push(request);
        }
    }

    /// Counts a retry, where the request of that hash has failed before.
    pub fn begins(&self, request: u64) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = failed.iter().position(|other| *other == request) {
            failed.swap_remove(index);
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A data file is opened.
    pub fn opened(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    /// Data files that were opened.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// What it shows now.
    pub fn read(&self) -> Metered {
        let [get, put, list, head, delete, other] =
            std::array::from_fn(|kind| self.requests[kind].load(Ordering::Relaxed));
        Metered {
            requests: RequestCounts { get, put, list, head, delete, other },
            bytes_sent: self.sent.load(Ordering::Relaxed),
            bytes_received: self.received.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
        }
    }

    /// Adds what another one shows.
    pub fn add(&self, other: &Metered) {
        let RequestCounts { get, put, list, head, delete, other: rest } = other.requests;
        for (counter, count) in self.requests.iter().zip([get, put, list, head, delete, rest]) {
            counter.fetch_add(count, Ordering::Relaxed);
        }
        self.sent.fetch_add(other.bytes_sent, Ordering::Relaxed);
        self.received.fetch_add(other.bytes_received, Ordering::Relaxed);
        self.retries.fetch_add(other.retries, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_is_a_request_that_failed_before() {
        let meter = Meter::default();
        for (hash, fails) in [(1, true), (2, true), (1, true), (1, false), (3, false), (2, false)] {
            meter.begins(hash);
            meter.request(RequestKind::Get, 0);
            if fails {
                meter.failed(hash);
            }
        }
        let shown = meter.read();
        assert_eq!((shown.requests.get, shown.retries), (6, 3));
    }

    #[test]
    fn failures_take_bounded_memory() {
        let meter = Meter::default();
        (0..10_000).for_each(|hash| meter.failed(hash));
        assert_eq!(meter.failed.lock().unwrap().len(), REMEMBERED);
    }

    #[test]
    fn adds_up() {
        let (one, all) = (Meter::default(), Meter::default());
        let kinds = [RequestKind::Get, RequestKind::Put, RequestKind::List, RequestKind::Head, RequestKind::Delete];
        for (times, kind) in kinds.into_iter().chain([RequestKind::Other]).enumerate() {
            (0..times).for_each(|_| one.request(kind, 10));
        }
        one.received(7);
        all.add(&one.read());
        all.add(&one.read());
        let requests = RequestCounts { get: 0, put: 2, list: 4, head: 6, delete: 8, other: 10 };
        assert_eq!(all.read(), Metered { requests, bytes_sent: 300, bytes_received: 14, retries: 0 });
    }
}
