//! Files opened and decoded ahead of the consumer, in the order of the plan, a bounded number at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{Semaphore, mpsc};

use super::decode::decode;
use super::open::OpenFile;
use super::owned::Owned;
use super::parts::parts;
use super::plan::Planner;
use super::task::ScanTask;
use crate::error::{Error, Result};

/// Files whose footers are read ahead.
const OPEN_AHEAD: usize = 4;

/// Parts that are decoded at a time, the one that is consumed among them.
const DECODE_AHEAD: usize = 4;

/// Batches that wait in each part.
const BATCHES_AHEAD: usize = 2;

/// Bytes of encoded data that the parts of a scan hold together, unless the process is told otherwise; one part alone may
/// hold more.
pub const DEFAULT_BYTES_IN_FLIGHT: usize = 256 << 20;

static ENCODED_KIB: AtomicU32 = AtomicU32::new((DEFAULT_BYTES_IN_FLIGHT >> 10) as u32);

/// Sets the bound for scans that begin from now on.
pub fn set_bytes_in_flight(bytes: usize) {
    let kib =
        u32::try_from(bytes >> 10).unwrap_or(u32::MAX).clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize) as u32);
    ENCODED_KIB.store(kib, Ordering::Relaxed);
}

/// Some row groups of a file, being decoded.
#[derive(Debug)]
pub(super) struct RunningPart {
    pub(super) batches: mpsc::Receiver<Result<RecordBatch>>,
    pub(super) task: Owned<()>,
}

/// Starts the work; parts come out of the receiver in order.
pub(super) fn start(task: Arc<ScanTask>, planner: Planner) -> (mpsc::Receiver<Result<RunningPart>>, Owned<()>) {
    // With a small limit the first part is all that is needed.
    let ahead = match task.limit {
        Some(limit) if limit <= task.batch_size as u64 => 1,
        _ => DECODE_AHEAD - 1,
    };
    let (sender, receiver) = mpsc::channel(ahead);
    let driver = Owned::spawn(async move {
        if let Err(error) = drive(&task, planner, &sender).await {
            let _ = sender.send(Err(task.locate(error))).await;
        }
    });
    (receiver, driver)
}

async fn drive(task: &Arc<ScanTask>, planner: Planner, running: &mpsc::Sender<Result<RunningPart>>) -> Result<()> {
    task.check_types()?;
    let files = stream::try_unfold(planner, |mut planner| async move {
        let planned = planner.next().await?;
        Ok::<_, Error>(planned.map(|files| (stream::iter(files.into_iter().map(Ok)), planner)))
    });
    let open = files.try_flatten().map(|planned| {
        let task = Arc::clone(task);
        async move {
            let planned = planned?;
            Owned::spawn(async move { OpenFile::open(&task, planned).await }).join().await?
        }
    });
    let mut open = std::pin::pin!(open.buffered(OPEN_AHEAD));
    let most = ENCODED_KIB.load(Ordering::Relaxed);
    let encoded = Arc::new(Semaphore::new(most as usize));
    while let Some(file) = open.try_next().await? {
        let file = Arc::new(file);
        for part in parts(&file, task.batch_size) {
            // Parts are let in one by one in order, so an earlier one never waits for a later one.
            let Ok(slot) = running.reserve().await else { return Ok(()) };
            let kib = u32::try_from(part.bytes >> 10).unwrap_or(u32::MAX).min(most);
            let Ok(permit) = Arc::clone(&encoded).acquire_many_owned(kib).await else { return Ok(()) };
            let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
            let (task, file) = (Arc::clone(task), Arc::clone(&file));
            let work = Owned::spawn(async move {
                decode(&task, &file, part, &sender).await;
                drop(permit);
            });
            slot.send(Ok(RunningPart { batches, task: work }));
        }
    }
    Ok(())
}
