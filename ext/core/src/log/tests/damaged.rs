//! Checkpoints that are damaged, gone or hostile.

use ::parquet::file::reader::{FileReader, SerializedFileReader};
use bytes::Bytes;

use super::checkpoints::{CLASSIC, V2};
use super::parquet::Actions;
use super::*;

const OLDER: &str = "_delta_log/00000000000000000001.checkpoint.parquet";

async fn commits() -> Storage {
    log(&[FIRST, &add("a"), &add("b"), &format!("{}\n{}", remove("a"), add("c"))]).await
}

/// What is read: the files, and whether the table's state is there.
async fn table(storage: &Storage) -> Result<Vec<String>, Error> {
    let segment = Segment::load(storage, None).await?;
    let (_, state) = TableState::load(storage, segment).await?;
    assert_eq!(state.metadata().id, "t");
    let mut paths: Vec<String> = adds(storage, ReplayOptions::default()).await?.into_iter().map(|a| a.path).collect();
    paths.sort();
    Ok(paths)
}

#[tokio::test]
async fn a_damaged_checkpoint_is_done_without() {
    for bytes in [&b"no Parquet"[..], b"PAR1PAR1", b"PAR1\xff\xff\xff\xffPAR1"] {
        let storage = commits().await;
        storage.put(CLASSIC, Bytes::copy_from_slice(bytes)).await.unwrap();
        assert_eq!(table(&storage).await.unwrap(), ["b", "c"]);
    }
}

#[tokio::test]
async fn an_older_checkpoint_takes_the_place_of_a_damaged_one() {
    let storage = commits().await;
    storage.put(CLASSIC, Bytes::from_static(b"PAR1PAR1")).await.unwrap();
    storage.put(OLDER, Actions::table().adds(&["a", "older"]).bytes()).await.unwrap();
    storage.delete(&commit_key(0)).await.unwrap();
    storage.delete(&commit_key(1)).await.unwrap();
    assert_eq!(table(&storage).await.unwrap(), ["b", "c", "older"]);
    storage.delete(OLDER).await.unwrap();
    let error = table(&storage).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    assert!(error.message().contains("00000000000000000002.checkpoint.parquet"), "{error}");
}

#[tokio::test]
async fn the_classic_name_takes_the_place_of_a_damaged_v2_checkpoint() {
    let storage = commits().await;
    storage.put(&format!("{V2}.json"), Bytes::from_static(b"{\"checkpointMetadata\":{\"ver")).await.unwrap();
    storage.put(CLASSIC, Actions::table().adds(&["classic"]).bytes()).await.unwrap();
    assert_eq!(table(&storage).await.unwrap(), ["c", "classic"]);
}

