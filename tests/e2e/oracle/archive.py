"""Archived records as plain dictionaries: windows by the tool `capnp`, sealed days by pyarrow."""

import json
import pathlib
import subprocess
from raw import manifests, unpacked

STRUCTS = {"trade": "Trade", "ticker": "Ticker", "orderbook": "OrderBook", "status": "Status", "gap": "Gap"}
SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "exchanges" / "schemas"


def number(value) -> float | None:
    """A figure; what is not given is nan in windows and null in sealed days."""
    if value is None or value == "NaN" or value != value:
        return None
    return float(value)


def window(path: pathlib.Path, type_: str) -> list[dict]:
    schema = SCHEMAS / f"{type_}-v2.capnp"
    args = ["capnp", "convert", "binary:json", "--short", str(schema), STRUCTS[type_]]
    ran = subprocess.run(args, input=unpacked(path), capture_output=True, check=True)
    text, decoder = ran.stdout.decode(), json.JSONDecoder()
    records, at = [], 0
    while at < len(text):
        record, at = decoder.raw_decode(text, at)
        at = next((i for i in range(at, len(text)) if not text[i].isspace()), len(text))
        records.append(from_window(record, type_))
    return records


def from_window(record: dict, type_: str) -> dict:
    for name in ("bids", "asks"):
        if type_ == "orderbook":
            record[name] = [(level["price"], level["size"]) for level in record.get(name, [])]
    for name in [name for name in record if name.endswith("Ns")]:
        record[name[:-2] + "Us"] = int(record.pop(name)) // 1000
    for name in ("sequence", "run", "missed"):
        if name in record:
            record[name] = int(record[name])
    return {"type": type_, **record}


def sealed(path: pathlib.Path, type_: str) -> list[dict]:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path, partitioning=None)
    for index, column in enumerate(table.schema):
        if pyarrow.types.is_timestamp(column.type):
            whole = table.column(index).cast(pyarrow.int64())
            table = table.set_column(index, column.name, whole)
    return [from_sealed(row, type_) for row in table.to_pylist()]


def from_sealed(row: dict, type_: str) -> dict:
    """The record as a window has it."""
    record = {"type": type_}
    for name, value in row.items():
        first, *rest = name.split("_")
        record[first + "".join(part.capitalize() for part in rest)] = value
    record["receivedAtUs"] = record.pop("receivedAt")
    record["timestampUs"] = record.pop("venueAt") or 0
    record["run"] = int(record["run"], 36)
    if type_ == "gap":
        record["fromUs"], record["toUs"] = record.pop("fromTime") or 0, record.pop("toTime") or 0
        record["missed"] = -1 if record["missed"] is None else record["missed"]
    if type_ == "orderbook":
        for side in ("bid", "ask"):
            levels = zip(record.pop(f"{side}Prices"), record.pop(f"{side}Sizes"), strict=True)
            record[f"{side}s"] = list(levels)
    return record


def read_archive(data: pathlib.Path, env: str, problems: list[str]) -> tuple[list[dict], list[dict]]:
    """All records with the day they lie in, and the manifests."""
    records, found = [], manifests(data, "normalized", env)
    for manifest in found:
        for file in manifest["files"]:
            if file["type"] not in STRUCTS:
                continue
            read = sealed if file["key"].endswith(".parquet") else window
            rows = read(data / file["key"], file["type"])
            if len(rows) != file["count"]:
                problems.append(f"{file['key']} has {len(rows)} records, not {file['count']}")
            for row in rows:
                row["day"] = manifest["day"]
            records += rows
    records.sort(key=lambda each: (each["receivedAtUs"], each["run"], each["connection"], each["sequence"]))
    return records, found
