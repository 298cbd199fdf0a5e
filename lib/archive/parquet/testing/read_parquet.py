"""Prints the rows of a Parquet file, a JSON array a line: doubles by their bits, times in microseconds."""
import json
import struct
import sys


def printed(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, list):
        return [printed(each) for each in value]
    if isinstance(value, float):
        return struct.pack(">d", value).hex()
    return str(value)


def columns_by_pyarrow(path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path, page_checksum_verification=True)
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            assert column.type.unit == "us" and column.type.tz == "UTC", column.type
            column = column.cast(pa.int64())
        yield column.to_pylist()


def columns_by_polars(path):
    import polars as pl

    for column in pl.read_parquet(path):
        if isinstance(column.dtype, pl.Datetime):
            assert column.dtype == pl.Datetime("us", "UTC"), column.dtype
            column = column.to_physical()
        yield column.to_list()


reader, path = sys.argv[1:]
columns = {"pyarrow": columns_by_pyarrow, "polars": columns_by_polars}[reader](path)
for row in zip(*columns):
    print(json.dumps([printed(value) for value in row]))
