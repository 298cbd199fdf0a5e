"""What Kalshi's frames say, after the venue's documentation: whole ten-thousandths and hundredths.

https://docs.kalshi.com/websockets/orderbook-updates
"""

import json
from decimal import Decimal
from books import Book
from kraken import KrakenReader, us_of


class KalshiReader(KrakenReader):
    """One connection: its lines and days are as Kraken's, its frames are not."""

    def __init__(self, connection, seen: dict[str, int]):
        super().__init__(connection, seen)
        self.numbers: dict[str, int] = {}
        self.sids: dict[str, str] = {}

    def frame(self, frame: dict, at: int) -> None:
        type_, message, sid = frame.get("type"), frame.get("msg", {}), frame.get("sid")
        if type_ == "subscribed":
            self.numbers[message["sid"]] = 0
            return
        if type_ == "error":
            self.troubles.append(("refused", "_all", at))
        if "seq" in frame and not self.counts(sid, int(frame["seq"]), at):
            return
        if type_ == "trade":
            self.kalshi_trade(message, at)
        elif type_ == "ticker":
            self.kalshi_ticker(message, at)
        elif type_ in ("orderbook_snapshot", "orderbook_delta"):
            self.kalshi_book(message, sid, type_ == "orderbook_snapshot", at)

    def counts(self, sid: str, number: int, at: int) -> bool:
        """Whether the message is new. A hole spoils every book of its subscription."""
        last = self.numbers.get(sid)
        if last is not None and number <= last:
            return False
        self.numbers[sid] = number
        if last is not None and number != last + 1:
            self.troubles.append(("hole", "_all", at))
            for ticker, book in self.books.items():
                if self.sids[ticker] == sid:
                    book.good = False
        return True

    @staticmethod
    def time(message: dict) -> int:
        text = message.get("time") or message.get("ts")
        return us_of(text) if text is not None and not text.isdigit() else int(message["ts_ms"]) * 1000

    def kalshi_trade(self, message: dict, at: int) -> None:
        figures = float(message["yes_price_dollars"]), float(message["count_fp"])
        side = {"yes": "buy", "no": "sell"}[message["taker_side"]]
        self.expect(
            "trade", message["market_ticker"], at, self.time(message), *figures, side, message["trade_id"]
        )

    def kalshi_ticker(self, message: dict, at: int) -> None:
        def price(name: str):
            text = message.get(name)
            return float(text) if text is not None and 0 < Decimal(text) < 1 else None

        def size(name: str, beside: str):
            text = message.get(name)
            return float(text) if text is not None and price(beside) is not None else None

        self.expect(
            "ticker", message["market_ticker"], at, self.time(message),
            price("yes_bid_dollars"), size("yes_bid_size_fp", "yes_bid_dollars"),
            price("yes_ask_dollars"), size("yes_ask_size_fp", "yes_ask_dollars"),
            price("price_dollars"), None,
        )

    def kalshi_book(self, message: dict, sid: str, snapshot: bool, at: int) -> None:
        ticker = message["market_ticker"]
        book = self.books.setdefault(ticker, Book())
        if snapshot:
            book.bids.clear()
            book.asks.clear()
            book.good = True
            self.sids[ticker] = sid
            for side in ("yes", "no"):
                for price, size in message.get(f"{side}_dollars_fp", []):
                    self.add(book, side, price, size)
            return self.expect("orderbook", ticker, at, self.time_or_none(message), "snapshot", *book.levels(), 0)
        if not book.good or self.sids[ticker] != sid:
            return self.dropped.append((self.ours(ticker), "orderbook", at))
        level = self.add(book, message["side"], message["price_dollars"], message["delta_fp"])
        sides = ((level,), ()) if message["side"] == "yes" else ((), (level,))
        self.expect("orderbook", ticker, at, self.time(message), "delta", *sides, 0)

    def time_or_none(self, message: dict) -> int:
        return self.time(message) if "ts" in message or "ts_ms" in message else 0

    @staticmethod
    def add(book: Book, side: str, price: str, change: str) -> tuple[float, float]:
        """Who bids p for NO offers YES at 1 − p."""
        name, at = ("bids", Decimal(price)) if side == "yes" else ("asks", 1 - Decimal(price))
        size = Decimal(str(getattr(book, name).get(float(at), 0))) + Decimal(change)
        book.put(name, float(at), str(size), str(at))
        return float(at), float(size)
