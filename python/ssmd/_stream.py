import asyncio
import json
import time
import urllib.parse
from typing import Any, AsyncIterator, Iterator

from ._errors import SsmdError

Record = dict[str, Any]
_WAIT_S, _WAIT_MAX_S = 0.25, 10.0
# Refusals that asking again does not change.
_FINAL = (400, 401, 403, 404)
_FINAL_CLOSES = (4401, 4403)


class Stream:
    """Records of the stream as the gateway sends them (gateway/PROTOCOL.md), without end.

    After a break it connects again and goes on behind the last `pos`: nothing is doubled. What cannot
    be given again is a record of type `missed` (`since`, `until`: places in the stream or None,
    `reason`), at its place and in `missed`; so are `dropped` messages, which tell what a slow client
    lost. The first connection is not repeated: SsmdError."""

    def __init__(
        self, url: str, key: str | None, symbols: str | list[str], types: str | list[str] | None, since: int | str | None
    ) -> None:
        query = {"symbols": _joined(symbols), **({"types": _joined(types)} if types else {})}
        self._url = f"{url.replace('http', 'ws', 1)}/v1/stream?{urllib.parse.urlencode(query, safe='*,')}"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.pos = since
        """Behind this place the stream goes on; keep it, and give it as `since` another time."""
        self.missed: list[Record] = []
        self.reconnects = 0
        self._was_connected = False
        self._wait_s = _WAIT_S

    def __iter__(self) -> Iterator[Record]:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        while True:
            try:
                with connect(self._address(), additional_headers=self._headers, max_size=None) as socket:
                    for text in socket:
                        yield from self._take(text)
                error: Exception | None = None
            except (WebSocketException, OSError) as caught:
                error = caught
            time.sleep(self._next_wait_s(error))

    async def __aiter__(self) -> AsyncIterator[Record]:
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        while True:
            try:
                async with connect(self._address(), additional_headers=self._headers, max_size=None) as socket:
                    async for text in socket:
                        for record in self._take(text):
                            yield record
                error: Exception | None = None
            except (WebSocketException, OSError) as caught:
                error = caught
            await asyncio.sleep(self._next_wait_s(error))

    def _address(self) -> str:
        return self._url if self.pos is None else f"{self._url}&since={urllib.parse.quote(str(self.pos))}"

    def _take(self, text: str | bytes) -> Iterator[Record]:
        message = json.loads(text)
        kind = message["type"]
        if kind == "error":
            raise SsmdError(message["code"], f"{message['message']}.", message.get("hint") or "")
        if kind == "welcome":
            self.reconnects += self._was_connected
            return
        if kind in ("subscribed", "resumed"):
            yield from self._answered(message)
            return
        if kind == "dropped":
            self.missed.append(message)
        # A conflated state or a snapshot has the place it holds for, like any record.
        self.pos = message.get("pos") or self.pos
        yield message

    def _answered(self, message: Record) -> Iterator[Record]:
        """Tells what the gateway cannot give again, if anything."""
        was_connected, self._was_connected, self._wait_s = self._was_connected, True, _WAIT_S
        until = message.get("from", message.get("pos"))
        if message.get("recovered") is False:
            since = message.get("lost_from", self.pos)
            yield self._lost(since, message["pos"] if message["type"] == "resumed" else until, message.get("reason"))
        elif message["type"] == "subscribed" and self.pos is None and was_connected:
            yield self._lost(None, until, "nothing had come before the break")
        if message.get("recovered") is not True or message["type"] == "resumed":
            self.pos = until if message["type"] == "subscribed" else message["pos"]

    def _lost(self, since: int | str | None, until: int | None, reason: str | None) -> Record:
        record = {"type": "missed", "since": since, "until": until, "reason": reason or "slower than history is long"}
        self.missed.append(record)
        return record

    def _next_wait_s(self, error: Exception | None) -> float:
        """How long to wait; raises where trying again is of no use."""
        status = getattr(getattr(error, "response", None), "status_code", None)
        code = getattr(getattr(error, "rcvd", None), "code", None)
        if not self._was_connected or status in _FINAL or code in _FINAL_CLOSES:
            raise SsmdError("STREAM_REFUSED", f"{self._url} cannot be read: {error}.", "See gateway/PROTOCOL.md.") from error
        wait_s, self._wait_s = self._wait_s, min(self._wait_s * 2, _WAIT_MAX_S)
        return wait_s


def _joined(names: str | list[str]) -> str:
    return names if isinstance(names, str) else ",".join(names)
