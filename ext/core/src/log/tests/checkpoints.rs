//! Checkpoints of every kind give the same table.

use std::sync::Arc;

use ::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use bytes::Bytes;

use super::parquet::{Actions, maps, numbers, object, text};
use super::*;

pub(super) const V2: &str = "_delta_log/00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11";
pub(super) const CLASSIC: &str = "_delta_log/00000000000000000002.checkpoint.parquet";
const SIDECAR: &str = "_delta_log/_sidecars/one two.parquet";

/// A log whose commits say other than the checkpoint at version 2 will, so that it is seen which of them was read.
async fn commits() -> Storage {
    log(&[FIRST, &add("from-commits"), &add("x"), &format!("{}\n{}", remove("a"), add("c"))]).await
}

async fn put_bytes(storage: &Storage, key: &str, bytes: Bytes) {
    storage.put(key, bytes).await.unwrap();
}

fn json_top(rest: &str) -> String {
    format!("{{\"checkpointMetadata\":{{\"version\":2}}}}\n{FIRST}{rest}\n")
}

fn sidecar(path: &str, size: usize) -> String {
    format!(r#"{{"sidecar":{{"path":"{path}","sizeInBytes":{size},"modificationTime":0}}}}"#)
}

#[tokio::test]
async fn v2_checkpoints_of_every_shape() {
    let inside = Actions::default().adds(&["a", "b"]).bytes();
    let size = inside.len();
    let with_sidecar = Actions::table().v2(2).sidecars(&[("one%20two.parquet", size)]);
    let inline = Actions::table().v2(2).adds(&["a", "b"]);
    for (key, bytes) in [
        (format!("{V2}.parquet"), with_sidecar.bytes()),
        (format!("{V2}.parquet"), with_sidecar.in_row_groups(1)),
        (CLASSIC.to_owned(), with_sidecar.bytes()),
        (format!("{V2}.parquet"), inline.bytes()),
        (CLASSIC.to_owned(), inline.in_row_groups(1)),
        (format!("{V2}.json"), json_top(&sidecar("one%20two.parquet", size)).into()),
        (format!("{V2}.json"), json_top(&sidecar("file:///test/_delta_log/_sidecars/one%20two.parquet", size)).into()),
        (format!("{V2}.json"), json_top(&sidecar("one%20two.parquet", 0)).into()),
        (format!("{V2}.json"), json_top(&format!("{}\r\n\r\n{}", add("a"), add("b"))).into()),
    ] {
        let storage = commits().await;
        put_bytes(&storage, SIDECAR, inside.clone()).await;
        put_bytes(&storage, &key, bytes).await;
        assert_eq!(live(&storage).await, ["c", "b"], "{key}");
        let segment = Segment::load(&storage, None).await.unwrap();
        let (segment, state) = TableState::load(&storage, segment).await.unwrap();
        assert_eq!((state.metadata().id.as_str(), segment.commits()), ("t", 3..4), "{key}");
    }
}

#[tokio::test]
async fn names_of_v2_checkpoints_win_over_parts_and_these_over_the_classic_name() {
    let storage = commits().await;
    let one = |path: &str| Actions::table().adds(&[path]).bytes();
    put_bytes(&storage, CLASSIC, one("classic")).await;
    assert_eq!(live(&storage).await, ["c", "classic"]);
    let part = |p: u32, of: u32| format!("_delta_log/00000000000000000002.checkpoint.{p:010}.{of:010}.parquet");
    put_bytes(&storage, &part(1, 2), one("half")).await;
    assert_eq!(live(&storage).await, ["c", "classic"]);
    put_bytes(&storage, &part(2, 2), Actions::default().adds(&["other-half"]).bytes()).await;
    assert_eq!(live(&storage).await, ["c", "half", "other-half"]);
    put_bytes(&storage, &part(1, 3), one("third")).await;
    assert_eq!(live(&storage).await, ["c", "half", "other-half"]);
    put_bytes(&storage, &format!("{V2}.json"), json_top(&add("v2")).into()).await;
    assert_eq!(live(&storage).await, ["c", "v2"]);
    put_bytes(&storage, &format!("{V2}.parquet"), Bytes::new()).await;
    assert_eq!(live(&storage).await, ["c", "v2"]);
}

#[tokio::test]
async fn table_actions_of_a_checkpoint() {
    let storage = commits().await;
    let actions = Actions::table()
        .adds(&["a"])
        .with("txn", vec![("appId", text(&["x", "y"])), ("version", numbers(&[4, 5]))])
        .with(
            "domainMetadata",
            vec![
                ("domain", text(&["d", "gone"])),
                ("configuration", text(&["{}", ""])),
                ("removed", Arc::new(BooleanArray::from(vec![false, true]))),
            ],
        );
    for rows in [1, 3, 100] {
        put_bytes(&storage, CLASSIC, actions.in_row_groups(rows)).await;
        let segment = Segment::load(&storage, None).await.unwrap();
        let (_, state) = TableState::load(&storage, segment).await.unwrap();
        assert_eq!((state.txn("x").map(|t| t.version), state.txn("y").map(|t| t.version)), (Some(4), Some(5)));
        assert_eq!(state.domains().collect::<Vec<_>>(), [("d", "{}")]);
    }
}

fn partitioned() -> Actions {
    Actions::table().with(
        "add",
        vec![
            ("path", text(&["a", "b", "c", "d"])),
            ("partitionValues", maps("p", &[Some("1"), Some("2"), None, Some("2")])),
            ("size", numbers(&[1, 2, 3, 4])),
        ],
    )
}

#[tokio::test]
async fn the_partition_filter_leaves_files_out_of_checkpoints_and_commits() {
    let wants = |value: Option<&'static str>| ReplayOptions {
        partitions: Some(Arc::new(move |values| Ok(values.get("p").and_then(|v| v.as_deref()) == value))),
        ..ReplayOptions::default()
    };
    for rows in [1, 2, 100] {
        let storage = log(&[FIRST, &add("x"), &add("y"), &remove("d")]).await;
        put_bytes(&storage, CLASSIC, partitioned().in_row_groups(rows)).await;
        let sizes = async |value| {
            let found = adds(&storage, wants(value)).await.unwrap();
            found.iter().map(|a| (a.path.clone(), a.size)).collect::<Vec<_>>()
        };
        assert_eq!(sizes(Some("2")).await, [("b".to_owned(), 2)]);
        assert_eq!(sizes(None).await, [("c".to_owned(), 3)]);
        assert_eq!(sizes(Some("3")).await, []);
    }
}

