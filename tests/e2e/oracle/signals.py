"""Fires of three signals over a recorded session, worked out from the venue's own frames.

Plain and slow on purpose: books are dictionaries of decimals, histories are lists. What a signal means
is written down in docs/signals.md; nothing of the software is imported.

usage: signals.py SESSION.jsonl FEED LEAN CHANGE SPREAD
"""

import json
import sys
from bisect import bisect_right
from decimal import Decimal
from heapq import nlargest, nsmallest

WINDOW_US = 10_000_000
RESOLUTION_US = 16_667  # a 600th of the window, rounded up
SECOND_US = 1_000_000
LEAN_COOLDOWN_US = 5_000_000
CHANGE_COOLDOWN_US = 10_000_000
STEPS = 10**10


class Edge:
    """When a condition fires: at its edge, a cooldown after the last fire; a gap is no edge."""

    def __init__(self, rising: bool, cooldown_us: int):
        self.rising, self.cooldown_us = rising, cooldown_us
        self.last = None
        self.last_fire_us = -(10**18)

    def fires(self, value: bool, now_us: int) -> bool:
        last, self.last = self.last, value
        edge = last is (not self.rising) and value is self.rising
        if not edge or now_us - self.last_fire_us < self.cooldown_us:
            return False
        self.last_fire_us = now_us
        return True


class Market:
    def __init__(self, symbol: str, depth: int):
        self.symbol, self.depth = symbol, depth
        self.sides = {"bids": {}, "asks": {}}
        self.found = None  # the best prices, once they were looked for
        self.whole = False  # a snapshot came, and no gap since
        self.history: list[tuple[int, float]] = []  # slot of time, last price in it
        self.since_us = None
        self.boundary_us = None
        self.lean, self.change = Edge(True, LEAN_COOLDOWN_US), Edge(True, CHANGE_COOLDOWN_US)
        self.narrow = Edge(False, 0)

    def best(self, side: str) -> list:
        return sorted(self.sides[side], reverse=side == "bids")

    def first(self, side: str, count: int) -> list:
        return (nlargest if side == "bids" else nsmallest)(count, self.sides[side])

    def top(self):
        if self.found is None:
            bids, asks = self.sides["bids"], self.sides["asks"]
            self.found = (max(bids) if bids else None), (min(asks) if asks else None)
        return self.found

    @property
    def valid(self) -> bool:
        bid, ask = self.top()
        return self.whole and not (bid is not None and ask is not None and bid >= ask)

    def cut(self) -> None:
        for side in ("bids", "asks"):
            if 0 < self.depth < len(self.sides[side]):
                for price in self.best(side)[self.depth :]:
                    del self.sides[side][price]

    def gap(self) -> None:
        self.whole = False
        self.history.clear()
        self.since_us = None
        for edge in (self.lean, self.change, self.narrow):
            edge.last = None


