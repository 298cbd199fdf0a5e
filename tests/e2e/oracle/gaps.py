"""Gaps of the archive: what they cover, and whether anything came while they were open."""

from collections import defaultdict

DATA = ("trade", "ticker", "orderbook")


def spans(gaps: list[dict], end: int) -> list[dict]:
    """One entry for each gap: its recovery, or its opening where it has none."""
    found: dict[tuple, dict] = {}
    for gap in gaps:
        key = gap["feed"], gap["symbol"], gap["channel"], gap["reason"], gap["fromUs"]
        known = found.get(key)
        if known is None or gap["recovered"]:
            found[key] = {**gap, "endUs": gap["toUs"] or end}
    return list(found.values())


def covers(gap: dict, feed: str, symbol: str, type_: str) -> bool:
    return (
        gap["feed"] == feed
        and gap["symbol"] in (symbol, "_all")
        and gap["channel"] in (type_, "all")
        and gap["reason"] != "clock"
    )


def union_holds(found: list[dict], start: int, end: int) -> bool:
    """Whether the gaps together cover all from start to end."""
    reached = start
    for gap in sorted(found, key=lambda each: each["fromUs"]):
        if gap["fromUs"] <= reached:
            reached = max(reached, gap["endUs"])
    return reached >= end


def check_no_record_within(gaps: list[dict], records: list[dict], problems: list[str]) -> None:
    """A gap says that something is missing: nothing of it comes while it is open."""
    times: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for record in records:
        if record["type"] in DATA:
            times[record["feed"], record["type"]].append((record["receivedAtUs"], record["symbol"]))
    for gap in gaps:
        if gap["reason"] in ("clock", "parse"):
            continue
        for type_ in DATA if gap["channel"] == "all" else (gap["channel"],):
            within = [
                at
                for at, symbol in times[gap["feed"], type_]
                if gap["fromUs"] < at < gap["endUs"] and gap["symbol"] in (symbol, "_all")
            ]
            if within:
                problems.append(
                    f"{len(within)} {type_} records came within a gap: {told(gap)}; first at {within[0]}"
                )


def check_explained(gaps: list[dict], troubles: dict[str, list[tuple]], problems: list[str]) -> None:
    """Each gap meets a trouble that raw shows: a break, a hole, a wrong sum, a refusal, a start."""
    for gap in gaps:
        near = [
            what
            for what, symbol, start, end in troubles[gap["feed"]]
            if start <= gap["endUs"] and end >= gap["fromUs"] and "_all" in (symbol, gap["symbol"])
            or symbol == gap["symbol"] and start <= gap["endUs"] and end >= gap["fromUs"]
        ]
        if not near:
            problems.append(f"nothing in raw explains the gap {told(gap)}")


def told(gap: dict) -> str:
    return (
        f"{gap['feed']} {gap['symbol']} {gap['channel']} {gap['reason']} "
        f"{gap['fromUs']} to {gap['toUs']} ({gap['detail']})"
    )


def covered(found: list[dict], start: int, end: int) -> int:
    """Time between start and end that lies in any of the gaps."""
    total, reached = 0, start
    for gap in sorted(found, key=lambda each: each["fromUs"]):
        begin, stop = max(reached, gap["fromUs"]), min(end, gap["endUs"])
        if stop > begin:
            total += stop - begin
        reached = max(reached, min(end, gap["endUs"]))
    return total
