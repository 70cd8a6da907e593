//! What the conversion of every value needs.

use magnus::Ruby;

use crate::convert::classes::Classes;

/// What to do with a key that is no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnUnknown {
    /// It is an error.
    Raise,
    /// It is passed over.
    Ignore,
}

/// What every value's conversion needs.
pub(super) struct Context<'r> {
    pub(super) ruby: &'r Ruby,
    pub(super) classes: Classes,
    pub(super) on_unknown: OnUnknown,
}
