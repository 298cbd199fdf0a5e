"""Reads raw and archive of a torment and says what does not agree; imports nothing of the product.

usage: check.py <folder with data/, *.ledger and torment.json>
Prints a JSON of counts and problems; exit code 1 when there are problems.
"""

import json
import pathlib
import sys
from collections import Counter, defaultdict
from datetime import datetime
from archive import number, read_archive
from books import Book
from gaps import check_explained, check_no_record_within, covered, covers, spans, union_holds
from kalshi import KalshiReader
from kraken import KrakenReader
from raw import check_files, check_sent, read_raw

READERS = {"kraken": KrakenReader, "kalshi": KalshiReader}
DATA_FRAMES = {
    "kraken": ('{"channel":"book"', '{"channel":"trade"', '{"channel":"ticker"'),
    "kalshi": ('{"type":"orderbook_', '{"type":"trade"', '{"type":"ticker"'),
}


def essence(record: dict) -> tuple:
    """What the venue's own words decide of a record, as the readers give it."""
    type_ = record["type"]
    base = type_, record["symbol"], record["receivedAtUs"], record["timestampUs"]
    if type_ == "trade":
        return *base, record["price"], record["size"], record["side"], record["tradeId"]
    if type_ == "ticker":
        names = ["bidPrice", "bidSize", "askPrice", "askSize", "lastPrice", "volume24h"]
        return *base, *(number(record[name]) for name in names)
    if type_ == "orderbook":
        sides = (tuple(map(tuple, record[side])) for side in ("bids", "asks"))
        return *base, record["kind"], *sides, record["depth"]
    return *base, record["state"]


def read_connections(connections: list) -> list[tuple]:
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    read = []
    for connection in connections:
        reader = READERS[connection.feed](connection, seen[connection.feed])
        for line in connection.lines:
            reader.take(line)
        read.append((connection, reader))
    return read


def check_once(read: list[tuple], records: list[dict], problems: list[str]) -> None:
    """Each record that raw gives is archived once, and no other."""
    wanted, found = defaultdict(Counter), defaultdict(Counter)
    for connection, reader in read:
        wanted[connection.key].update(reader.expected)
    for record in records:
        if record["type"] != "gap":
            found[record["feed"], record["run"], record["connection"]][essence(record)] += 1
    for key in wanted.keys() | found.keys():
        for what, balance in (("missing", wanted[key] - found[key]), ("too many", found[key] - wanted[key])):
            if balance:
                some = "; ".join(str(each)[:300] for each in list(balance)[:3])
                problems.append(f"{key}: {balance.total()} records are {what}: {some}")


def check_numbers(records: list[dict], problems: list[str]) -> None:
    """`sequence` counts the records of a connection from 1, without holes or repeats."""
    numbers = defaultdict(list)
    for record in records:
        numbers[record["feed"], record["run"], record["connection"]].append(record["sequence"])
    for key, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            problems.append(f"{key}: {len(found)} records are not numbered 1 to {len(found)}")


def breaks_of(connections: list) -> list[tuple[str, int, int]]:
    """Feed, last line before, first line that brought news after: one connection a feed at a time."""
    found = []
    for feed in READERS:
        last = start = 0
        trade_ids: dict[str, int] = {}
        for connection in (each for each in connections if each.feed == feed):
            start = start or last
            for line in connection.lines:
                if line.kind == "event":
                    if line.text == "disconnect":
                        start = start or last
                    if line.text not in ("stop", "resumed"):
                        last = line.at
                    continue
                last = line.at
                if line.text.startswith(DATA_FRAMES[feed]) and is_news(line.text, trade_ids) and start:
                    found.append((feed, start, line.at))
                    start = 0
    return found


def is_news(text: str, ids: dict[str, int]) -> bool:
    """Kraken repeats the last trades to whoever subscribes."""
    if not text.startswith('{"channel":"trade"'):
        return True
    news = False
    for trade in sorted(json.loads(text)["data"], key=lambda each: each["trade_id"]):
        if trade["trade_id"] > ids.get(trade["symbol"], 0):
            ids[trade["symbol"]], news = trade["trade_id"], True
    return news


