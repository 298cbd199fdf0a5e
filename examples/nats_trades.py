"""Trades from the bus itself, without ssmd: nats_trades.py <nats url> <environment> <schemas> [count].

Subjects are {environment}.{feed}.{type}.{symbol}; payloads are Cap'n Proto, and `schemas` is the
repository's exchanges/schemas.
"""

import asyncio
import sys

import capnp
import nats

url, environment, schemas = sys.argv[1:4]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 10
capnp.remove_import_hook()
schema = capnp.load(f"{schemas}/trade-v2.capnp")


async def main() -> None:
    bus = await nats.connect(url)
    trades = await bus.subscribe(f"{environment}.*.trade.>")
    for _ in range(count):
        message = await trades.next_msg(timeout=60)
        with schema.Trade.from_bytes(message.data) as trade:
            print(trade.feed, trade.symbol, trade.side, trade.size, "@", trade.price)
    await bus.close()


asyncio.run(main())
