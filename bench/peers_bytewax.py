"""A peer of signals_bench.ts: bytewax with one signal in `stateful_map`, by symbol. It gets the best bid
and ask after each record, as it keeps no books."""

from importlib.metadata import version

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

from peers_rounds import answer_rounds

LIMIT = 0.02
FAST, SLOW = 0.2, 0.02


def prepare(records):
    books = {}
    quotes = []
    for record in records:
        book = books.setdefault(record["symbol"], ({}, {}))
        if record["type"] == "orderbook":
            for levels, side in zip(book, ("bids", "asks")):
                if record["kind"] == "snapshot":
                    levels.clear()
                for level in record[side]:
                    if level["size"] == 0:
                        levels.pop(level["price"], None)
                    else:
                        levels[level["price"]] = level["size"]
        bid, ask = max(book[0], default=0.0), min(book[1], default=1.0)
        quotes.append((record["symbol"], bid, ask))
    return quotes


def step(state, quote):
    _, bid, ask = quote
    mid = (bid + ask) / 2
    fast, slow = state or (mid, mid)
    fast += FAST * (mid - fast)
    slow += SLOW * (mid - slow)
    fires = ask - bid >= LIMIT and abs(fast - slow) > LIMIT
    return (fast, slow), ask - bid if fires else None


def run(quotes):
    fires = []
    flow = Dataflow("bench")
    stream = op.input("quotes", flow, TestingSource(quotes, batch_size=1000))
    keyed = op.key_on("symbol", stream, lambda quote: quote[0])
    spreads = op.stateful_map("signal", keyed, step)
    fired = op.filter("fires", spreads, lambda item: item[1] is not None)
    op.output("out", fired, TestingSink(fires))
    run_main(flow)
    return len(fires)


answer_rounds(version("bytewax"), prepare, run)
