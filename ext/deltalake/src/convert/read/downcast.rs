//! Arrow arrays by their real type.

use arrow::array::{Array, ArrayRef};
use deltalake_core::Error;

/// `array` as the type that its column must have.
pub(super) fn downcast<'a, T: Array + 'static>(
    array: &'a ArrayRef,
    wanted: &dyn std::fmt::Display,
) -> Result<&'a T, Error> {
    array
        .as_any()
        .downcast_ref::<T>()
        .ok_or_else(|| Error::internal(format!("a column of type {wanted} came as Arrow type {}", array.data_type())))
}
