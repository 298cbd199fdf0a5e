"""Times are whole microseconds since 1970 (UTC) inside of this package."""

from __future__ import annotations

import datetime as dt
import re
from typing import Union

from ._errors import SsmdError

When = Union[str, dt.date, dt.datetime]
DAY_US = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": DAY_US}


def us_of_datetime(time: dt.datetime) -> int:
    aware = time if time.tzinfo else time.replace(tzinfo=dt.timezone.utc)
    return (aware - _EPOCH) // dt.timedelta(microseconds=1)


def now_us() -> int:
    return us_of_datetime(dt.datetime.now(dt.timezone.utc))


def day_of_us(us: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=us)).strftime("%Y-%m-%d")


def span_of(start: When, end: When | None) -> tuple[int, int]:
    """[from, to) of a day ("2026-11-24", "today", "yesterday", "7d"), two of them (both within), or times."""
    from_us, first_end = _moment(start)
    _, to_us = (0, first_end or now_us()) if end is None else _moment(end)
    if end is not None and to_us == 0:
        to_us = _moment(end)[0]
    if from_us >= to_us:
        raise SsmdError("SPAN_EMPTY", f"The span from {start} to {end} is empty.", "start is before end.")
    return from_us, to_us


def _moment(when: When) -> tuple[int, int]:
    """A time and 0, or the begin and the end of a day."""
    if isinstance(when, dt.datetime):
        return us_of_datetime(when), 0
    today = now_us() // DAY_US * DAY_US
    text = str(when)
    ago = re.fullmatch(r"(\d+)d", text)
    try:
        if text in ("today", "yesterday") or ago:
            day = today - DAY_US * (int(ago[1]) if ago else text == "yesterday")
        elif len(text) == 10:
            day = us_of_datetime(dt.datetime.fromisoformat(text))
        else:
            return us_of_datetime(dt.datetime.fromisoformat(text.replace("Z", "+00:00"))), 0
    except ValueError:
        hint = 'Write "today", "yesterday", "7d", "2026-11-24", an ISO time, or give a datetime.'
        raise SsmdError("TIME_INVALID", f'"{when}" is no day and no time.', hint) from None
    return day, day + DAY_US


def every_us(every: str) -> int:
    """An interval ("500ms", "1s", "5m", "1h", "1d")."""
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d)", every)
    if not found or int(found[1]) == 0:
        raise SsmdError("INTERVAL_INVALID", f'"{every}" is no interval.', 'Write "500ms", "1s", "5m", "1h" or "1d".')
    return int(found[1]) * _UNITS[found[2]]
