mod crashes;
mod fake;
mod protocol;
mod races;

use bytes::Bytes;

use self::fake::World;
use crate::error::Result;
use crate::storage::{PutOutcome, Store};

async fn commit(writer: &impl Store, version: u64, text: &str) -> Result<PutOutcome> {
    writer.put_if_absent(&format!("_delta_log/{version:020}.json"), Bytes::from(text.to_owned())).await
}

/// The versions that a reader finds.
async fn versions(world: &World) -> Vec<u64> {
    let files = world.writer().list("_delta_log", None).await.unwrap();
    let names = files.iter().filter_map(|file| super::commit::version_of(&file.key));
    names.collect()
}
