from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Iterator

from ._archive import TRADE_COLUMNS
from ._bars import BAR_COLUMNS
from ._book import book_columns, book_row
from ._errors import SsmdError
from ._frames import GAP_COLUMNS, frame_of
from ._gaps import Gap, GapMarks, gap_row
from ._time import When, every_us, span_of

Row = dict[str, Any]


class Gateway:
    """Answers of a gateway's REST as frames with the columns of `Archive`. Past books it has not."""

    def __init__(self, url: str, key: str | None = None, frames: str | None = None) -> None:
        self.url, self.key, self._frames = url.rstrip("/"), key, frames

    def trades(self, symbol: str, start: When = "today", end: When | None = None, feed: str | None = None) -> Any:
        """As `Archive.trades`, today's too."""
        from_us, to_us = span_of(start, end)
        rows: list[Row] = []
        gaps: list[Gap] = []
        query = {"from": from_us / 1000, "to": to_us / 1000, "order": "asc", "limit": 5000, "feed": feed}
        for page in self._pages(f"/v1/markets/{_quoted(symbol)}/trades", query):
            rows += (_trade(trade) for trade in page["trades"])
            gaps += (_gap(gap) for gap in page["gaps"])
        # A gap over the border of pages comes twice, which changes no mark.
        GapMarks(sorted(gaps, key=lambda gap: gap["from_us"]), "trade").mark(rows, from_us)
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
        """As `Archive.bars`; `every` is one of the gateway's intervals: 1s 5s 1m 5m 15m 1h 4h 1d."""
        step = every_us(every)
        from_us, to_us = span_of(start, end)
        at, last = from_us // step * step, -(-to_us // step) * step
        rows: list[Row] = []
        while at < last:
            until = min(last, at + 1500 * step)
            query = {"interval": every, "clock": clock, "feed": feed, "from": at / 1000, "to": until / 1000}
            answer = self._get(f"/v1/markets/{_quoted(symbol)}/candles", query)
            rows += ({**candle, "start": _us(candle["start"])} for candle in answer["candles"])
            at = _us(answer["next_from"]) if "next_from" in answer else until
        return frame_of(BAR_COLUMNS, rows, self._frames)

    def book(self, symbol: str, *, depth: int = 10, feed: str | None = None) -> Any:
        """The book now, a frame of one row. `gap`: the book is suspect or not there."""
        answer = self._get(f"/v1/markets/{_quoted(symbol)}/orderbook", {"depth": depth, "feed": feed})
        sides = answer.get("bids", []), answer.get("asks", [])
        received = _us(answer["recv_ts"]) if answer.get("recv_ts") else None
        row = book_row(received or 0, sides)
        row.update({"time": received, "updated_at": received, "gap": answer["state"] != "live"})
        return frame_of(book_columns(depth), [row], self._frames)

    def gaps(
        self, symbol: str | None = None, start: When = "today", end: When | None = None, feed: str | None = None
    ) -> Any:
        """As `Archive.gaps`, those that the gateway knows of itself too."""
        from_us, to_us = span_of(start, end)
        query = {"symbol": symbol, "feed": feed, "from": from_us / 1000, "to": to_us / 1000, "limit": 5000}
        gaps = [_gap(gap) for page in self._pages("/v1/gaps", query) for gap in page["gaps"]]
        return frame_of(GAP_COLUMNS, [gap_row(gap) for gap in gaps], self._frames)

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
            raise _problem(error) from None
        except OSError as error:
            hint = "Is `ssmd up` running, and is this its address?"
            raise SsmdError("GATEWAY_AWAY", f"{self.url} does not answer: {error}.", hint) from None


def _problem(error: urllib.error.HTTPError) -> SsmdError:
    try:
        problem = json.load(error)
        return SsmdError(problem["code"], f"{problem['detail']}.", problem.get("hint", ""))
    except (ValueError, KeyError):
        return SsmdError("HTTP", f"The gateway answers {error.code}.")


def _quoted(symbol: str) -> str:
    return urllib.parse.quote(symbol, safe="")


def _us(ms: float) -> int:
    return round(ms * 1000)


def _trade(trade: Row) -> Row:
    venue = None if trade["ts"] is None else _us(trade["ts"])
    times = {"received_at": _us(trade["recv_ts"]), "venue_at": venue}
    return {**trade, **times, "sequence": trade["seq"], "trade_id": trade.get("id")}


def _gap(gap: Row) -> Gap:
    return {**gap, "from_us": _us(gap["from"]), "to_us": 0 if gap["to"] is None else _us(gap["to"])}
