//! Appending rows: batches in, one commit out.

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::action::{CommitInfo, Operation};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::snapshot::Snapshot;
use crate::txn::{AppTransaction, Transaction, commit};
use crate::write::{FileWriter, RowBatch, RowRules, WrittenFiles};

/// Batches that wait to be encoded, at most.
const BATCHES_IN_FLIGHT: usize = 4;

/// How an append is to be made.
#[derive(Debug, Clone, Default)]
pub struct AppendOptions {
    /// At most once, on request.
    pub txn: Option<AppTransaction>,
    /// The user's own words for the history.
    pub user_metadata: Option<String>,
}

/// What an append did.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The table after it.
    pub snapshot: Snapshot,
    /// Rows added.
    pub rows: u64,
    /// Data files added.
    pub files: u64,
    /// Bytes of the data files.
    pub bytes: u64,
    /// How often the commit was tried.
    pub attempts: u32,
    /// Nothing was added: the transaction was there already, or there were no rows.
    pub skipped: bool,
}

/// An append under way. Batches are encoded and written by a task of its own while the caller prepares the next ones.
/// Dropped before [`Appender::finish`], it leaves nothing in the table and deletes what it has written.
#[derive(Debug)]
pub struct Appender {
    base: Snapshot,
    options: AppendOptions,
    context: Context,
    clock: Clock,
    pipe: Option<Pipe>,
    done: bool,
}

#[derive(Debug)]
struct Pipe {
    batches: mpsc::Sender<Message>,
    task: JoinHandle<Result<WrittenFiles>>,
}

#[derive(Debug)]
enum Message {
    Rows(RowBatch),
    Finish,
}

impl Appender {
    /// Begins an append to the table at `base` or later. Refuses a table that it may not write before anything is
    /// written, and finds out here whether a transaction has been made before.
    pub async fn begin(base: Snapshot, options: AppendOptions, context: Context, clock: Clock) -> Result<Self> {
        let look = options.txn.is_some() || base.is_stale();
        let base = if look { context.limit(base.refresh()).await? } else { base };
        base.check_appendable()?;
        RowRules::new(&base, &clock)?;
        let done = options.txn.as_ref().is_some_and(|t| t.is_done(&base, clock.now_ms()));
        Ok(Self { base, options, context, clock, pipe: None, done })
    }

    #[cfg(test)]
    pub(super) fn aged(mut self) -> Self {
        self.base = self.base.aged();
        self
    }

    /// The version that rows are converted for.
    pub fn snapshot(&self) -> &Snapshot {
        &self.base
    }

    /// True where the transaction has been made before: rows are of no use.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// What the table asks of rows. Columns that it fills in make a difference between null and not given: see
    /// [`RowRules::filled`].
    pub fn rules(&self) -> Result<RowRules> {
        RowRules::new(&self.base, &self.clock)
    }

    /// Takes rows in the Arrow form of the table's schema; waits while the encoder is behind.
    pub async fn write(&mut self, rows: impl Into<RowBatch>) -> Result<()> {
        let rows = rows.into();
        if self.done || rows.batch.num_rows() == 0 {
            return Ok(());
        }
        if self.pipe.is_none() {
            self.pipe = Some(self.start()?);
        }
        let Some(pipe) = &self.pipe else { return Ok(()) };
        let sent = self.context.limit(async { Ok(pipe.batches.send(Message::Rows(rows)).await) }).await?;
        match sent {
            Ok(()) => Ok(()),
            // The encoder has stopped: its error is the one to tell.
            Err(_) => Err(self.stop().await.err().unwrap_or_else(|| Error::internal("the encoder stopped early"))),
        }
    }

    /// Commits what was taken.
    pub async fn finish(mut self) -> Result<Appended> {
        if let Some(pipe) = &self.pipe {
            // A closed channel shows as the task's own error just below.
            let _ = pipe.batches.send(Message::Finish).await;
        }
        let files = match self.stop().await? {
            Some(files) => files,
            // Without rows there is something to commit only where a transaction is to be recorded.
            None if self.done || self.options.txn.is_none() => return Ok(self.nothing()),
            None => self.writer()?.finish().await?,
        };
        let (rows, bytes, count) = (files.rows, files.bytes, files.adds.len() as u64);
        let txn = self.options.txn.clone();
        let transaction = Transaction { files, txn, ..Transaction::new(self.info(rows, bytes, count)) };
        let outcome = commit(self.base.clone(), transaction, &self.context, &self.clock).await?;
        let added = if outcome.skipped { (0, 0, 0) } else { (rows, count, bytes) };
        Ok(Appended {
            snapshot: outcome.snapshot,
            rows: added.0,
            files: added.1,
            bytes: added.2,
            attempts: outcome.attempts,
            skipped: outcome.skipped,
        })
    }

    fn nothing(&self) -> Appended {
        Appended { snapshot: self.base.clone(), rows: 0, files: 0, bytes: 0, attempts: 0, skipped: true }
    }

    fn writer(&self) -> Result<FileWriter> {
        FileWriter::new(&self.base, self.context.clone(), self.clock.clone())
    }

    fn start(&self) -> Result<Pipe> {
        let mut writer = self.writer()?;
        let (batches, mut inbox) = mpsc::channel(BATCHES_IN_FLIGHT);
        let task = Handle::current().spawn(async move {
            while let Some(message) = inbox.recv().await {
                match message {
                    Message::Finish => return writer.finish().await,
                    Message::Rows(rows) => {
                        if let Err(error) = writer.write(rows).await {
                            writer.abort().await;
                            return Err(error);
                        }
                    }
                }
            }
            writer.abort().await;
            Err(Error::internal("the append was given up"))
        });
        Ok(Pipe { batches, task })
    }

    /// Waits for the encoder; `None` where it was never started.
    async fn stop(&mut self) -> Result<Option<WrittenFiles>> {
        let Some(Pipe { batches, task }) = self.pipe.take() else { return Ok(None) };
        drop(batches);
        match task.await {
            Ok(written) => written.map(Some).map_err(|e| e.with_table(self.base.uri())),
            Err(e) => Err(Error::internal("the encoder failed").with_source(e)),
        }
    }

    fn info(&self, rows: u64, bytes: u64, files: u64) -> CommitInfo {
        CommitInfo::new(Operation::Write)
            .parameter("mode", "Append")
            .json_parameter("partitionBy", &self.base.partition_columns())
            .metric("numFiles", files)
            .metric("numOutputRows", rows)
            .metric("numOutputBytes", bytes)
            .user_metadata(self.options.user_metadata.clone())
    }
}
