"""Market data of ssmd: `open` a local archive, `connect` to a gateway, `stream` what comes."""

import functools
import os
from typing import Any

from ._archive import Archive
from ._book import Book
from ._errors import SsmdError
from ._gateway import Gateway
from ._stream import Stream

__all__ = ["Archive", "Book", "Gateway", "SsmdError", "Stream"]
__all__ += ["bars", "book", "connect", "gaps", "open", "stream", "top_of_book", "trades"]


def open(path: str | os.PathLike[str], env: str = "demo", *, frames: str | None = None) -> Archive:
    """The archive in a folder (the one that holds `normalized/`), without a gateway.

    `frames` is "pandas", "polars" or "pyarrow"; without it the first of these that is installed.
    """
    return Archive(path, env, frames)


def connect(url: str | None = None, key: str | None = None, *, frames: str | None = None) -> Gateway:
    """A gateway; without `url` that of $SSMD_URL, else http://127.0.0.1:8080. `key` as $SSMD_API_KEY."""
    return Gateway(url or os.environ.get("SSMD_URL", "http://127.0.0.1:8080"), key or os.environ.get("SSMD_API_KEY"), frames)


def _of_gateway(ask: Any) -> Any:
    @functools.wraps(ask)
    def ask_gateway(*args: Any, **options: Any) -> Any:
        return ask(connect(), *args, **options)

    return ask_gateway


# `ssmd.bars(…)` is `ssmd.connect().bars(…)`, and so on.
trades, bars, gaps = _of_gateway(Gateway.trades), _of_gateway(Gateway.bars), _of_gateway(Gateway.gaps)
top_of_book, book = _of_gateway(Gateway.top_of_book), _of_gateway(Gateway.book)


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
