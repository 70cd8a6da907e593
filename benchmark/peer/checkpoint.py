"""Opens a table and writes the checkpoint of its version, after one more commit: checkpoint.py TABLE."""

import os
import sys

from deltalake import DeltaTable

import common

path = sys.argv[1]
log = os.path.join(path, "_delta_log")
version = 1 + max(int(name[:20]) for name in os.listdir(log) if len(name) == 25 and name.endswith(".json"))
with open(os.path.join(log, f"{version:020}.json"), "w") as commit:
    commit.write('{"commitInfo":{"operation":"WRITE"}}\n')


def work():
    table = DeltaTable(path)
    table.create_checkpoint()
    return table


before = common.memory("VmRSS")
found = common.measure(work)
found["result"] = len(found["result"].file_uris())
common.report(**found, over_mb=found["peak_mb"] - before)
