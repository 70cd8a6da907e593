"""Writes a checkpoint: checkpoint.py TABLE."""

import sys

from deltalake import DeltaTable

from leave import leave

DeltaTable(sys.argv[1]).create_checkpoint()
leave()
