"""Makes a file of so many rows, one JSON object a line: json_lines.py FILE ROWS."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))

import common

FORM = "%Y-%m-%dT%H:%M:%S+00:00"


def make(file, rows):
    with open(file, "w") as lines:
        for row in common.rows(rows):
            lines.write(json.dumps({**row, "created_at": row["created_at"].strftime(FORM)}) + "\n")


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]))
