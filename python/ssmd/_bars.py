from __future__ import annotations

import math
from typing import Any, Iterable

from ._gaps import Gap, GapMarks
from ._time import now_us

BAR_COLUMNS = ("start", "open", "high", "low", "close", "volume", "buy_volume", "vwap", "trades", "complete", "gap")
# As the gateway's candles: trades that came later, or earlier, than their own time allows are left out.
LATE_US, EARLY_US = 600_000_000, 5_000_000


def bars_of(trades: Iterable[dict[str, Any]], every: int, gaps: list[Gap], clock: str) -> list[dict[str, Any]]:
    """The bars of trades, by their start; intervals without trades have none."""
    by_start: dict[int, list[tuple[int, int, int, dict[str, Any]]]] = {}
    for trade in trades:
        received, venue = trade["received_at"], trade["venue_at"] or trade["received_at"]
        if clock == "venue" and not -EARLY_US <= received - venue <= LATE_US:
            continue
        at = venue if clock == "venue" else received
        by_start.setdefault(at // every * every, []).append((at, received, trade["sequence"], trade))
    marks, settled = GapMarks(gaps, "trade"), now_us() - EARLY_US * 2
    bars = []
    for start in sorted(by_start):
        ordered = [trade for *_, trade in sorted(by_start[start], key=lambda each: each[:3])]
        prices = [trade["price"] for trade in ordered]
        volume = _sum(trade["size"] for trade in ordered)
        notional = _sum(trade["price"] * trade["size"] for trade in ordered)
        bars.append({
            "start": start,
            "open": prices[0],
            "high": max(prices),
            "low": min(prices),
            "close": prices[-1],
            "volume": volume,
            "buy_volume": _sum(trade["size"] for trade in ordered if trade["side"] == "buy"),
            "vwap": float(f"{notional / volume:.12g}") if volume > 0 else None,
            "trades": len(ordered),
            "complete": start + every <= settled,
            "gap": marks.in_span(start, start + every),
        })
    return bars


def _sum(sizes: Iterable[float]) -> float:
    """Decimals of at most 12 significant digits, whatever their order."""
    return float(f"{math.fsum(sizes):.12g}")
