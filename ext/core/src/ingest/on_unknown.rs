//! Columns that the schema lacks.

use arrow::datatypes::DataType as Arrow;

/// What to do with a column or a field that the schema lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// It is an error.
    Raise,
    /// It is passed over.
    Ignore,
    /// It is to be added to the table. Where it was not, it is an error, but for nulls: they have no type.
    Add,
}

impl OnUnknown {
    /// Whether a column that the schema lacks is an error, where Arrow has it as that type.
    pub(super) fn refuses(self, data_type: &Arrow) -> bool {
        match self {
            Self::Raise => true,
            Self::Ignore => false,
            Self::Add => *data_type != Arrow::Null,
        }
    }
}
