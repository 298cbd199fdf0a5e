from __future__ import annotations

from typing import Any, Iterable

# A gap here is a dict with from_us, to_us (0 = still open) and the columns of gap records.
Gap = dict[str, Any]


def gap_spans(gaps: Iterable[Gap]) -> list[Gap]:
    """The spans of gap records: the record of a gap's end replaces that of its start."""
    spans: dict[tuple[Any, ...], Gap] = {}
    for gap in gaps:
        is_break = gap["symbol"] == "_all" and gap["channel"] == "all" and gap["reason"] in ("disconnect", "planned")
        kind = "break" if is_break else gap["reason"]
        key = (gap["feed"], gap["symbol"], gap["channel"], kind, gap["from_us"])
        known = spans.get(key)
        if known is None or known["to_us"] == 0 or gap["to_us"] != 0:
            spans[key] = gap
    return sorted(spans.values(), key=lambda gap: gap["from_us"])


def touching(gaps: Iterable[Gap], from_us: int, to_us: int, channel: str | None = None) -> list[Gap]:
    """Those that touch [from_us, to_us) and concern a type of record."""
    return [
        gap
        for gap in gaps
        if gap["from_us"] < to_us
        and (gap["to_us"] == 0 or gap["to_us"] > from_us)
        and (channel is None or gap["channel"] in ("all", channel))
    ]


class GapMarks:
    """Whether gaps lie in spans that are asked for in order of time."""

    def __init__(self, gaps: list[Gap], channel: str) -> None:
        self._gaps = [gap for gap in gaps if gap["channel"] in ("all", channel)]

    def in_span(self, from_us: int, to_us: int) -> bool:
        gaps = self._gaps
        # What is over before this span does not come back.
        while gaps and 0 < gaps[0]["to_us"] <= from_us:
            gaps.pop(0)
        return bool(touching(gaps, from_us, to_us)) if gaps and gaps[0]["from_us"] < to_us else False

    def mark(self, rows: list[dict[str, Any]], from_us: int) -> None:
        """Sets `gap` of rows in order of receipt: may records be missing since the one before?"""
        for row in rows:
            row["gap"] = self.in_span(from_us, row["received_at"])
            from_us = row["received_at"]


def gap_row(gap: Gap) -> dict[str, Any]:
    return {**gap, "from_time": gap["from_us"], "to_time": gap["to_us"] or None}
