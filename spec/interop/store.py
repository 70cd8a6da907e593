"""A table in an object store: store.py TABLE OPTIONS append FIRST COUNT, or store.py TABLE OPTIONS read.

Appends rows one by one and prints the ids of those that it was told have landed; its own limit of tries may end one. Or
prints the rows that it reads.
"""

import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

import canonical
from leave import leave

uri, options, what = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]

if what == "append":
    first, count = int(sys.argv[4]), int(sys.argv[5])
    landed, failed = [], []
    for number in range(first, first + count):
        rows = pa.table({"id": pa.array([number], pa.int64()), "by": pa.array(["python"], pa.string())})
        try:
            write_deltalake(uri, rows, mode="append", storage_options=options)
            landed.append(number)
        except (CommitFailedError, DeltaError) as error:
            if "Failed to commit transaction" not in str(error):
                raise
            failed.append(str(error))
    print(json.dumps({"landed": landed, "failed": failed}))
else:
    table = DeltaTable(uri, storage_options=options)
    reader = QueryBuilder().register("t", table).execute("SELECT * FROM t")
    print(json.dumps({"version": table.version(),
                      "rows": canonical.lines(pa.table(reader.read_all()), json.loads(table.schema().to_json()))}))
leave()
