from __future__ import annotations

import asyncio
import datetime
import json
import pathlib
import re
import socket
import threading
import urllib.parse

import pytest
import ssmd

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)


class Proxy:
    """A way to the gateway that can be cut."""

    def __init__(self, url: str) -> None:
        target = urllib.parse.urlsplit(url)
        self._target = (target.hostname, target.port)
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(self._target)
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass

    def cut(self) -> None:
        for each in self._sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
        self._sockets.clear()


def take(stream: ssmd.Stream, proxy: Proxy, is_async: bool) -> list[dict]:
    """Thirty trades, with a cut behind each tenth."""
    trades: list[dict] = []

    def is_enough(record: dict) -> bool:
        trades.append(record)
        if len(trades) in (10, 20):
            proxy.cut()
        return len(trades) == 30

    async def take_async() -> None:
        async for record in stream:
            if record["type"] == "trade" and is_enough(record):
                return

    if is_async:
        asyncio.run(take_async())
    else:
        next(record for record in stream if record["type"] == "trade" and is_enough(record))
    return trades


@pytest.mark.parametrize("is_async", [False, True])
def test_a_stream_goes_on_without_a_hole_or_a_repeat_when_its_socket_is_cut(gateway, is_async):
    proxy = Proxy(gateway)
    stream = ssmd.stream("BTCUSD", "trade", url=proxy.url)
    trades = take(stream, proxy, is_async)
    ids = [int(trade["id"]) for trade in trades]
    assert ids == list(range(ids[0], ids[0] + 30))
    assert stream.reconnects == 2 and stream.missed == []


def test_a_stream_says_what_it_missed(gateway):
    stream = ssmd.stream("BTCUSD", "trade", url=gateway, since=1_000_000)
    first = next(iter(stream))
    assert first["type"] == "missed" and first["since"] == 1_000_000 and first["until"] > 1_000_000
    assert first["reason"] and stream.missed == [first]


def test_a_stream_that_cannot_begin_says_why(gateway):
    with pytest.raises(ssmd.SsmdError, match="unknown symbol"):
        next(iter(ssmd.stream("NOSUCH", url=gateway)))
    with pytest.raises(ssmd.SsmdError, match="cannot be read"):
        next(iter(ssmd.stream("BTCUSD", url="http://127.0.0.1:1")))


def test_a_book_of_the_stream_is_never_crossed(gateway):
    book, seen = ssmd.Book(), 0
    for record in ssmd.stream("BTCUSD", "orderbook", url=gateway):
        book.apply(record)
        if book.is_known:
            (bid,), (ask,) = book.best(1)
            assert bid[0] < ask[0]
            seen += 1
        if seen == 50:
            return


@pytest.mark.parametrize("what", ["trades", "bars", "gaps", "book", "top_of_book"])
def test_the_gateway_and_the_sealed_day_give_the_same_frames(folder, span, gateway, what):
    here, there = ssmd.open(folder / "data", frames="pyarrow"), ssmd.connect(gateway, frames="pyarrow")
    # The gateway also knows the stop before it began; compared is what was before that.
    sealed = min(gap["to_time"] for gap in here.gaps("BTCUSD", *span, feed="kraken").to_pylist())
    stopped = [at for gap in there.gaps("BTCUSD", span[0]).to_pylist() if (at := gap["from_time"]) > sealed]
    last = datetime.datetime.fromisoformat(span[1])
    end = min([*stopped, last]).replace(microsecond=0)

    def rows(source):
        options = {"every": "1s"} if what in ("bars", "book") else {"feed": "kraken"}
        answer = getattr(source, what)("BTCUSD", span[0], end, **options).to_pylist()
        for row in answer:
            # Of a gap the archive tells how it began, the gateway how it ended.
            row.pop("detail", None)
        return sorted(answer, key=lambda row: (row["from_time"], row["channel"])) if what == "gaps" else answer

    own, theirs = rows(here), rows(there)
    assert own == theirs and len(own) > 0


def test_the_gateway_gives_the_book_of_now(gateway):
    (row,) = ssmd.connect(gateway, frames="pyarrow").book_now("BTCUSD", depth=5).to_pylist()
    assert row["bid_price_1"] < row["ask_price_1"] and row["bid_price_5"] < row["bid_price_4"]
    assert not row["gap"]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:40])
def test_each_block_of_the_documentation_runs(folder, gateway, monkeypatch, block):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SSMD_URL", gateway)
    exec(compile(block.replace("http://127.0.0.1:8080", gateway), "python.md", "exec"), {"__name__": "docs"})


def test_the_notebook_of_the_examples_draws_its_pictures(gateway, monkeypatch):
    monkeypatch.setenv("SSMD_URL", gateway)
    monkeypatch.setenv("MPLBACKEND", "agg")
    from matplotlib import pyplot

    notebook = json.loads((DOCS.parents[1] / "examples" / "day.ipynb").read_text())
    names = {"__name__": "notebook"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "day.ipynb", "exec"), names)
    drawn = [sum(axes.has_data() for axes in pyplot.figure(n).axes) for n in pyplot.get_fignums()]
    pyplot.close("all")
    assert drawn == [2, 2, 1, 1]
    assert names["bars"]["gap"].any() and names["live"].is_known
