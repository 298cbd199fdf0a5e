"""A foreign client of Polymarket, which knows the venue by its documentation and Polymarket's own
Python client only: finds tokens over Gamma, asks the CLOB, follows the market channel, keeps books and
compares all of it. Prints what it counted as JSON; an assertion that fails is a difference."""

import json
import sys
from decimal import Decimal

import httpx
from py_clob_client.client import ClobClient
from py_clob_client.clob_types import OrderBookSummary, OrderSummary
from py_clob_client.exceptions import PolyApiException
from websockets.sync.client import connect

REST, SOCKET = sys.argv[1:]
HEAD = {"event_type", "market", "timestamp"}
LIFE = HEAD | {"id", "question", "slug", "description", "assets_ids", "outcomes", "event_message"}
# Fields of the documentation, and what a first book has besides.
FIELDS = {
    "book": HEAD | {"asset_id", "hash", "bids", "asks"},
    "price_change": HEAD | {"price_changes"},
    "last_trade_price": HEAD
    | {"asset_id", "price", "size", "side", "fee_rate_bps", "transaction_hash"},
    "best_bid_ask": HEAD | {"asset_id", "best_bid", "best_ask", "spread"},
    "tick_size_change": HEAD | {"asset_id", "old_tick_size", "new_tick_size"},
    "new_market": LIFE,
    "market_resolved": LIFE | {"winning_asset_id", "winning_outcome"},
}
FIRST_BOOK = FIELDS["book"] | {"tick_size", "last_trade_price"}
CHANGE = {"asset_id", "price", "size", "side", "hash", "best_bid", "best_ask"}
WANTED = {
    "book": 8, "price_change": 300, "last_trade_price": 30, "best_bid_ask": 30,
    "tick_size_change": 1,
    "new_market": 6, "market_resolved": 3,
}


def pages(path: str, limit: int) -> list[dict]:
    """All entries of `/markets/keyset` or `/events/keyset`, as the documentation pages."""
    found, cursors, params = [], set(), {"closed": "false", "limit": limit}
    while True:
        page = httpx.get(f"{REST}/{path}/keyset", params=params).json()
        assert set(page) <= {path, "next_cursor"} and 0 < len(page[path]) <= limit, page
        found += page[path]
        cursor = page.get("next_cursor")
        if cursor is None:
            return found
        assert cursor not in cursors, "a cursor in circles"
        cursors.add(cursor)
        # A parameter of another name is not known, and gives the first page again.
        ignored = httpx.get(f"{REST}/{path}/keyset", params={**params, "cursor": cursor}).json()
        assert "after_cursor" in params or ignored == page
        params["after_cursor"] = cursor


def gamma() -> list[dict]:
    """Open markets by pages of one; their events have the same markets and tokens in them."""
    markets = pages("markets", 1)
    assert markets == pages("markets", 100) == httpx.get(f"{REST}/markets").json()
    far = httpx.get(f"{REST}/markets", params={"offset": 2100})
    assert far.status_code == 422 and far.json() == {
        "type": "validation error",
        "error": "offset too large, use /markets/keyset for deeper pagination",
    }
    tokens = [
        (event["slug"], market["clobTokenIds"])
        for event in pages("events", 1) for market in event["markets"]
    ]
    assert tokens == [(each["events"][0]["slug"], each["clobTokenIds"]) for each in markets]
    for market in markets:
        assert len(json.loads(market["clobTokenIds"])) == len(json.loads(market["outcomes"])) == 2
        for path in (f"slug/{market['slug']}", market["id"]):
            assert httpx.get(f"{REST}/markets/{path}").json() == market
    assert httpx.get(f"{REST}/events/slug/none").status_code == 404
    return markets


def rest() -> dict[str, OrderBookSummary]:
    """Tokens of open markets with their books, all as Polymarket's own client reads them."""
    client = ClobClient(REST)
    assert client.get_ok() == "OK"
    assert client.get_server_time() > 1_600_000_000
    books = {}
    for market in gamma():
        for token in json.loads(market["clobTokenIds"]):
            try:
                book = client.get_order_book(token)
            except PolyApiException as error:
                assert error.status_code == 404, error
                continue
            given = book.hash
            assert client.get_order_book_hash(book) == given
            assert book.market == market["conditionId"]
            assert Decimal(book.min_order_size) == market["orderMinSize"]
            assert client.get_tick_size(token) == book.tick_size
            assert client.get_neg_risk(token) == book.neg_risk == market["negRisk"]
            bid, ask = (Decimal(client.get_price(token, side)["price"]) for side in ("BUY", "SELL"))
            assert [bid, ask] == [Decimal(side[-1].price) for side in (book.bids, book.asks)]
            assert Decimal(client.get_midpoint(token)["mid"]) == (bid + ask) / 2
            assert Decimal(client.get_spread(token)["spread"]) == ask - bid
            assert client.get_last_trade_price(token)["price"] == book.last_trade_price
            books[token] = book
    return books


