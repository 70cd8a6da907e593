"""Resident memory that the import and an open table add: resident.py TABLE."""

import sys

import common

before = common.memory("VmRSS")
from deltalake import DeltaTable  # noqa: E402

imported = common.memory("VmRSS")
table = DeltaTable(sys.argv[1])
common.report(imported_mb=imported - before, opened_mb=common.memory("VmRSS") - before)
