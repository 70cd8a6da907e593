//! What lies in a table's folder and belongs to no version of it: to be told, not to be deleted.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};

use crate::action::DeletionVectorDescriptor;
use crate::deletion_vector;
use crate::error::Result;
use crate::log::{LOG_FOLDER, ReplayOptions, read_change_lines};
use crate::path::{DataPath, Root, parse_data_path};
use crate::snapshot::Snapshot;
use crate::storage::ObjectMeta;

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 16;

/// Names that are told of each kind.
const EXAMPLES: usize = 5;

/// Retention where the table's own cannot be read: Delta's default.
const WEEK_MS: i64 = 7 * 86_400_000;

/// So many files of so many bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Whether all of the folder was looked at.
    pub complete: bool,
    /// Of the newest version.
    pub live: Amount,
    /// Of older versions, for as long as the table keeps them: removed files and change files.
    pub kept: Amount,
    /// Of no version, and so young that a writer may be about to commit them.
    pub young: Amount,
    /// Of no version that the table keeps.
    pub orphans: Amount,
    /// Keys of some of them.
    pub orphan_examples: Vec<String>,
    /// Files of the newest version that are not there; only where all was looked at.
    pub missing: u64,
    /// Keys of some of them.
    pub missing_examples: Vec<String>,
}

/// Holds the table's folder, `most` objects of it at most, against what its log names.
pub async fn leftovers(snapshot: &Snapshot, now_ms: i64, most: usize) -> Result<Leftovers> {
    // The log is read later than the folder is listed: what is committed meanwhile is no orphan.
    let walked = snapshot.storage().walk(most).await?;
    let newest = snapshot.refresh().await?;
    let since = now_ms.saturating_sub(newest.properties().deleted_file_retention_ms.unwrap_or(WEEK_MS));
    let mut found = Leftovers { complete: walked.complete, ..Leftovers::default() };
    let (log, files): (Vec<_>, Vec<_>) =
        walked.objects.into_iter().partition(|object| object.key.starts_with(&format!("{LOG_FOLDER}/")));
    let files = files.into_iter().filter(|object| is_of_a_table(&object.key));
    let mut left: HashMap<String, ObjectMeta> = files.map(|object| (object.key.clone(), object)).collect();
    let root = Root::new(newest.uri());

    let mut replay = newest.replay(ReplayOptions::default());
    while let Some(adds) = replay.next().await? {
        for add in adds {
            let named = named(&root, &add.path, add.deletion_vector.as_ref())?;
            for key in named {
                match left.remove(&key) {
                    Some(object) => found.live.add(&object),
                    // A file of deletion vectors is named by many.
                    None if key.ends_with(".bin") => {}
                    None if found.complete => {
                        found.missing += 1;
                        tell(&mut found.missing_examples, &key);
                    }
                    None => {}
                }
            }
        }
    }
    for key in kept(&newest, &root, &log, since).await? {
        if let Some(object) = left.remove(&key) {
            found.kept.add(&object);
        }
    }
    for (key, object) in left {
        if object.modified_ms >= since {
            found.young.add(&object);
        } else {
            found.orphans.add(&object);
            tell(&mut found.orphan_examples, &key);
        }
    }
    Ok(found)
}

/// What the commits since then name of which the newest version may have nothing any more.
async fn kept(snapshot: &Snapshot, root: &Root, log: &[ObjectMeta], since: i64) -> Result<Vec<String>> {
    let versions = log.iter().filter(|object| object.modified_ms >= since).filter_map(|object| version(&object.key));
    let versions: Vec<u64> = versions.filter(|version| *version <= snapshot.version()).collect();
    let storage = snapshot.storage();
    let commits = stream::iter(versions).map(|version| read_change_lines(storage, version));
    let mut commits = commits.buffer_unordered(READS_IN_FLIGHT);
    let mut keys = Vec::new();
    while let Some(lines) = commits.try_next().await? {
        for line in lines {
            if let Some(remove) = line.remove {
                keys.extend(named(root, &remove.path, remove.deletion_vector.as_ref())?);
            }
            if let Some(cdc) = line.cdc {
                keys.extend(named(root, &cdc.path, None)?);
            }
        }
    }
    Ok(keys)
}

/// The keys of an action's files that lie in the table's folder.
fn named(root: &Root, path: &str, vector: Option<&DeletionVectorDescriptor>) -> Result<Vec<String>> {
    let vector = vector.map(deletion_vector::file_of).transpose()?.flatten();
    let paths = [Some(parse_data_path(path)?), vector];
    let inside = paths.into_iter().flatten().map(|path| match path {
        DataPath::Relative(key) => Ok(Some(key)),
        DataPath::Absolute(url) => root.inside(&url),
    });
    inside.filter_map(Result::transpose).collect()
}

/// The version of a commit's key.
fn version(key: &str) -> Option<u64> {
    let digits = key.strip_prefix(LOG_FOLDER)?.strip_prefix('/')?.strip_suffix(".json")?;
    if digits.len() == 20 { digits.parse().ok() } else { None }
}

/// Hidden names are somebody else's, as for vacuum (Delta protocol, "Delta Log Entries" names the folders of its own).
fn is_of_a_table(key: &str) -> bool {
    let first = key.split('/').next().unwrap_or_default();
    let hidden = (first.starts_with('_') && !first.contains('=')) || first.starts_with('.');
    !hidden || first == "_change_data"
}

fn tell(examples: &mut Vec<String>, key: &str) {
    if examples.len() < EXAMPLES {
        examples.push(key.to_owned());
    }
}

impl Amount {
    fn add(&mut self, object: &ObjectMeta) {
        self.files += 1;
        self.bytes += object.size;
    }
}
