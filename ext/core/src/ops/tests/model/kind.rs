//! What the tables of the model have turned on, and what must be true of them because of it.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, new_null_array};
use arrow::datatypes::Int64Type;
use rand::Rng;
use serde_json::json;

use super::*;
use crate::schema::DataType;
use crate::write::RowBatch;

/// What is on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kind {
    pub(super) partitioned: bool,
    /// A column `n` that the table numbers.
    numbered: bool,
    row_tracking: bool,
    own_times: bool,
    change_feed: bool,
}

/// What rows have had so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    numbers: Given,
    row_ids: Given,
}

/// A number of each row, for ever: none is given twice, even where the row is gone.
#[derive(Debug, Default)]
struct Given {
    by_row: BTreeMap<i64, i64>,
    all: BTreeSet<i64>,
}

impl Given {
    fn check(&mut self, row: i64, number: i64, place: &str) {
        match self.by_row.insert(row, number) {
            Some(before) => assert_eq!(before, number, "{place}: row {row} has another number"),
            None => assert!(self.all.insert(number), "{place}: row {row} has {number}, which another row has had"),
        }
    }
}

impl Kind {
    pub(super) fn any(rng: &mut StdRng) -> Self {
        Self {
            partitioned: rng.random(),
            numbered: rng.random_bool(0.3),
            row_tracking: rng.random_bool(0.3),
            own_times: rng.random_bool(0.3),
            change_feed: rng.random_bool(0.3),
        }
    }

    pub(super) fn table(self) -> NewTable {
        let on = [
            ("delta.enableRowTracking", self.row_tracking),
            ("delta.enableInCommitTimestamps", self.own_times),
            ("delta.enableChangeDataFeed", self.change_feed),
        ];
        let properties = on.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name.to_owned(), "true".to_owned()));
        NewTable {
            schema: self.schema(),
            partition_by: if self.partitioned { vec!["country".to_owned()] } else { Vec::new() },
            properties: properties.collect(),
            ..NewTable::default()
        }
    }

    fn schema(self) -> StructType {
        let field =
            |name: &str, of: &str, metadata| json!({"name": name, "type": of, "nullable": true, "metadata": metadata});
        let mut fields = vec![field("id", "long", json!({})), field("country", "string", json!({}))];
        if self.numbered {
            let metadata = json!({"delta.identity.start": 1, "delta.identity.step": 3,
                "delta.identity.allowExplicitInsert": false});
            fields.push(field("n", "long", metadata));
        }
        StructType::from_json(&json!({"type": "struct", "fields": fields}).to_string()).unwrap()
    }

    pub(super) fn batch(self, rows: &[(i64, &'static str)]) -> RowBatch {
        let ids: ArrayRef = Arc::new(Int64Array::from(rows.iter().map(|r| r.0).collect::<Vec<_>>()));
        let countries: ArrayRef = Arc::new(StringArray::from(rows.iter().map(|r| r.1).collect::<Vec<_>>()));
        let mut columns = vec![ids, countries];
        if self.numbered {
            columns.push(new_null_array(&DataType::Long.to_arrow(), rows.len()));
        }
        let batch = RecordBatch::try_new(self.schema().to_arrow(), columns).unwrap();
        RowBatch::without(batch, if self.numbered { &[2] } else { &[] })
    }

    /// Numbers and row ids stay with their rows, and none is given twice.
    pub(super) async fn check(self, table: &Snapshot, seen: &mut Seen, place: &str) {
        for (on, column, given) in
            [(self.numbered, "n", &mut seen.numbers), (self.row_tracking, "_row_id", &mut seen.row_ids)]
        {
            if on {
                let columns = Some(vec!["id".to_owned(), column.to_owned()]);
                for batch in read(Scan::new(table.clone(), ScanOptions { columns, ..ScanOptions::default() })).await {
                    let numbers = batch.column(1).as_primitive::<Int64Type>();
                    assert_eq!(numbers.null_count(), 0, "{place}: rows without {column}");
                    for (row, number) in
                        batch.column(0).as_primitive::<Int64Type>().values().iter().zip(numbers.values())
                    {
                        given.check(*row, *number, place);
                    }
                }
            }
        }
    }

    /// The change feed from the first version on makes up the rows, and times of commits grow.
    pub(super) async fn check_whole(self, table: &Snapshot, rows: &BTreeMap<i64, String>, place: &str) {
        if self.change_feed {
            assert_eq!(&replayed(table).await, rows, "{place}: what the change feed makes up");
        }
        if self.own_times {
            let mut times: Vec<i64> = Vec::new();
            for version in 0..=table.version() {
                times.push(crate::log::commit_timestamp(table.storage(), version).await.unwrap());
            }
            assert!(times.is_sorted_by(|a, b| a < b), "{place}: times of commits do not grow: {times:?}");
        }
    }
}

async fn replayed(table: &Snapshot) -> BTreeMap<i64, String> {
    let feed = changes(table, Point::Version(0), None).await.unwrap();
    let columns = ["id", "country", crate::schema::CHANGE_TYPE, crate::schema::COMMIT_VERSION];
    let columns = Some(columns.map(str::to_owned).to_vec());
    let mut lines: Vec<(i64, bool, i64, String)> = Vec::new();
    for batch in read(feed.scan(ScanOptions { columns, ..ScanOptions::default() })).await {
        let (ids, versions) =
            (batch.column(0).as_primitive::<Int64Type>(), batch.column(3).as_primitive::<Int64Type>());
        let (countries, kinds) = (batch.column(1).as_string::<i32>(), batch.column(2).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let is_insert = kinds.value(row) == "insert";
            assert!(is_insert || kinds.value(row) == "delete", "no row is updated here");
            lines.push((versions.value(row), is_insert, ids.value(row), countries.value(row).to_owned()));
        }
    }
    // Within a version, deletes come first.
    lines.sort();
    let mut rows = BTreeMap::new();
    for (_, is_insert, id, country) in lines {
        let before = if is_insert { rows.insert(id, country) } else { rows.remove(&id) };
        assert_eq!(before.is_some(), !is_insert, "row {id} is inserted twice, or deleted and not there");
    }
    rows
}
