//! Lines of JSON into an append: read, parsed and encoded at the same time.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::thread::available_parallelism;

use futures::StreamExt;
use futures::stream::FuturesOrdered;
use tokio::task::{JoinHandle, spawn_blocking};

use super::Appender;
use super::json_rules::{LineNumbers, parse_lawful};
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::{BadLine, Chunk, LineParser, Lines, OnUnknown, Parsed, found_in};
use crate::schema::{SchemaRef, StructType};
use crate::write::{RowBatch, RowRules};

/// Bytes of a file that are read at once.
const BLOCK: usize = 1 << 20;

/// Chunks that are parsed at a time, at most.
const PARSERS: usize = 4;

/// What became of lines.
#[derive(Debug, Default)]
pub struct Taken {
    /// Rows that the append has now.
    pub rows: u64,
    /// Lines that are none, in their order.
    pub bad: Vec<BadLine>,
}

/// A text of lines on its way into an append.
pub struct JsonLines {
    schema: SchemaRef,
    filled: Vec<usize>,
    on_unknown: OnUnknown,
    leave_out: bool,
    /// What rows must keep to, where those that do not are left out.
    rules: Option<RowRules>,
    lines: Lines,
    parsing: FuturesOrdered<JoinHandle<(LineParser, Chunk, Result<Parsed>)>>,
    parsers: usize,
    idle: Vec<LineParser>,
    file: Option<Reading>,
}

/// A file, and the block of it that is read ahead.
type Reading = JoinHandle<(File, std::io::Result<Vec<u8>>)>;

impl JsonLines {
    /// For rows of the table of `appender`. Lines that are no rows are left out, or are the end of it.
    pub fn new(appender: &Appender, on_unknown: OnUnknown, leave_out: bool) -> Result<Self> {
        let (schema, rules) = (appender.schema().clone(), appender.rules()?);
        let filled = rules.filled();
        let rules = (leave_out && rules.refuse_rows()).then_some(rules);
        let parsers = match on_unknown {
            // What one chunk adds the next one must know.
            OnUnknown::Add => 0,
            _ => available_parallelism().map_or(1, usize::from).min(PARSERS),
        };
        let (parsing, idle) = (FuturesOrdered::new(), Vec::new());
        let lines = Lines::default();
        Ok(Self { schema, filled, on_unknown, leave_out, rules, lines, parsing, parsers, idle, file: None })
    }

    /// Takes a block of bytes, which may end in the middle of a line. Waits only while the parsers are behind.
    pub async fn push(&mut self, appender: &mut Appender, block: &[u8]) -> Result<Taken> {
        let mut taken = Taken::default();
        if let Some(chunk) = self.lines.push(block)? {
            self.parse(chunk);
        }
        while self.parsing.len() > self.parsers {
            self.collect(appender, &mut taken).await?;
        }
        Ok(taken)
    }

    /// Opens a file for [`JsonLines::read`].
    pub async fn open(&mut self, path: &Path) -> Result<()> {
        let owned = path.to_owned();
        let file = spawn_blocking(move || File::open(owned)).await.map_err(ended)?.map_err(|e| unreadable(path, e))?;
        self.file = Some(read_block(file));
        Ok(())
    }

    /// Goes on with the file until there are bad lines; `None` once it is at its end.
    pub async fn read(&mut self, appender: &mut Appender, path: &Path) -> Result<Option<Taken>> {
        let mut all = Taken::default();
        while let Some(reading) = &mut self.file {
            let (file, block) = reading.await.map_err(ended)?;
            let block = block.map_err(|e| unreadable(path, e))?;
            self.file = if block.is_empty() { None } else { Some(read_block(file)) };
            let taken = self.push(appender, &block).await?;
            all.rows += taken.rows;
            all.bad.extend(taken.bad);
            if !all.bad.is_empty() {
                return Ok(Some(all));
            }
        }
        Ok((all.rows > 0).then_some(all))
    }

    /// Takes what is left after the last block.
    pub async fn finish(&mut self, appender: &mut Appender) -> Result<Taken> {
        let mut taken = Taken::default();
        if let Some(chunk) = self.lines.finish() {
            self.parse(chunk);
        }
        while !self.parsing.is_empty() {
            self.collect(appender, &mut taken).await?;
        }
        Ok(taken)
    }

    async fn found_in(&self, chunk: &Chunk) -> Result<StructType> {
        let (chunk, schema) = (chunk.clone(), self.schema.clone());
        spawn_blocking(move || found_in(&chunk, &schema)).await.map_err(ended)
    }

    fn parse(&mut self, chunk: Chunk) {
        let made = || LineParser::new(&self.schema, self.on_unknown, &self.filled);
        let mut parser = self.idle.pop().unwrap_or_else(made);
        let parse = self.way_to_parse();
        self.parsing.push_back(spawn_blocking(move || {
            let parsed = parse(&mut parser, &chunk);
            (parser, chunk, parsed)
        }));
    }

    fn way_to_parse(&self) -> impl FnOnce(&mut LineParser, &Chunk) -> Result<Parsed> + Send + 'static {
        let (leave_out, rules) = (self.leave_out, self.rules.clone());
        move |parser, chunk| match rules {
            Some(rules) => parse_lawful(parser, chunk, &rules),
            None => parser.parse(chunk, leave_out),
        }
    }

    async fn collect(&mut self, appender: &mut Appender, taken: &mut Taken) -> Result<()> {
        let Some(next) = self.parsing.next().await else { return Ok(()) };
        let (mut parser, chunk, mut parsed) = next.map_err(ended)?;
        if self.on_unknown == OnUnknown::Add
            && parsed.as_ref().map_or(true, |parsed| !parsed.bad.is_empty())
            && appender.add_columns(&self.found_in(&chunk).await?).await?
        {
            self.schema = appender.schema().clone();
            self.idle.clear();
            parser = LineParser::new(&self.schema, self.on_unknown, &self.filled);
            if self.rules.is_some() {
                self.rules = Some(appender.rules()?);
            }
            let parse = self.way_to_parse();
            let again = chunk.clone();
            let again = spawn_blocking(move || {
                let parsed = parse(&mut parser, &again);
                (parser, parsed)
            });
            (parser, parsed) = again.await.map_err(ended)?;
        }
        self.idle.push(parser);
        let Parsed { batch, absent, bad } = parsed?;
        taken.rows += batch.num_rows() as u64;
        let lines = LineNumbers::new(chunk, &bad);
        taken.bad.extend(bad);
        appender.write_lines(RowBatch { batch, absent }, lines).await
    }
}

fn read_block(mut file: File) -> Reading {
    spawn_blocking(move || {
        let mut block = Vec::new();
        let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut block);
        (file, read.map(|_| block))
    })
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Storage,
    };
    Error::new(kind, format!("{} cannot be read", path.display())).with_source(error)
}

fn ended(error: tokio::task::JoinError) -> Error {
    Error::internal("a task for lines of JSON ended without an answer").with_source(error)
}
