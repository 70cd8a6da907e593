//! What the conversion of every value needs.

use deltalake_core::ingest::OnUnknown;
use magnus::Ruby;

use crate::convert::classes::Classes;

/// What every value's conversion needs.
pub(super) struct Context<'r> {
    pub(super) ruby: &'r Ruby,
    pub(super) classes: Classes,
    pub(super) on_unknown: OnUnknown,
}
