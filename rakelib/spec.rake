# frozen_string_literal: true

desc "Compile for the specs and run them, but for packaging"
task spec: "compile:dev" do
  sh "rspec", "--exclude-pattern", "spec/packaging/**/*_spec.rb"
end

namespace :spec do
  desc "Build, install and load the gems in empty homes"
  task packaging: "compile:dev" do
    sh "rspec", "spec/packaging"
  end
end