#[tokio::test]
async fn damage_in_the_middle_gives_no_file_twice() {
    let storage = commits().await;
    let bytes = Actions::table().adds(&["a", "b"]).in_row_groups(3);
    let file = SerializedFileReader::new(bytes.clone()).unwrap();
    let group = file.metadata().row_group(1);
    let column = group.columns().iter().find(|c| c.column_path().string() == "add.path").unwrap();
    let (start, length) = column.byte_range();
    let mut damaged = bytes.to_vec();
    damaged[start as usize..(start + length) as usize].fill(0xff);
    storage.put(CLASSIC, damaged.into()).await.unwrap();
    storage.delete(&commit_key(3)).await.unwrap();
    assert_eq!(table(&storage).await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn a_v2_checkpoint_says_once_that_it_is_one_and_of_which_version() {
    let adds = |actions: Actions| actions.adds(&["checkpointed"]).bytes();
    for (bytes, read) in [
        (adds(Actions::table().v2(2)), true),
        (adds(Actions::table()), false),
        (adds(Actions::table().v2(3)), false),
        (adds(Actions::table().with("checkpointMetadata", vec![("version", parquet::numbers(&[2, 2]))])), false),
    ] {
        let storage = commits().await;
        storage.put(&format!("{V2}.parquet"), bytes).await.unwrap();
        let segment = Segment::load(&storage, None).await.unwrap();
        let (segment, _) = TableState::load(&storage, segment).await.unwrap();
        assert_eq!(segment.commits() == (3..4), read);
    }
}

#[tokio::test]
async fn sidecars_lie_in_their_folder_or_the_checkpoint_is_done_without() {
    let outside = Actions::default().adds(&["hostile"]).bytes();
    for path in [
        "../x.parquet",
        "..%2Fx.parquet",
        "file:///test/x.parquet",
        "file:///test/_delta_log/x.parquet",
        "/etc/passwd",
        "s3://bucket/_delta_log/_sidecars/x.parquet",
        "deeper/x.parquet",
        "",
        "gone.parquet",
    ] {
        for key in [format!("{V2}.parquet"), CLASSIC.to_owned()] {
            let storage = commits().await;
            for place in ["x.parquet", "_delta_log/x.parquet", "_delta_log/_sidecars/deeper/x.parquet"] {
                storage.put(place, outside.clone()).await.unwrap();
            }
            storage.put(&key, Actions::table().v2(2).sidecars(&[(path, outside.len())]).bytes()).await.unwrap();
            assert_eq!(table(&storage).await.unwrap(), ["b", "c"], "{path}");
            storage.delete(&commit_key(0)).await.unwrap();
            let error = table(&storage).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CorruptTable, "{path}: {error}");
        }
    }
}

#[tokio::test]
async fn a_sidecar_that_is_named_twice_gives_no_file_twice() {
    let storage = commits().await;
    let sidecar = Actions::default().adds(&["checkpointed"]).bytes();
    let size = sidecar.len();
    storage.put("_delta_log/_sidecars/one.parquet", sidecar).await.unwrap();
    let top = Actions::table().v2(2).sidecars(&[("one.parquet", size), ("%6Fne.parquet", size)]);
    storage.put(CLASSIC, top.bytes()).await.unwrap();
    assert_eq!(table(&storage).await.unwrap(), ["b", "c"]);
}

/// Not what comes out, but that it comes out: an error, or a table.
#[tokio::test]
async fn mutated_checkpoints_end_in_rows_or_errors() {
    let sidecar = Actions::default().adds(&["a", "b"]).bytes();
    let top = Actions::table().v2(2).sidecars(&[("one.parquet", sidecar.len())]).bytes();
    let json = format!(
        "{{\"checkpointMetadata\":{{\"version\":2}}}}\n{FIRST}{{\"sidecar\":{{\"path\":\"one.parquet\",\"sizeInBytes\":{}}}}}",
        sidecar.len()
    );
    let mut random = 1u64;
    let mut next = move |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    let mut errors = 0;
    for round in 0..600 {
        let (key, whole) = match round % 3 {
            0 => (format!("{V2}.parquet"), top.clone()),
            1 => (format!("{V2}.json"), Bytes::from(json.clone())),
            _ => (CLASSIC.to_owned(), top.clone()),
        };
        let mut files = [whole.to_vec(), sidecar.to_vec()];
        for _ in 0..=next(3) {
            let file = &mut files[next(2)];
            let at = next(file.len());
            match next(4) {
                0 => file.truncate(at.max(1)),
                1 => file[at] ^= 1 << next(8),
                _ => file[at] = next(256) as u8,
            }
        }
        // Without its commits, so that nothing can take the checkpoint's place.
        let storage = Storage::in_memory().unwrap();
        let [whole, inside] = files;
        storage.put(&key, whole.into()).await.unwrap();
        storage.put("_delta_log/_sidecars/one.parquet", inside.into()).await.unwrap();
        let options = ReplayOptions { stats: true, details: true, ..ReplayOptions::default() };
        let read = async {
            let (segment, _) = TableState::load(&storage, Segment::load(&storage, None).await?).await?;
            let mut replay = Replay::new(&storage, &segment, options);
            while replay.next().await?.is_some() {}
            Ok::<_, Error>(())
        };
        let done = tokio::time::timeout(std::time::Duration::from_secs(20), read).await.expect("it hangs");
        if let Err(error) = done {
            assert_eq!(error.kind(), ErrorKind::CorruptTable, "{error}");
            errors += 1;
        }
    }
    assert!((100..600).contains(&errors), "{errors}");
}

#[tokio::test]
async fn adds_without_paths_are_damage() {
    let storage = commits().await;
    let actions = Actions::table().with("add", vec![("size", parquet::numbers(&[1, 2]))]);
    storage.put(CLASSIC, actions.bytes()).await.unwrap();
    assert_eq!(table(&storage).await.unwrap(), ["b", "c"]);
}

#[tokio::test]
async fn absurd_nesting_in_a_commit_or_checkpoint_is_no_crash() {
    let nested = format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let storage = log(&[FIRST, &format!("{nested}\n{}", add("a"))]).await;
    assert_eq!(live(&storage).await, ["a"]);
    let bomb = format!("{{\"add\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let storage = log(&[FIRST, &bomb]).await;
    assert_eq!(adds(&storage, ReplayOptions::default()).await.unwrap_err().kind(), ErrorKind::CorruptTable);
}
