//! What is written where, as Spark's writers and readers expect it.

use serde_json::json;

use super::*;
use crate::error::ErrorKind;
use crate::storage::faults::Fault;

#[tokio::test]
async fn a_commit_leaves_a_completed_entry_its_file_and_what_it_was_copied_from() {
    let world = World::new();
    let writer = world.writer();
    for version in 0..3 {
        assert!(commit(&writer, version, "ours").await.unwrap().is_created());
    }
    assert_eq!(versions(&world).await, [0, 1, 2]);
    let item = world.item(2).unwrap();
    assert_eq!(item["tablePath"], json!({"S": "s3://bucket/t"}));
    assert_eq!(item["fileName"], json!({"S": "00000000000000000002.json"}));
    assert_eq!(item["complete"], json!({"S": "true"}));
    let temporary = item["tempPath"]["S"].as_str().unwrap();
    let uuid = temporary.strip_prefix(".tmp/00000000000000000002.json.").unwrap();
    assert!(uuid::Uuid::parse_str(uuid).is_ok());
    assert_eq!(world.objects.get(&format!("_delta_log/{temporary}")).await.unwrap(), "ours");
    let now = crate::clock::Clock::system().now_ms() / 1000;
    let expires: i64 = item["expireTime"]["N"].as_str().unwrap().parse().unwrap();
    assert!((now + 86_400 - 60..=now + 86_400).contains(&expires), "{expires}");
}

#[tokio::test]
async fn a_version_that_is_taken_is_theirs() {
    let world = World::new();
    let (one, other) = (world.writer(), world.writer());
    commit(&one, 0, "one").await.unwrap();
    assert_eq!(commit(&other, 0, "other").await.unwrap(), PutOutcome::AlreadyExists);
    // Its entry has expired, and its file is there.
    world.items.lock().unwrap().as_mut().unwrap().clear();
    assert_eq!(commit(&other, 0, "other").await.unwrap(), PutOutcome::AlreadyExists);
    assert_eq!((world.text(0).await.unwrap().as_str(), world.temporary().await), ("one", 1));
    assert!(world.item(0).is_none());
}

#[tokio::test]
async fn other_files_of_the_log_have_no_entries() {
    let world = World::new();
    let writer = world.writer();
    let crc = "_delta_log/00000000000000000000.crc";
    assert!(writer.put_if_absent(crc, Bytes::from_static(b"{}")).await.unwrap().is_created());
    assert_eq!(writer.put_if_absent(crc, Bytes::from_static(b"{}")).await.unwrap(), PutOutcome::AlreadyExists);
    writer.put("_delta_log/_last_checkpoint", Bytes::from_static(b"{}")).await.unwrap();
    assert!(world.items.lock().unwrap().as_ref().unwrap().is_empty());
}

#[tokio::test]
async fn a_store_without_conditional_puts_will_do() {
    let world = World::new();
    let writer = world.faulty(|request| match request.starts_with("put_if_absent") {
        true => Fault::NotImplemented,
        false => Fault::None,
    });
    assert!(commit(&writer, 0, "one").await.unwrap().is_created());
    assert_eq!(commit(&writer, 0, "two").await.unwrap(), PutOutcome::AlreadyExists);
    assert_eq!(world.text(0).await.unwrap(), "one");
}

#[tokio::test]
async fn no_version_without_the_one_before() {
    let world = World::new();
    let writer = world.writer();
    let error = commit(&writer, 1, "ours").await.unwrap_err();
    assert_eq!((error.kind(), error.wrote_nothing()), (ErrorKind::CorruptTable, true));
    assert_eq!((world.commits().await.len(), world.temporary().await), (0, 0));
}

#[tokio::test]
async fn entries_of_a_table_that_was_deleted_are_told_of() {
    for complete in [true, false] {
        let world = World::new();
        world.put_item("s3://bucket/t", 0, ".tmp/00000000000000000000.json.x", complete);
        let error = commit(&world.writer(), 0, "ours").await.unwrap_err();
        assert_eq!((error.kind(), error.wrote_nothing()), (ErrorKind::CorruptTable, true), "{error}");
        assert!(error.to_string().contains("Delete all items whose tablePath is \"s3://bucket/t\""), "{error}");
        assert_eq!((world.commits().await.len(), world.temporary().await), (0, 0));
    }
    // One that had more versions than the new one: the entry in the way is the first that was not expired.
    let world = World::new();
    commit(&world.writer(), 0, "ours").await.unwrap();
    world.put_item("s3://bucket/t", 1, ".tmp/00000000000000000001.json.x", true);
    let error = commit(&world.writer(), 1, "ours").await.unwrap_err();
    assert_eq!((error.kind(), error.wrote_nothing()), (ErrorKind::CorruptTable, true), "{error}");
    assert_eq!(versions(&world).await, [0]);
}

