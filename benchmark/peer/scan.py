"""Reads rows: scan.py TABLE deltalake|query|polars|duckdb arrow|hashes [LOW HIGH], the last two being bounds of the ids.

`arrow` is batches, and with Polars a DataFrame; `hashes` is a dict for each row, none kept. `query` is deltalake's QueryBuilder.
"""

import sys

import common

path, peer, form, *bounds = sys.argv[1:]
condition = " WHERE id BETWEEN {} AND {}".format(*bounds) if bounds else ""


def deltalake_batches():
    table = deltalake.DeltaTable(path, storage_options=common.storage())
    if not bounds:
        return table.to_pyarrow_dataset().to_batches()
    ids = dataset.field("id")
    return table.to_pyarrow_dataset().to_batches(filter=(ids >= int(bounds[0])) & (ids <= int(bounds[1])))


def query_batches():
    rows = deltalake.QueryBuilder().register("rows", deltalake.DeltaTable(path, storage_options=common.storage())).execute(f"SELECT * FROM rows{condition}")
    return map(pyarrow.record_batch, rows)


def duckdb_batches():
    return connection.sql(f"SELECT * FROM delta_scan('{path}'){condition}").to_arrow_reader(100_000)


def polars_frame():
    rows = polars.scan_delta(path, storage_options=common.storage())
    return (rows.filter(polars.col("id").is_between(int(bounds[0]), int(bounds[1]))) if bounds else rows).collect()


if peer == "polars":
    import polars
elif peer == "duckdb":
    connection = common.duckdb_with_delta()
else:
    import deltalake
    import pyarrow
    from pyarrow import dataset

batches = {"deltalake": deltalake_batches, "query": query_batches, "duckdb": duckdb_batches}.get(peer)


def work():
    if form == "arrow":
        return polars_frame().height if peer == "polars" else sum(batch.num_rows for batch in batches())
    if peer == "polars":
        return sum(1 for _ in polars_frame().iter_rows(named=True))
    return sum(1 for batch in batches() for _ in batch.to_pylist())


common.report(**common.measure(work))
