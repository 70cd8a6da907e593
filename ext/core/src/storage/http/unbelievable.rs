//! Why an answer is not believed.

use std::time::Duration;

use object_store::client::{HttpError, HttpErrorKind};

/// Why an answer is not believed.
#[derive(Debug, thiserror::Error)]
pub(in crate::storage) enum Unbelievable {
    #[error("no byte came for {} s", .0.as_secs_f64())]
    Stalled(Duration),
    #[error("its answer has no end")]
    Endless,
    #[error("it says that the listing goes on, and not how")]
    NoContinuation,
    #[error("its Content-Range makes no sense")]
    Range,
}

impl From<Unbelievable> for HttpError {
    fn from(why: Unbelievable) -> Self {
        let kind = match why {
            Unbelievable::Stalled(_) => HttpErrorKind::Timeout,
            _ => HttpErrorKind::Unknown,
        };
        Self::new(kind, why)
    }
}
