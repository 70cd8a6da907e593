//! Who asks: S3's chain of credentials, and objects of the caller's. What Azure and Google look for themselves, `object_store`
//! does.

mod advice;
mod amazon;
mod given;
mod http;
mod ini;
mod kept;
mod machine;
mod plan;
mod process;
mod profiles;
mod shared;
mod sts;
mod unobtainable;

pub(super) use advice::looked_for;
pub(super) use amazon::{amazon, with_surroundings};
pub(super) use given::{of_azure, of_google};
pub(super) use kept::Renewable;
pub(super) use unobtainable::{Reason, Unobtainable};
