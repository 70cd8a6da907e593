//! Writing `_last_checkpoint` (Delta protocol, "Last Checkpoint File Schema").

use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::checkpoint::WrittenCheckpoint;
use super::hint::{hint_key, last_checkpoint_version};
use super::listing::Listing;
use crate::error::{Error, Result};
use crate::storage::Storage;

/// Points the hint at a checkpoint that is durable. One that names a newer checkpoint, which is there, stays.
pub async fn write_last_checkpoint(storage: &Storage, written: &WrittenCheckpoint) -> Result<()> {
    let newer = last_checkpoint_version(storage).await?.filter(|version| *version > written.version);
    if let Some(newer) = newer
        && Listing::read(storage, newer).await?.has_checkpoint(newer)
    {
        return Ok(());
    }
    let mut hint = json!({
        "version": written.version,
        "size": written.actions,
        "sizeInBytes": written.bytes,
        "numOfAddFiles": written.files,
    });
    if written.v2 {
        let file = storage.head(&written.key).await?;
        let name = written.key.rsplit('/').next().unwrap_or_default();
        hint["v2Checkpoint"] = json!({ "path": name, "sizeInBytes": file.size, "modificationTime": file.modified_ms });
    }
    hint["checksum"] = checksum(&hint).into();
    let text = serde_json::to_vec(&hint).map_err(|e| Error::internal("the hint has no JSON").with_source(e))?;
    storage.put(&hint_key(), text.into()).await
}

/// MD5 of the canonical form (Delta protocol, "JSON checksum").
fn checksum(hint: &Value) -> String {
    let mut parts = Vec::new();
    if let Value::Object(fields) = hint {
        for (name, value) in fields.iter().filter(|(name, _)| *name != "checksum") {
            flatten(quoted(name), value, &mut parts);
        }
    }
    parts.sort_unstable();
    Md5::digest(parts.join(",")).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn flatten(path: String, value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(format!("{path}+{}", quoted(name)), value, parts);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(format!("{path}+{index}"), value, parts);
            }
        }
        Value::String(text) => parts.push(format!("{path}={}", quoted(text))),
        other => parts.push(format!("{path}={other}")),
    }
}

fn quoted(text: &str) -> String {
    let encoded: String = text
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("\"{encoded}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        let sample = json!({"k0": "'v 0'", "checksum": "x", "k1": {"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}});
        assert_eq!(checksum(&sample), "6a92d155a59bf2eecbd4b4ec7fd1f875");
    }
}
