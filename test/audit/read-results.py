"""Reads the three tables of a folder of results with pandas, and prints what it saw of each column as JSON."""

import json
import sys

import pandas

[folder] = sys.argv[1:]
tables = {}
for table in ("flows", "transitions", "findings"):
    rows = pandas.read_parquet(f"{folder}/{table}.parquet", engine="pyarrow")
    tables[table] = {
        "rows": len(rows),
        "columns": {
            name: {
                "type": str(column.dtype),
                "nulls": int(column.isna().sum()),
                "least": None if column.isna().all() else str(column.astype(object).dropna().min()),
            }
            for name, column in rows.items()
        },
    }
json.dump(tables, sys.stdout)
