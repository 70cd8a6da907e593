"""Makes a table of so many files that nobody reads, by a checkpoint: million_files.py TABLE FILES PARTITIONS."""

import json
import os
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = {"type": "struct", "fields": [
    {"name": name, "type": kind, "nullable": True, "metadata": {}}
    for name, kind in (("id", "long"), ("part", "string"), ("name", "string"))
]}
STRINGS = pa.map_(pa.string(), pa.string())
LIST = pa.list_(pa.string())
ADD = pa.struct([
    ("path", pa.string()), ("partitionValues", STRINGS), ("size", pa.int64()), ("modificationTime", pa.int64()),
    ("dataChange", pa.bool_()), ("stats", pa.string()), ("tags", STRINGS),
])
METADATA = pa.struct([
    ("id", pa.string()), ("name", pa.string()), ("description", pa.string()),
    ("format", pa.struct([("provider", pa.string()), ("options", STRINGS)])), ("schemaString", pa.string()),
    ("partitionColumns", LIST), ("configuration", STRINGS), ("createdTime", pa.int64()),
])
PROTOCOL = pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])
CHECKPOINT = pa.schema([("protocol", PROTOCOL), ("metaData", METADATA), ("add", ADD)])
CHUNK = 50_000


def add(number, partitions):
    part = f"p{number % partitions:03}"
    stats = {
        "numRecords": 1000, "minValues": {"id": number * 1000, "name": f"customer {number}"},
        "maxValues": {"id": number * 1000 + 999, "name": f"customer {number}~"}, "nullCount": {"id": 0, "name": 3},
    }
    name = uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)
    return {
        "path": f"part={part}/part-{number % 200:05}-{name}-c000.zstd.parquet", "partitionValues": [("part", part)],
        "size": 33_000 + number % 1000, "modificationTime": 1_767_225_600_000 + number, "dataChange": False,
        "stats": json.dumps(stats, separators=(",", ":")), "tags": None,
    }


def head(partitioned):
    metadata = {
        "id": str(uuid.UUID(int=7)), "name": None, "description": None, "format": {"provider": "parquet", "options": []},
        "schemaString": json.dumps(SCHEMA), "partitionColumns": ["part"] if partitioned else [], "configuration": [],
        "createdTime": 1_767_225_600_000,
    }
    return {"minReaderVersion": 1, "minWriterVersion": 2}, metadata


def batch(protocols, metadata, adds):
    arrays = [pa.array(protocols, PROTOCOL), pa.array(metadata, METADATA), pa.array(adds, ADD)]
    return pa.record_batch(arrays, schema=CHECKPOINT)


def main(table, files, partitions):
    log = os.path.join(table, "_delta_log")
    os.makedirs(log)
    protocol, metadata = head(partitions > 0)
    version = 1
    with pq.ParquetWriter(os.path.join(log, f"{version:020}.checkpoint.parquet"), CHECKPOINT, compression="snappy") as writer:
        writer.write_batch(batch([protocol, None], [None, metadata], [None, None]))
        for start in range(0, files, CHUNK):
            adds = [add(number, max(partitions, 1)) for number in range(start, min(start + CHUNK, files))]
            if partitions == 0:
                for one in adds:
                    one["partitionValues"] = []
            nothing = [None] * len(adds)
            writer.write_batch(batch(nothing, nothing, adds))
    with open(os.path.join(log, f"{version:020}.json"), "w") as commit:
        commit.write(json.dumps({"commitInfo": {"operation": "WRITE", "timestamp": 1_767_225_600_000}}) + "\n")
    with open(os.path.join(log, "_last_checkpoint"), "w") as hint:
        json.dump({"version": version, "size": files + 2}, hint)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
