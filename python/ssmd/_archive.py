from __future__ import annotations

import heapq
import json
import os
import pathlib
import shutil
import subprocess
import warnings
from itertools import chain
from typing import Any, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from ._bars import BAR_COLUMNS, EARLY_US, LATE_US, bars_of
from ._book import Book, book_columns, book_row
from ._errors import NotRead, SsmdError
from ._frames import GAP_COLUMNS, frame_of
from ._gaps import Gap, GapMarks, gap_row, gap_spans, touching
from ._time import When, day_of_us, every_us, span_of

_COLUMNS = {
    "trade": ("symbol", "feed", "received_at", "venue_at", "sequence", "price", "size", "side", "trade_id"),
    "orderbook": (
        *("symbol", "received_at", "kind", "depth"),
        *("bid_prices", "bid_sizes", "ask_prices", "ask_sizes"),
    ),
}
TRADE_COLUMNS = (*_COLUMNS["trade"], "gap")
Row = dict[str, Any]


class Archive:
    """A local archive. Sealed days are read in place; the windows of days that are not sealed (Cap'n
    Proto) by `ssmd archive cat`, where `ssmd` is on the path. What is not read is a gap of reason
    `not_read` and a warning `NotRead`."""

    def __init__(self, path: str | os.PathLike[str], env: str, frames: str | None = None) -> None:
        self.path, self.env, self._frames = pathlib.Path(path), env, frames
        self._root = self.path / "normalized" / env
        if not self._root.is_dir():
            hint = "Name the folder that holds normalized/, and an environment that was captured into it."
            raise SsmdError("ARCHIVE_NOT_FOUND", f'There is no archive of "{env}" in "{path}".', hint)

    def trades(self, symbol: str, start: When = "today", end: When | None = None, feed: str | None = None) -> Any:
        """Trades by receipt in [start, end), oldest first. `gap`: between a trade and the one before
        (or the start) records may be missing."""
        from_us, to_us = span_of(start, end)
        found, gaps = self._read("trade", symbol, (from_us, to_us), feed)
        rows = list(found)
        GapMarks(gaps, "trade").mark(rows, from_us)
        return frame_of(TRADE_COLUMNS, rows, self._frames)

    def bars(
        self,
        symbol: str,
        start: When = "today",
        end: When | None = None,
        every: str = "1m",
        *,
        feed: str | None = None,
        clock: str = "venue",
    ) -> Any:
        """Bars that begin within [start, end), as the gateway's candles; `gap`: trades may be missing in it."""
        step = every_us(every)
        from_us, to_us = span_of(start, end)
        first, last = from_us // step * step, -(-to_us // step) * step
        read = (first - EARLY_US, last + LATE_US) if clock == "venue" else (first, last)
        rows, gaps = self._read("trade", symbol, read, feed)
        bars = bars_of(rows, step, gaps, clock)
        return frame_of(BAR_COLUMNS, [bar for bar in bars if first <= bar["start"] < last], self._frames)

    def book(
        self,
        symbol: str,
        start: When = "today",
        end: When | None = None,
        *,
        depth: int = 10,
        every: str = "1s",
        feed: str | None = None,
    ) -> Any:
        """The best `depth` levels at each multiple of `every` within (start, end], level 1 the best,
        after all that was received by then; from the first snapshot to the last change. `gap`: a
        gap touches the step that ends there, or the book is not known since one; its levels are
        then null until the next snapshot."""
        step = every_us(every)
        from_us, to_us = span_of(start, end)
        rows, gaps = self._read("orderbook", symbol, (from_us, to_us + 1), feed)
        first = from_us // step * step + step
        sampled = (row for row in _sampled(rows, gaps, (step, depth)) if first <= row["time"] <= to_us)
        return frame_of(book_columns(depth), list(sampled), self._frames)

    def gaps(
        self, symbol: str | None = None, start: When = "today", end: When | None = None, feed: str | None = None
    ) -> Any:
        """Times that touch [start, end) in which records are missing; `_all` concerns a whole feed."""
        from_us, to_us = span_of(start, end)
        feeds = [feed] if feed else self.feeds()
        gaps = [gap for each in feeds for gap in self._gaps(each, symbol, (from_us, to_us))]
        return frame_of(GAP_COLUMNS, [gap_row(gap) for gap in gaps], self._frames)

    def feeds(self) -> list[str]:
        """Feeds that were captured."""
        return sorted(path.name for path in self._root.iterdir() if path.is_dir())

    def _read(
        self, kind: str, symbol: str, span: tuple[int, int], feed: str | None
    ) -> tuple[Iterator[Row], list[Gap]]:
        """Records of a market in order of receipt, and the gaps that concern it."""
        found: list[tuple[str, Iterator[Row], list[Gap]]] = []
        unread: list[Gap] = []
        from_us, to_us = span
        for each in [feed] if feed else self.feeds():
            begin_us = self._snapshot_before(each, symbol, from_us) if kind == "orderbook" else from_us
            rows, missing = self._rows(each, kind, (symbol, begin_us, to_us))
            unread += missing
            first = next(rows, None)
            if first is not None:
                found.append((each, chain([first], rows), self._gaps(each, symbol, (begin_us, to_us))))
        if len(found) > 1:
            names = " and ".join(each for each, *_ in found)
            raise SsmdError("FEED_AMBIGUOUS", f"{symbol} is of {names}.", "Say which feed.")
        for each, rows, gaps in found:
            own = [gap for gap in unread if gap["feed"] == each]
            return rows, sorted([*gaps, *own], key=lambda gap: gap["from_us"])
        return iter(()), []

    def _rows(self, feed: str, kind: str, wanted: tuple[str, int, int]) -> tuple[Iterator[Row], list[Gap]]:
        symbol, from_us, to_us = wanted
        parts: list[Iterator[Row]] = []
        unread: list[Gap] = []
        for path, first, last in self._files(feed, kind, (from_us, to_us)):
            if path.suffix == ".parquet":
                parts.append(_sealed(path, kind, symbol))
            elif shutil.which("ssmd"):
                parts.append(_window(path, kind, symbol))
            else:
                unread.append(_not_read(feed, kind, (first, last + 1)))
        if unread:
            message = f"{len(unread)} windows of {feed} {kind} are not read: they are no Parquet yet"
            warnings.warn(f"{message}. Seal the day, put `ssmd` on the path, or ask the gateway.", NotRead, stacklevel=4)
        # What came at the same time stays in the order of the files.
        merged = heapq.merge(*parts, key=lambda row: row["received_at"])
        return (row for row in merged if from_us <= row["received_at"] < to_us), unread

    def _files(self, feed: str, kind: str, span: tuple[int, int]) -> Iterator[tuple[pathlib.Path, int, int]]:
        for manifest in self._manifests(feed, *span):
            for file in manifest["files"]:
                first, last = int(file["from"]) // 1000, int(file["to"]) // 1000
                if file.get("type") == kind and first < span[1] and last >= span[0]:
                    yield self.path / file["key"], first, last

    def _snapshot_before(self, feed: str, symbol: str, us: int) -> int:
        """When the last snapshot came by then: from there a book is rebuilt, however many days ago."""
        wanted: list[tuple[str, str, Any]] = [("symbol", "=", symbol), ("kind", "=", "snapshot")]
        for path, *_ in reversed(list(self._files(feed, "orderbook", (0, us + 1)))):
            if path.suffix == ".parquet":
                at = pq.read_table(path, columns=["received_at"], filters=wanted).column(0).cast(pa.int64())
                times = at.to_pylist()
            elif shutil.which("ssmd"):
                times = [row["received_at"] for row in _window(path, "orderbook", symbol) if row["kind"] == "snapshot"]
            else:
                continue
            before: list[int] = [time for time in times if time <= us]
            if before:
                return max(before)
        return us

    def _gaps(self, feed: str, symbol: str | None, span: tuple[int, int]) -> list[Gap]:
        # A gap's end may be told days after its begin.
        told = [
            _told(gap, feed)
            for manifest in self._manifests(feed)
            for gap in manifest["gaps"]
            if gap.get("bus") != "repaired" and (symbol is None or gap["symbol"] in (symbol, "_all"))
        ]
        return touching(gap_spans(told), *span)

    def _manifests(self, feed: str, from_us: int = 0, to_us: int | None = None) -> Iterator[Row]:
        root = self._root / feed
        chosen = root / "promoted.json"
        active: Row = json.loads(chosen.read_text()) if chosen.exists() else {"default": "v1", "days": {}}
        for path in sorted(root.glob("*/[0-9]*/[0-9]*/[0-9]*/manifest.json"), key=lambda path: path.parts[-4:]):
            version, day = path.parts[-5], "-".join(path.parts[-4:-1])
            within = to_us is None or day_of_us(max(from_us, 0)) <= day <= day_of_us(to_us)
            if within and version == active["days"].get(day, active["default"]):
                yield json.loads(path.read_text())