#[tokio::test]
async fn details_come_where_they_are_asked_for() {
    let storage = commits().await;
    let actions = Actions::table().with(
        "add",
        vec![
            ("path", text(&["b"])),
            ("baseRowId", numbers(&[7])),
            ("defaultRowCommitVersion", numbers(&[8])),
            ("dataChange", Arc::new(BooleanArray::from(vec![true]))),
            ("tags", maps("k", &[Some("v")])),
        ],
    );
    put_bytes(&storage, CLASSIC, actions.bytes()).await;
    let last = async |details| {
        let options = ReplayOptions { details, ..ReplayOptions::default() };
        adds(&storage, options).await.unwrap().pop().unwrap()
    };
    let (plain, full) = (last(false).await, last(true).await);
    assert_eq!((plain.base_row_id, plain.tags), (None, None));
    assert_eq!((full.base_row_id, full.default_row_commit_version, full.data_change), (Some(7), Some(8), true));
    assert_eq!(full.tags.unwrap().get("k"), Some(&Some("v".to_owned())));
}

#[tokio::test]
async fn statistics_that_are_a_struct_become_text() {
    let bounds = |shift: i64| {
        object(vec![
            ("i", numbers(&[1 + shift, 10, 20])),
            ("f", Arc::new(Float64Array::from(vec![1e300, f64::NAN, -0.5])) as ArrayRef),
            ("s", text(&["a\"\n", "ü", ""])),
            ("d", Arc::new(Date32Array::from(vec![0, -719_529, 3_000_000])) as ArrayRef),
            ("t", Arc::new(TimestampMicrosecondArray::from(vec![-1, 0, 1]).with_timezone("UTC")) as ArrayRef),
            ("n", Arc::new(TimestampMicrosecondArray::from(vec![-1, 0, 1])) as ArrayRef),
            (
                "m",
                Arc::new(
                    Decimal128Array::from(vec![Some(-5), Some(i128::from(i64::MAX)), None])
                        .with_precision_and_scale(38, 2)
                        .unwrap(),
                ) as ArrayRef,
            ),
            ("o", object(vec![("x", numbers(&[1, 2, 3]))])),
        ])
    };
    let parsed = object(vec![
        ("numRecords", numbers(&[1, 2, 3])),
        ("minValues", bounds(0)),
        ("nullCount", object(vec![("i", Arc::new(Int64Array::from(vec![Some(0), None, Some(2)])) as ArrayRef)])),
    ]);
    let json = StringArray::from(vec![None, None, Some("{\"numRecords\":3}")]);
    let adds_of = |stats: Option<ArrayRef>| {
        let mut children = vec![("path", text(&["a1", "a2", "a3"])), ("stats_parsed", parsed.clone())];
        children.extend(stats.map(|s| ("stats", s)));
        Actions::table().with("add", children)
    };
    let expected = [
        r#"{"numRecords":1,"minValues":{"i":1,"f":1e300,"s":"a\"\n","d":"1970-01-01","t":"1969-12-31T23:59:59.999999Z","n":"1969-12-31T23:59:59.999999","m":-0.05,"o":{"x":1}},"nullCount":{"i":0}}"#,
        r#"{"numRecords":2,"minValues":{"i":10,"f":"NaN","s":"ü","d":"-0001-12-31","t":"1970-01-01T00:00:00.000000Z","n":"1970-01-01T00:00:00.000000","m":92233720368547758.07,"o":{"x":2}},"nullCount":{}}"#,
    ];
    for (stats, third) in [
        (None, r#"{"numRecords":3,"minValues":{"i":20,"f":-0.5,"s":"","d":"+10183-09-21","t"#),
        (Some(Arc::new(json) as ArrayRef), r#"{"numRecords":3}"#),
    ] {
        let storage = commits().await;
        put_bytes(&storage, CLASSIC, adds_of(stats).bytes()).await;
        let options = ReplayOptions { stats: true, ..ReplayOptions::default() };
        let found: Vec<String> = adds(&storage, options).await.unwrap().into_iter().filter_map(|a| a.stats).collect();
        assert_eq!(found[..2], expected);

        assert!(found[2].starts_with(third), "{}", found[2]);
    }
}

#[tokio::test]
async fn a_large_row_group_is_read_in_pieces() {
    use super::super::checkpoint::Part;
    use futures::TryStreamExt;

    let paths: Vec<String> = (0..50_000).map(|n| format!("f{n:05}")).collect();
    let names: Vec<&str> = paths.iter().map(String::as_str).collect();
    let storage = commits().await;
    put_bytes(&storage, CLASSIC, Actions::table().adds(&names).bytes()).await;
    let mut live = live(&storage).await;
    assert_eq!(live.remove(0), "c");
    assert_eq!(live, paths);
    let file = storage.head(CLASSIC).await.unwrap();
    let columns = ["add.path", "add.size"];
    let whole = Part::open(&storage, &file).await.unwrap();
    assert_eq!(whole.pieces(&["add.path"], &columns).len(), 1);
    let part = whole.located().await;
    let pieces = part.pieces(&["add.path"], &columns);
    assert!(pieces.len() > 3, "{pieces:?}");
    let mut rows = 0;
    for piece in &pieces {
        let batches: Vec<_> = part.stream_piece(&columns, piece, None).unwrap().try_collect().await.unwrap();
        let found: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(found, part.rows_of(piece));
        rows += found;
    }
    assert_eq!(rows, 50_000 + 2);
}
