//! Native module of the `deltalake` gem.

use magnus::Module;

#[magnus::init]
fn init(ruby: &magnus::Ruby) -> Result<(), magnus::Error> {
    let native = ruby.define_module("DeltaLake")?.define_module("Native")?;
    native.const_set("VERSION", env!("CARGO_PKG_VERSION"))
}
