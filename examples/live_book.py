"""Follows a market's book, also over restarts of this program: live_book.py [symbol] [updates] [state file].

The place of the last record is kept in a file; the next run goes on behind it and says what it missed.
Asks the gateway at $SSMD_URL, else http://127.0.0.1:8080.
"""

import pathlib
import sys

import ssmd

symbol = sys.argv[1] if len(sys.argv) > 1 else "BTCUSD"
updates = int(sys.argv[2]) if len(sys.argv) > 2 else 50
state = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else "live_book.pos")

since = state.read_text() if state.exists() else None
print(f"goes on behind {since}" if since else "begins now")
stream, book, seen = ssmd.stream(symbol, "orderbook", since=since), ssmd.Book(), 0
for record in stream:
    book.apply(record)
    if record["type"] in ("missed", "dropped", "gap"):
        print("not whole:", record)
    # Who goes on gets what changed meanwhile, then the whole book: it is known from there on.
    if book.is_known:
        bid, ask = (f"{levels[0][1]:>12} @ {levels[0][0]}" if levels else "nobody" for levels in book.best(1))
        print(f"{symbol} {bid} | {ask}")
        seen += 1
    if seen >= updates:
        break
state.write_text(str(stream.pos))
