//! Several writers at random, against a model in memory. `DELTALAKE_MODEL_RUNS` and `DELTALAKE_MODEL_SEED` choose how many
//! runs there are and the seed of the first.

mod kind;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use self::kind::{Kind, Seen};
use super::*;
use crate::error::ErrorKind;
use crate::expr::{CompareOp, Predicate};
use crate::scan::{Scan, ScanOptions};
use crate::schema::ColumnPath;
use crate::txn::{Reads, Transaction, commit};
use crate::value::Scalar;

const COUNTRIES: [&str; 3] = ["DE", "FR", "US"];
const STEPS: usize = 25;
const WRITERS: usize = 3;

/// What the table must hold: rows by their numbers, and the keys that were used.
#[derive(Debug, Default, Clone, PartialEq)]
struct Model {
    rows: BTreeMap<i64, String>,
    keys: BTreeSet<String>,
}

/// What a writer does.
#[derive(Debug, Clone)]
enum Step {
    Append { key: Option<String>, grouped: bool },
    Overwrite,
    OverwriteCountry(&'static str),
    OverwriteFrom(i64),
    OverwritePartitions,
    Stage,
    Property,
    Checkpoint,
}

#[derive(Debug, Clone)]
struct Planned {
    step: Step,
    rows: Vec<(i64, &'static str)>,
}

impl Model {
    fn apply(&mut self, Planned { step, rows }: &Planned, skipped: bool, place: &str) {
        if let Step::Append { key: Some(key), .. } = step {
            assert_eq!(skipped, !self.keys.insert(key.clone()), "{place}: key {key}");
        }
        if skipped {
            return;
        }
        match step {
            Step::Overwrite => self.rows.clear(),
            Step::OverwriteCountry(country) => self.rows.retain(|_, c| c != country),
            Step::OverwriteFrom(first) => self.rows.retain(|id, _| id < first),
            Step::OverwritePartitions => self.rows.retain(|_, c| rows.iter().all(|(_, new)| new != c)),
            Step::Append { .. } | Step::Stage | Step::Property | Step::Checkpoint => {}
        }
        self.rows.extend(rows.iter().map(|(id, country)| (*id, (*country).to_owned())));
    }
}

fn plan(rng: &mut StdRng, next_id: &mut i64) -> Planned {
    let step = match rng.random_range(0..13) {
        0..=2 => Step::Append { key: None, grouped: false },
        3..=4 => Step::Append { key: None, grouped: true },
        5 => Step::Append { key: Some(format!("key-{}", rng.random_range(0..6))), grouped: rng.random() },
        6 => Step::Overwrite,
        7 => Step::OverwriteCountry(COUNTRIES.choose(rng).unwrap()),
        8 => Step::OverwriteFrom(rng.random_range(0..=*next_id)),
        9 => Step::OverwritePartitions,
        10 => Step::Stage,
        11 => Step::Checkpoint,
        _ => Step::Property,
    };
    let count = if matches!(step, Step::Property | Step::Checkpoint) { 0 } else { rng.random_range(0..5) };
    let rows = (0..count).map(|_| {
        *next_id += 1;
        let country = match step {
            Step::OverwriteCountry(country) => country,
            _ => COUNTRIES.choose(rng).unwrap(),
        };
        (*next_id, country)
    });
    let rows = rows.collect();
    Planned { step, rows }
}

/// A write whose rows are on their way.
enum Begun {
    Rows(Box<Appender>),
    Staged(Box<StagedFiles>),
    Property,
    Checkpoint,
}

async fn begin(kind: Kind, base: &Snapshot, planned: &Planned, group: &GroupCommits) -> Begun {
    let key = match &planned.step {
        Step::Property => return Begun::Property,
        Step::Checkpoint => return Begun::Checkpoint,
        Step::Append { key, .. } => key.clone(),
        _ => None,
    };
    let options = AppendOptions { txn: key.map(|k| AppTransaction::once(&k)), user_metadata: None };
    let mut appender = Appender::begin(base.clone(), options, Context::default(), Clock::system()).await.unwrap();
    let overwrite = match planned.step {
        Step::Overwrite => Some(Overwrite::table()),
        Step::OverwriteCountry(country) => {
            let value = Scalar::String(country.to_owned());
            let is = Predicate::Compare { column: ColumnPath::from("country"), op: CompareOp::Eq, value };
            Some(Overwrite::matching(base, is, None).unwrap())
        }
        Step::OverwriteFrom(first) => {
            let from = Predicate::Sql(format!("id >= {first}"));
            Some(Overwrite::matching(base, from, None).unwrap())
        }
        Step::OverwritePartitions => Some(Overwrite::partitions()),
        _ => None,
    };
    if let Some(overwrite) = overwrite {
        appender.replacing(overwrite).unwrap();
    }
    if matches!(planned.step, Step::Append { grouped: true, .. }) {
        appender.grouped(group.clone());
    }
    appender.write(kind.batch(&planned.rows)).await.unwrap();
    match planned.step {
        Step::Stage => Begun::Staged(Box::new(appender.stage().await.unwrap())),
        _ => Begun::Rows(Box::new(appender)),
    }
}

/// The table after it, and whether it was skipped.
async fn finish(base: Snapshot, begun: Begun) -> Result<(Snapshot, bool)> {
    let context = Context::default();
    let done = match begun {
        Begun::Rows(appender) => appender.finish().await?,
        Begun::Staged(staged) => {
            // As it crosses processes.
            let staged = StagedFiles::from_json(&staged.to_json().unwrap()).unwrap();
            commit_staged(base, &[staged], None, None, &context, &Clock::system()).await?
        }
        Begun::Checkpoint => {
            let base = base.refresh().await?;
            base.write_checkpoint(Clock::system().now_ms(), true).await?;
            return Ok((base, false));
        }
        Begun::Property => {
            let base = base.refresh().await?;
            let mut metadata = base.metadata().clone();
            let changed = rand::rng().random::<u64>().to_string();
            metadata.configuration.insert("mine".to_owned(), Some(changed));
            let info = crate::action::CommitInfo::new(crate::action::Operation::SetTableProperties);
            let transaction = Transaction { metadata: Some(metadata), reads: Reads::Nothing, ..Transaction::new(info) };
            let done = commit(base, transaction, &context, &Clock::system()).await?;
            return Ok((done.snapshot, done.skipped));
        }
    };
    Ok((done.snapshot, done.skipped))
}

async fn read(scan: Result<Scan>) -> Vec<RecordBatch> {
    let mut stream = scan.unwrap().stream(Context::default());
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await.unwrap() {
        batches.push(batch);
    }
    batches
}

async fn stored(snapshot: Snapshot) -> Model {
    let keys = snapshot.txns().map(|t| t.app_id.trim_start_matches("once:").to_owned()).collect();
    let mut rows = BTreeMap::new();
    for batch in read(Scan::new(snapshot, ScanOptions::default())).await {
        let (ids, countries) = (batch.column(0).as_primitive::<Int64Type>(), batch.column(1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let twice = rows.insert(ids.value(row), countries.value(row).to_owned());
            assert_eq!(twice, None, "row {} is there twice", ids.value(row));
        }
    }
    Model { rows, keys }
}

async fn run(seed: u64) {
    let rng = &mut StdRng::seed_from_u64(seed);
    let storage = Storage::in_memory().unwrap();
    let kind = Kind::any(rng);
    let first = create(&storage, kind.table(), &Context::default(), &Clock::system()).await.unwrap();
    let group = GroupCommits::default();
    let mut handles = vec![first; WRITERS];
    let (mut model, mut seen, mut next_id) = (Model::default(), Seen::default(), 0);
    for step in 0..STEPS {
        // As many writers as there are begin from where each of them stands, and finish at the same time.
        let together = rng.random_range(1..=WRITERS);
        let mut plans: Vec<Planned> = Vec::new();
        while plans.len() < together {
            let planned = plan(rng, &mut next_id);
            if kind.partitioned || !matches!(planned.step, Step::OverwritePartitions) {
                plans.push(planned);
            }
        }
        let mut begun = Vec::new();
        for (handle, planned) in handles.iter_mut().zip(&plans) {
            if rng.random_bool(0.3) {
                *handle = handle.refresh().await.unwrap();
            }
            begun.push((handle.clone(), begin(kind, handle, planned, &group).await));
        }
        let finishing = begun.into_iter().map(|(base, begun)| tokio::spawn(finish(base, begun)));
        let outcomes = futures::future::join_all(finishing).await;
        let place = format!("seed {seed}, {kind:?}, step {step}: {plans:?}");
        let mut landed = Vec::new();
        for (writer, (planned, outcome)) in plans.iter().zip(outcomes).enumerate() {
            match outcome.unwrap() {
                Ok((snapshot, skipped)) => {
                    landed.push((snapshot.version(), skipped, planned));
                    handles[writer] = snapshot;
                }
                Err(e) => {
                    assert!(matches!(e.kind(), ErrorKind::CommitConflict(_)), "{place}: {e}");
                    assert!(together > 1, "{place}: alone, and in conflict: {e}");
                    assert!(!matches!(planned.step, Step::Append { .. }), "{place}: an append in conflict: {e}");
                }
            }
        }
        // In the order of versions; what was skipped saw its key there.
        landed.sort_by_key(|(version, skipped, _)| (*version, *skipped));
        for (_, skipped, planned) in landed {
            model.apply(planned, skipped, &place);
        }
        let snapshot = Snapshot::open(&storage, None).await.unwrap();
        kind.check(&snapshot, &mut seen, &place).await;
        assert_eq!(stored(snapshot).await, model, "{place}");
    }
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    kind.check_whole(&snapshot, &model.rows, &format!("seed {seed}, {kind:?}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_writers_do_what_the_model_does() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let first = number("DELTALAKE_MODEL_SEED").unwrap_or_else(|| rand::rng().random_range(0..1 << 32));
    let runs = number("DELTALAKE_MODEL_RUNS").unwrap_or(12);
    println!("seeds {first} to {}", first + runs - 1);
    for seed in first..first + runs {
        run(seed).await;
    }
}
