"""Opens a table and lists its files, or those of a partition, with deltalake twice: open_table.py TABLE deltalake|duckdb [PARTITION]."""

import sys

import common

path, peer, *partition = sys.argv[1:]


def with_deltalake():
    table = deltalake.DeltaTable(path, storage_options=common.storage())
    if partition:
        return len(table.file_uris(file_pruning_predicate=[("part", "=", partition[0])]))
    return len(table.file_uris())


def with_duckdb():
    condition = f" WHERE partitions['part'] = '{partition[0]}'" if partition else ""
    return len(connection.sql(f"SELECT data_file FROM delta_list_files('{path}'){condition}").fetchall())


if peer == "deltalake":
    import deltalake
else:
    connection = common.duckdb_with_delta()
work = {"deltalake": with_deltalake, "duckdb": with_duckdb}[peer]
first = common.measure(work)
again = common.measure(work)["seconds"] if peer == "deltalake" else None
common.report(**first, again=again)
