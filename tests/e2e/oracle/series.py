"""Bars, the top of the book and sampled books, made of archived records without any code of ours.

usage: series.py <data> <export> <env> <bar seconds> <book seconds> <depth>
Compares them with the JSON lines of an export, prints how many rows are equal, and fails on the first
difference of a series.
"""

import json
import math
import pathlib
import sys
from decimal import Decimal
from archive import read_archive

BREAKS = ("disconnect", "planned")


def gaps_of(manifests: list[dict], feed: str) -> list[dict]:
    """From begin to end; the record of an end replaces that of its begin."""
    spans: dict[tuple, dict] = {}
    for manifest in manifests:
        for gap in manifest["gaps"] if manifest["feed"] == feed else []:
            if gap.get("bus") == "repaired":
                continue
            channel, start, end = gap.get("channel", "all"), int(gap["from"]) // 1000, int(gap["to"]) // 1000
            is_break = gap["symbol"] == "_all" and channel == "all" and gap["reason"] in BREAKS
            key = (gap["symbol"], channel, "break" if is_break else gap["reason"], start)
            if end or key not in spans:
                spans[key] = {"symbol": gap["symbol"], "channel": channel, "reason": gap["reason"], "from": start, "to": end or math.inf}
    return sorted(spans.values(), key=lambda gap: gap["from"])


def concerning(gaps: list[dict], symbol: str, channel: str) -> list[dict]:
    return [gap for gap in gaps if gap["symbol"] in (symbol, "_all") and gap["channel"] in (channel, "all")]


def touch(gaps: list[dict], start: int, end: int) -> bool:
    return any(gap["from"] < end and gap["to"] > start for gap in gaps)


