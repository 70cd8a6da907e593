# frozen_string_literal: true

require_relative "../../script/layers/check"

RSpec.describe Layers::Check do
  let(:core) { { "lib.rs" => "pub mod log; pub mod ops; pub use ops::Append;" } }

  # Files by name below ext/core/src and ext/deltalake/src; what `findings` makes of them.
  def findings(core: {}, native: {}, manifest: "[dependencies]\nserde = \"1\"\n")
    write("ext/core/Cargo.toml", manifest)
    { "ext/core/src" => core, "ext/deltalake/src" => native }.each do |folder, files|
      files.each { |name, text| write(File.join(folder, name), text) }
    end
    described_class.new(tmpdir).findings
  end

  def write(name, text)
    path = File.join(tmpdir, name)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, text)
  end

  it "holds for this repository" do
    expect(described_class.new(File.expand_path("../..", __dir__)).findings).to eq([])
  end

  it "lets downward imports pass" do
    expect(findings(core: { "log/mod.rs" => "use crate::{error::Error, storage::Storage};",
                            "error.rs" => "", "storage/mod.rs" => "use super::error::Error;" })).to eq([])
  end

  {
    "a use" => "use crate::ops::append;",
    "a braced use" => "use crate::{error::Error,\n ops::{self, Append}};",
    "a path in place" => "fn f() { crate::ops::append() }",
    "super" => "use super::ops::Append;",
    "a re-export" => "pub use crate::ops::Append as A;",
    "a name that the root re-exports" => "use crate::Append;"
  }.each do |name, line|
    it "finds an upward import by #{name}" do
      found = findings(core: core.merge("log/mod.rs" => line, "ops/mod.rs" => "", "error.rs" => ""))
      expect(found).to contain_exactly(
        match(%r{\Aext/core/src/log/mod\.rs:[12]: log \(level 3\) imports ops \(level 7\), which is higher\z})
      )
    end
  end

  it "finds an upward import two folders down" do
    expect(findings(core: { "log/replay/window.rs" => "use super::super::super::ops::x;", "log/replay/mod.rs" => "",
                            "log/mod.rs" => "", "ops/mod.rs" => "" }))
      .to contain_exactly(match(%r{log/replay/window\.rs:1: log .* imports ops}))
  end

  it "is not misled by comments, literals and tests" do
    text = <<~RUST
      // use crate::ops::x;
      /* use crate::ops::x; /* nested */ use crate::ops::y; */
      const A: &str = "use crate::ops::x; \\" unsafe";
      const B: &str = r#"crate::ops::x" unsafe"#;
      const C: [char; 2] = ['"', '\\''];
      fn f<'a>(x: &'a str) -> &'a str { x }
      #[cfg(test)]
      #[allow(clippy::unwrap_used)]
      mod tests { use crate::ops::x; mod inner { fn g() {} } }
    RUST
    expect(findings(core: { "log/mod.rs" => text, "ops/mod.rs" => "" })).to eq([])
  end

  it "sees what stands after literals and tests" do
    text = %(const C: char = '"';\n#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::ops::x;\n)
    expect(findings(core: { "log/mod.rs" => text, "ops/mod.rs" => "" }))
      .to contain_exactly(match(/:4: log .* imports ops/))
  end

  it "leaves out test modules in files of their own, and only those" do
    files = { "ops/mod.rs" => "", "log/tests.rs" => "use crate::ops::x;" }
    expect(findings(core: files.merge("log/mod.rs" => "#[cfg(test)]\nmod tests;"))).to eq([])
    expect(findings(core: files.merge("log/mod.rs" => "mod tests;"))).to contain_exactly(match(/imports ops/))
  end

  it "finds a ring between modules of one level" do
    expect(findings(core: { "scan/mod.rs" => "use crate::write::A;", "write/mod.rs" => "use crate::scan::B;" }))
      .to eq(["modules import each other in a ring: scan, write"])
  end

  it "finds a ring between the files of a module" do
    expect(findings(core: { "log/mod.rs" => "mod a; mod b;", "log/a.rs" => "use super::b::B;",
                            "log/b.rs" => "use crate::log::a::A;" }))
      .to eq(["modules import each other in a ring: log::a, log::b"])
  end

  it "finds a ring through the names that a module re-exports" do
    expect(findings(core: { "log/mod.rs" => "mod a; mod b; pub use a::A; pub use b::B;",
                            "log/a.rs" => "use super::B;", "log/b.rs" => "use super::A;" }))
      .to eq(["modules import each other in a ring: log::a, log::b"])
  end

  it "finds a ring between a module and its child, which re-exporting alone is not" do
    child = { "log/a.rs" => "use super::Log;" }
    expect(findings(core: child.merge("log/mod.rs" => "mod a; pub use a::A; pub struct Log;"))).to eq([])
    expect(findings(core: child.merge("log/mod.rs" => "mod a; pub struct Log; fn f() { a::g() }")))
      .to eq(["modules import each other in a ring: log, log::a"])
  end

  it "wants every module in the table" do
    expect(findings(core: { "misc.rs" => "" })).to contain_exactly(match(/\Amisc is in no layer/))
  end

  it "finds Ruby in the core" do
    expect(findings(core: { "log/mod.rs" => "use magnus::Value;" })).to contain_exactly(/:1: the core names magnus/)
    expect(findings(manifest: "[dependencies]\nrb-sys = \"0.9\"\n"))
      .to include(/Cargo\.toml:2: the core depends on Ruby/)
  end

  it "keeps the native module's order" do
    expect(findings(native: { "bridge/gvl.rs" => "use crate::class::Table;", "class/mod.rs" => "",
                              "convert/rows.rs" => "use crate::bridge::gvl;" }))
      .to contain_exactly(match(/bridge \(level 0\) imports class \(level 2\)/))
  end

  it "finds calls that touch the GVL outside bridge/gvl.rs" do
    call = "fn f() { rb_sys::rb_nogvl(); }"
    expect(findings(native: { "bridge/gvl.rs" => call })).to eq([])
    expect(findings(native: { "bridge/memory.rs" => "use rb_sys::rb_thread_call_with_gvl;" }))
      .to contain_exactly(match(/rb_thread_call_with_gvl is named outside/))
  end

  it "finds unsafe code outside the bridge" do
    code = "#![deny(unsafe_code)]\nfn f() { unsafe { g() } }"
    expect(findings(native: { "bridge/memory.rs" => code, "convert/fast.rs" => code })).to eq([])
    expect(findings(core: { "log/mod.rs" => code }, native: { "convert/rows.rs" => code }))
      .to contain_exactly(match(%r{core/src/log/mod\.rs:2: unsafe}), match(%r{convert/rows\.rs:2: unsafe}))
  end

  it "finds files that are too long, tests left out" do
    tests = "#[cfg(test)]\nmod tests {\n#{"fn t() {}\n" * 400}}\n"
    expect(findings(core: { "log/mod.rs" => ("fn f() {}\n" * 500) + tests })).to eq([])
    write("lib/long.rb", "x\n" * 501)
    expect(findings(core: { "log/mod.rs" => ("fn f() {}\n" * 501) + tests }))
      .to contain_exactly(match(%r{log/mod\.rs: 501 lines}), match(%r{lib/long\.rb: 501 lines}))
  end
end
