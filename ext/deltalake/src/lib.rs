//! Native module of the `deltalake` gem: values, GVL, errors. No protocol logic, and no defaults: those live in Ruby.

#![allow(missing_docs, reason = "the function that `magnus::init` makes is the only public item")]

mod bridge;
mod class;
mod convert;

use magnus::{Error, Ruby, prelude::*};

#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    let native = ruby.define_module("DeltaLake")?.define_module("Native")?;
    native.const_set("VERSION", env!("CARGO_PKG_VERSION"))?;
    bridge::init();
    class::init(ruby, native)
}
