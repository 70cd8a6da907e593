# frozen_string_literal: true

module DeltaLake
  # Everything that a {Scan} can do, on what has a {#scan}: the methods narrow and read a scan of the whole table.
  module Readable
    include Enumerable

    # @!method scan
    #   @return [Scan] of all rows and columns

    # (see Scan#where)
    def where(conditions)
      scan.where(conditions)
    end

    # (see Scan#select)
    def select(*columns, &block)
      block ? scan.select(*columns, &block) : scan.select(*columns)
    end

    # (see Scan#limit)
    def limit(count)
      scan.limit(count)
    end

    # (see Scan#each)
    def each(deadline: nil, &block)
      return scan.each(deadline:) unless block

      scan.each(deadline:, &block)
      self
    end

    # (see Scan#each_batch)
    def each_batch(size: Scan::BATCH, deadline: nil, &block)
      return scan.each_batch(size:, deadline:) unless block

      scan.each_batch(size:, deadline:, &block)
      self
    end

    # (see Scan#first)
    def first(count = nil, deadline: nil)
      scan.first(count, deadline:)
    end

    # (see Scan#to_a)
    def to_a(deadline: nil)
      scan.to_a(deadline:)
    end
    alias entries to_a

    # (see Scan#count)
    def count(*args, deadline: nil, &block)
      scan.count(*args, deadline:, &block)
    end

    # (see Scan#pluck)
    def pluck(*columns, deadline: nil)
      scan.pluck(*columns, deadline:)
    end

    # (see Scan#to_columns)
    def to_columns(deadline: nil)
      scan.to_columns(deadline:)
    end

    # (see Scan#arrow_c_stream)
    def arrow_c_stream(deadline: nil)
      scan.arrow_c_stream(deadline:)
    end

    # (see Scan#explain)
    def explain(analyze: false, deadline: nil)
      scan.explain(analyze:, deadline:)
    end

    # (see Scan#tasks)
    def tasks(target_bytes: nil, deadline: nil)
      scan.tasks(target_bytes:, deadline:)
    end

    # The data files.
    #
    # @example
    #   table.files(where: { country: "FR" }).sum(&:size)
    # @param where [Hash, String, nil] only files that can hold rows that meet these conditions; as for {Scan#where}
    # @param deadline [Numeric, nil] most seconds to take
    # @return [Enumerator::Lazy<DataFile>]
    def files(where: nil, deadline: nil)
      (where.nil? ? scan : scan.where(where)).files(deadline:)
    end
  end
end
