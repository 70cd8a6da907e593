"""Appends 3 rows twice under one (application, version), and counts the rows: same_transaction.py TABLE."""

import sys

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

import common

rows = pa.table({"id": pa.array([1, 2, 3], pa.int64())})
for _ in range(2):
    properties = CommitProperties(app_transactions=[Transaction("job", 7)])
    write_deltalake(sys.argv[1], rows, mode="append", commit_properties=properties)
common.report(result=DeltaTable(sys.argv[1]).to_pyarrow_table().num_rows // 3)
