//! The text of a commit file (Delta protocol, "Delta Log Entries").

use bytes::Bytes;

use crate::action::{Action, TableActionLine};
use crate::error::{Error, Result};

/// Lines of JSON.
pub(super) fn body_of(actions: &[Action]) -> Result<Bytes> {
    lines_of(actions.iter().cloned())
}

/// Lines of JSON, one action each.
pub(super) fn lines_of(actions: impl Iterator<Item = Action>) -> Result<Bytes> {
    let mut body = Vec::new();
    for action in actions {
        serde_json::to_writer(&mut body, &action).map_err(unwritable)?;
        body.push(b'\n');
    }
    Ok(body.into())
}

/// What a reader of the table's state sees of `action`.
pub(super) fn as_read(action: &Action) -> Result<TableActionLine> {
    let mut line = TableActionLine::default();
    match action {
        Action::CommitInfo(info) => {
            line.commit_info = Some(serde_json::value::to_raw_value(info).map_err(unwritable)?);
        }
        Action::Protocol(protocol) => line.protocol = Some(protocol.clone()),
        Action::Metadata(metadata) => line.metadata = Some((**metadata).clone()),
        Action::Txn(txn) => line.txn = Some(txn.clone()),
        Action::DomainMetadata(domain) => line.domain_metadata = Some(domain.clone()),
        Action::Add(_) | Action::Remove(_) | Action::Cdc(_) => {}
    }
    Ok(line)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::internal("an action cannot be written as JSON").with_source(error)
}
