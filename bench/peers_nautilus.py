"""A peer of signals_bench.ts: nautilus_trader's backtest engine with one actor and one signal. Its data
engine keeps the books; its matching engine takes the same data, as in any of its backtests."""

from collections import deque
from decimal import Decimal

import nautilus_trader
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common.actor import Actor
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas, QuoteTick, TradeTick
from nautilus_trader.model.enums import (
    AccountType,
    AggressorSide,
    AssetClass,
    BookAction,
    BookType,
    OmsType,
    OrderSide,
)
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, Venue
from nautilus_trader.model.instruments import BinaryOption
from nautilus_trader.model.objects import Money, Price, Quantity

from peers_rounds import answer_rounds

VENUE = Venue("KALSHI")
LIMIT = 0.02
WINDOW_NS = 5_000_000_000
PRICE_DECIMALS, SIZE_DECIMALS = 4, 2


def instrument_of(symbol):
    return BinaryOption(
        instrument_id=InstrumentId(Symbol(symbol), VENUE),
        raw_symbol=Symbol(symbol),
        asset_class=AssetClass.ALTERNATIVE,
        currency=USD,
        price_precision=PRICE_DECIMALS,
        size_precision=SIZE_DECIMALS,
        price_increment=Price(10**-PRICE_DECIMALS, PRICE_DECIMALS),
        size_increment=Quantity(10**-SIZE_DECIMALS, SIZE_DECIMALS),
        activation_ns=0,
        expiration_ns=4_000_000_000_000_000_000,
        ts_event=0,
        ts_init=0,
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
    )


def price(value):
    return Price(value, PRICE_DECIMALS)


def size(value):
    return Quantity(value, SIZE_DECIMALS)


def deltas_of(record, instrument_id, at_ns):
    sequence = record["sequence"]
    deltas = []
    if record["kind"] == "snapshot":
        deltas.append(OrderBookDelta.clear(instrument_id, sequence, at_ns, at_ns))
    for name, side in (("bids", OrderSide.BUY), ("asks", OrderSide.SELL)):
        for level in record[name]:
            action = BookAction.DELETE if level["size"] == 0 else BookAction.UPDATE
            order = BookOrder(side, price(level["price"]), size(level["size"]), 0)
            deltas.append(OrderBookDelta(instrument_id, action, order, 0, sequence, at_ns, at_ns))
    return OrderBookDeltas(instrument_id, deltas) if deltas else None


def data_of(record, instrument_id):
    at_ns = record["receivedAtUs"] * 1000
    if record["type"] == "orderbook":
        return deltas_of(record, instrument_id, at_ns)
    if record["type"] == "trade":
        side = AggressorSide.BUYER if record["side"] == "buy" else AggressorSide.SELLER
        trade_id = TradeId(record["tradeId"])
        values = (price(record["price"]), size(record["size"]), side, trade_id, at_ns, at_ns)
        return TradeTick(instrument_id, *values)
    if record["bidPrice"] is None or record["askPrice"] is None:
        return None
    prices = (price(record["bidPrice"]), price(record["askPrice"]))
    sizes = (size(record["bidSize"] or 0), size(record["askSize"] or 0))
    return QuoteTick(instrument_id, *prices, *sizes, at_ns, at_ns)


class Spread(Actor):
    """Fires when the spread is wide while the mid has moved within five seconds."""

    def __init__(self, instrument_ids):
        super().__init__()
        self.instrument_ids = instrument_ids
        self.mids = {}
        self.fires = 0

    def on_start(self):
        for instrument_id in self.instrument_ids:
            self.subscribe_order_book_deltas(instrument_id, BookType.L2_MBP)
            self.subscribe_quote_ticks(instrument_id)
            self.subscribe_trade_ticks(instrument_id)

    def on_order_book_deltas(self, deltas):
        book = self.cache.order_book(deltas.instrument_id)
        spread, mid = book.spread(), book.midpoint()
        if spread is None or mid is None:
            return
        mids = self.mids.setdefault(deltas.instrument_id, deque())
        mids.append((deltas.ts_event, mid))
        while mids[0][0] < deltas.ts_event - WINDOW_NS:
            mids.popleft()
        if spread >= LIMIT and abs(mid - mids[0][1]) > LIMIT:
            self.fires += 1


def prepare(records):
    instruments = {symbol: instrument_of(symbol) for symbol in {r["symbol"] for r in records}}
    items = [data_of(record, instruments[record["symbol"]].id) for record in records]
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=USD,
        starting_balances=[Money(1_000_000, USD)],
        book_type=BookType.L2_MBP,
    )
    for instrument in instruments.values():
        engine.add_instrument(instrument)
    engine.add_data([item for item in items if item is not None])
    actor = Spread([instrument.id for instrument in instruments.values()])
    engine.add_actor(actor)
    return engine, actor


def run(prepared):
    engine, actor = prepared
    actor.fires = 0
    actor.mids = {}
    engine.reset()
    engine.run()
    return actor.fires


answer_rounds(nautilus_trader.__version__, prepare, run)
