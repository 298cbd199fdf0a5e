"""A session of ccxt, and of ccxt.pro, with the simulated Kraken: markets, book, trades, orders, fills.
Only the addresses are changed. Prints what it saw as JSON; an assertion that fails is a difference to what ccxt expects of the venue."""

import asyncio
import json
import math
import sys

import ccxt.pro

REST, SOCKET, KEY, SECRET = sys.argv[1:]
SYMBOL = "BTC/USD"
WAIT_S = 400


def client(**credentials: str) -> ccxt.pro.kraken:
    kraken = ccxt.pro.kraken({"enableRateLimit": False, "timeout": 60_000, **credentials})
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


class Account:
    """What ccxt.pro says of orders and own trades, in the order in which it says it."""

    def __init__(self, kraken: ccxt.pro.kraken) -> None:
        self.kraken = kraken
        self.states: dict[str, list[str]] = {}
        self.fills: dict[str, dict] = {}
        self.tasks = [asyncio.create_task(self.watch(each)) for each in (self.orders, self.trades)]

    async def watch(self, again) -> None:
        while True:
            await again()

    async def orders(self) -> None:
        for order in await self.kraken.watch_orders():
            self.states.setdefault(order["id"], []).append(order["status"])

    async def trades(self) -> None:
        self.fills |= {trade["id"]: trade for trade in await self.kraken.watch_my_trades()}

    async def until(self, order_id: str, state: str, amount: float = 0) -> None:
        """Waits until an order was told to be in a state, and fills of this amount."""

        def is_there() -> bool:
            filled = sum(fill["amount"] for fill in self.fills_of(order_id))
            return state in self.states.get(order_id, []) and filled > amount * 0.999999 - 1e-12

        while not is_there():
            broken = next((task for task in self.tasks if task.done()), None)
            if broken is not None:
                broken.result()
            await asyncio.sleep(0.02)

    def fills_of(self, order_id: str) -> list[dict]:
        return [fill for fill in self.fills.values() if fill["order"] == order_id]

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()


def check_fills(order: dict, fills: list[dict], kind: str, percent: float) -> None:
    """An order's fills are the order, at the fee of its kind."""
    assert order["status"] == "closed" and order["filled"] == order["amount"], order
    assert math.isclose(sum(fill["amount"] for fill in fills), order["amount"]), (order, fills)
    for fill in fills:
        assert fill["takerOrMaker"] == kind and fill["side"] == order["side"], fill
        assert math.isclose(fill["cost"], fill["price"] * fill["amount"], rel_tol=1e-9), fill
        assert math.isclose(fill["fee"]["cost"], fill["cost"] * percent / 100, rel_tol=1e-6), fill
    assert math.isclose(float(order["fee"]["cost"]), sum(fill["fee"]["cost"] for fill in fills))


