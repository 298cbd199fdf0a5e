import math
from typing import Any, Iterable, Protocol

import pyarrow as pa

from ._frames import BARS, GAPS, TOP_OF_BOOK, TRADES, book_columns, frame_of, table_of
from ._time import When, every_us, span_of

# Times in rows are µs.
Row = dict[str, Any]
Span = tuple[int, int]


class Source(Protocol):
    """What an archive and a gateway answer, as frames with the same columns."""

    _frames: str | None

    def trades(self, symbol: str, start: When = "today", end: When | None = None, *, feed: str | None = None) -> Any:
        """Trades by receipt in [start, end), oldest first. `gap`: between a trade and the one before
        (or the start) trades may be missing."""
        span = span_of(start, end)
        table, gaps = self._trades(symbol, span, feed)
        times = table.column("received_at").cast(pa.int64()).to_pylist()
        marks = pa.array(_marks(times, span[0], gaps), pa.bool_())
        return frame_of(table.select(TRADES).append_column("gap", marks), self._frames)

    def bars(
        self, symbol: str, start: When = "today", end: When | None = None, every: str = "1m", *, feed: str | None = None
    ) -> Any:
        """Bars by the venue's time that begin within [start, end); an interval without trades has none.
        `gap`: trades may be missing in it."""
        step = every_us(every)
        first, last = span_of(start, end)
        span = (first // step * step, -(-last // step) * step)
        return frame_of(self._series("bars", BARS, symbol, span, {"every": every, "feed": feed}), self._frames)

    def top_of_book(self, symbol: str, start: When = "today", end: When | None = None, *, feed: str | None = None) -> Any:
        """The best bid and ask, a row at each change; see `book`."""
        span = span_of(start, end)
        return frame_of(self._series("top_of_book", TOP_OF_BOOK, symbol, span, {"feed": feed}), self._frames)

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
        """The best `depth` levels, level 1 the best, at multiples of `every`: a row where something
        changed, which holds until the next. `gap`: a gap touches the step that ends there, or the book
        is not known since one; its levels are then null until the next snapshot."""
        every_us(every)
        query = {"every": every, "depth": depth, "feed": feed}
        return frame_of(self._series("book", book_columns(depth), symbol, span_of(start, end), query), self._frames)

    def gaps(
        self, symbol: str | None = None, start: When = "today", end: When | None = None, *, feed: str | None = None
    ) -> Any:
        """Times that touch [start, end) in which records are missing; `_all` concerns a whole feed."""
        return frame_of(table_of(GAPS, self._gaps(symbol, span_of(start, end), feed)), self._frames)

    def _trades(self, symbol: str, span: Span, feed: str | None) -> tuple[pa.Table, list[Row]]: ...
    def _series(self, name: str, columns: tuple[str, ...], symbol: str, span: Span, query: Row) -> pa.Table: ...
    def _gaps(self, symbol: str | None, span: Span, feed: str | None) -> list[Row]: ...


def _marks(times: Iterable[Any], from_us: int, gaps: list[Row]) -> list[bool]:
    """Of trades in order of receipt: may trades be missing between each and the one before (or the start)?"""
    spans = [(gap["from_time"], gap["to_time"] or math.inf) for gap in gaps if gap["channel"] in ("all", "trade")]
    spans.sort()
    marks = []
    for time in times:
        # What is over before this trade does not come back.
        while spans and spans[0][1] <= from_us:
            spans.pop(0)
        marks.append(any(begin < time and end > from_us for begin, end in spans))
        from_us = time
    return marks
