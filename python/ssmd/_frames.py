"""Columns become a data frame of whatever library is there."""

import importlib
import importlib.util
from typing import Any

import pyarrow as pa

from ._errors import SsmdError

_TIME = pa.timestamp("us", tz="UTC")
_TYPES: dict[str, Any] = {
    **{name: _TIME for name in ("received_at", "venue_at", "start", "time", "from_time", "to_time")},
    **{name: pa.int64() for name in ("sequence", "trades", "missed")},
    **{name: pa.bool_() for name in ("gap", "recovered")},
    **{name: pa.string() for name in ("symbol", "feed", "side", "trade_id", "reason", "channel", "detail")},
}
_FEED = ("symbol", "feed")
TRADES = (*_FEED, "received_at", "venue_at", "sequence", "price", "size", "side", "trade_id")
BARS = (*_FEED, "start", "open", "high", "low", "close", "volume", "buy_volume", "vwap", "trades", "gap")
TOP_OF_BOOK = (*_FEED, "time", "bid_price", "bid_size", "ask_price", "ask_size", "gap")
GAPS = (*_FEED, "reason", "channel", "from_time", "to_time", "missed", "recovered", "detail")


def book_columns(depth: int) -> tuple[str, ...]:
    levels = (f"{side}_{what}_{i + 1}" for i in range(depth) for side in ("bid", "ask") for what in ("price", "size"))
    return (*_FEED, "time", *levels, "gap")


def table_of(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> pa.Table:
    """A table of these columns, times as UTC with microseconds, absent values as nulls."""
    return pa.table({name: pa.array([row.get(name) for row in rows], _TYPES.get(name, pa.float64())) for name in columns})


def frame_of(table: pa.Table, library: str | None) -> Any:
    chosen = library or next((each for each in ("pandas", "polars") if importlib.util.find_spec(each)), "pyarrow")
    if chosen == "pandas":
        importlib.import_module("pandas")
        return table.to_pandas()
    if chosen == "polars":
        return importlib.import_module("polars").from_arrow(table)
    if chosen == "pyarrow":
        return table
    raise SsmdError("FRAMES_UNKNOWN", f'There are no frames "{chosen}".', 'Take "pandas", "polars" or "pyarrow".')
