"""Times are whole microseconds since 1970 (UTC) inside of this package."""

import datetime as dt
import re
from typing import Union

from ._errors import SsmdError

When = Union[str, dt.date, dt.datetime]
DAY_US = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_EVERY = {"1s": 1, "5s": 5, "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400}


def us_of_datetime(time: dt.datetime) -> int:
    aware = time if time.tzinfo else time.replace(tzinfo=dt.timezone.utc)
    return (aware - _EPOCH) // dt.timedelta(microseconds=1)


def now_us() -> int:
    return us_of_datetime(dt.datetime.now(dt.timezone.utc))


def span_of(start: When, end: When | None) -> tuple[int, int]:
    """[from, to) of a day ("2026-11-24", "today", "yesterday", "7d"), two of them (both within), or times."""
    from_us, first_end = _moment(start)
    is_day = first_end > from_us
    to_us = _moment(end)[1] if end is not None else first_end if is_day else now_us()
    if from_us >= to_us:
        raise SsmdError("SPAN_EMPTY", f"The span from {start} to {end} is empty.", "start is before end.")
    return from_us, to_us


def _moment(when: When) -> tuple[int, int]:
    """A time twice, or the begin and the end of a day."""
    if isinstance(when, dt.datetime):
        return us_of_datetime(when), us_of_datetime(when)
    today = now_us() // DAY_US * DAY_US
    text = str(when)
    ago = re.fullmatch(r"(\d+)d", text)
    try:
        if text in ("today", "yesterday") or ago:
            day = today - DAY_US * (int(ago[1]) if ago else text == "yesterday")
        elif len(text) == 10:
            day = us_of_datetime(dt.datetime.fromisoformat(text))
        else:
            return us_of_iso(text), us_of_iso(text)
    except ValueError:
        hint = 'Write "today", "yesterday", "7d", "2026-11-24", an ISO time, or give a datetime.'
        raise SsmdError("TIME_INVALID", f'"{when}" is no day and no time.', hint) from None
    return day, day + DAY_US


def iso_of_us(us: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def us_of_iso(text: str) -> int:
    return us_of_datetime(dt.datetime.fromisoformat(text.replace("Z", "+00:00")))


def every_us(every: str) -> int:
    """An interval of bars and samples."""
    if every not in _EVERY:
        raise SsmdError("INTERVAL_INVALID", f'"{every}" is no interval.', f"Intervals are {', '.join(_EVERY)}.")
    return _EVERY[every] * 1_000_000
