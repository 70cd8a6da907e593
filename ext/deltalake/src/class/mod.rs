//! The hidden classes under `DeltaLake::Native`, one file a class.

#[cfg(feature = "testing")]
mod testing;
#[cfg(feature = "testing")]
mod testing_convert;

use magnus::{Error, RModule, Ruby};

/// Defines every native class.
pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    #[cfg(feature = "testing")]
    {
        testing::init(ruby, native)?;
        testing_convert::init(ruby, native)?;
    }
    let _ = (ruby, native);
    Ok(())
}
