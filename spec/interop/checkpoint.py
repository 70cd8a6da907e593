"""Writes a checkpoint: checkpoint.py TABLE."""

import sys

from deltalake import DeltaTable

DeltaTable(sys.argv[1]).create_checkpoint()
