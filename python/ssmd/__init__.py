"""Market data of ssmd: `open` a local archive, `connect` to a gateway, `stream` what comes."""

from __future__ import annotations

import os
from typing import Any

from ._archive import Archive
from ._book import Book
from ._errors import NotRead, SsmdError
from ._gateway import Gateway
from ._stream import Stream
from ._time import When

__all__ = ["Archive", "Book", "Gateway", "NotRead", "SsmdError", "Stream"]
__all__ += ["bars", "book", "connect", "gaps", "open", "stream", "trades"]

_DEFAULT_URL = "http://127.0.0.1:8080"


def open(path: str | os.PathLike[str], env: str = "demo", *, frames: str | None = None) -> Archive:
    """The archive in a folder (the one that holds `normalized/`), read in place, without a gateway.

    `frames` is "pandas", "polars" or "pyarrow"; without it the first of these that is installed.
    """
    return Archive(path, env, frames)


def connect(url: str | None = None, key: str | None = None, *, frames: str | None = None) -> Gateway:
    """A gateway; without `url` that of $SSMD_URL, else http://127.0.0.1:8080. `key` as $SSMD_API_KEY."""
    return Gateway(url or os.environ.get("SSMD_URL", _DEFAULT_URL), key or os.environ.get("SSMD_API_KEY"), frames)


def trades(symbol: str, start: When = "today", end: When | None = None, **options: Any) -> Any:
    """`connect().trades(…)`."""
    return connect().trades(symbol, start, end, **options)


def bars(symbol: str, start: When = "today", end: When | None = None, **options: Any) -> Any:
    """`connect().bars(…)`."""
    return connect().bars(symbol, start, end, **options)


def gaps(symbol: str | None = None, start: When = "today", end: When | None = None, **options: Any) -> Any:
    """`connect().gaps(…)`."""
    return connect().gaps(symbol, start, end, **options)


def book(symbol: str, **options: Any) -> Any:
    """`connect().book(…)`: the book now. Past books are in the archive: `open(…).book(…)`."""
    return connect().book(symbol, **options)


def stream(
    symbols: str | list[str],
    types: str | list[str] | None = None,
    *,
    url: str | None = None,
    key: str | None = None,
    since: int | str | None = None,
) -> Stream:
    """Records as they come, for `for` and for `async for`; goes on where it was after a break."""
    gateway = connect(url, key)
    return Stream(gateway.url, gateway.key, symbols, types, since)