#[tokio::test]
async fn entries_that_name_what_is_outside_of_the_log_are_refused() {
    for temporary in ["../../other/secret", ".tmp/../../x", "/etc/passwd", "s3://other/x", ""] {
        let world = World::new();
        world.put_item("s3://bucket/t", 0, temporary, false);
        let error = world.writer().list("_delta_log", None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable, "{temporary}: {error}");
    }
}

#[tokio::test]
async fn the_address_is_the_one_that_entries_have() {
    let world = World::new();
    world.objects.put("_delta_log/.tmp/x", Bytes::from_static(b"theirs")).await.unwrap();
    world.put_item("s3a://bucket/t", 0, ".tmp/x", false);
    let writer = world.writer_at("s3");
    assert_eq!(writer.list("_delta_log", None).await.unwrap().len(), 1);
    commit(&writer, 1, "ours").await.unwrap();
    assert!(world.items.lock().unwrap().as_ref().unwrap().keys().all(|(path, _)| path == "s3a://bucket/t"));
    // Writers of both do not see each other.
    world.put_item("s3://bucket/t", 2, ".tmp/y", true);
    let error = world.writer().ready_to_commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("dynamodb_table_path"), "{error}");
}

#[tokio::test]
async fn the_table_of_entries_is_made_before_the_first_commit_and_not_to_read() {
    let world = World::without_table();
    let writer = world.writer();
    assert!(writer.list("_delta_log", None).await.unwrap().is_empty());
    assert!(world.items.lock().unwrap().is_none());
    writer.ready_to_commit().await.unwrap();
    commit(&writer, 0, "ours").await.unwrap();
    assert!(world.item(0).is_some());
}

#[tokio::test]
async fn a_table_of_entries_that_should_be_there_is_not_made_anew() {
    let world = World::without_table();
    world.objects.put("_delta_log/.tmp/00000000000000000000.json.x", Bytes::from_static(b"x")).await.unwrap();
    let error = world.writer().ready_to_commit().await.unwrap_err();
    assert_eq!((error.kind(), error.wrote_nothing()), (ErrorKind::Configuration, true));
    assert!(error.to_string().contains("aws dynamodb create-table"), "{error}");
    assert!(world.items.lock().unwrap().is_none());
}

#[tokio::test]
async fn a_commit_without_dynamodb_that_got_in_between_is_seen() {
    let world = World::new();
    let writer = world.writer();
    commit(&writer, 0, "zero").await.unwrap();
    let objects = std::sync::Arc::clone(&world.objects);
    // Between the entry and its file.
    let beside = world.faulty(move |request| {
        if request.starts_with("put_if_absent _delta_log/00000000000000000001.json") {
            let key = "_delta_log/00000000000000000001.json";
            let put = objects.put(key, Bytes::from_static(b"beside"));
            futures::FutureExt::now_or_never(put).unwrap().unwrap();
        }
        Fault::None
    });
    assert_eq!(commit(&beside, 1, "ours").await.unwrap(), PutOutcome::AlreadyExists);
    assert_eq!(world.text(1).await.unwrap(), "beside");
    assert_eq!(versions(&world).await, [0, 1]);
    assert!(commit(&writer, 2, "ours").await.unwrap().is_created());
}

#[tokio::test]
async fn who_may_only_read_sees_what_is_there() {
    let world = World::new();
    commit(&world.writer(), 0, "zero").await.unwrap();
    world.objects.put("_delta_log/.tmp/x", Bytes::from_static(b"one")).await.unwrap();
    world.put_item("s3://bucket/t", 1, ".tmp/x", false);
    let reader = world.faulty(|request| match request.starts_with("put") {
        true => Fault::Denied,
        false => Fault::None,
    });
    assert_eq!(reader.list("_delta_log", None).await.unwrap().len(), 1);
    assert_eq!(versions(&world).await, [0, 1]);
}

#[tokio::test]
async fn short_listings_have_the_newest_version_too() {
    let world = World::new();
    commit(&world.writer(), 0, "zero").await.unwrap();
    world.objects.put("_delta_log/.tmp/x", Bytes::from_static(b"one")).await.unwrap();
    world.put_item("s3://bucket/t", 1, ".tmp/x", false);
    let listed = world.writer().list_short("_delta_log").await.unwrap().unwrap();
    assert_eq!(listed.len(), 2);
}
