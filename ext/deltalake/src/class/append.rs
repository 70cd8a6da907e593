//! `DeltaLake::Native::Append`: rows in, one commit out.

use std::mem::size_of;
use std::path::PathBuf;
use std::sync::LazyLock;

use deltalake_core::clock::Clock;
use deltalake_core::context::Context;
use deltalake_core::ingest::{ArrowRows, OnUnknown};
use deltalake_core::ops::{AppendOptions, Appender, JsonLines, Overwrite, Taken};
use deltalake_core::schema::StructType;
use deltalake_core::txn::GroupCommits;
use deltalake_core::write::{RowBatch, RowRules};
use futures::FutureExt;
use futures::future::BoxFuture;
use magnus::{DataTypeFunctions, Error, Module, RArray, RClass, RHash, RModule, RString, Ruby, TypedData};

use super::arrow_source::{NativeArrowBatch, NativeArrowSource};
use super::call::{Exclusive, asked, context, define};
use super::condition;
use super::snapshot::NativeSnapshot;
use super::staged::NativeStaged;
use super::written::{Written, transaction, written};
use crate::bridge::{block_on, to_ruby_error};
use crate::convert::{RowEncoder, bytes_of};
use crate::native_method;

/// Rows of a batch that is handed to the encoder.
const BATCH_ROWS: usize = 8192;
/// Bytes at which a batch is handed over sooner.
const BATCH_BYTES: usize = 8 << 20;

#[derive(TypedData)]
#[magnus(class = "DeltaLake::Native::Append", free_immediately, size)]
pub(super) struct NativeAppend {
    ctx: Context,
    on_unknown: OnUnknown,
    state: Exclusive<State>,
}

struct State {
    appender: Appender,
    /// For Hashes; made with the first of them.
    encoder: Option<RowEncoder>,
    /// For Arrow batches; made by [`NativeAppend::open_arrow`].
    arrow: Option<ArrowRows>,
    /// For lines of JSON; made by [`NativeAppend::open_json`].
    json: Option<Json>,
    /// Where rows that break a rule of the table are left out: each push is checked on its own then.
    rules: Option<RowRules>,
}

struct Json {
    lines: JsonLines,
    path: Option<PathBuf>,
}

/// Rows taken, and the lines left out: text and error.
type Lines = (u64, RArray);

impl DataTypeFunctions for NativeAppend {
    fn size(&self) -> usize {
        size_of::<Self>()
            + self.state.peek(|state| state.encoder.as_ref().map_or(0, RowEncoder::bytes)).unwrap_or_default()
    }
}

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let snapshot: RClass = native.const_get("Snapshot")?;
    snapshot.define_method("append", native_method!(NativeAppend::begin, 6))?;
    let class = define::<NativeAppend>(ruby, native, "Append")?;
    class.define_method("done", native_method!(NativeAppend::done, 0))?;
    class.define_method("check_each_push", native_method!(NativeAppend::check_each_push, 0))?;
    class.define_method("push", native_method!(NativeAppend::push, 2))?;
    class.define_method("schema_json", native_method!(NativeAppend::schema_json, 0))?;
    class.define_method("add_columns", native_method!(NativeAppend::add_columns, 1))?;
    class.define_method("open_arrow", native_method!(NativeAppend::open_arrow, 1))?;
    class.define_method("push_arrow", native_method!(NativeAppend::push_arrow, 4))?;
    class.define_method("open_json", native_method!(NativeAppend::open_json, 2))?;
    class.define_method("push_json", native_method!(NativeAppend::push_json, 1))?;
    class.define_method("read_json", native_method!(NativeAppend::read_json, 0))?;
    class.define_method("finish_json", native_method!(NativeAppend::finish_json, 0))?;
    class.define_method("replace", native_method!(NativeAppend::replace, 3))?;
    class.define_method("share", native_method!(NativeAppend::share, 0))?;
    class.define_method("stage", native_method!(NativeAppend::stage, 0))?;
    class.define_method("finish", native_method!(NativeAppend::finish, 0))?;
    class.define_method("asked", native_method!(NativeAppend::asked, 0))?;
    class.define_method("abort", native_method!(NativeAppend::abort, 0))?;
    Ok(())
}

/// Where the appends of this process meet that may share a commit.
static GROUP: LazyLock<GroupCommits> = LazyLock::new(GroupCommits::default);

