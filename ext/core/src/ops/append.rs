//! Writing rows: batches in, one commit out.

use super::appended::{Appended, Count, Replaced};
use super::json_rules::LineNumbers;
use super::overwrite::{Overwrite, replaced_by};
use super::pipe::Pipe;
use super::stage::StagedFiles;
use crate::action::{CommitInfo, Operation};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::schema::{SchemaRef, StructType};
use crate::snapshot::Snapshot;
use crate::txn::{AppTransaction, GroupCommits, NewColumns, Outcome, Transaction, commit};
use crate::write::{RowBatch, RowRules, WrittenFiles};

/// How an append is to be made.
#[derive(Debug, Clone, Default)]
pub struct AppendOptions {
    /// At most once, on request.
    pub txn: Option<AppTransaction>,
    /// The user's own words for the history.
    pub user_metadata: Option<String>,
}

/// Rows on their way into a table. Batches are encoded and written by a task of its own while the caller prepares the next
/// ones. Dropped before [`Appender::finish`], it leaves nothing in the table and deletes what it has written.
#[derive(Debug)]
pub struct Appender {
    base: Snapshot,
    options: AppendOptions,
    context: Context,
    clock: Clock,
    pipe: Pipe,
    /// Columns that the rows brought along, and the files of rows that came before the last of them.
    columns: Option<NewColumns>,
    earlier: Option<WrittenFiles>,
    overwrite: Option<Overwrite>,
    group: Option<GroupCommits>,
    done: bool,
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
        let pipe = Pipe::new(base.clone(), base.clone(), context.clone(), clock.clone());
        Ok(Self {
            base,
            options,
            context,
            clock,
            pipe,
            columns: None,
            earlier: None,
            overwrite: None,
            group: None,
            done,
        })
    }

    /// Makes an overwrite of it: the rows take the place of others. Said before the first row.
    pub fn replacing(&mut self, overwrite: Overwrite) -> Result<()> {
        overwrite.check(&self.base)?;
        self.overwrite = Some(overwrite);
        Ok(())
    }

    /// Lets it share a commit with others of `group`.
    pub fn grouped(&mut self, group: GroupCommits) {
        self.group = Some(group);
    }

    #[cfg(test)]
    pub(super) fn aged(mut self) -> Self {
        self.base = self.base.aged();
        self
    }

    /// The version that it begins from.
    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// The schema that rows are converted for: the table's, with the columns that are added.
    pub fn schema(&self) -> &SchemaRef {
        self.columns.as_ref().map_or(self.base.schema(), NewColumns::schema)
    }

    /// Adds the columns and nested fields of `found` that the table lacks, in the commit of the rows. Files that were
    /// begun before end without them. False where there was nothing to add.
    pub async fn add_columns(&mut self, found: &StructType) -> Result<bool> {
        let added = NewColumns::new(&self.base, self.columns.as_ref(), found);
        let Some(columns) = added.map_err(|e| e.with_table(self.base.uri()))? else { return Ok(false) };
        self.end_files().await?;
        let (view, base) = (columns.view().clone(), self.base.clone());
        self.pipe = Pipe::new(view, base, self.context.clone(), self.clock.clone());
        self.columns = Some(columns);
        Ok(true)
    }

    async fn end_files(&mut self) -> Result<()> {
        if let Some(files) = self.pipe.finish().await? {
            self.earlier = Some(match self.earlier.take() {
                Some(earlier) => earlier.and(files),
                None => files,
            });
        }
        Ok(())
    }

    /// True where the transaction has been made before: rows are of no use.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// What the table asks of rows. Columns that it fills in make a difference between null and not given: see
    /// [`RowRules::filled`].
    pub fn rules(&self) -> Result<RowRules> {
        RowRules::new(self.columns.as_ref().map_or(&self.base, NewColumns::view), &self.clock)
    }

    /// Takes rows in the Arrow form of the table's schema; waits while the encoder is behind.
    pub async fn write(&mut self, rows: impl Into<RowBatch>) -> Result<()> {
        self.take(rows.into(), None).await
    }

    /// The same for rows that were lines, by whose numbers errors go.
    pub(super) async fn write_lines(&mut self, rows: RowBatch, lines: LineNumbers) -> Result<()> {
        self.take(rows, Some(lines)).await
    }

    async fn take(&mut self, rows: RowBatch, lines: Option<LineNumbers>) -> Result<()> {
        if self.done || rows.batch.num_rows() == 0 {
            return Ok(());
        }
        self.pipe.write(rows, lines, self.overwrite.as_ref()).await
    }

    /// Commits what was taken.
    pub async fn finish(mut self) -> Result<Appended> {
        self.end_files().await?;
        let files = self.earlier.take();
        if self.done {
            return Ok(self.nothing());
        }
        if let Some(overwrite) = self.overwrite.take() {
            return self.replace(overwrite, files.unwrap_or_else(WrittenFiles::none)).await;
        }
        let files = match files {
            Some(files) => files,
            // Without rows there is something to commit only where a transaction is to be recorded.
            None if self.options.txn.is_none() => return Ok(self.nothing()),
            None => WrittenFiles::none(),
        };
        let count = Count::of(&files);
        let transaction = Transaction { files, ..self.transaction(self.info("Append", count)) };
        let outcome = match &self.group {
            Some(group) => group.commit(self.base.clone(), transaction, &self.context, &self.clock).await?,
            None => commit(self.base.clone(), transaction, &self.context, &self.clock).await?,
        };
        Ok(count.appended(outcome, Replaced::default()))
    }

    /// Leaves the files in the store for a later commit by whoever has what this gives.
    pub async fn stage(mut self) -> Result<StagedFiles> {
        if self.overwrite.is_some() || self.options.txn.is_some() {
            return Err(Error::internal("only plain rows can be staged"));
        }
        if self.columns.is_some() {
            return Err(Error::argument("staged rows cannot add columns: append them, or add the columns first"));
        }
        let files = self.pipe.finish().await?.unwrap_or_else(WrittenFiles::none);
        Ok(StagedFiles::new(&self.base, files))
    }

    async fn replace(self, overwrite: Overwrite, files: WrittenFiles) -> Result<Appended> {
        let count = Count::of(&files);
        let info = overwrite.describe(self.info("Overwrite", count));
        let mut transaction = Transaction { files, ..self.transaction(info) };
        let (base, replaced) =
            replaced_by(&self.base, &overwrite, &mut transaction, &self.context, &self.clock).await?;
        let nothing = transaction.removes.is_empty() && transaction.files.adds.is_empty();
        if nothing && self.options.txn.is_none() {
            return Ok(self.nothing());
        }
        let outcome = commit(base, transaction, &self.context, &self.clock).await?;
        Ok(count.appended(outcome, replaced))
    }

    fn nothing(&self) -> Appended {
        let outcome = Outcome { snapshot: self.base.clone(), attempts: 0, skipped: true };
        Count::default().appended(outcome, Replaced::default())
    }

    fn transaction(&self, info: CommitInfo) -> Transaction {
        Transaction { txn: self.options.txn.clone(), columns: self.columns.clone(), ..Transaction::new(info) }
    }

    fn info(&self, mode: &str, count: Count) -> CommitInfo {
        CommitInfo::new(Operation::Write)
            .parameter("mode", mode)
            .json_parameter("partitionBy", &self.base.partition_columns())
            .metric("numFiles", count.files)
            .metric("numOutputRows", count.rows)
            .metric("numOutputBytes", count.bytes)
            .user_metadata(self.options.user_metadata.clone())
    }
}
