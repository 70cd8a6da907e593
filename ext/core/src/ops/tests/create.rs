use super::*;
use crate::error::ErrorKind;

#[tokio::test]
async fn a_table_is_made_once() {
    let storage = Storage::in_memory().unwrap();
    assert!(!exists(&storage).await.unwrap());
    let snapshot = table(&storage).await;
    assert_eq!(snapshot.version(), 0);
    assert!(exists(&storage).await.unwrap());
    let again = create(&storage, new_table(), &Context::default(), &Clock::system()).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::TableExists);
}

#[tokio::test]
async fn of_many_creators_one_wins() {
    let storage = Storage::in_memory().unwrap();
    let tries = (0..8).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { create(&storage, new_table(), &Context::default(), &Clock::system()).await })
    });
    let results = futures::future::join_all(tries).await;
    let made = results.iter().filter(|r| r.as_ref().unwrap().is_ok()).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_is_read_back_is_what_was_asked_for() {
    let storage = Storage::in_memory().unwrap();
    let wanted = NewTable {
        partition_by: vec!["country".to_owned()],
        name: Some("orders".to_owned()),
        description: Some("all of them".to_owned()),
        properties: [("delta.appendOnly".to_owned(), "true".to_owned()), ("mine".to_owned(), "1".to_owned())].into(),
        ..new_table()
    };
    create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap();
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!(**snapshot.schema(), schema());
    assert_eq!(snapshot.partition_columns(), ["country"]);
    assert_eq!(snapshot.metadata().name.as_deref(), Some("orders"));
    assert_eq!(snapshot.metadata().configuration["mine"].as_deref(), Some("1"));
    assert!(snapshot.properties().append_only);
}

#[tokio::test]
async fn properties_that_ask_for_features_are_refused_and_nothing_is_made() {
    for (key, value) in [
        ("delta.columnMapping.mode", "name"),
        ("delta.enableDeletionVectors", "true"),
        ("delta.feature.x", "supported"),
    ] {
        let storage = Storage::in_memory().unwrap();
        let wanted = NewTable { properties: [(key.to_owned(), value.to_owned())].into(), ..new_table() };
        let error = create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFeature, "{key}");
        assert!(!exists(&storage).await.unwrap());
    }
}
