"""A client of the gateway on Python's `websockets`, as PROTOCOL.md says: gives what it got as JSON lines.

Arguments: the address of the stream, how many trades to wait for.
"""

import asyncio
import json
import sys

import websockets


async def main(url: str, trades: int) -> None:
    async with websockets.connect(url) as stream:
        print(json.dumps({"type": "extensions", "names": [e.name for e in stream.protocol.extensions]}))
        print(await stream.recv(), flush=True)
        await stream.send(json.dumps({"action": "subscribe", "symbols": ["BTC*"], "types": ["trade"], "id": "py"}))
        while trades > 0:
            message = await stream.recv()
            print(message, flush=True)
            trades -= json.loads(message)["type"] == "trade"
        await stream.send(json.dumps({"action": "ping", "id": 1}))
        await (await stream.ping())
        while json.loads(message)["type"] != "pong":
            message = await stream.recv()
        print(message, flush=True)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
