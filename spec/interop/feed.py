"""Makes a table with a change data feed and prints what changed over ranges of its versions: feed.py TABLE."""

import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

import canonical
from leave import leave

path = sys.argv[1]


def rows(ids, part):
    return pa.table({"id": pa.array(ids, pa.int64()), "part": pa.array([part] * len(ids), pa.string()),
                     "note": pa.array([f"n{i}" for i in ids], pa.string())})


write_deltalake(path, rows(range(0, 10), "a"), partition_by=["part"],
                configuration={"delta.enableChangeDataFeed": "true"})
write_deltalake(path, rows(range(10, 20), "b"), mode="append")
DeltaTable(path).update(updates={"note": "'changed'"}, predicate="id % 4 = 0")
DeltaTable(path).delete("id > 12 AND id < 16")
DeltaTable(path).delete("part = 'a'")
DeltaTable(path).merge(rows(range(8, 13), "b"), "t.id = s.id", source_alias="s", target_alias="t") \
    .when_matched_update_all().when_not_matched_insert_all().execute()
DeltaTable(path).optimize.compact()
write_deltalake(path, rows(range(100, 105), "c"), mode="overwrite")
newest = DeltaTable(path).version()
schema = json.loads(DeltaTable(path).schema().to_json())
for name, kind in (("_change_type", "string"), ("_commit_version", "long")):
    schema["fields"].append({"name": name, "type": kind, "nullable": True, "metadata": {}})

for first in range(newest + 1):
    for last in {first, newest}:
        changes = pa.table(DeltaTable(path).load_cdf(starting_version=first, ending_version=last).read_all())
        print(json.dumps({"first": first, "last": last, "schema": schema,
                          "rows": canonical.lines(changes, schema)}))
leave()