class Evaluator:
    def __init__(self, lean: float, change: float, spread: float, depth: int):
        self.limits, self.depth = (lean, change, spread), depth
        self.markets: dict[str, Market] = {}
        self.fires: list[dict] = []

    def market(self, symbol: str) -> Market:
        return self.markets.setdefault(symbol, Market(symbol, self.depth))

    def fire(self, signal: str, market: Market, at_us: int, **values) -> None:
        self.fires.append({"signal": signal, "symbol": market.symbol, "at": at_us, "values": values})

    def advance(self, to_us: int) -> None:
        """Whole seconds up to a time, in order; what happens at it comes after."""
        while True:
            due = [m.boundary_us for m in self.markets.values() if m.boundary_us is not None]
            at_us = min(due, default=None)
            if at_us is None or at_us > to_us:
                return
            for market in self.markets.values():
                if market.boundary_us == at_us:
                    market.boundary_us += SECOND_US
                    self.second(market, at_us)

    def second(self, market: Market, at_us: int) -> None:
        if not market.valid:
            market.narrow.last = None
            return
        bid, ask = market.top()
        wide = bid is not None and ask is not None and float(ask - bid) >= self.limits[2]
        if market.narrow.fires(wide, at_us):
            self.fire("narrows", market, at_us, bid=None if bid is None else float(bid))

    def book_changed(self, market: Market, now_us: int) -> None:
        market.found = None
        market.cut()
        if market.boundary_us is None:
            market.boundary_us = (now_us // SECOND_US + 1) * SECOND_US
        if market.since_us is None:
            market.since_us = now_us
        self.remember(market, now_us)
        self.ask_lean(market, now_us)
        self.ask_change(market, now_us)

    @staticmethod
    def remember(market: Market, now_us: int) -> None:
        bid, ask = market.top()
        if not market.valid or bid is None or ask is None:
            return
        mid = int((bid + ask) * STEPS) / STEPS / 2
        slot = now_us // RESOLUTION_US
        if market.history and market.history[-1][0] >= slot:
            market.history[-1] = (market.history[-1][0], mid)
        else:
            market.history.append((slot, mid))

    def ask_lean(self, market: Market, now_us: int) -> None:
        if not market.valid:
            market.lean.last = None
            return
        bids, asks = (
            sum(int(market.sides[side][price] * 10**8) for price in market.first(side, 5))
            for side in ("bids", "asks")
        )
        imbalance = (bids - asks) / (bids + asks) if bids + asks else None
        if market.lean.fires(imbalance is not None and imbalance >= self.limits[0], now_us):
            bid, ask = market.top()
            mid = None if bid is None or ask is None else int((bid + ask) * STEPS) / STEPS / 2
            self.fire("leans", market, now_us, imbalance=imbalance, mid=mid)

    def ask_change(self, market: Market, now_us: int) -> None:
        warm = now_us - market.since_us >= WINDOW_US + RESOLUTION_US
        if not market.valid or not market.history or not warm:
            market.change.last = None
            return
        slots = [slot for slot, _ in market.history]
        before = bisect_right(slots, (now_us - WINDOW_US) // RESOLUTION_US) - 1
        change = None
        if before >= 0:
            then, last = market.history[before][1], market.history[-1][1]
            change = (last - then) / then
            del market.history[: max(0, before - 1)]
        if market.change.fires(change is not None and abs(change) >= self.limits[1], now_us):
            self.fire("runs", market, now_us, change=change, price=market.history[-1][1])


class Kalshi:
    """https://docs.kalshi.com/websockets/orderbook-updates: who bids p for NO offers YES at 1 − p."""

    def __init__(self, evaluator: Evaluator):
        self.evaluator = evaluator
        self.numbers, self.sids = {}, {}

    def lost(self, sid=None) -> None:
        for symbol, market in self.evaluator.markets.items():
            if sid is None or self.sids.get(symbol) == sid:
                market.gap()

    def frame(self, frame: dict, now_us: int) -> None:
        kind, sid, message = frame.get("type"), frame.get("sid"), frame.get("msg", {})
        if kind == "subscribed":
            self.numbers[message["sid"]] = 0
        if "seq" in frame:
            last = self.numbers.get(sid)
            if last is not None and frame["seq"] <= last:
                return
            if last is not None and frame["seq"] != last + 1:
                self.lost(sid)
            self.numbers[sid] = frame["seq"]
        if kind in ("orderbook_snapshot", "orderbook_delta"):
            self.book(message, sid, kind == "orderbook_snapshot", now_us)

    def book(self, message: dict, sid, snapshot: bool, now_us: int) -> None:
        market = self.evaluator.market(message["market_ticker"])
        if snapshot:
            market.sides = {"bids": {}, "asks": {}}
            market.whole = True
            self.sids[market.symbol] = sid
            for side in ("yes", "no"):
                for price, size in message.get(f"{side}_dollars_fp", []):
                    self.add(market, side, Decimal(price), Decimal(size))
        elif market.whole and self.sids[market.symbol] == sid:
            price, size = Decimal(message["price_dollars"]), Decimal(message["delta_fp"])
            self.add(market, message["side"], price, size)
        else:
            return
        self.evaluator.book_changed(market, now_us)

    @staticmethod
    def add(market: Market, side: str, price: Decimal, change: Decimal) -> None:
        name, at = ("bids", price) if side == "yes" else ("asks", 1 - price)
        size = market.sides[name].get(at, Decimal(0)) + change
        if size == 0:
            market.sides[name].pop(at, None)
        else:
            market.sides[name][at] = size


class Kraken:
    """https://docs.kraken.com/api/docs/websocket-v2/book: whole sizes, cut at the depth."""

    def __init__(self, evaluator: Evaluator):
        self.evaluator = evaluator

    def lost(self) -> None:
        for market in self.evaluator.markets.values():
            market.gap()

    def frame(self, frame: dict, now_us: int) -> None:
        if frame.get("channel") != "book":
            return
        for data in frame["data"]:
            market = self.evaluator.market(data["symbol"])
            if frame["type"] == "snapshot":
                market.sides = {"bids": {}, "asks": {}}
                market.whole = True
            for side in ("bids", "asks"):
                for level in data.get(side, []):
                    price, size = Decimal(level["price"]), Decimal(level["qty"])
                    if size == 0:
                        market.sides[side].pop(price, None)
                    else:
                        market.sides[side][price] = size
            self.evaluator.book_changed(market, now_us)


def main() -> None:
    path, feed, *limits = sys.argv[1:]
    evaluator = Evaluator(*map(float, limits), depth=25 if feed == "kraken" else 0)
    venue = Kraken(evaluator) if feed == "kraken" else Kalshi(evaluator)
    connected, now_us = False, 0
    for line in open(path, encoding="utf-8"):
        parsed = json.loads(line, parse_float=Decimal)
        now_us = int(parsed["t"]) // 1000
        if "m" in parsed:
            evaluator.advance(now_us)
            venue.frame(parsed["m"], now_us)
        elif parsed["e"] == "ws_connected":
            if connected:
                evaluator.advance(now_us)
                venue.lost()
            connected = True
    evaluator.advance(now_us)
    json.dump(evaluator.fires, sys.stdout)


main()
