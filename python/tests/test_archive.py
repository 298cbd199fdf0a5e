"""The archive's frames are held to records that `ssmd archive cat` prints, put together another way."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import os
import subprocess
import sys
import zipfile

import pytest
import ssmd
from conftest import SSMD, run_ssmd
from wheel_backend import build_wheel

SECOND = 1_000_000


def records(folder, kind):
    """Of BTCUSD, in their order, with `at` in µs."""
    found = []
    for path in sorted(folder.glob(f"data/normalized/demo/kraken/v1/{kind}/*/*/*/day.parquet")):
        for line in run_ssmd("archive", "cat", path).splitlines():
            record = json.loads(line)
            if record["symbol"] == "BTCUSD":
                found.append({**record, "at": int(record["recv_ts"]) // 1000, "venue": int(record["ts"]) // 1000})
    return found


def told_gaps(folder, channel):
    """Begin and end in µs of the gaps of BTCUSD, as `ssmd data gaps` tells them."""
    answer = run_ssmd("data", "gaps", "--data", folder / "data", "--env", "demo", "--output", "json")
    for gap in json.loads(answer)["gaps"]:
        if gap["feed"] == "kraken" and gap["symbol"] in ("BTCUSD", "_all") and gap["channel"] in ("all", channel):
            yield us(gap["from"]), us(gap["to"])


def us(time):
    at = dt.datetime.fromisoformat(str(time).replace("Z", "+00:00"))
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)) // dt.timedelta(microseconds=1)


def test_bars_equal_a_recomputation_and_a_gap_marks_those_it_touches(folder, span):
    bars = ssmd.open(folder / "data", frames="pyarrow").bars("BTCUSD", *span, every="1s").to_pylist()
    expected = {}
    for trade in sorted(records(folder, "trade"), key=lambda each: (each["venue"], each["at"], each["seq"])):
        expected.setdefault(trade["venue"] // SECOND, []).append(trade)
    assert [us(bar["start"]) // SECOND for bar in bars] == sorted(expected)
    gaps = list(told_gaps(folder, "trade"))
    for bar in bars:
        start = us(bar["start"])
        trades = expected[start // SECOND]
        prices = [trade["price"] for trade in trades]
        assert (bar["open"], bar["high"], bar["low"], bar["close"]) == (prices[0], max(prices), min(prices), prices[-1])
        volume = sum(decimal.Decimal(str(trade["size"])) for trade in trades)
        notional = sum(decimal.Decimal(str(each["price"])) * decimal.Decimal(str(each["size"])) for each in trades)
        assert math.isclose(bar["volume"], volume, rel_tol=1e-11) and bar["trades"] == len(trades)
        assert math.isclose(bar["vwap"], notional / volume, rel_tol=1e-10)
        assert bar["gap"] == any(first < start + SECOND and last > start for first, last in gaps)
    assert {bar["gap"] for bar in bars} == {False, True}


def test_the_book_equals_a_recomputation_and_is_unknown_in_a_gap(folder, span):
    archive = ssmd.open(folder / "data", frames="pyarrow")
    book = archive.book("BTCUSD", *span, depth=1, every="1s").to_pylist()
    gaps, updates = list(told_gaps(folder, "orderbook")), records(folder, "orderbook")
    assert len(book) > 6 and any(row["bid_price_1"] is None for row in book)
    for row in book:
        at = us(row["time"])
        within = any(first < at < last for first, last in gaps)
        assert row["gap"] or not within
        until = [update for update in updates if update["at"] <= at]
        begin = max(i for i, update in enumerate(until) if update["kind"] == "snapshot")
        sides = {"bids": [], "asks": []}
        for update in until[begin:]:
            for side, sign in (("bids", -1), ("asks", 1)):
                changed = [price for price, _ in update[side]]
                kept = [level for level in sides[side] if level[0] not in changed]
                levels = kept + [level for level in update[side] if level[1] > 0]
                sides[side] = sorted(levels, key=lambda level: sign * level[0])[: update["depth"] or None]
        top = [*sides["bids"][0], *sides["asks"][0]]
        expected = [None] * 4 if within else top
        assert [row[name] for name in ("bid_price_1", "bid_size_1", "ask_price_1", "ask_size_1")] == expected
    tops = archive.top_of_book("BTCUSD", *span).to_pylist()
    assert len(tops) > len(book) and [row["gap"] for row in tops].count(True) >= 1
    assert tops[-1]["bid_price"] < tops[-1]["ask_price"]


def test_trades_are_all_there_and_the_first_behind_a_gap_is_marked(folder, span):
    trades = ssmd.open(folder / "data").trades("BTCUSD", "yesterday", "today")
    expected = records(folder, "trade")
    assert list(trades["trade_id"]) == [trade["id"] for trade in expected]
    assert trades["gap"].sum() == 1
    (first, last), *_ = told_gaps(folder, "all")
    at = trades.loc[trades["gap"], "received_at"].iloc[0]
    assert us(at) >= last and all(not first < trade["at"] < last for trade in expected)


def test_without_the_program_an_archive_says_what_is_missing(folder, monkeypatch):
    monkeypatch.delenv("SSMD")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ssmd.SsmdError, match="not on the path") as caught:
        ssmd.open(folder / "data").trades("BTCUSD")
    assert caught.value.code == "PROGRAM_NOT_FOUND"


def test_bad_input_is_an_error_with_a_code(folder):
    archive = ssmd.open(folder / "data")
    for code, ask in {
        "ARCHIVE_NOT_FOUND": lambda: ssmd.open(folder / "nowhere"),
        "INTERVAL_INVALID": lambda: archive.bars("BTCUSD", every="soon"),
        "TIME_INVALID": lambda: archive.trades("BTCUSD", "2026-13-01"),
        "SPAN_EMPTY": lambda: archive.trades("BTCUSD", "today", "yesterday"),
        "PROGRAM_FAILED": lambda: archive.book("BTCUSD", depth=1000),
        "GATEWAY_AWAY": lambda: ssmd.connect("http://127.0.0.1:1").gaps(),
    }.items():
        with pytest.raises(ssmd.SsmdError) as caught:
            ask()
        assert caught.value.code == code


def test_the_wheel_is_built_without_network_and_imports(tmp_path):
    wheel = build_wheel(tmp_path)
    names = zipfile.ZipFile(tmp_path / wheel).namelist()
    assert "ssmd/py.typed" in names and "ssmd-0.1.0.dist-info/RECORD" in names
    path = os.pathsep.join([str(tmp_path / wheel), os.environ.get("PYTHONPATH", "")])
    code = "import ssmd; print(ssmd.__file__)"
    env = {**os.environ, "PYTHONPATH": path}
    said = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True)
    assert wheel in said.stdout
