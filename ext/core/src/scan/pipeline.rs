//! Files opened and decoded ahead of the consumer, in the order of the plan, a bounded number at a time.

use std::sync::Arc;

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

/// KiB of encoded data that the parts hold together; one part alone may hold more.
const ENCODED_KIB: u32 = 256 << 10;

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
    let encoded = Arc::new(Semaphore::new(ENCODED_KIB as usize));
    while let Some(file) = open.try_next().await? {
        let file = Arc::new(file);
        for part in parts(&file, task.batch_size) {
            // Parts are let in one by one in order, so an earlier one never waits for a later one.
            let Ok(slot) = running.reserve().await else { return Ok(()) };
            let kib = u32::try_from(part.bytes >> 10).unwrap_or(u32::MAX).min(ENCODED_KIB);
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
