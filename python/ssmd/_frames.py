"""Columns become a data frame of whatever library is there."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import pyarrow as pa

from ._errors import SsmdError

_TIME = pa.timestamp("us", tz="UTC")
_DOUBLES = ("price", "size", "open", "high", "low", "close", "volume", "buy_volume", "vwap")
_TYPES: dict[str, Any] = {
    **{name: pa.float64() for name in _DOUBLES},
    **{name: _TIME for name in ("received_at", "venue_at", "start", "time", "from_time", "to_time", "updated_at")},
    **{name: pa.int64() for name in ("sequence", "trades", "missed")},
    **{name: pa.bool_() for name in ("gap", "complete", "recovered")},
}
GAP_COLUMNS = ("symbol", "feed", "reason", "channel", "from_time", "to_time", "missed", "recovered", "detail")


def frame_of(columns: tuple[str, ...], rows: list[dict[str, Any]], library: str | None) -> Any:
    """A frame of these columns, times as UTC with microseconds, absent values as nulls."""
    table = pa.table(
        {name: pa.array([row.get(name) for row in rows], type=_type_of(name)) for name in columns}
    )
    chosen = library or next((each for each in ("pandas", "polars") if importlib.util.find_spec(each)), "pyarrow")
    if chosen == "pandas":
        importlib.import_module("pandas")
        return table.to_pandas()
    if chosen == "polars":
        return importlib.import_module("polars").from_arrow(table)
    if chosen == "pyarrow":
        return table
    raise SsmdError("FRAMES_UNKNOWN", f'There are no frames "{chosen}".', 'Take "pandas", "polars" or "pyarrow".')


def _type_of(name: str) -> Any:
    if name.startswith(("bid_", "ask_")):
        return pa.float64()
    return _TYPES.get(name, pa.string())
