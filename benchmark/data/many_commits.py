"""Makes a table of so many commits of one file each that nobody reads, without a checkpoint: many_commits.py TABLE COMMITS."""

import json
import os
import sys
import uuid

table, commits = sys.argv[1], int(sys.argv[2])
log = os.path.join(table, "_delta_log")
os.makedirs(log)
fields = [
    {"name": name, "type": kind, "nullable": True, "metadata": {}}
    for name, kind in (("id", "long"), ("part", "string"), ("name", "string"))
]
metadata = {
    "id": str(uuid.UUID(int=7)), "format": {"provider": "parquet", "options": {}}, "partitionColumns": [], "configuration": {},
    "schemaString": json.dumps({"type": "struct", "fields": fields}), "createdTime": 1_767_225_600_000,
}
for version in range(max(commits, 1)):
    time = 1_767_225_600_000 + version
    stats = {"numRecords": 3, "minValues": {"id": version}, "maxValues": {"id": version + 2}, "nullCount": {"id": 0}}
    actions = [{"commitInfo": {
        "timestamp": time, "operation": "WRITE", "operationParameters": {"mode": "Append", "partitionBy": "[]"},
        "engineInfo": "synthetic", "isBlindAppend": True, "txnId": str(uuid.UUID(int=version)),
    }}]
    if version == 0:
        actions += [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": metadata}]
    if commits > 0:
        actions.append({"add": {
            "path": f"part-00000-{uuid.UUID(int=version)}-c000.zstd.parquet", "partitionValues": {}, "size": 900, "modificationTime": time,
            "dataChange": True, "stats": json.dumps(stats, separators=(",", ":")),
        }})
    with open(os.path.join(log, f"{version:020}.json"), "w") as commit:
        commit.writelines(json.dumps(action, separators=(",", ":")) + "\n" for action in actions)
