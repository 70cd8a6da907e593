"""What the peer's side of each measurement shares."""

import glob
import json
import os
import statistics
import time
from datetime import datetime, timedelta, timezone

COUNTRIES = [f"C{n:02}" for n in range(50)]
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def rows(count):
    """The same rows as ours/common.rb makes."""
    return [
        {
            "id": i,
            "name": f"customer {i}",
            "country": COUNTRIES[i % 50],
            "price": i * 0.25,
            "active": i % 3 == 0,
            "created_at": START + timedelta(seconds=i),
        }
        for i in range(count)
    ]


def arrow_schema():
    import pyarrow as pa

    return pa.schema([
        ("id", pa.int64()), ("name", pa.string()), ("country", pa.string()), ("price", pa.float64()),
        ("active", pa.bool_()), ("created_at", pa.timestamp("us", "UTC")),
    ])


def arrow_rows(start, count):
    """So many of these rows from one on, as an Arrow table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def modulo(number):
        return pc.subtract(ids, pc.multiply(pc.divide(ids, number), number))

    ids = pa.arange(start, start + count)
    names = pc.binary_join_element_wise("customer", ids.cast(pa.string()), " ")
    times = pc.add(pc.multiply(ids, 1_000_000), int(START.timestamp()) * 1_000_000).cast(pa.timestamp("us", "UTC"))
    columns = [ids, names, pa.array(COUNTRIES).take(modulo(50)), pc.multiply(ids.cast(pa.float64()), 0.25), pc.equal(modulo(3), 0), times]
    return pa.table(columns, schema=arrow_schema())


def duckdb_with_delta():
    """A connection to DuckDB that reads Delta tables: delta_scan('...')."""
    import duckdb
    import duckdb_extension_delta

    connection = duckdb.connect()
    [extension] = glob.glob(os.path.join(duckdb_extension_delta.__path__[0], "extensions", "*", "delta.duckdb_extension"))
    connection.execute(f"LOAD '{extension}'")
    return connection


def storage():
    """Options of the table's store, where it is in one."""
    return json.loads(os.environ.get("BENCH_STORAGE", "null"))


def memory(field):
    """VmRSS (now) or VmHWM (the peak) in MB."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) / 1024
    raise KeyError(field)


def measure(work):
    """Seconds and peak memory of one call, with what it returns."""
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mb": memory("VmHWM"), "result": result}


def median_of(times, work):
    taken = []
    for n in range(times):
        start = time.perf_counter()
        work(n)
        taken.append(time.perf_counter() - start)
    return {"seconds": statistics.median(taken), "peak_mb": memory("VmHWM"), "result": times}


def report(**values):
    """Prints the figures and ends: deltalake's threads may abort the interpreter's own ending ("terminate called ...")."""
    print(json.dumps(values), flush=True)
    os._exit(0)
