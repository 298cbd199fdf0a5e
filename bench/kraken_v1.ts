/**
 * Kraken's frames as version 1 of its socket sends the same events: tardis-dev's newest release on npm
 * maps that version only. @module
 */
const CHANNEL_ID = 336;

interface V2Frame {
  channel: string;
  type: string;
  data: { symbol: string; side?: string; checksum?: number; timestamp?: string }[];
}

/** The frame in version 1's form; numbers keep their digits. */
export function toKrakenV1(text: string): string {
  const { channel, type, data: [first] } = JSON.parse(text) as V2Frame;
  if (first === undefined) throw new RangeError(`a frame without data: ${text}`);
  const time = secondsOf(first.timestamp);
  if (channel === "book") {
    return bookFrame(text, { ...first, isSnapshot: type === "snapshot", time });
  }
  const value = (name: string) => new RegExp(`"${name}":([-0-9.e]+)`).exec(text)?.[1] ?? "0";
  if (channel === "trade") {
    const side = first.side === "buy" ? "b" : "s";
    const trade = [value("price"), value("qty"), time, side, "l", ""];
    return JSON.stringify([CHANNEL_ID, [trade], "trade", first.symbol]);
  }
  const spread = [value("bid"), value("ask"), time, value("bid_qty"), value("ask_qty")];
  return JSON.stringify([CHANNEL_ID, spread, "spread", first.symbol]);
}

/** A snapshot of version 2 has no time. */
function secondsOf(timestamp = "1970-01-01T00:00:00.000000Z"): string {
  const us = timestamp.slice(timestamp.indexOf(".") + 1, -1).padEnd(6, "0");
  return `${Math.floor(Date.parse(timestamp) / 1000)}.${us}`;
}

interface Book {
  symbol: string;
  checksum?: number;
  isSnapshot: boolean;
  time: string;
}

function bookFrame(text: string, { symbol, checksum, isSnapshot, time }: Book): string {
  const levels = (side: "bids" | "asks") => {
    const [, list = ""] = new RegExp(`"${side}":\\[([^\\]]*)\\]`).exec(text) ?? [];
    return [...list.matchAll(/"price":([-0-9.e]+),"qty":([-0-9.e]+)/g)]
      .map(([, price, size]) => [price, size, time]);
  };
  const [bids, asks] = [levels("bids"), levels("asks")];
  if (isSnapshot) return JSON.stringify([CHANNEL_ID, { as: asks, bs: bids }, "book-10", symbol]);
  const check = String(checksum);
  const sides = [
    ...asks.length > 0 ? [{ a: asks, ...bids.length > 0 ? {} : { c: check } }] : [],
    ...bids.length > 0 ? [{ b: bids, c: check }] : [],
  ];
  return JSON.stringify([CHANNEL_ID, ...sides, "book-10", symbol]);
}
