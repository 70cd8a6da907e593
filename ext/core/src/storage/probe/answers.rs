//! The questions, and how each is put to the store.

use bytes::Bytes;

use super::super::{LOG_FOLDER, PutOutcome, Store, error};
use super::memory;
use crate::error::{Error, ErrorKind, Result};

/// An object of no table. Its name sorts before all that are read of a log, and is none that the protocol gives. It stays, so
/// that the next process asks with one put that changes nothing, and needs no permission to delete.
const SCRATCH: &str = "_delta_log/.conditional-put";

const NOTE: &str = "The Ruby gem deltalake has put this object with If-None-Match: *, to see whether the store lets such a put \
                    replace what is there. No table needs it.\n";

/// Where writers that commit by DynamoDB keep a commit until it has its name.
pub(in crate::storage) const TEMPORARY: &str = "_delta_log/.tmp";

/// Whether a put that must not replace anything does so.
pub(super) async fn keeps_to_conditions(store: &dyn Store, uri: &str, bucket: &str) -> Result<()> {
    let name = format!("conditional puts\0{bucket}");
    if memory::is_good(&name) {
        return Ok(());
    }
    // The first put may find nothing there, and so say nothing.
    for _ in 0..2 {
        match store.put_if_absent(SCRATCH, Bytes::from_static(NOTE.as_bytes())).await {
            Ok(PutOutcome::AlreadyExists | PutOutcome::Unsure) => {
                memory::keep(&name);
                return Ok(());
            }
            Ok(PutOutcome::Created(_)) => {}
            Err(e) if error::is_not_implemented(&e) => {
                return Err(refused(uri, "has no conditional puts").with_source(e));
            }
            Err(e) => {
                return Err(e.context("before the first commit it is looked whether the store has conditional puts"));
            }
        }
    }
    let _ = store.delete(SCRATCH).await;
    Err(refused(uri, "ignores the condition of a conditional put (If-None-Match) and replaces what is there"))
}

fn refused(uri: &str, what: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "the store of {uri} {what}, so two writers could commit the same version, and one of the two would be lost without \
             a word: nothing is committed. Use a store or a release of it that has conditional puts, or commit by DynamoDB \
             (storage: {{ log_store: :dynamodb }})"
        ),
    )
}

/// Whether the table shows no sign of writers that commit by DynamoDB.
pub(super) async fn has_no_other_log_store(store: &dyn Store, uri: &str, table: &str) -> Result<()> {
    let name = format!("log store\0{table}");
    if memory::is_good(&name) {
        return Ok(());
    }
    if store.holds_any(TEMPORARY).await? {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "{uri} holds objects in {LOG_FOLDER}/.tmp, as writers leave them that commit by DynamoDB (Spark's \
                 S3DynamoDBLogStore). Such a writer may own a version that S3 does not show yet, and one of two commits would be \
                 lost: nothing is committed. Open the table with storage: {{ log_store: :dynamodb, dynamodb_table: \"delta_log\" }}, \
                 or, where no writer of the table uses DynamoDB any more, with log_store: :conditional_put"
            ),
        ));
    }
    memory::keep(&name);
    Ok(())
}
