import { include, type SummaryDraft } from "../capture_summary.ts";
import { numberField, stringField } from "../json_text.ts";
import { KRAKEN_DEPTHS } from "./session.ts";

function decimalsIn(text: string, key: RegExp): number {
  let most = 0;
  for (const [, number = ""] of text.matchAll(key)) {
    const point = number.indexOf(".");
    if (point >= 0) most = Math.max(most, number.length - point - 1);
  }
  return most;
}

function noteDepth(summary: SummaryDraft, symbol: string, depth: number): void {
  const depths = summary.depths[symbol] ??= [];
  if (!depths.includes(depth)) depths.push(depth);
}

/** Adds a frame to the summary of its capture. */
export function noteKraken(summary: SummaryDraft, text: string): void {
  const channel = stringField(text, "channel");
  const symbol = stringField(text, "symbol");
  if (channel === "heartbeat") summary.heartbeats = true;
  if (text.includes(`"success":false`) && stringField(text, "method") === "subscribe") {
    include(summary.refused, symbol);
  }
  if (channel === undefined || symbol === undefined) return;
  if (text.includes(`"method":`)) {
    if (!text.includes(`"success":true`) || !text.includes(`"subscribe"`)) return;
    include(summary.acknowledged, channel);
    if (channel === "book") noteDepth(summary, symbol, numberField(text, "depth"));
    return;
  }
  if (channel !== "book" && channel !== "trade" && channel !== "ticker") return;
  include(summary.channels, channel);
  include(summary.symbols, symbol);
  if (channel === "ticker") return;
  const price = decimalsIn(text, /"price":\s*([\d.]+)/g);
  const size = decimalsIn(text, /"qty":\s*([\d.]+)/g);
  summary.priceDecimals[symbol] = Math.max(summary.priceDecimals[symbol] ?? 0, price);
  summary.sizeDecimals[symbol] = Math.max(summary.sizeDecimals[symbol] ?? 0, size);
  if (channel === "book" && summary.depths[symbol] === undefined) {
    const levels = text.slice(0, text.indexOf(`"asks"`)).split(`"price"`).length - 1;
    if (stringField(text, "type") !== "snapshot") return;
    noteDepth(summary, symbol, KRAKEN_DEPTHS.find((depth) => depth >= levels) ?? 1000);
  }
}
