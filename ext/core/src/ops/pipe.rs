//! Batches to data files, written by a task of its own while the caller prepares the next ones.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::json_rules::LineNumbers;
use super::overwrite::Overwrite;
use crate::clock::Clock;
use crate::context::{self, Context};
use crate::error::{Error, Result};
use crate::snapshot::Snapshot;
use crate::txn::IdentityPool;
use crate::write::{FileWriter, RowBatch, WrittenFiles};

/// Batches that wait to be encoded, at most.
const BATCHES_IN_FLIGHT: usize = 4;

/// Rows on their way to files of a table. Dropped before [`Pipe::finish`], it deletes what it has written.
#[derive(Debug)]
pub(super) struct Pipe {
    table: Snapshot,
    /// What identities are reserved from.
    base: Snapshot,
    context: Context,
    clock: Clock,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    batches: mpsc::Sender<Message>,
    task: JoinHandle<Result<WrittenFiles>>,
}

#[derive(Debug)]
enum Message {
    Rows(RowBatch, Option<LineNumbers>),
    Finish,
}

impl Pipe {
    /// To files of `table`, which is `base` or what becomes of it by the commit of the rows. Nothing is begun before the
    /// first batch.
    pub(super) fn new(table: Snapshot, base: Snapshot, context: Context, clock: Clock) -> Self {
        Self { table, base, context, clock, running: None }
    }

    /// Takes rows, or lines, which all have to be what `overwrite` replaces; waits while the encoder is behind.
    pub(super) async fn write(
        &mut self,
        rows: RowBatch,
        lines: Option<LineNumbers>,
        overwrite: Option<&Overwrite>,
    ) -> Result<()> {
        let running = match &mut self.running {
            Some(running) => running,
            none => {
                let mut writer = FileWriter::new(&self.table, self.context.clone(), self.clock.clone())?;
                if let Some(overwrite) = overwrite.cloned() {
                    writer.also_check(move |batch, first_row| overwrite.check_rows(batch, first_row));
                }
                let identities = Identities {
                    base: self.base.clone(),
                    context: self.context.clone(),
                    clock: self.clock.clone(),
                    known: None,
                };
                none.insert(start(writer, identities))
            }
        };
        let sent = self.context.limit(async { Ok(running.batches.send(Message::Rows(rows, lines)).await) }).await?;
        match sent {
            Ok(()) => Ok(()),
            // The encoder has stopped: its error is the one to tell.
            Err(_) => Err(self.stop().await.err().unwrap_or_else(|| Error::internal("the encoder stopped early"))),
        }
    }

    /// The files; `None` where there was no batch.
    pub(super) async fn finish(&mut self) -> Result<Option<WrittenFiles>> {
        if let Some(running) = &self.running {
            // A closed channel shows as the task's own error just below.
            let _ = running.batches.send(Message::Finish).await;
        }
        self.stop().await
    }

    async fn stop(&mut self) -> Result<Option<WrittenFiles>> {
        let Some(Running { batches, task }) = self.running.take() else { return Ok(None) };
        drop(batches);
        match task.await {
            Ok(written) => written.map(Some).map_err(|e| e.with_table(self.base.uri())),
            Err(e) => Err(Error::internal("the encoder failed").with_source(e)),
        }
    }
}

/// Where rows get identities from.
struct Identities {
    base: Snapshot,
    context: Context,
    clock: Clock,
    /// See [`WrittenFiles::identities`].
    known: Option<Snapshot>,
}

impl Identities {
    /// Gives `writer` what `rows`, which it gets next, need.
    async fn give(&mut self, writer: &mut FileWriter, rows: &RowBatch) -> Result<()> {
        let wanted = writer.identities_wanted(rows)?;
        if wanted == 0 {
            return Ok(());
        }
        let (blocks, known) = IdentityPool::process().take(&self.base, wanted, &self.context, &self.clock).await?;
        blocks.into_iter().for_each(|block| writer.give_identities(block));
        self.known = Some(known);
        Ok(())
    }
}

fn start(mut writer: FileWriter, mut identities: Identities) -> Running {
    let (batches, mut inbox) = mpsc::channel(BATCHES_IN_FLIGHT);
    let task = context::spawn(async move {
        while let Some(message) = inbox.recv().await {
            match message {
                Message::Finish => {
                    let mut files = writer.finish().await?;
                    files.identities = identities.known;
                    return Ok(files);
                }
                Message::Rows(rows, lines) => {
                    let first_row = writer.rows();
                    let written = match identities.give(&mut writer, &rows).await {
                        Ok(()) => writer.write(rows).await,
                        refused => refused,
                    };
                    if let Err(error) = written {
                        writer.abort().await;
                        return Err(match lines {
                            Some(lines) => lines.told(error, first_row),
                            None => error,
                        });
                    }
                }
            }
        }
        writer.abort().await;
        Err(Error::internal("the rows were given up"))
    });
    Running { batches, task }
}