def check_missing(read: list[tuple], breaks: list[tuple], gaps: list[dict], problems: list[str]) -> None:
    for feed, start, end in breaks:
        whole = [gap for gap in gaps if covers(gap, feed, "_all", "all")]
        if not union_holds(whole, start, end):
            problems.append(f"{feed}: nothing was heard from {start} to {end}, and no gap says so")
    for connection, reader in read:
        for symbol, type_, at in reader.dropped:
            mine = (gap for gap in gaps if covers(gap, connection.feed, symbol, type_))
            if not any(gap["fromUs"] <= at <= gap["endUs"] for gap in mine):
                problems.append(f"{connection.feed}: the {type_} frame of {symbol} at {at} lies in no gap")


def check_trades(records: list[dict], gaps: list[dict], problems: list[str]) -> int:
    """Kraken numbers its trades: each hole is told, with its count."""
    trades = defaultdict(dict)
    for record in records:
        if record["type"] == "trade" and record["feed"] == "kraken":
            number_, by_id = int(record["tradeId"]), trades[record["symbol"]]
            if number_ in by_id:
                problems.append(f"trade {number_} of {record['symbol']} is there twice")
            by_id[number_] = record["receivedAtUs"]
    total = 0
    for symbol, by_id in trades.items():
        ids = sorted(by_id)
        for before, after in zip(ids, ids[1:]):
            if after == before + 1:
                continue
            total += after - before - 1
            told = [
                gap
                for gap in gaps
                if covers(gap, "kraken", symbol, "trade")
                and gap["symbol"] == symbol
                and gap["missed"] == after - before - 1
                and by_id[before] <= gap["endUs"]
                and gap["fromUs"] <= by_id[after]
            ]
            if not told:
                problems.append(f"trades {before} to {after} of {symbol} are missing, and no gap counts them")
    return total


def check_books(records: list[dict], read: list[tuple], problems: list[str]) -> int:
    """A day's books are rebuilt from that day alone, and end as the venue's frames have them."""
    books: dict[tuple, Book] = {}
    for record in (each for each in records if each["type"] == "orderbook"):
        key = record["day"], record["feed"], record["symbol"]
        book = books.setdefault(key, Book(record["depth"]))
        if record["kind"] == "snapshot":
            book.bids.clear()
            book.asks.clear()
            book.good = True
        if not book.good:
            problems.append(f"the books of {key} begin with a change, not with a snapshot")
            book.good = True
        for side in ("bids", "asks"):
            for price, size in record[side]:
                book.put(side, price, size)
        book.cut()
        if book.bids and book.asks and book.best("bids")[0] >= book.best("asks")[0]:
            problems.append(f"the book of {key} is crossed at {record['receivedAtUs']}")
    last_day = max((day for day, _, _ in books), default="")
    for feed in READERS:
        reader = next((reader for each, reader in reversed(read) if each.feed == feed and reader.books), None)
        for external, true in (reader.books if reader else {}).items():
            key = last_day, feed, reader.ours(external)
            if key not in books or books[key].levels() != true.levels():
                problems.append(f"the last book of {key} is not the venue's")
    return len(books)


def troubles_of(read: list[tuple], breaks: list[tuple]) -> dict[str, list[tuple]]:
    found = defaultdict(list)
    for feed, start, end in breaks:
        found[feed].append(("break", "_all", start, end))
    for connection, reader in read:
        for what, symbol, at in reader.troubles:
            found[connection.feed].append((what, symbol, at, at))
        for line in connection.lines:
            if line.kind == "event" and line.text not in ("tick", "clock", "clock_good"):
                found[connection.feed].append((line.text, "_all", line.at, line.at))
    return found