impl NativeAppend {
    fn new(appender: Appender, on_unknown: OnUnknown, ctx: Context) -> Self {
        Self {
            ctx,
            on_unknown,
            state: Exclusive::new("append", State { appender, encoder: None, arrow: None, json: None, rules: None }),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "Ruby passes every value by position")]
    /// `Snapshot#append`: begins an append to that version or later.
    fn begin(
        ruby: &Ruby,
        snapshot: &NativeSnapshot,
        once: Option<String>,
        app_id: Option<String>,
        app_version: Option<i64>,
        user_metadata: Option<String>,
        on_unknown: String,
        deadline: Option<f64>,
    ) -> Result<Self, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let txn = transaction(once, app_id, app_version);
        let options = AppendOptions { txn, user_metadata };
        let (base, inner) = (snapshot.0.clone(), ctx.clone());
        let appender =
            block_on(ruby, &ctx, async move { Appender::begin(base, options, inner, Clock::system()).await })?;
        let on_unknown = match on_unknown.as_str() {
            "add" => OnUnknown::Add,
            "ignore" => OnUnknown::Ignore,
            _ => OnUnknown::Raise,
        };
        Ok(Self::new(appender, on_unknown, ctx))
    }

    fn done(ruby: &Ruby, this: &Self) -> Result<bool, Error> {
        let state = this.open(ruby)?;
        let done = state.appender.is_done();
        this.state.put(state);
        Ok(done)
    }

    /// From now on a push that holds a row which breaks a rule of the table is refused, and the next one taken.
    fn check_each_push(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        let mut state = this.open(ruby)?;
        let rules = state.appender.rules().map(|rules| state.rules = rules.refuse_rows().then_some(rules));
        this.state.put(state);
        rules.map_err(|e| to_ruby_error(ruby, e))
    }

    /// Takes all of `rows`, or none of them where one does not fit.
    fn push(ruby: &Ruby, this: &Self, rows: RArray, first_row_index: u64) -> Result<(), Error> {
        this.ctx.check().map_err(|e| to_ruby_error(ruby, e))?;
        let mut state = this.open(ruby)?;
        if state.encoder.as_ref().is_some_and(|e| e.len() >= BATCH_ROWS || e.bytes() >= BATCH_BYTES) {
            state = this.hand_over(ruby, state)?;
        }
        let encoder = match state.encoder.as_mut() {
            Some(encoder) => encoder,
            None => {
                let filled = state.appender.rules().map(|rules| rules.filled());
                let made = filled.and_then(|f| RowEncoder::new(ruby, state.appender.schema(), &f));
                state.encoder.insert(made.map_err(|e| to_ruby_error(ruby, e))?)
            }
        };
        let before = encoder.len();
        let pushed = encoder.push(ruby, rows, first_row_index, this.on_unknown);
        if pushed.is_err() {
            encoder.truncate(before);
        } else if state.rules.is_some() {
            let rows = encoder.finish_batch().map_err(|e| to_ruby_error(ruby, e))?;
            state = this.write_checked(ruby, state, rows, first_row_index)?;
        }
        this.state.put(state);
        pushed.map_err(|e| e.into_ruby(ruby))
    }

    /// The schema that rows are converted for.
    fn schema_json(ruby: &Ruby, this: &Self) -> Result<String, Error> {
        let state = this.open(ruby)?;
        let json = state.appender.schema().to_json();
        this.state.put(state);
        Ok(json)
    }

    /// Adds what the table lacks of a schema; false where it lacks nothing.
    fn add_columns(ruby: &Ruby, this: &Self, schema_json: String) -> Result<bool, Error> {
        let found = StructType::from_json(&schema_json).map_err(|e| to_ruby_error(ruby, e))?;
        let state = this.open(ruby)?;
        let (state, added) = this.add(ruby, state, found)?;
        this.state.put(state);
        Ok(added)
    }

    fn add(&self, ruby: &Ruby, mut state: State, found: StructType) -> Result<(State, bool), Error> {
        // Rows so far were converted for the schema so far.
        if state.encoder.as_ref().is_some_and(|e| !e.is_empty()) {
            state = self.hand_over(ruby, state)?;
        }
        let State { mut appender, encoder, arrow, json, rules } = state;
        let (appender, added, rules) = block_on(ruby, &self.ctx, async move {
            let added = appender.add_columns(&found).await?;
            let rules = if added && rules.is_some() { Some(appender.rules()?) } else { rules };
            Ok((appender, added, rules))
        })?;
        Ok((State { appender, encoder: encoder.filter(|_| !added), arrow, json, rules }, added))
    }

    /// Gets ready for batches of `source`; refuses columns and types that fit no row.
    fn open_arrow(ruby: &Ruby, this: &Self, source: &NativeArrowSource) -> Result<(), Error> {
        let schema = source.schema(ruby)?;
        let mut state = this.open(ruby)?;
        if this.on_unknown == OnUnknown::Add {
            (state, _) = this.add(ruby, state, StructType::from_arrow(schema.fields()))?;
        }
        let table = state.appender.schema().clone();
        let filled = state.appender.rules().map(|rules| rules.filled());
        let rows = filled.and_then(|filled| ArrowRows::filled(&schema, table, this.on_unknown, &filled));
        let opened = rows.map(|rows| state.arrow = Some(rows));
        this.state.put(state);
        opened.map_err(|e| to_ruby_error(ruby, e))
    }

    /// Takes `count` rows of `batch` from number `from` on, or none of them where one does not fit.
    fn push_arrow(
        ruby: &Ruby,
        this: &Self,
        batch: &NativeArrowBatch,
        from: usize,
        count: usize,
        first_row_index: u64,
    ) -> Result<(), Error> {
        this.ctx.check().map_err(|e| to_ruby_error(ruby, e))?;
        let state = this.open(ruby)?;
        let converted = match &state.arrow {
            Some(rows) => {
                let converted = batch.convert(ruby, rows, from, count, first_row_index);
                converted.map(|batch| RowBatch::without(batch, rows.absent()))
            }
            None => Err(to_ruby_error(ruby, deltalake_core::Error::internal("Arrow rows before open_arrow"))),
        };
        match converted {
            Ok(rows) => {
                let state = this.write_checked(ruby, state, rows, first_row_index)?;
                this.state.put(state);
                Ok(())
            }
            Err(error) => {
                this.state.put(state);
                Err(error)
            }
        }
    }

    /// Gets ready for lines of JSON: those of the file at `path`, or those that are pushed.
    fn open_json(ruby: &Ruby, this: &Self, path: Option<String>, leave_out: bool) -> Result<(), Error> {
        let mut state = this.open(ruby)?;
        let lines = match JsonLines::new(&state.appender, this.on_unknown, leave_out) {
            Ok(lines) => lines,
            Err(error) => {
                this.state.put(state);
                return Err(to_ruby_error(ruby, error));
            }
        };
        let mut json = Json { lines, path: path.map(PathBuf::from) };
        let opened = block_on(ruby, &this.ctx, async move {
            if let Some(path) = &json.path {
                json.lines.open(path).await?;
            }
            Ok(json)
        });
        let opened = opened.map(|json| state.json = Some(json));
        this.state.put(state);
        opened
    }

    /// Takes a block of bytes, which may end in the middle of a line.
    fn push_json(ruby: &Ruby, this: &Self, block: RString) -> Result<Lines, Error> {
        let block = bytes_of(block);
        let taken =
            this.with_json(ruby, move |json, appender| async move { json.lines.push(appender, &block).await }.boxed())?;
        lines(ruby, taken)
    }

    /// Goes on with the file, up to bad lines; nil once it is at its end.
    fn read_json(ruby: &Ruby, this: &Self) -> Result<Option<Lines>, Error> {
        let taken = this.with_json(ruby, |json, appender| {
            let Json { lines, path } = json;
            async move {
                match path {
                    Some(path) => lines.read(appender, path).await,
                    None => Ok(None),
                }
            }
            .boxed()
        })?;
        taken.map(|taken| lines(ruby, taken)).transpose()
    }

    /// Takes what is left after the last block.
    fn finish_json(ruby: &Ruby, this: &Self) -> Result<Lines, Error> {
        let taken = this.with_json(ruby, |json, appender| json.lines.finish(appender).boxed())?;
        lines(ruby, taken)
    }

    fn with_json<T: Send + 'static>(
        &self,
        ruby: &Ruby,
        work: impl for<'a> FnOnce(&'a mut Json, &'a mut Appender) -> BoxFuture<'a, deltalake_core::Result<T>>
        + Send
        + 'static,
    ) -> Result<T, Error> {
        let State { mut appender, encoder, arrow, json, rules } = self.open(ruby)?;
        let Some(mut json) = json else {
            return Err(to_ruby_error(ruby, deltalake_core::Error::internal("lines of JSON before open_json")));
        };
        let (appender, json, taken) = block_on(ruby, &self.ctx, async move {
            let taken = work(&mut json, &mut appender).await?;
            Ok((appender, json, taken))
        })?;
        self.state.put(State { appender, encoder, arrow, json: Some(json), rules });
        Ok(taken)
    }

    /// Makes an overwrite of it: of all rows, of those that meet `conditions`, or of the partitions of the new ones.
    fn replace(
        ruby: &Ruby,
        this: &Self,
        conditions: Option<RArray>,
        shown: Option<String>,
        dynamic: bool,
    ) -> Result<(), Error> {
        let mut state = this.open(ruby)?;
        let replaced = Self::replace_in(ruby, &mut state.appender, conditions, shown, dynamic);
        this.state.put(state);
        replaced
    }

    fn replace_in(
        ruby: &Ruby,
        appender: &mut Appender,
        conditions: Option<RArray>,
        shown: Option<String>,
        dynamic: bool,
    ) -> Result<(), Error> {
        let base = appender.base().clone();
        let overwrite = match conditions {
            Some(conditions) => {
                let predicate = condition::predicate(ruby, conditions, base.schema()).map_err(|e| e.into_ruby(ruby))?;
                Overwrite::matching(&base, predicate, shown).map_err(|e| to_ruby_error(ruby, e))?
            }
            None if dynamic => Overwrite::partitions(),
            None => Overwrite::table(),
        };
        appender.replacing(overwrite).map_err(|e| to_ruby_error(ruby, e))
    }

    /// Lets it share a commit with other appends of this process.
    fn share(ruby: &Ruby, this: &Self) -> Result<(), Error> {
        let mut state = this.open(ruby)?;
        state.appender.grouped(GROUP.clone());
        this.state.put(state);
        Ok(())
    }

    /// Ends it without a commit: the files are left to who commits them.
    fn stage(ruby: &Ruby, this: &Self) -> Result<NativeStaged, Error> {
        let state = this.all_taken(ruby)?;
        this.state.close();
        block_on(ruby, &this.ctx, async move { state.appender.stage().await }).map(NativeStaged)
    }

    fn finish(ruby: &Ruby, this: &Self) -> Result<Written, Error> {
        let state = this.all_taken(ruby)?;
        this.state.close();
        let done = block_on(ruby, &this.ctx, async move { state.appender.finish().await })?;
        written(ruby, done, &this.ctx)
    }

    fn all_taken(&self, ruby: &Ruby) -> Result<State, Error> {
        let state = self.open(ruby)?;
        match &state.encoder {
            Some(encoder) if !encoder.is_empty() => self.hand_over(ruby, state),
            _ => Ok(state),
        }
    }

    /// What it has asked of stores so far.
    fn asked(ruby: &Ruby, this: &Self) -> Result<RHash, Error> {
        asked(ruby, &this.ctx)
    }

    /// Gives the append up: nothing of it is in the table.
    fn abort(_ruby: &Ruby, this: &Self) -> Result<(), Error> {
        this.state.close();
        Ok(())
    }

    fn open(&self, ruby: &Ruby) -> Result<State, Error> {
        let state = self.state.take().map_err(|e| to_ruby_error(ruby, e))?;
        state.ok_or_else(|| {
            to_ruby_error(ruby, deltalake_core::Error::argument("this append is finished or was given up"))
        })
    }

    fn hand_over(&self, ruby: &Ruby, mut state: State) -> Result<State, Error> {
        let Some(encoder) = state.encoder.as_mut() else { return Ok(state) };
        let batch = encoder.finish_batch().map_err(|e| to_ruby_error(ruby, e))?;
        self.write(ruby, state, batch)
    }

    /// The same, of rows that are refused where one breaks a rule of the table, if such rows are to be left out.
    fn write_checked(&self, ruby: &Ruby, state: State, rows: RowBatch, first: u64) -> Result<State, Error> {
        let Some(rules) = state.rules.clone() else { return self.write(ruby, state, rows) };
        match block_on(ruby, &self.ctx, async move { rules.check(&rows, first).map(|()| rows) }) {
            Ok(rows) => self.write(ruby, state, rows),
            Err(error) => {
                self.state.put(state);
                Err(error)
            }
        }
    }

    fn write(&self, ruby: &Ruby, state: State, rows: RowBatch) -> Result<State, Error> {
        let State { mut appender, encoder, arrow, json, rules } = state;
        let appender = block_on(ruby, &self.ctx, async move {
            appender.write(rows).await?;
            Ok(appender)
        })?;
        Ok(State { appender, encoder, arrow, json, rules })
    }
}

fn lines(ruby: &Ruby, taken: Taken) -> Result<Lines, Error> {
    let left_out = ruby.ary_new_capa(taken.bad.len());
    for bad in taken.bad {
        let error = to_ruby_error(ruby, bad.error);
        match error.value() {
            Some(exception) => left_out.push((bad.text, exception))?,
            None => return Err(error),
        }
    }
    Ok((taken.rows, left_out))
}
