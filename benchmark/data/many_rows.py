"""Makes a table of so many rows, in files of 250,000: many_rows.py TABLE ROWS."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))

from deltalake import write_deltalake

import common

FILE = 250_000


def make(table, rows):
    for start in range(0, rows, FILE):
        write_deltalake(table, common.arrow_rows(start, min(FILE, rows - start)), mode="append")


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]))
