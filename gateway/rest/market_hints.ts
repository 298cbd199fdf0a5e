import type { EventType } from "@ssmd/market";
import type { MarketDetails } from "./schemas/market.ts";

/** Market details without hints. */
type Details = Omit<MarketDetails, "_hints">;

/** Returns plain sentences for a reader, often a language model, that sees only this answer. */
export function hintsOf(details: Details, hidden: readonly EventType[]): string[] {
  const missing = hidden.length === 0
    ? []
    : [`This caller may not see these records of ${details.symbol}: ${hidden.join(", ")}.`];
  return [meaningOf(details), ...missing, ...suspicionsOf(details), ...nextOf(details)];
}

function meaningOf({ contract, symbol }: Details): string {
  if (contract.type === "prediction") {
    return `Prices of ${symbol} are dollars for one YES contract that pays 1 or 0: read them as ` +
      "probabilities; an offer to buy NO at p stands as an ask for YES at 1 − p.";
  }
  return `Prices of ${symbol} are in the quote currency for one unit of the base currency; sizes ` +
    "are in the base unit; times are milliseconds since 1970 (UTC).";
}

function suspicionsOf({ quality, order_book: book, price, ...rest }: Details): string[] {
  const found: string[] = [];
  if (rest.state_unknown_since !== null) {
    const since = new Date(rest.state_unknown_since).toISOString();
    found.push(
      `Steps in its life may be missed since ${since}: whether it is open, halted or settled is not ` +
        "known until the venue says so, or trades.",
    );
  }
  if (quality.gap !== null) {
    found.push(
      `A gap (${quality.gap.reason}) is open: records since then are missing or suspect; do not ` +
        "trust the book until it is closed.",
    );
  } else if (quality.state === "empty") {
    found.push("Nothing has come for this market since the gateway started: no figure is known.");
  } else if (quality.state === "stale") {
    found.push("The whole feed is silent: these figures are old, the connection may be broken.");
  } else if (quality.state === "quiet") {
    found.push("This market rests while its feed goes on: the figures still hold, they are old.");
  } else if (quality.state === "suspect") {
    found.push("The order book is not known now and waits for a snapshot; bid and ask are older.");
  }
  if (book?.crossed) found.push("The book is crossed (bid at or above ask): do not trade on it.");
  if (book?.checksum === "failed") found.push("The venue's checksum did not fit the book.");
  if (quality.lag_ms !== null && quality.lag_ms > 5000) {
    found.push("Records come long after the venue's time: a replay, a slow line or a wrong clock.");
  }
  if (price.source === "ticker") found.push("Bid and ask are from the ticker, not from a book.");
  return found;
}

function nextOf({ _links: links }: Details): string[] {
  const next: string[] = [];
  if (links["orderbook"]) next.push(`For the full book ask ${links["orderbook"]}?depth=100.`);
  if (links["candles"]) next.push(`For prices over time ask ${links["candles"]}.`);
  next.push("Do not poll: the WebSocket in _links.stream sends every change.");
  return next;
}
