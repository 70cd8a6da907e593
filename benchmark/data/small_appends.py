"""Makes a table by so many appends of 1,000 rows, with checkpoints, the last of them 4 commits old at 100: small_appends.py TABLE APPENDS."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))

from deltalake import write_deltalake

import common

FILE = 1_000

table, appends = sys.argv[1], int(sys.argv[2])
for number in range(appends):
    write_deltalake(table, common.arrow_rows(number * FILE, FILE), mode="append", configuration={"delta.checkpointInterval": "16"})
