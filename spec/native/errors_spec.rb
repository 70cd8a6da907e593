# frozen_string_literal: true

RSpec.describe DeltaLake::Error do
  def failure(kind, message = "what and where", table: nil, version: nil, cause: nil)
    native.fail(kind, message, table, version, cause)
  rescue StandardError => e
    e
  end

  {
    "configuration" => [:ConfigurationError, false],
    "table_not_found" => [:TableNotFoundError, false],
    "table_exists" => [:TableExistsError, false],
    "unsupported_feature" => [:UnsupportedFeatureError, false],
    "corrupt_table" => [:CorruptTableError, false],
    "schema_mismatch" => [:SchemaMismatchError, false],
    "constraint_violation" => [:ConstraintViolationError, false],
    "commit_conflict" => [:CommitConflictError, true],
    "commit_outcome_unknown" => [:CommitOutcomeUnknownError, false],
    "storage" => [:StorageError, false],
    "permission_denied" => [:PermissionDeniedError, false],
    "storage_unavailable" => [:StorageUnavailableError, true],
    "deadline_exceeded" => [:DeadlineExceededError, true],
    "fork" => [:ForkError, true],
    "internal" => [:InternalError, false]
  }.each do |kind, (name, retryable)|
    it "comes as #{name}, #{'not ' unless retryable}retryable" do
      error = failure(kind)
      expect(error.class).to be(DeltaLake.const_get(name))
      expect(error).to be_a(described_class).and be_a(StandardError)
      expect(error.message).to eq("what and where")
      expect(error.retryable?).to be(retryable)
      expect(error.class.new("made in Ruby").retryable?).to be(retryable)
    end
  end

  it "leaves a wrong argument an ArgumentError" do
    expect(failure("argument")).to be_an_instance_of(ArgumentError).and have_attributes(message: "what and where")
  end

  it "puts the store's errors under StorageError" do
    expect([failure("permission_denied"), failure("storage_unavailable")]).to all(be_a(DeltaLake::StorageError))
  end

  it "knows table and version, and says them once" do
    expect(failure("corrupt_table", table: "file:///t", version: 3))
      .to have_attributes(table: "file:///t", version: 3, message: "what and where (table file:///t, version 3)")
    expect(failure("corrupt_table", "version 3 of file:///t is broken", table: "file:///t", version: 3).message)
      .to eq("version 3 of file:///t is broken")
    expect(failure("corrupt_table", "version 31 is there", version: 3).message).to eq("version 31 is there (version 3)")
    expect(failure("corrupt_table")).to have_attributes(table: nil, version: nil)
  end

  it "says every cause once" do
    expect(failure("storage", cause: "disk on fire").message).to eq("what and where: between: disk on fire")
  end

  it "knows who won a conflict, and by which rule" do
    expect(failure("commit_conflict", version: 12))
      .to have_attributes(kind: :concurrent_transaction, winning_version: 12, version: 12)
  end

  it "can be made and raised again in Ruby" do
    error = DeltaLake::CommitConflictError.new("lost", table: "t", version: 2, kind: :metadata_changed,
                                                       winning_version: 2, retryable: false)
    expect { raise error, "lost again" }.to raise_error(DeltaLake::CommitConflictError, "lost again") do |raised|
      expect(raised).to have_attributes(table: "t", kind: :metadata_changed, winning_version: 2, retryable?: false)
    end
    expect { raise described_class }.to raise_error(described_class, "DeltaLake::Error")
  end

  it "keeps text as UTF-8, also with a NUL in it" do
    expect(failure("storage", "fünf\0sechs").message).to eq("fünf\0sechs")
  end
end
