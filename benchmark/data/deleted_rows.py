"""Makes a table of so many rows as many_rows.py does, of which deletion vectors, all in one file, then delete a tenth: deleted_rows.py TABLE ROWS."""

import base64
import glob
import json
import os
import random
import struct
import sys
import uuid
import zlib

from pyroaring import BitMap64

import many_rows

DIGITS = b"0123456789"
UPPER, LOWER = bytes(range(65, 91)), bytes(range(97, 123))
# From the alphabet of base64.b85encode to that of Z85.
Z85 = bytes.maketrans(DIGITS + UPPER + LOWER + b"!#$%&()*+-;<=>?@^_`{|}~", DIGITS + LOWER + UPPER + b".-:+=^!/*?&<>()[]{}@%$#")
MAGIC = 1681511377
NAME = uuid.UUID(int=7)
FEATURES = ["deletionVectors"]


def vector(rows, position):
    """A deletion vector of these rows, that begins there in its file: its bytes in the file, and its descriptor."""
    bitmap = struct.pack("<i", MAGIC) + BitMap64(rows).serialize()
    descriptor = {
        "storageType": "u", "pathOrInlineDv": base64.b85encode(NAME.bytes).translate(Z85).decode(), "offset": position,
        "sizeInBytes": len(bitmap), "cardinality": len(rows),
    }
    return struct.pack(">I", len(bitmap)) + bitmap + struct.pack(">I", zlib.crc32(bitmap)), descriptor


def added(table):
    for commit in sorted(glob.glob(os.path.join(table, "_delta_log", "*.json"))):
        with open(commit) as lines:
            yield from (action["add"] for action in map(json.loads, lines) if "add" in action)


def main(table, rows):
    many_rows.make(table, rows)
    chance = random.Random(7)
    vectors = b"\x01"
    actions = [{"commitInfo": {"operation": "DELETE", "timestamp": 1_767_225_600_000}}, {"protocol": {
        "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": FEATURES, "writerFeatures": [*FEATURES, "appendOnly", "invariants"],
    }}]
    for add in list(added(table)):
        stats = json.loads(add["stats"])
        count = stats["numRecords"]
        data, descriptor = vector(chance.sample(range(count), count // 10), len(vectors))
        vectors += data
        kept = {key: add[key] for key in ("path", "partitionValues", "size")}
        actions.append({"remove": {**kept, "deletionTimestamp": 1_767_225_600_000, "dataChange": True, "extendedFileMetadata": True}})
        actions.append({"add": {**add, "stats": json.dumps({**stats, "tightBounds": False}), "deletionVector": descriptor}})
    with open(os.path.join(table, f"deletion_vector_{NAME}.bin"), "wb") as file:
        file.write(vectors)
    version = len(glob.glob(os.path.join(table, "_delta_log", "*.json")))
    with open(os.path.join(table, "_delta_log", f"{version:020}.json"), "w") as commit:
        commit.writelines(json.dumps(action) + "\n" for action in actions)


main(sys.argv[1], int(sys.argv[2]))
