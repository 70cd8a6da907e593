# frozen_string_literal: true

desc "Check that lower layers import no higher ones, that there are no rings, and that files stay short"
task :layers do
  ruby "script/check_layers.rb"
end

desc "Check that no banned crate is among the dependencies (deny.toml)"
task :crates do
  ruby "script/check_crates.rb"
end