def bars(trades: list[dict], gaps: list[dict], every: int) -> list[dict]:
    groups: dict[int, list] = {}
    for trade in trades:
        received = trade["receivedAtUs"]
        at = trade["timestampUs"] or received
        if -5_000_000 <= received - at <= 600_000_000:
            groups.setdefault(at // every, []).append((at, received, trade["sequence"], trade))
    rows = []
    for number, group in sorted(groups.items()):
        ordered = [trade for *_, trade in sorted(group, key=lambda each: each[:3])]
        prices, sizes = [each["price"] for each in ordered], [Decimal(str(each["size"])) for each in ordered]
        notional = sum(Decimal(str(price)) * size for price, size in zip(prices, sizes))
        bought = sum(size for size, each in zip(sizes, ordered) if each["side"] == "buy")
        rows.append({
            "start": number * every, "open": prices[0], "high": max(prices), "low": min(prices), "close": prices[-1],
            "volume": float(sum(sizes)), "buy_volume": float(bought), "vwap": float(notional / sum(sizes)),
            "trades": len(ordered), "gap": touch(gaps, number * every, (number + 1) * every),
        })  # fmt: skip
    return rows


class Book:
    def __init__(self, breaks: list[int]):
        self.sides: dict[str, dict[float, float]] | None = None
        self.breaks = list(breaks)

    def lose(self, before: float) -> bool:
        passed = [at for at in self.breaks if at < before]
        self.breaks = self.breaks[len(passed) :]
        was_known = self.sides is not None
        if passed:
            self.sides = None
        return was_known and bool(passed)

    def apply(self, update: dict) -> None:
        if update["kind"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        if self.sides is None:
            return
        for name, best_first in (("bids", True), ("asks", False)):
            side = {**self.sides[name], **dict(update[name])}
            kept = sorted(((price, size) for price, size in side.items() if size > 0), reverse=best_first)
            self.sides[name] = dict(kept[: update["depth"] or None])

    def best(self, depth: int) -> list:
        sides = self.sides or {"bids": {}, "asks": {}}
        return [[list(level) for level in list(sides[name].items())[:depth]] for name in ("bids", "asks")]


def top_of_book(updates: list[dict], gaps: list[dict]) -> list[dict]:
    book, rows, before = Book([gap["from"] for gap in gaps if gap["reason"] != "clock"]), [], 0

    def put(time: int, gap: bool) -> None:
        row = {"time": time, "levels": book.best(1), "gap": gap or book.sides is None}
        if not rows or rows[-1]["levels"] != row["levels"] or rows[-1]["gap"] != row["gap"]:
            rows.append(row)

    for update in updates:
        received = update["receivedAtUs"]
        first = book.breaks[0] if book.breaks else math.inf
        if book.lose(received) and rows:
            put(int(first), True)
        book.apply(update)
        put(received, touch(gaps, before, received))
        before = received
    end = updates[-1]["receivedAtUs"] // 86_400_000_000 * 86_400_000_000 + 86_400_000_000
    first = book.breaks[0] if book.breaks else math.inf
    if book.lose(end):
        put(int(first), True)
    return rows


def sampled(updates: list[dict], gaps: list[dict], every: int, depth: int) -> list[dict]:
    book, rows, waiting = Book([gap["from"] for gap in gaps if gap["reason"] != "clock"]), [], list(updates)
    waiting.reverse()
    time = -(-updates[0]["receivedAtUs"] // every) * every
    last = max([updates[-1]["receivedAtUs"], *(gap["to"] for gap in gaps if gap["to"] < math.inf), *(gap["from"] for gap in gaps)])
    while time <= last + 2 * every:
        while waiting and waiting[-1]["receivedAtUs"] <= time:
            book.lose(waiting[-1]["receivedAtUs"])
            book.apply(waiting.pop())
        book.lose(time)
        row = {"time": time, "levels": book.best(depth), "gap": book.sides is None or touch(gaps, time - every, time)}
        if not rows or rows[-1]["levels"] != row["levels"] or rows[-1]["gap"] != row["gap"]:
            rows.append(row)
        time += every
    return rows


def exported(folder: pathlib.Path, feed: str, name: str, symbol: str) -> list[dict]:
    rows = []
    for path in sorted(folder.glob(f"feed={feed}/type={name}/date=*/data.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            if row["symbol"] == symbol:
                rows.append({key: value for key, value in row.items() if key not in ("symbol", "feed")})
    for row in rows:
        for key in ("start", "time"):
            if key in row:
                row[key] = round(row[key] * 1000)
        if name == "top_of_book":
            sides = [[row.pop(f"{side}_price"), row.pop(f"{side}_size")] for side in ("bid", "ask")]
            row["levels"] = [[] if side[0] is None else [side] for side in sides]
        if name == "book":
            row["levels"] = [row.pop("bids"), row.pop("asks")]
    return rows


def equal(a: dict, b: dict) -> bool:
    def same(x, y) -> bool:
        return math.isclose(x, y, rel_tol=1e-10) if isinstance(x, float) or isinstance(y, float) else x == y

    return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)


def main() -> int:
    data, export, env = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    bar, step, depth = int(sys.argv[4]) * 1_000_000, int(sys.argv[5]) * 1_000_000, int(sys.argv[6])
    problems: list[str] = []
    records, manifests = read_archive(data, env, problems)
    counts = {"bars": 0, "top_of_book": 0, "book": 0, "gap": 0, "bars_gap": 0}
    for feed, symbol in sorted({(each["feed"], each["symbol"]) for each in records}):
        gaps = gaps_of(manifests, feed)
        of = {kind: [each for each in records if (each["type"], each["feed"], each["symbol"]) == (kind, feed, symbol)] for kind in ("trade", "orderbook")}
        made = {"bars": bars(of["trade"], concerning(gaps, symbol, "trade"), bar)}
        if of["orderbook"]:
            ours = concerning(gaps, symbol, "orderbook")
            made["top_of_book"] = top_of_book(of["orderbook"], ours)
            made["book"] = sampled(of["orderbook"], ours, step, depth)
        for name, rows in made.items():
            theirs = exported(export, feed, name, symbol)
            counts[name] += len(rows)
            beside = sum(row["gap"] for row in rows)
            counts["gap"] += beside
            counts["bars_gap"] += beside if name == "bars" else 0
            different = next((i for i, pair in enumerate(zip(rows, theirs)) if not equal(*pair)), None)
            if different is not None or len(rows) != len(theirs):
                at = different if different is not None else min(len(rows), len(theirs))
                problems.append(f"{feed} {symbol} {name}: {len(rows)} rows, not {len(theirs)}; row {at}: {rows[at : at + 1]} is exported as {theirs[at : at + 1]}")
    print(json.dumps({**counts, "problems": problems[:10]}))
    return 1 if problems else 0


sys.exit(main())
