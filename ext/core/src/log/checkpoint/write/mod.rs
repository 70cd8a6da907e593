//! Writing checkpoints: streamed from the commits and the checkpoint before, in bounded memory (Delta protocol,
//! "Checkpoints"). One file, or with V2 content a file and sidecars; never several parts.

mod conform;
mod contents;
mod file;
mod json;
mod layout;
mod rows;
mod sink;
mod source;

pub use self::contents::{NewCheckpoint, WrittenCheckpoint};
pub use self::layout::FileColumns;
use self::sink::Sink;
use self::source::Source;
use crate::error::Result;
use crate::log::segment::Segment;
use crate::storage::Storage;

/// Writes the checkpoint of the version that `segment` makes up. Where the checkpoint before is damaged, it is done without.
pub async fn write_checkpoint(storage: &Storage, segment: &Segment, new: &NewCheckpoint) -> Result<WrittenCheckpoint> {
    let mut segment = segment.clone();
    loop {
        match write(storage, &segment, new).await {
            Ok(written) => return Ok(written),
            Err(e) => segment = segment.instead(storage, e).await?,
        }
    }
}

async fn write(storage: &Storage, segment: &Segment, new: &NewCheckpoint) -> Result<WrittenCheckpoint> {
    let mut source = Source::new(storage, segment, new);
    let mut sink = Sink::begin(storage, segment.version(), new).await?;
    let filled = async {
        while let Some(rows) = source.next().await? {
            sink.write(rows).await?;
        }
        sink.complete().await
    };
    match filled.await {
        Ok(()) => sink.publish().await,
        Err(e) => {
            sink.discard().await;
            Err(e)
        }
    }
}
