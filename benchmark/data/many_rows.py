"""Makes a table of so many rows, in files of so many, or of 250,000: many_rows.py TABLE ROWS [FILE]."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))

from deltalake import write_deltalake

import common

FILE = 250_000


def make(table, rows, file=FILE):
    for start in range(0, rows, file):
        write_deltalake(table, common.arrow_rows(start, min(file, rows - start)), mode="append", target_file_size=1 << 40)


if __name__ == "__main__":
    make(sys.argv[1], *map(int, sys.argv[2:]))