class Book:
    """Levels by price, kept by changes; the terms of its hash from REST and the first book."""

    def __init__(self, terms: OrderBookSummary) -> None:
        self.terms = terms
        self.prices = {terms.last_trade_price}

    def replace(self, event: dict) -> None:
        for side in ("bids", "asks"):
            levels = [(Decimal(each["price"]), each["size"]) for each in event[side]]
            # The best is the last.
            assert levels == sorted(levels, reverse=side == "asks")
            setattr(self, side, dict(levels))

    def summary(self, timestamp: str, last: str) -> OrderBookSummary:
        side = lambda levels, down: [
            OrderSummary(price=str(price), size=levels[price])
            for price in sorted(levels, reverse=down)
        ]
        terms = self.terms
        return OrderBookSummary(
            market=terms.market, asset_id=terms.asset_id, timestamp=timestamp,
            bids=side(self.bids, False), asks=side(self.asks, True),
            min_order_size=terms.min_order_size, neg_risk=terms.neg_risk,
            tick_size=terms.tick_size, last_trade_price=last,
        )

    def has_hash(self, client: ClobClient, timestamp: str, given: str) -> bool:
        return any(
            client.get_order_book_hash(self.summary(timestamp, last)) == given
            for last in self.prices
        )


def received(socket) -> str:
    return socket.recv(timeout=120)


def follow(terms: dict[str, OrderBookSummary]) -> dict[str, int]:
    client = ClobClient(REST)
    books = {token: Book(summary) for token, summary in terms.items()}
    counts: dict[str, int] = {"arrays": 0, "hashes": 0}
    with connect(SOCKET, max_size=None) as socket:
        socket.send("PING")
        assert received(socket) == "PONG"
        request = {"assets_ids": [*books], "type": "market", "custom_feature_enabled": True}
        socket.send(json.dumps(request))
        while any(counts.get(kind, 0) < count for kind, count in WANTED.items()):
            value = json.loads(received(socket))
            counts["arrays"] += isinstance(value, list)
            for event in value if isinstance(value, list) else [value]:
                kind = event["event_type"]
                is_first = isinstance(value, list)
                expected = FIRST_BOOK if is_first else FIELDS[kind]
                assert set(event) == expected, (kind, set(event) ^ expected)
                assert all(isinstance(v, (str, list, dict)) for v in event.values()), event
                counts[kind] = counts.get(kind, 0) + 1
                if kind == "tick_size_change":
                    book = books[event["asset_id"]]
                    assert event["old_tick_size"] == book.terms.tick_size == "0.01", event
                    assert event["new_tick_size"] == "0.001", event
                    # Only near 0 and 1 prices are finer.
                    assert min(book.bids) < Decimal("0.04") or max(book.asks) > Decimal("0.96")
                    book.terms.tick_size = event["new_tick_size"]
                if kind == "last_trade_price":
                    price = Decimal(event["price"])
                    books[event["asset_id"]].prices = {f"{price:.3f}"}
                if kind == "book":
                    book = books[event["asset_id"]]
                    if is_first:
                        book.prices = {event["last_trade_price"]}
                    else:
                        before = (book.bids, book.asks)
                        book.replace(event)
                        assert before == (book.bids, book.asks), "a book that changes did not give"
                    book.replace(event)
                    assert book.has_hash(client, event["timestamp"], event["hash"]), event
                if kind == "price_change":
                    counts["hashes"] += change(books, client, event)
        # A token that is ended is quiet, what is asked for with no request that is one is ignored.
        ended, *others = books
        for operation in ("unsubscribe", "subscribe"):
            socket.send(json.dumps({"operation": operation, "assets_ids": [ended]}))
            if operation == "unsubscribe":
                socket.send("nonsense")
                socket.send("PING")
                while received(socket) != "PONG":
                    pass
                seen = 0
                while seen < 50:
                    frame = received(socket)
                    assert ended not in frame, frame
                    seen += others[0] in frame
        while not (frame := received(socket)).startswith("[") or ended not in frame:
            assert ended not in frame, "a first book comes before changes"
    return counts


def change(books: dict[str, Book], client: ClobClient, event: dict) -> int:
    for each in event["price_changes"]:
        assert set(each) == CHANGE, each
        book = books[each["asset_id"]]
        levels = {"BUY": book.bids, "SELL": book.asks}[each["side"]]
        if Decimal(each["size"]) == 0:
            levels.pop(Decimal(each["price"]), None)
        else:
            levels[Decimal(each["price"])] = each["size"]
    assert Decimal(each["best_bid"]) == max(book.bids), each
    assert Decimal(each["best_ask"]) == min(book.asks), each
    assert book.has_hash(client, event["timestamp"], each["hash"]), each
    return 1


found = rest()
assert len(found) >= 2, "no books"
print(json.dumps({"tokens": len(found), **follow(found)}))
