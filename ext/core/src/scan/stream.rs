//! The batches of a scan, one after the other.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef as ArrowSchemaRef;
use tokio::sync::mpsc;

use super::owned::Owned;
use super::pipeline::{RunningPart, start};
use super::plan::Planner;
use super::task::ScanTask;
use crate::context::Context;
use crate::error::Result;

/// Batches in a fixed order, decoded ahead on the runtime. Work begins with the first [`Self::next`] and ends when this
/// is dropped.
pub struct ScanStream {
    task: Arc<ScanTask>,
    ctx: Context,
    left: Option<u64>,
    state: State,
}

enum State {
    /// Replay may start tasks as soon as it is made, so it is made late.
    Idle(Box<dyn FnOnce() -> Planner + Send + Sync>),
    Running {
        parts: mpsc::Receiver<Result<RunningPart>>,
        driver: Owned<()>,
        part: Option<RunningPart>,
    },
    Done,
}

impl ScanStream {
    pub(super) fn new(
        task: Arc<ScanTask>,
        planner: impl FnOnce() -> Planner + Send + Sync + 'static,
        ctx: Context,
    ) -> Self {
        Self { left: task.limit, task, ctx, state: State::Idle(Box::new(planner)) }
    }

    /// The Arrow schema of every batch: the columns' types with every field nullable.
    pub fn arrow_schema(&self) -> &ArrowSchemaRef {
        &self.task.output
    }

    /// The next batch, never an empty one. After `None` or an error there are no more.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let ctx = self.ctx.clone();
        let result = match (self.left, &self.state) {
            (Some(0), _) | (_, State::Done) => Ok(None),
            _ => match ctx.check() {
                Ok(()) => ctx.limit(self.receive()).await,
                Err(late) => Err(late),
            },
        };
        match result {
            Ok(Some(batch)) => Ok(Some(self.cut(batch))),
            end => {
                self.state = State::Done;
                end.map_err(|e| self.task.locate(e))
            }
        }
    }

    async fn receive(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            match &mut self.state {
                State::Done => return Ok(None),
                State::Idle(_) => {
                    let State::Idle(planner) = std::mem::replace(&mut self.state, State::Done) else { continue };
                    let (parts, driver) = start(Arc::clone(&self.task), planner());
                    self.state = State::Running { parts, driver, part: None };
                }
                State::Running { parts, driver, part } => match part {
                    None => match parts.recv().await {
                        Some(next) => *part = Some(next?),
                        None => {
                            driver.join().await?;
                            return Ok(None);
                        }
                    },
                    Some(running) => match running.batches.recv().await {
                        Some(batch) => return batch.map(Some),
                        None => {
                            running.task.join().await?;
                            *part = None;
                        }
                    },
                },
            }
        }
    }

    fn cut(&mut self, batch: RecordBatch) -> RecordBatch {
        let Some(left) = &mut self.left else { return batch };
        let rows = usize::try_from(*left).unwrap_or(usize::MAX).min(batch.num_rows());
        *left -= rows as u64;
        if *left == 0 {
            self.state = State::Done;
        }
        if rows < batch.num_rows() { batch.slice(0, rows) } else { batch }
    }
}

impl fmt::Debug for ScanStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanStream({})", self.task.snapshot.uri())
    }
}
