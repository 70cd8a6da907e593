"""Appends a file of JSON lines to an empty table: append_json.py TABLE FILE json|pyarrow. Python has no call for it: the lines
go through its own json module and pyarrow, or through pyarrow's reader of such files."""

import json
import sys
from datetime import datetime

import pyarrow as pa
import pyarrow.json
from deltalake import write_deltalake

import common

path, file, form = sys.argv[1:]
schema = common.arrow_schema()


def through_json():
    with open(file) as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        row["created_at"] = datetime.fromisoformat(row["created_at"])
    return pa.Table.from_pylist(rows, schema=schema)


def through_pyarrow():
    # Its reader takes no zone, so times are read as text and brought to their type afterwards.
    text = schema.set(5, pa.field("created_at", pa.string()))
    table = pyarrow.json.read_json(file, parse_options=pyarrow.json.ParseOptions(explicit_schema=text))
    return table.set_column(5, schema.field(5), table["created_at"].cast(schema.field(5).type))


def work():
    write_deltalake(path, through_json() if form == "json" else through_pyarrow(), mode="append")


common.report(**common.measure(work))
