"""Makes a table with Python deltalake and prints the rows of each of its versions: write.py SCENARIO TABLE."""

import glob
import json
import os
import sys
from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, QueryBuilder, write_deltalake

import canonical
from leave import leave


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


POINT = pa.struct([("x", pa.int32()), ("at", pa.list_(pa.struct([("t", pa.timestamp("us", "UTC"))])))])

# name: (Arrow type, values, the last of them usual ones)
COLUMNS = {
    "boolean": (pa.bool_(), [True, False, None, True]),
    "byte": (pa.int8(), [-128, 127, None, 0]),
    "short": (pa.int16(), [-(2**15), 2**15 - 1, None, 0]),
    "integer": (pa.int32(), [-(2**31), 2**31 - 1, None, 0]),
    "long": (pa.int64(), [-(2**63), 2**63 - 1, None, 0]),
    "float": (pa.float32(), [1.1, float("-inf"), None, -0.0]),
    "double": (pa.float64(), [1.5e-10, float("nan"), None, float("inf")]),
    "small_decimal": (pa.decimal128(5, 2), [Decimal("-999.99"), Decimal("0.01"), None, Decimal("0.00")]),
    "decimal": (pa.decimal128(18, 9), [Decimal("-123456789.987654321"), Decimal("1.500000000"), None, Decimal("0E-9")]),
    "big_decimal": (pa.decimal128(38, 10), [Decimal("-" + "9" * 28 + ".0123456789"), Decimal("1E-10"), None, Decimal("0E-10")]),
    "string": (pa.string(), ["a b%/:=ü日本'\"\n\\", "null", None, "x"]),
    "binary": (pa.binary(), [b"\x00\x01\x7f", b"plain", None, b"x"]),
    "date": (pa.date32(), [date(1, 1, 1), date(9999, 12, 31), None, date(1582, 10, 10)]),
    "timestamp": (pa.timestamp("us", "UTC"), [utc(1, 1, 1), utc(9999, 12, 31, 23, 59, 59, 999999), None, utc(1970, 1, 1, 0, 0, 0, 1)]),
    "timestamp_ntz": (pa.timestamp("us"), [datetime(1600, 2, 29), datetime(2300, 1, 1, 1, 2, 3, 4), None, datetime(2026, 3, 29, 2, 30)]),
    "array": (pa.list_(pa.string()), [["", None, "ü"], [], None, ["x"]]),
    "map": (pa.map_(pa.string(), pa.int64()), [[("a", 1), ("", None)], [], None, [("x", 0)]]),
    "struct": (POINT, [{"x": 1, "at": [{"t": utc(1500, 1, 1)}, None]}, {"x": None, "at": None}, None, {"x": 2, "at": []}]),
}
NESTED = ("array", "map", "struct")


def everything():
    arrays = {name: pa.array(values, kind) for name, (kind, values) in COLUMNS.items()}
    return pa.table({"id": pa.array(range(4), pa.int64()), **arrays})


def rows(table, version):
    snapshot = DeltaTable(table, version=version)
    reader = QueryBuilder().register("t", snapshot).execute("SELECT * FROM t")
    return canonical.lines(pa.table(reader.read_all()), json.loads(snapshot.schema().to_json()))


def put_in(table, data):
    return canonical.lines(data, json.loads(DeltaTable(table).schema().to_json()))


def people(*ids, country="FR"):
    return pa.table({"id": pa.array(ids, pa.int64()), "country": pa.array([country] * len(ids)), "n": pa.array([0] * len(ids))})


def append(table):
    data = everything()
    write_deltalake(table, data)
    return {0: put_in(table, data)}


def partitioned(table):
    for name in COLUMNS:
        if name not in NESTED:
            folder = os.path.join(table, name)
            data = everything()
            if name.endswith("decimal"):
                # Its own paths of negative decimals (-1.-5) are not read back by itself.
                data = data.set_column(data.schema.get_field_index(name), name, pc.abs(data.column(name)))
            write_deltalake(folder, data, partition_by=[name])
            # What was put in: it does not read back its own form of binary values.
            print(json.dumps({"table": folder, "rows": {0: put_in(folder, data)}}))


def checkpoint(table):
    write_deltalake(table, everything(), partition_by=["string", "date"], configuration={"delta.logRetentionDuration": "interval 1 second"})
    for _ in range(4):
        write_deltalake(table, everything(), mode="append")
    DeltaTable(table).delete("id = 2")
    DeltaTable(table).create_checkpoint()
    write_deltalake(table, everything(), mode="append")
    for version in range(6):
        os.remove(os.path.join(table, "_delta_log", f"{version:020}.json"))
    assert len(glob.glob(os.path.join(table, "_delta_log", "*.checkpoint.parquet"))) == 1
    return {version: rows(table, version) for version in (5, 6)}


def changes(table):
    write_deltalake(table, people(1, 2, 3), partition_by=["country"])
    write_deltalake(table, people(4, 5, country="a/b c"), mode="append")
    DeltaTable(table).delete("id = 2")
    DeltaTable(table).update(updates={"n": "n + 1"}, predicate="country = 'FR'")
    source = people(3, 9).set_column(2, "n", pa.array([7, 7]))
    merge = DeltaTable(table).merge(source, "t.id = s.id", source_alias="s", target_alias="t")
    merge.when_matched_update_all().when_not_matched_insert_all().execute()
    for more in range(10, 15):
        write_deltalake(table, people(more), mode="append")
    DeltaTable(table).optimize.compact()
    DeltaTable(table).optimize.z_order(["id"])
    write_deltalake(table, people(5, 6, country="a/b c"), mode="overwrite", predicate="country = 'a/b c'")
    DeltaTable(table).restore(8)
    write_deltalake(table, people(99), mode="overwrite")
    return {version: rows(table, version) for version in range(DeltaTable(table).version() + 1)}


def evolution(table):
    write_deltalake(table, people(1, 2))
    wider = people(3).append_column("tags", pa.array([["x"]], pa.list_(pa.string())))
    write_deltalake(table, wider, mode="append", schema_mode="merge")
    write_deltalake(table, people(4), mode="append", schema_mode="merge")
    return {version: rows(table, version) for version in range(3)}


scenario, path = sys.argv[1:]
result = globals()[scenario](path)
if result:
    print(json.dumps({"table": path, "rows": result}))
leave()