def _told(gap: Row, feed: str) -> Gap:
    times = {"from_us": int(gap["from"]) // 1000, "to_us": int(gap["to"]) // 1000}
    return {"feed": feed, "channel": "all", **gap, **times}


def _not_read(feed: str, kind: str, span: tuple[int, int]) -> Gap:
    about = {"symbol": "_all", "feed": feed, "reason": "not_read", "channel": kind}
    return {**about, "from_us": span[0], "to_us": span[1], "missed": None, "recovered": False, "detail": "no Parquet"}


def _sealed(path: pathlib.Path, kind: str, symbol: str) -> Iterator[Row]:
    # One thread, so that rows stay in the file's order.
    table = pq.read_table(path, columns=list(_COLUMNS[kind]), filters=[("symbol", "=", symbol)], use_threads=False)
    for name in ("received_at", "venue_at"):
        if name in table.column_names:
            at = table.column_names.index(name)
            table = table.set_column(at, name, table.column(name).cast(pa.int64()))
    # A day of book changes is small as a table, and large as a list of Python's objects.
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _window(path: pathlib.Path, kind: str, symbol: str) -> Iterator[Row]:
    text = subprocess.run(["ssmd", "archive", "cat", str(path)], stdout=subprocess.PIPE, check=True, text=True).stdout
    records = (json.loads(line) for line in text.splitlines())
    rows = [_row_of(record, kind) for record in records if record["symbol"] == symbol]
    yield from sorted(rows, key=lambda row: row["received_at"])


def _row_of(record: Row, kind: str) -> Row:
    row = {**record, "received_at": int(record["recv_ts"]) // 1000, "sequence": record["seq"]}
    if kind == "trade":
        venue = int(record["ts"] or 0) // 1000
        return {**row, "venue_at": venue or None, "trade_id": record.get("id") or None}
    return row


def _sampled(rows: Iterator[Row], gaps: list[Gap], grid: tuple[int, int]) -> Iterator[Row]:
    step, depth = grid
    book, marks = Book(), GapMarks(gaps, "orderbook")
    breaks = [gap["from_us"] for gap in gaps if gap["channel"] in ("all", "orderbook") and gap["reason"] != "clock"]
    updated = 0
    this = next(rows, None)
    while this is not None:
        row, this = this, next(rows, None)
        received = row["received_at"]
        _forget(book, breaks, received)
        book.apply({**row, "type": "orderbook"})
        updated = received if book.is_known else updated
        time = -(-received // step) * step
        # The step that this row ends, and those in which nothing comes.
        until = time + 1 if this is None else this["received_at"]
        while time < until and updated:
            _forget(book, breaks, time)
            is_marked = marks.in_span(time - step, time) or not book.is_known
            yield {
                **book_row(time, book.best(depth) if book.is_known else ([], [])),
                "updated_at": updated,
                "gap": is_marked,
            }
            time += step


def _forget(book: Book, breaks: list[int], until_us: int) -> None:
    """Behind the begin of a gap a book is not known, until its next snapshot is taken."""
    while breaks and breaks[0] < until_us:
        breaks.pop(0)
        book.is_known = False
