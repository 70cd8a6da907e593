//! Files opened and decoded ahead of the consumer, in the order of the plan, a bounded number at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::decode::decode;
use super::fetch::{fetch, ranges};
use super::open::OpenFile;
use super::owned::Owned;
use super::parts::{Part, parts};
use super::plan::Planner;
use super::task::ScanTask;
use crate::error::{Error, Result};
use crate::storage::{ParquetFile, WHOLE_FILE_BYTES};

/// Files whose footers are read ahead. Small ones are fetched whole by that.
const OPEN_AHEAD: usize = 4;

/// The same over a network, where waiting is most of the work, as far as the bytes in flight allow.
const OPEN_AHEAD_REMOTE: usize = 64;

/// Parts that are decoded at a time, the one that is consumed among them.
const DECODE_AHEAD: usize = 4;

/// Parts whose bytes are fetched over a network before it is their turn to be decoded.
const FETCH_AHEAD: usize = 16;

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
    let ahead = if task.is_short() { 1 } else { DECODE_AHEAD - 1 };
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
    let ahead = if task.snapshot.storage().is_remote() && !task.is_short() { FETCH_AHEAD } else { 1 };
    let (queue, mut queued) = mpsc::channel(ahead);
    let fetching = async {
        if let Err(error) = enqueue(task, planner, &queue).await {
            let _ = queue.send(Err(error)).await;
        }
        drop(queue);
    };
    let decoding = async {
        while let Some(next) = queued.recv().await {
            let next: Queued = next?;
            let Ok(slot) = running.reserve().await else { break };
            slot.send(Ok(next.start(Arc::clone(task))));
        }
        queued.close();
        while queued.try_recv().is_ok() {}
        Ok(())
    };
    tokio::pin!(fetching, decoding);
    // Where decoding ends first nobody wants more, or it has told why.
    tokio::select! {
        () = &mut fetching => decoding.await,
        ended = &mut decoding => ended,
    }
}

/// Opens files and fetches parts in order.
async fn enqueue(task: &Arc<ScanTask>, planner: Planner, queue: &mpsc::Sender<Result<Queued>>) -> Result<()> {
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
    let most = ENCODED_KIB.load(Ordering::Relaxed);
    let mut open = std::pin::pin!(open.buffered(open_ahead(task, most)));
    let encoded = Arc::new(Semaphore::new(most as usize));
    while let Some(file) = open.try_next().await? {
        let file = Arc::new(file);
        for part in parts(&file, task.batch_size) {
            // Parts are let in one by one in order, so an earlier one never waits for a later one.
            let Ok(slot) = queue.reserve().await else { return Ok(()) };
            let ranges = (!task.is_short()).then(|| ranges(&file, &part, u64::from(most / 4) << 10)).flatten();
            let bytes = if ranges.is_some() { part.total_bytes } else { part.bytes };
            let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).min(most);
            let Ok(permit) = Arc::clone(&encoded).acquire_many_owned(kib).await else { return Ok(()) };
            let fetched = ranges.map(|ranges| {
                let file = file.file.clone();
                Owned::spawn(async move { fetch(&file, ranges).await })
            });
            slot.send(Ok(Queued { file: Arc::clone(&file), part, fetched, permit }));
        }
    }
    Ok(())
}

fn open_ahead(task: &ScanTask, kib: u32) -> usize {
    if !task.snapshot.storage().is_remote() || task.is_short() {
        return OPEN_AHEAD;
    }
    (kib as usize / (WHOLE_FILE_BYTES as usize >> 10)).clamp(OPEN_AHEAD, OPEN_AHEAD_REMOTE)
}

/// A part that is fetched, or being fetched.
struct Queued {
    file: Arc<OpenFile>,
    part: Part,
    fetched: Option<Owned<Result<ParquetFile>>>,
    permit: OwnedSemaphorePermit,
}

impl Queued {
    /// Starts to decode it.
    fn start(self, task: Arc<ScanTask>) -> RunningPart {
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let work = Owned::spawn(async move {
            let Self { file, mut part, fetched, permit } = self;
            if let Some(mut fetched) = fetched {
                match fetched.join().await.and_then(|read| read) {
                    Ok(fetched) => part.fetched = Some(fetched),
                    // A closed channel is a consumer that went away.
                    Err(error) => return drop(sender.send(Err(task.locate(error))).await),
                }
            }
            decode(&task, &file, part, &sender).await;
            drop(permit);
        });
        RunningPart { batches, task: work }
    }
}
