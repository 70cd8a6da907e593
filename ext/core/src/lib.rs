//! The Delta Lake protocol in pure Rust: snapshots, scans and appends. Nothing here knows of Ruby.
//!
//! Modules are levelled; a module imports only from lower levels (checked in CI):
//! 0 [`error`] [`clock`] [`context`]; 1 [`schema`] [`value`] [`action`]; and so on upwards.

#![forbid(unsafe_code)]

pub mod action;
pub mod clock;
pub mod context;
pub mod deletion_vector;
pub mod error;
pub mod expr;
pub mod features;
#[cfg(feature = "testing")]
pub mod fuzzing;
pub mod ingest;
pub mod log;
pub mod ops;
pub mod path;
pub mod properties;
pub mod scan;
pub mod schema;
pub mod snapshot;
pub mod stats;
pub mod storage;
pub mod txn;
pub mod upkeep;
pub mod value;
pub mod variant;
pub mod write;

pub use error::{Error, ErrorKind, Result};
