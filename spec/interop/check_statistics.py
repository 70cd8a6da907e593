"""Checks the statistics of every added file against the file: check_statistics.py TABLE. Reads the log itself, without deltalake.

Prints how many it checked of each kind, and what is wrong.
"""

import glob
import json
import os
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MILLISECOND = timedelta(milliseconds=1)


def leaves(array, path):
    """The columns of a file that are not structs, by path; null where a struct above them is."""
    if str(array.type).startswith("struct"):
        for index in range(array.type.num_fields):
            yield from leaves(pc.struct_field(array, index), (*path, array.type.field(index).name))
    else:
        yield path, array


def at(stats, path):
    for name in path:
        stats = (stats or {}).get(name)
    return stats


def parse(text, like, kind):
    if isinstance(like, float):
        # Of a float, the shortest text that reads back as it.
        return pa.scalar(float(text), kind).as_py()
    if isinstance(like, datetime):
        value = datetime.fromisoformat(text.replace("Z", "+00:00"))
        assert (value.tzinfo is None) == (like.tzinfo is None), f"{text} has the wrong zone"
        return value
    if isinstance(like, date):
        return date.fromisoformat(text)
    if isinstance(like, Decimal):
        return Decimal(str(text))
    return text


def holds(bound, value, is_lower):
    """Whether a bound is as near as its form allows: milliseconds for times, 32 characters for text, else exact."""
    if isinstance(value, datetime):
        # The last digits are cut from both bounds, as Spark cuts them; readers widen the upper one.
        return timedelta(0) <= value - bound < MILLISECOND
    if isinstance(value, str):
        return bound == value[:32] if is_lower else bound == value or (bound > value and bound[:31] == value[:31])
    return bound == value


def check(stats, path, array, checked, wrong):
    name = ".".join(path)
    nulls = at(stats.get("nullCount"), path)
    if nulls is not None:
        checked["nullCount"] += 1
        if nulls != array.null_count:
            wrong.append(f"{name}: nullCount {nulls}, and there are {array.null_count}")
    # NaN stands above all other values, and no JSON number can say so.
    values = [v for v in array.to_pylist() if v is not None and v == v]
    for kind, is_lower in (("minValues", True), ("maxValues", False)):
        bound = at(stats.get(kind), path)
        if bound is None:
            continue
        checked["bounds"] += 1
        value = (min if is_lower else max)(values, default=None)
        if value is None:
            wrong.append(f"{name}: {kind} has {bound!r}, and there are no values")
        elif not holds(parse(bound, value, array.type), value, is_lower):
            wrong.append(f"{name}: {kind} has {bound!r}, and it is {value!r}")


def main(table):
    checked, wrong, columns = {"files": 0, "nullCount": 0, "bounds": 0}, [], set()
    for commit in sorted(glob.glob(os.path.join(table, "_delta_log", "*.json"))):
        for line in open(commit, encoding="utf-8"):
            add = json.loads(line, parse_float=Decimal).get("add")
            if not add:
                continue
            stats = json.loads(add["stats"], parse_float=Decimal)
            file = os.path.join(table, unquote(add["path"]))
            if add["size"] != os.path.getsize(file):
                wrong.append(f"{add['path']}: size {add['size']}, and it has {os.path.getsize(file)} bytes")
            data = pq.ParquetFile(file).read()
            checked["files"] += 1
            if stats["numRecords"] != data.num_rows:
                wrong.append(f"{add['path']}: numRecords {stats['numRecords']}, and there are {data.num_rows} rows")
            for name in data.column_names:
                for path, array in leaves(data.column(name).combine_chunks(), (name,)):
                    before = checked["bounds"]
                    check(stats, path, array, checked, wrong)
                    if checked["bounds"] > before:
                        columns.add(".".join(path))
    print(json.dumps({"checked": checked, "columns": sorted(columns), "wrong": wrong}))


main(sys.argv[1])
