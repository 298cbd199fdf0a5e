"""Draws bars and volume, with gaps shaded: bars_plot.py [symbol] [day] [file.png].

Asks the gateway at $SSMD_URL, else http://127.0.0.1:8080.
"""

import sys

import matplotlib.pyplot as plt
import ssmd

symbol = sys.argv[1] if len(sys.argv) > 1 else "BTCUSD"
day = sys.argv[2] if len(sys.argv) > 2 else "today"
path = sys.argv[3] if len(sys.argv) > 3 else "bars.png"

bars = ssmd.bars(symbol, day, every="5s")
if bars.empty:
    sys.exit(f"{symbol} has no trades {day}")
first, last = bars["start"].iloc[0], bars["start"].iloc[-1]
gaps = ssmd.gaps(symbol, day).fillna({"to_time": last})  # none = still open

figure, (prices, volumes) = plt.subplots(2, sharex=True, height_ratios=[3, 1], figsize=(10, 6))
prices.fill_between(bars["start"], bars["low"], bars["high"], step="post", alpha=0.3)
prices.step(bars["start"], bars["close"], where="post", linewidth=1)
volumes.bar(bars["start"], bars["volume"], width=(bars["start"].diff().min()), align="edge")
for axes in (prices, volumes):
    for gap in gaps.itertuples():
        begin, end = max(gap.from_time, first), min(gap.to_time, last)
        if begin < end:
            axes.axvspan(begin, end, color="tab:orange", alpha=0.3)
prices.set_title(f"{symbol}, {day}: {len(bars)} bars, {int(bars['gap'].sum())} of them touched by a gap")
prices.set_ylabel("price")
volumes.set_ylabel("volume")
figure.autofmt_xdate()
figure.savefig(path, dpi=120)
print(f"{path}: {len(bars)} bars of {symbol}")
