"""The bytes of each row group of a Parquet file, as its footer tells."""

import json
import sys

import pyarrow.parquet

metadata = pyarrow.parquet.ParquetFile(sys.argv[1]).metadata
print(json.dumps([metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]))
