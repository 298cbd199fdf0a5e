"""What Kraken's frames say, after the venue's documentation: numbers are the texts they are.

https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
"""

import datetime
import json
from books import Book
from raw import DAY_US, Line

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def us_of(text: str | None) -> int:
    if not text:
        return 0
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = (datetime.datetime.fromisoformat(whole + "+00:00") - EPOCH).total_seconds()
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])


class KrakenReader:
    """One connection. `seen` are the trade ids of the feed, over all its connections."""

    def __init__(self, connection, seen: dict[str, int]):
        self.symbols = connection.symbols
        self.seen = seen
        self.books: dict[str, Book] = {}
        self.system = None
        self.pairs: dict[str, str] = {}
        self.day = None
        self.expected: list[tuple] = []
        self.dropped: list[tuple[str, str, int]] = []  # symbol, type, time
        self.troubles: list[tuple[str, str, int]] = []  # what, symbol, time

    def ours(self, external: str) -> str:
        return self.symbols[external]["symbol"]

    def take(self, line: Line) -> None:
        ends_books = line.kind == "event" and line.text in ("disconnect", "stop", "resumed")
        self.day_begins(line.at, ends_books)
        if ends_books:
            for book in self.books.values():
                book.good = False
        if line.kind == "frame":
            self.frame(json.loads(line.text, parse_float=str, parse_int=str), line.at)

    def day_begins(self, at: int, ends_books: bool) -> None:
        """With a day's first line come the books that are right, as they were before it."""
        if self.day is not None and at // DAY_US > self.day and not ends_books:
            for external, book in self.books.items():
                if book.good:
                    self.expect("orderbook", external, at, 0, "snapshot", *book.levels(), book.depth)
        self.day = at // DAY_US if self.day is None else max(self.day, at // DAY_US)

    def expect(self, type_: str, external: str, at: int, *what) -> None:
        self.expected.append((type_, self.ours(external), at, *what))

    def frame(self, frame: dict, at: int) -> None:
        channel, data = frame.get("channel"), frame.get("data")
        snapshot = frame.get("type") == "snapshot"
        if channel == "trade":
            for trade in sorted(data, key=lambda each: int(each["trade_id"])):
                self.trade(trade, at)
        elif channel == "ticker":
            for ticker in data:
                self.ticker(ticker, at)
        elif channel == "book":
            for book in data:
                self.book(book, snapshot, at)
        elif channel == "status" and data[0]["system"] != self.system:
            self.system = data[0]["system"]
            self.expected.append(("status", "_all", at, 0, "open" if self.system == "online" else "halted"))
        elif channel == "instrument":
            for pair in data["pairs"]:
                if pair["symbol"] in self.symbols and self.pairs.get(pair["symbol"]) != pair["status"]:
                    self.pairs[pair["symbol"]] = pair["status"]
                    state = "open" if pair["status"] == "online" else "halted"
                    self.expect("status", pair["symbol"], at, 0, state)
        elif frame.get("success") is False:
            self.troubles.append(("refused", "_all", at))

    def trade(self, trade: dict, at: int) -> None:
        external, number = trade["symbol"], int(trade["trade_id"])
        last = self.seen.get(external)
        if last is not None and number <= last:
            return
        if last is not None and number > last + 1:
            self.troubles.append(("hole", self.ours(external), at))
        self.seen[external] = number
        figures = float(trade["price"]), float(trade["qty"])
        self.expect(
            "trade", external, at, us_of(trade["timestamp"]), *figures, trade["side"], str(number)
        )

    def ticker(self, ticker: dict, at: int) -> None:
        def figure(name: str, beside: str | None = None):
            price = float(ticker.get(beside or name) or 0)
            return float(ticker[name]) if price > 0 else None

        self.expect(
            "ticker", ticker["symbol"], at, us_of(ticker.get("timestamp")),
            figure("bid"), figure("bid_qty", "bid"), figure("ask"), figure("ask_qty", "ask"),
            figure("last"), float(ticker["volume"]),
        )

    def book(self, data: dict, snapshot: bool, at: int) -> None:
        external = data["symbol"]
        symbol = self.ours(external)
        book = self.books.setdefault(external, Book(self.symbols[external].get("depth", 10)))
        if snapshot:
            book.bids.clear()
            book.asks.clear()
        elif not book.good:
            return self.dropped.append((symbol, "orderbook", at))
        for side in ("bids", "asks"):
            for level in data.get(side, []):
                book.put(side, float(level["price"]), level["qty"], level["price"])
        book.cut()
        book.good = book.checksum() == int(data["checksum"])
        if not book.good:
            self.troubles.append(("checksum", symbol, at))
            return self.dropped.append((symbol, "orderbook", at))
        sides = book.levels() if snapshot else tuple(
            tuple((float(level["price"]), float(level["qty"])) for level in data.get(side, []))
            for side in ("bids", "asks")
        )
        kind = "snapshot" if snapshot else "delta"
        self.expect("orderbook", external, at, us_of(data.get("timestamp")), kind, *sides, book.depth)
