"""Prints how many files Python deltalake finds in a table: files.py TABLE."""

import json
import sys

from deltalake import DeltaTable

from leave import leave

print(json.dumps({"deltalake": len(DeltaTable(sys.argv[1]).file_uris())}))
leave()
