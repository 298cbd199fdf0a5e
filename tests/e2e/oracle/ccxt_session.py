"""A session of ccxt, and of ccxt.pro, with the simulated Kraken: only the addresses are changed. Prints
what it saw as JSON; an assertion that fails is a difference to what ccxt expects of the venue."""

import asyncio
import json
import sys

import ccxt.pro

REST, SOCKET = sys.argv[1:3]
SYMBOL = "BTC/USD"
WAIT_S = 120


def client(**credentials: str) -> ccxt.pro.kraken:
    kraken = ccxt.pro.kraken({"enableRateLimit": False, **credentials})
    kraken.urls["api"]["public"] = kraken.urls["api"]["private"] = REST
    kraken.urls["api"]["ws"]["publicV2"] = kraken.urls["api"]["ws"]["privateV2"] = SOCKET
    return kraken


def check_book(book: dict) -> None:
    bids, asks = ([level[0] for level in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids, reverse=True) and asks == sorted(asks), book
    assert bids[0] < asks[0], book


async def market_data(kraken: ccxt.pro.kraken, seen: dict) -> None:
    markets = await kraken.load_markets()
    market = markets[SYMBOL]
    assert market["precision"] == {"amount": 1e-8, "price": 0.1}, market
    assert kraken.currencies["BTC"]["precision"] == 1e-10
    assert await kraken.fetch_time() > 1_600_000_000_000
    assert (await kraken.fetch_status())["status"] == "ok"
    assert {"DOGE/USD", "ETH/USD"} <= set(markets)
    for limit in (1, 500):
        book = await kraken.fetch_order_book(SYMBOL, limit)
        assert len(book["bids"]) == len(book["asks"]) == limit
        check_book(book)
    for _ in range(20):
        check_book(await kraken.watch_order_book(SYMBOL, 100))
    while len(seen["trades"]) < 20:
        seen["trades"] |= {trade["id"]: trade for trade in await kraken.watch_trades(SYMBOL)}
    fetched = {trade["id"]: trade for trade in await kraken.fetch_trades(SYMBOL, limit=1000)}
    for trade_id, trade in seen["trades"].items():
        same = ("timestamp", "side", "type", "price", "amount")
        assert [trade[name] for name in same] == [fetched[trade_id][name] for name in same]
    start = min(trade["timestamp"] for trade in fetched.values())
    later = await kraken.fetch_trades(SYMBOL, since=start + 1000)
    assert later and all(trade["timestamp"] > start for trade in later), later
    try:
        await kraken.public_get_depth({"pair": "NONESUCH"})
        raise AssertionError("an unknown pair has a book")
    except ccxt.ExchangeError as error:
        assert "EQuery:Unknown asset pair" in str(error)


async def session() -> None:
    seen: dict = {"trades": {}}
    kraken = client()
    try:
        await market_data(kraken, seen)
    finally:
        await kraken.close()
    print(json.dumps({name: len(value) for name, value in seen.items()}))


asyncio.run(asyncio.wait_for(session(), WAIT_S))
