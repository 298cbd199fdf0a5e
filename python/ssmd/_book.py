import heapq
from typing import Any, Iterable, Mapping

Level = tuple[float, float]


class Book:
    """The order book of one market, rebuilt from records of the stream or rows of the archive, in their order."""

    def __init__(self) -> None:
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.symbol: str | None = None
        self.is_known = False
        """False before the first snapshot, and after a gap until the next."""

    def apply(self, record: Mapping[str, Any]) -> None:
        """Takes a record of type `orderbook`, `gap`, `dropped` or `missed`; others change nothing."""
        kind = record.get("type", "orderbook")
        if kind == "gap":
            is_ours = record["symbol"] in ("_all", self.symbol) and record["channel"] in ("all", "orderbook")
            # A clock that is off loses nothing.
            self.is_known &= not is_ours or record["reason"] == "clock"
        elif kind == "dropped":
            self.is_known &= self.symbol not in record["books"] and record["books_count"] == len(record["books"])
        elif kind == "missed":
            self.is_known = False
        elif kind == "orderbook":
            self._take(record)

    def _take(self, record: Mapping[str, Any]) -> None:
        self.symbol = record["symbol"]
        if record["kind"] == "snapshot":
            self.bids, self.asks, self.is_known = {}, {}, True
        elif not self.is_known:
            return
        for side, best_first, levels in (
            (self.bids, True, _levels(record, "bid")),
            (self.asks, False, _levels(record, "ask")),
        ):
            for price, size in levels:
                if size == 0:
                    side.pop(price, None)
                else:
                    side[price] = size
            depth = record["depth"]
            if 0 < depth < len(side):
                for price in sorted(side, reverse=best_first)[depth:]:
                    del side[price]

    def best(self, depth: int) -> tuple[list[Level], list[Level]]:
        """The best `depth` bids and asks, best first; fewer where the book has fewer."""
        bids = heapq.nlargest(depth, self.bids)
        asks = heapq.nsmallest(depth, self.asks)
        return [(price, self.bids[price]) for price in bids], [(price, self.asks[price]) for price in asks]


def _levels(record: Mapping[str, Any], side: str) -> Iterable[Level]:
    levels: Iterable[Level] | None = record.get(f"{side}s")
    return levels if levels is not None else zip(record[f"{side}_prices"], record[f"{side}_sizes"])
