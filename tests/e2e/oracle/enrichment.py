"""Recomputes enriched rows from exported records, with fractions, and compares them.

usage: enrichment.py FOLDER FEED   (JSON lines of orderbook, trade, gap and enriched)
"""
import glob
import json
import sys
from decimal import Decimal
from fractions import Fraction

WINDOW_MS = 2_000
STALE_MS = 500
WIDE_BPS = 50
DAY_MS = 86_400_000


def lines(folder, feed, kind):
    for path in sorted(glob.glob(f"{folder}/feed={feed}/type={kind}/*/data.jsonl")):
        with open(path) as file:
            for line in file:
                yield json.loads(line, parse_float=Decimal, parse_int=Decimal)


class Market:
    """A book, its trades, and what is known to be missing."""

    def __init__(self):
        self.bids, self.asks, self.known = {}, {}, False
        self.trades, self.since, self.open = [], None, set()
        self.last, self.stale, self.rows, self.row = None, False, [], None
        self.snapshot, self.price = None, 0

    def pass_to(self, now):
        if self.last is not None and not self.stale and self.last + STALE_MS < now:
            self.stale = True
            self.tell(self.last + STALE_MS)

    def top(self):
        return [(best, side[best]) for side, pick in ((self.bids, max), (self.asks, min)) if side
                for best in [pick(side)]]

    def heard(self, now):
        self.pass_to(now)
        self.is_news = self.stale or self.last is None
        self.stale, self.last = False, now
        if self.since is None:
            self.since = now

    def book(self, record):
        self.heard(record["recv_ts"])
        before = self.top()
        if record["kind"] == "snapshot":
            self.bids, self.asks, self.known = {}, {}, True
            self.snapshot = record["recv_ts"]
        for side, changes in ((self.bids, record["bids"]), (self.asks, record["asks"])):
            for price, size in changes:
                side[price] = size
                if size == 0:
                    del side[price]
            depth = int(record.get("depth") or 0)
            if depth:
                best = sorted(side, reverse=side is self.bids)
                for price in best[depth:]:
                    del side[price]
        # A window's value is told where a trade came or the best levels changed.
        if self.is_news or record["kind"] == "snapshot" or self.top() != before:
            self.tell(record["recv_ts"])

    def trade(self, record):
        self.heard(record["recv_ts"])
        self.trades.append((record["recv_ts"], record["price"], record["size"]))
        self.price = record["price"]
        self.tell(record["recv_ts"])

    def gap(self, record):
        if record["reason"] == "clock":
            return
        self.pass_to(record["recv_ts"])
        name, end = (record["symbol"], record["channel"]), record["to"]
        if record["channel"] in ("all", "trade"):
            if end is None:
                self.open.add(name)
            else:
                self.open.discard(name)
                self.since = end if self.since is None else max(self.since, end)
        if record["channel"] in ("all", "orderbook"):
            if end is None or self.snapshot is None or self.snapshot <= record["from"]:
                self.known = False
        if self.last is not None:
            self.tell(record["recv_ts"])

    def tell(self, now):
        bid = max(self.bids) if self.known and self.bids else None
        ask = min(self.asks) if self.known and self.asks else None
        mid = spread = bps = vwap = None
        quality = "unknown" if not self.known else "one-sided" if None in (bid, ask) else "good"
        if quality == "good":
            bid, ask = Fraction(bid), Fraction(ask)
            mid, spread = (bid + ask) / 2, ask - bid
            bps = spread / mid * 10_000
            quality = "crossed" if spread <= 0 else "wide" if bps > WIDE_BPS else "good"
        self.trades = [trade for trade in self.trades if trade[0] > now - WINDOW_MS]
        if not self.open and self.since is not None and now - WINDOW_MS >= self.since:
            volume = sum(Fraction(size) for _, _, size in self.trades)
            if volume:
                notional = sum(Fraction(price) * Fraction(size) for _, price, size in self.trades)
                vwap = notional / volume
        if self.stale:
            quality = "stale" if quality == "good" else f"stale {quality}"
        price = max(bid or 0, ask or 0, self.price)
        values = [mid, spread, bps, vwap]
        values = [None if v is None else round(v, digits_of(v, price)) for v in values]
        row = (self.known, *values, quality)
        if row != self.row:
            self.row = row
            self.rows.append((now, *row))


def digits_of(value, price):
    """Digits behind the point to which the product tells a value, by the larger of both."""
    largest = max(abs(value), price)
    return 12 if largest < 1 else 9 if largest < 1000 else 6


def is_same(ours, theirs):
    for a, b in zip(ours, theirs):
        if isinstance(a, Fraction) and isinstance(b, Decimal):
            b = Fraction(b)
            # One unit of the last digit: doubles may round a tie the other way.
            if abs(a - b) > Fraction(1, 10 ** digits_of(a, theirs[2] or 0)):
                return False
        elif a != b:
            return False
    return True


def main(folder, feed):
    events = {}
    for kind in ("orderbook", "trade", "gap"):
        for record in lines(folder, feed, kind):
            events.setdefault(record["symbol"], []).append((record["recv_ts"], record["seq"], kind, record))
    of_all = events.pop("_all", [])
    found = {}
    for row in lines(folder, feed, "enriched"):
        values = [row[name] for name in ("mid", "spread", "spread_bps", "vwap", "quality")]
        found.setdefault(row["symbol"], []).append((row["time"], row["valid"], *values))
    counted = {"rows": 0, "unknown": 0, "vwaps": 0, "stale": 0, "markets": 0}
    for symbol, own in sorted(events.items()):
        if all(kind == "gap" for _, _, kind, _ in own):
            continue
        market = Market()
        for _, _, kind, record in sorted(own + of_all, key=lambda event: event[:2]):
            getattr(market, "book" if kind == "orderbook" else kind)(record)
        market.pass_to((own[-1][0] // DAY_MS + 1) * DAY_MS)
        theirs = found.get(symbol, [])
        for i, row in enumerate(market.rows):
            if i >= len(theirs) or not is_same(row, theirs[i]):
                sys.exit(f"{symbol} row {i}: {row} but exported {theirs[i:i + 1]}")
        if len(theirs) != len(market.rows):
            sys.exit(f"{symbol}: {len(market.rows)} rows, exported {len(theirs)}")
        counted["markets"] += 1
        counted["rows"] += len(theirs)
        counted["unknown"] += sum(not row[1] for row in theirs)
        counted["vwaps"] += sum(row[5] is not None for row in theirs)
        counted["stale"] += sum(row[6].startswith("stale") for row in theirs)
    print(json.dumps(counted))


main(*sys.argv[1:])
