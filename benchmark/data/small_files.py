"""Makes a table of so many files of 1,000 rows each, whose statistics tell them apart, by one commit: small_files.py TABLE FILES."""

import json
import os
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))

import pyarrow.parquet as pq

import common

TYPES = {"id": "long", "name": "string", "country": "string", "price": "double", "active": "boolean", "created_at": "timestamp"}
FILE = 1_000

table, files = sys.argv[1], int(sys.argv[2])
log = os.path.join(table, "_delta_log")
os.makedirs(log)
fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in TYPES.items()]
actions = [{"commitInfo": {"operation": "WRITE", "timestamp": 1_767_225_600_000}}, {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {
    "metaData": {
        "id": str(uuid.UUID(int=7)), "format": {"provider": "parquet", "options": {}}, "partitionColumns": [], "configuration": {},
        "schemaString": json.dumps({"type": "struct", "fields": fields}), "createdTime": 1_767_225_600_000,
    },
}]
for number in range(files):
    name = f"part-{number:05}-{uuid.UUID(int=number)}-c000.snappy.parquet"
    rows = common.arrow_rows(number * FILE, FILE)
    pq.write_table(rows, os.path.join(table, name))
    low, high = ({key: column[row].as_py() for key, column in (("id", rows["id"]), ("price", rows["price"]))} for row in (0, -1))
    stats = {"numRecords": FILE, "minValues": low, "maxValues": high, "nullCount": {key: 0 for key in TYPES}}
    actions.append({"add": {
        "path": name, "partitionValues": {}, "size": os.path.getsize(os.path.join(table, name)), "modificationTime": 1_767_225_600_000,
        "dataChange": True, "stats": json.dumps(stats, separators=(",", ":")),
    }})
with open(os.path.join(log, f"{0:020}.json"), "w") as commit:
    commit.writelines(json.dumps(action, separators=(",", ":")) + "\n" for action in actions)