async def orders(kraken: ccxt.pro.kraken, seen: dict) -> None:
    # Two signed requests at once may overtake each other, and a nonce that comes late is refused.
    await kraken.authenticate()
    account = Account(kraken)
    seen["fills"] = account.fills
    assert (await kraken.fetch_balance())["free"] | {"USD": 100_000.0, "BTC": 0.0} == (
        await kraken.fetch_balance()
    )["free"]
    # Over the WebSocket, through several levels.
    before = await kraken.fetch_order_book(SYMBOL, 500)
    amount = min(1, round(sum(size for _, size, *_ in before["asks"][:6]), 3))
    bought = await kraken.create_order_ws(SYMBOL, "market", "buy", amount)
    await account.until(bought["id"], "closed", amount)
    order = await kraken.fetch_order(bought["id"])
    check_fills(order, account.fills_of(order["id"]), "taker", 0.4)
    assert len(account.fills_of(order["id"])) >= 2, account.fills
    balance = await kraken.fetch_balance()
    assert math.isclose(balance["BTC"]["free"], amount), balance["BTC"]
    cost = sum(fill["cost"] + fill["fee"]["cost"] for fill in account.fills_of(order["id"]))
    assert math.isclose(balance["USD"]["total"], 100_000 - cost, abs_tol=1e-6), balance["USD"]
    # Over REST: one that rests is in the public book, holds money, and is canceled.
    book = await kraken.fetch_order_book(SYMBOL, 500)
    price = book["bids"][400][0]
    there = dict(level[:2] for level in book["bids"])[price]
    resting = await kraken.create_order(SYMBOL, "limit", "buy", 0.1234, price, {"clientOrderId": "mine"})
    [opened] = await kraken.fetch_open_orders(SYMBOL)
    assert [opened["id"], opened["price"], opened["clientOrderId"]] == [resting["id"], price, "mine"]
    book = await kraken.fetch_order_book(SYMBOL, 500)
    assert dict(level[:2] for level in book["bids"]).get(price, 0) >= 0.1234, (there, book)
    assert math.isclose((await kraken.fetch_balance())["USD"]["used"], price * 0.1234 * 1.004)
    await kraken.cancel_order(resting["id"])
    await account.until(resting["id"], "canceled")
    assert await kraken.fetch_open_orders() == []
    assert (await kraken.fetch_balance())["USD"]["used"] == 0
    # One that rests at the best price is filled when the model trades through it.
    order = await filled_at_best(kraken, account)
    check_fills(order, account.fills_of(order["id"]), "maker", 0.25)
    assert {fill["price"] for fill in account.fills_of(order["id"])} == {order["price"]}
    mine = {trade["id"] for trade in await kraken.fetch_my_trades(SYMBOL)}
    assert mine == set(account.fills), (mine, account.fills)
    await refusals(kraken)
    account.close()


async def filled_at_best(kraken: ccxt.pro.kraken, account: Account) -> dict:
    """Offers at the best price until the market, which moves, comes to an offer."""
    size = 0.001
    while True:
        ask = (await kraken.fetch_order_book(SYMBOL, 1))["asks"][0][0]
        offer = await kraken.create_order_ws(SYMBOL, "limit", "sell", size, ask, {"postOnly": True})
        for _ in range(50):
            order = await kraken.fetch_order(offer["id"])
            if order["status"] != "open":
                break
            await asyncio.sleep(0.05)
        if order["status"] == "closed":
            await account.until(order["id"], "closed", size)
            return order
        if order["status"] == "open":
            try:
                await kraken.cancel_order(order["id"])
            except ccxt.OrderNotFound:
                pass


async def refusals(kraken: ccxt.pro.kraken) -> None:
    wrong = (
        (ccxt.InsufficientFunds, lambda: kraken.create_order(SYMBOL, "limit", "buy", 100, 50_000)),
        # ccxt knows the words of the WebSocket for it from the documentation only.
        (ccxt.ExchangeError, lambda: kraken.create_order_ws(SYMBOL, "market", "sell", 100)),
        (ccxt.InvalidOrder, lambda: kraken.create_order(SYMBOL, "limit", "buy", 0.00001, 50_000)),
        (ccxt.OrderNotFound, lambda: kraken.cancel_order("OAAAAA-AAAAA-AAAAAA")),
        (ccxt.OrderNotFound, lambda: kraken.cancel_order_ws("OAAAAA-AAAAA-AAAAAA")),
    )
    for error, attempt in wrong:
        try:
            answer = await attempt()
        except error:
            continue
        raise AssertionError(f"no {error.__name__}: {answer}")
    stranger = client(apiKey=KEY, secret="c29tZWJvZHkgZWxzZQ==")
    try:
        await stranger.fetch_balance()
        raise AssertionError("a wrong signature was accepted")
    except ccxt.ExchangeError as error:
        assert "EAPI:Invalid signature" in str(error)
    finally:
        await stranger.close()


async def session() -> None:
    seen: dict = {"trades": {}}
    kraken = client(apiKey=KEY, secret=SECRET)
    try:
        await market_data(kraken, seen)
        await orders(kraken, seen)
    finally:
        await kraken.close()
    print(json.dumps({name: len(value) for name, value in seen.items()}))


asyncio.run(asyncio.wait_for(session(), WAIT_S))
