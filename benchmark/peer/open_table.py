"""Opens a table and lists its files, or those of a partition: open_table.py TABLE [PARTITION]."""

import sys

from deltalake import DeltaTable

import common


def work():
    table = DeltaTable(sys.argv[1])
    if len(sys.argv) > 2:
        return len(table.file_uris(file_pruning_predicate=[("part", "=", sys.argv[2])]))
    return len(table.file_uris())


common.report(**common.measure(work))