def check_day(manifest: dict, records: list[dict], problems: list[str]) -> None:
    """The manifest lists the day's gaps, and its quality is the share of time outside of them."""
    name = f"{manifest['feed']} {manifest['day']}"
    mine = [each for each in records if each["day"] == manifest["day"] and each["feed"] == manifest["feed"]]
    told = Counter(
        (gap["symbol"], gap["reason"], gap["fromUs"], gap["toUs"], gap["recovered"])
        for gap in mine
        if gap["type"] == "gap"
    )
    listed = Counter(
        (gap["symbol"], gap["reason"], int(gap["from"]) // 1000, int(gap["to"]) // 1000, gap["recovered"])
        for gap in manifest["gaps"]
        if "bus" not in gap
    )
    if told != listed:
        problems.append(f"{name}: the manifest lists other gaps: {list((told - listed) + (listed - told))[:3]}")
    for gap in manifest["gaps"]:
        if gap.get("bus") in ("open", "lost"):
            problems.append(f"{name}: what left the bus was not made again: {gap}")
    losses = [gap for gap in mine if gap["type"] == "gap" and gap["reason"] != "clock"]
    quality = quality_of(losses, mine, manifest)
    if abs(quality - manifest["quality"]) > 2e-6:
        problems.append(f"{name}: quality is {manifest['quality']}, by its gaps {quality}")
    if (manifest["quality"] < 1) != any(gap["endUs"] > gap["fromUs"] for gap in spans(losses, 2**62)):
        problems.append(f"{name}: quality is {manifest['quality']} with {len(losses)} gap records")


def quality_of(losses: list[dict], records: list[dict], manifest: dict) -> float:
    """Share of the day's time, over its markets and the four types of records, that lies in no gap."""
    if not records:
        return 1.0
    start = min(each["receivedAtUs"] for each in records)
    end = max(each["receivedAtUs"] for each in records)
    # What was missed before the day's first record, and behind its last one, counts as well.
    midnight = int(datetime.fromisoformat(f"{manifest['day']}T00:00:00+00:00").timestamp()) * 1_000_000
    for gap in losses:
        if gap["reason"] != "planned" and gap["fromUs"] > 0:
            start = min(start, max(midnight, gap["fromUs"]))
            end = max(end, min(midnight + 86_400_000_000, gap["toUs"]))
    end = max(start + 1, end)
    named = {gap["symbol"] for gap in losses} - {"_all"}
    ordered = manifest.get("ordered", [])
    count = max(1, manifest["symbols"], len(ordered), len(named))
    lost = 0
    for symbol in [*named, *["_all"] * (count - len(named))]:
        for type_ in ("trade", "ticker", "orderbook", "status"):
            mine = (gap for gap in losses if covers(gap, gap["feed"], symbol, type_))
            lost += covered(spans(list(mine), end), start, end) / 4
    return max(0.0, 1 - lost / count / (end - start))


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    env = json.loads((folder / "torment.json").read_text())["env"]
    data, problems = folder / "data", []
    for kind in ("raw", "normalized"):
        check_files(data, kind, env, problems)
    connections = read_raw(data, env, problems)
    heard = sum(
        check_sent(folder / f"{feed}.ledger", [each for each in connections if each.feed == feed], problems)
        for feed in READERS
    )
    read = read_connections(connections)
    records, days = read_archive(data, env, problems)
    check_once(read, records, problems)
    check_numbers(records, problems)
    end = max(record["receivedAtUs"] for record in records)
    gaps = spans([record for record in records if record["type"] == "gap"], end)
    breaks = breaks_of(connections)
    check_missing(read, breaks, gaps, problems)
    missed = check_trades(records, gaps, problems)
    books = check_books(records, read, problems)
    check_no_record_within(gaps, records, problems)
    check_explained(gaps, troubles_of(read, breaks), problems)
    for manifest in days:
        check_day(manifest, records, problems)
    counts = {
        "frames": heard, "records": len(records), "gaps": len(gaps), "breaks": len(breaks),
        "missedTrades": missed, "books": books, "days": len({each["day"] for each in days}),
        "quality": {f"{each['feed']} {each['day']}": each["quality"] for each in days},
    }
    print(json.dumps({"counts": counts, "problems": problems}, indent=1))
    return 1 if problems else 0


sys.exit(main())
