"""Appends to a table all rows that it has: append.py TABLE."""

import sys

from deltalake import DeltaTable, write_deltalake

from leave import leave

table = DeltaTable(sys.argv[1])
write_deltalake(table, table.to_pyarrow_table(), mode="append")
leave()
