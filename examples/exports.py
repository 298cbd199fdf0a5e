"""Reads an export with pandas, DuckDB and polars: exports.py <folder>.

The folder is made by: ssmd data export --type trade --type bars --out <folder>
"""

import sys

import duckdb
import pandas as pd
import polars as pl

folder = sys.argv[1]

trades = pd.read_parquet(f"{folder}/feed=kraken/type=trade")
print("pandas:", len(trades), "trades of Kraken, the last at", trades["received_at"].max())

volume = duckdb.sql(f"""
  select feed, symbol, sum(volume) as volume, count(*) filter (gap) as bars_with_gaps
  from read_parquet('{folder}/*/type=bars/*/*.parquet', hive_partitioning = true) group by all order by all
""")
print("DuckDB:", volume.fetchall())

moves = (
    pl.scan_parquet(f"{folder}/feed=kraken/type=bars/*/*.parquet")
    .filter(~pl.col("gap"))
    .group_by("symbol")
    .agg(bars=pl.len(), range=pl.col("high").max() - pl.col("low").min())
    .sort("symbol")
    .collect()
)
print("polars:", moves.rows())
