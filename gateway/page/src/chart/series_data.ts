import type {
  CandlestickData,
  HistogramData,
  UTCTimestamp,
  WhitespaceData,
} from "lightweight-charts";
import { amountText, priceNumber } from "../state/market_figures.ts";
import type { MarketRow } from "../state/market_row.ts";
import { cssColor } from "../theme.ts";
import type { Candle } from "./candles.ts";

type Bar = CandlestickData<UTCTimestamp> | WhitespaceData<UTCTimestamp>;

/** Chart bar of a candle; undefined = no trade in the interval. */
export function barOf(start: number, candle: Candle | undefined): Bar {
  const time = start / 1000 as UTCTimestamp;
  if (candle === undefined) return { time };
  const { open, high, low, close } = candle;
  const bar = { time, open, high, low, close };
  if (!candle.gap) return bar;
  // Records may be missing in it, so it has a warning colour.
  const color = cssColor("--warn");
  return { ...bar, color, wickColor: color };
}

/** Chart volume of a candle. */
export function volumeOf(
  start: number,
  candle: Candle | undefined,
): HistogramData<UTCTimestamp> | WhitespaceData<UTCTimestamp> {
  const time = start / 1000 as UTCTimestamp;
  if (candle === undefined) return { time };
  const color = cssColor(candle.close >= candle.open ? "--up-volume" : "--down-volume");
  return { time, value: candle.volume, color };
}

/** Texts that describe a candle. */
export function candleWords(candle: Candle, row: MarketRow): string[] {
  return [
    `O ${priceNumber(row, candle.open)}  H ${priceNumber(row, candle.high)}`,
    `L ${priceNumber(row, candle.low)}  C ${priceNumber(row, candle.close)}`,
    `V ${amountText(row, candle.volume)}`,
    ...(candle.gap ? ["incomplete"] : []),
  ];
}
