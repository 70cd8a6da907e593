"""Reads all rows: read_rows.py TABLE dicts|polars|polars_list."""

import sys

import polars
from deltalake import DeltaTable

import common

path, form = sys.argv[1:]


def dicts():
    return len(DeltaTable(path).to_pyarrow_table().to_pylist())


def named_rows():
    count = 0
    for _ in polars.read_delta(path).iter_rows(named=True):
        count += 1
    return count


def named_rows_kept():
    return len(list(polars.read_delta(path).iter_rows(named=True)))


common.report(**common.measure({"dicts": dicts, "polars": named_rows, "polars_list": named_rows_kept}[form]))
