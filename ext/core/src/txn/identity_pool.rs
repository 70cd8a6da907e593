//! Values of identity columns that this process has reserved and not used yet.
//!
//! Each reservation is a commit. A table's first one is for the rows at hand; later ones double what the process has used,
//! so that many appends need few of them and one append alone leaves no gap.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, TryLockError};

use super::commit::commit;
use super::identities::{check_identities, count_alike};
use super::reservation::Reservation;
use super::transaction::Transaction;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{IdentityBlock, IdentityColumn, IdentityStock};
use crate::snapshot::Snapshot;
use crate::write::identity_columns;

/// Most values that are reserved ahead of rows.
const MOST_AHEAD: u64 = 1 << 20;

/// No more than this part of the values that a column has left is reserved ahead of rows.
const SHARE_AHEAD: u64 = 4_096;

/// Tables whose unused values are kept at most.
const MOST_TABLES: usize = 1_000;

/// Times that the lock is tried. It is never held for long, but a fork may have copied it while another thread held it:
/// then the child keeps no unused values.
const TRIES: usize = 1_000;

static PROCESS: LazyLock<IdentityPool> = LazyLock::new(IdentityPool::default);

/// Reserved values by table, as its snapshots come from one another: those of a table that was put back from a copy belong
/// to what it was.
#[derive(Debug, Default)]
pub struct IdentityPool(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    /// The process that these are of: a child of a fork must not use its parent's values too.
    pid: u32,
    /// By the address of their lineage.
    tables: HashMap<usize, Arc<Table>>,
}

#[derive(Debug)]
struct Table {
    /// Kept, so that no other one gets its address.
    _lineage: Arc<()>,
    /// Values that callers wait for.
    wanted: AtomicU64,
    /// Held while values are being reserved, so that one commit does for all who wait.
    reserved: tokio::sync::Mutex<Reserved>,
}

#[derive(Debug, Default)]
struct Reserved {
    stock: IdentityStock,
    /// The newest version up to which every commit is known to have left the stock alone.
    through: Option<Snapshot>,
    /// Values that were given to rows.
    used: u64,
}

impl IdentityPool {
    /// The one of this process.
    pub fn process() -> &'static Self {
        &PROCESS
    }

    /// Values for `count` rows of the table at `base` or later, which nobody else has or will get as long as every commit
    /// after the version that comes with them leaves them alone.
    pub async fn take(
        &self,
        base: &Snapshot,
        count: u64,
        context: &Context,
        clock: &Clock,
    ) -> Result<(Vec<IdentityBlock>, Snapshot)> {
        let table = self.table(base.lineage());
        let waiting = Waiting::new(&table.wanted, count);
        let mut reserved = context.limit(async { Ok(table.reserved.lock().await) }).await?;
        let followed = async {
            reserved.follow(base).await;
            Ok(())
        };
        context.limit(followed).await?;
        if reserved.stock.count() < count {
            let wanted = table.wanted.load(Ordering::Relaxed);
            reserved.reserve(base, count, wanted, context, clock).await?;
        }
        drop(waiting);
        reserved.used = reserved.used.saturating_add(count);
        let known = reserved.through.clone().unwrap_or_else(|| base.clone());
        Ok((reserved.stock.take(count), known))
    }

    fn table(&self, lineage: &Arc<()>) -> Arc<Table> {
        let new = || {
            let (wanted, reserved) = Default::default();
            Arc::new(Table { _lineage: Arc::clone(lineage), wanted, reserved })
        };
        let Some(mut tables) = self.lock() else { return new() };
        let key = Arc::as_ptr(lineage).addr();
        let pid = std::process::id();
        if tables.pid != pid {
            // Leaked and not dropped: what they hold belongs to the parent's threads.
            std::mem::forget(std::mem::take(&mut tables.tables));
            tables.pid = pid;
        }
        if tables.tables.len() >= MOST_TABLES && !tables.tables.contains_key(&key) {
            tables.tables.retain(|_, table| Arc::strong_count(table) > 1);
        }
        Arc::clone(tables.tables.entry(key).or_insert_with(new))
    }

    fn lock(&self) -> Option<MutexGuard<'_, Tables>> {
        for _ in 0..TRIES {
            match self.0.try_lock() {
                Ok(tables) => return Some(tables),
                Err(TryLockError::Poisoned(e)) => return Some(e.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
        None
    }
}

/// Counts what its caller wants until it is dropped.
struct Waiting<'a>(&'a AtomicU64, u64);

impl<'a> Waiting<'a> {
    fn new(wanted: &'a AtomicU64, count: u64) -> Self {
        wanted.fetch_add(count, Ordering::Relaxed);
        Self(wanted, count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}

impl Reserved {
    /// Comes to know what led to `base`. Values that somebody may have given out again meanwhile are dropped.
    async fn follow(&mut self, base: &Snapshot) {
        if let Some(through) = &self.through {
            let alike = count_alike(through, base);
            if alike && base.version() <= through.version() {
                return;
            }
            if !alike || (self.stock.count() > 0 && check_identities(through, base).await.is_err()) {
                *self = Self::default();
            }
        }
        self.through = Some(base.clone());
    }

    /// Reserves values, so that there are `count` of them; where others want some too, for these as well.
    async fn reserve(
        &mut self,
        base: &Snapshot,
        count: u64,
        wanted: u64,
        context: &Context,
        clock: &Clock,
    ) -> Result<()> {
        let from = self.through.as_ref().map_or_else(|| base.clone(), |through| through.on(base.storage()));
        let columns = identity_columns(from.protocol(), from.schema())?;
        let left = columns.iter().map(IdentityColumn::left).min().unwrap_or(0);
        let stock = self.stock.count();
        let ahead = wanted.saturating_sub(stock).max(self.used).min(MOST_AHEAD).min(left / SHARE_AHEAD);
        let reservation = Reservation::new((count - stock).max(ahead));
        let info = reservation.info(&columns);
        let transaction = Transaction { reservation: Some(reservation.clone()), ..Transaction::new(info) };
        // With a gate of its own: while this commit is on the wire, the caller's rows are surely not there.
        let own = Context::new(context.remaining());
        let committed = own.scope(commit(from, transaction, &own, clock)).await;
        context.meter().add(&own.meter().read());
        let after = committed.map_err(|e| nothing_written(&e))?.snapshot;
        self.stock.give(reservation.reserved(&after)?);
        self.through = Some(after);
        Ok(())
    }
}

/// Where nobody can tell whether values were reserved, nobody will use them.
fn nothing_written(error: &Error) -> Error {
    match error.kind() {
        ErrorKind::CommitOutcomeUnknown => Error::new(
            ErrorKind::StorageUnavailable,
            "identities could not be reserved, since no answer came from the store; no rows were written, try again",
        )
        .with_source(error.again()),
        _ => error.again(),
    }
}
