import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Iterator

import pyarrow as pa

from ._errors import SsmdError
from ._frames import TRADES, book_columns, frame_of, table_of
from ._source import Row, Source, Span
from ._time import DAY_US, every_us


class Gateway(Source):
    """A gateway's REST; trades, bars and gaps of the last minutes too, books up to two minutes ago."""

    def __init__(self, url: str, key: str | None = None, frames: str | None = None) -> None:
        self.url, self.key, self._frames = url.rstrip("/"), key, frames

    def book_now(self, symbol: str, *, depth: int = 10, feed: str | None = None) -> Any:
        """The book now, a frame of one row. `gap`: the book is suspect or not there."""
        answer = self._get(_market(symbol, "orderbook"), {"depth": depth, "feed": feed})
        time = _us(answer["recv_ts"]) if answer.get("recv_ts") else None
        row = _levels({"bids": [], "asks": [], **answer, "time": time, "gap": answer["state"] != "live"})
        return frame_of(table_of(book_columns(depth), [row]), self._frames)

    def _trades(self, symbol: str, span: Span, feed: str | None) -> tuple[pa.Table, list[Row]]:
        query = {**_span(span), "order": "asc", "limit": 5000, "feed": feed}
        pages = list(self._pages(_market(symbol, "trades"), query))
        rows = [_trade(trade) for page in pages for trade in page["trades"]]
        return table_of(TRADES, rows), [_gap(gap) for page in pages for gap in page["gaps"]]

    def _gaps(self, symbol: str | None, span: Span, feed: str | None) -> list[Row]:
        query = {"symbol": symbol, "feed": feed, **_span(span), "limit": 5000}
        return [_gap(gap) for page in self._pages("/v1/gaps", query) for gap in page["gaps"]]

    def _series(self, name: str, columns: tuple[str, ...], symbol: str, span: Span, query: Row) -> pa.Table:
        is_bars = name == "bars"
        key, most_us = ("start", 1500 * every_us(query["every"])) if is_bars else ("time", DAY_US)
        rows: list[Row] = []
        at, end = span
        while at < end:
            until = min(end, at + most_us)
            asked = {**query, **_span((at, until)), **({} if is_bars else {"limit": 5000})}
            answer = self._get(_market(symbol, name), asked)
            rows += (_levels({**row, key: _us(row[key])}) for row in answer[name])
            at = _us(answer["next_from"]) if "next_from" in answer else until
        return table_of(columns, rows)

    def _pages(self, path: str, query: Row) -> Iterator[Row]:
        page = self._get(path, query)
        yield page
        while "next" in page:
            page = self._get(path, {**query, "cursor": page["next"]})
            yield page

    def _get(self, path: str, query: Row) -> Row:
        given = {name: value for name, value in query.items() if value is not None}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        request = urllib.request.Request(f"{self.url}{path}?{urllib.parse.urlencode(given)}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found: Row = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            problem = json.loads(text) if text.startswith("{") else {"detail": f"The gateway answers {error.code}"}
            raise SsmdError(problem.get("code", "HTTP"), f"{problem['detail']}.", problem.get("hint", "")) from None
        except OSError as error:
            hint = "Is `ssmd up` running, and is this its address?"
            raise SsmdError("GATEWAY_AWAY", f"{self.url} does not answer: {error}.", hint) from None


def _market(symbol: str, what: str) -> str:
    return f"/v1/markets/{urllib.parse.quote(symbol, safe='')}/{what}"


def _us(ms: float) -> int:
    return round(ms * 1000)


def _trade(trade: Row) -> Row:
    venue = None if trade["ts"] is None else _us(trade["ts"])
    times = {"received_at": _us(trade["recv_ts"]), "venue_at": venue}
    return {**trade, **times, "sequence": trade["seq"], "trade_id": trade.get("id")}


def _gap(gap: Row) -> Row:
    return {**gap, "from_time": _us(gap["from"]), "to_time": None if gap["to"] is None else _us(gap["to"])}


def _span(span: Span) -> Row:
    return {"from": span[0] / 1000, "to": span[1] / 1000}


def _levels(row: Row) -> Row:
    """With the levels of a book, if it has any, as columns."""
    levels = {
        f"{side}_{what}_{i + 1}": level[at]
        for side in ("bid", "ask")
        for i, level in enumerate(row.get(f"{side}s", ()))
        for at, what in enumerate(("price", "size"))
    }
    return {**row, **levels}
