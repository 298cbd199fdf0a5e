import type { RestAnswer } from "../venue.ts";
import { type BookSummary, plainText } from "./book.ts";

/** Decimals of a simulated price. */
const DECIMALS = 3;
const STEPS = 10 ** DECIMALS;

/** Answers public CLOB requests about one token; undefined = no such path. */
export function answerClob(
  path: string,
  query: URLSearchParams,
  bookOf: (token: string) => BookSummary | undefined,
): RestAnswer | undefined {
  const answer = ANSWERS[path];
  if (answer === undefined) return undefined;
  const token = query.get("token_id") ?? "";
  if (!/^\d+$/.test(token)) return refusal(400, "Invalid token id");
  const book = bookOf(token);
  if (book === undefined) return refusal(404, "No orderbook exists for the requested token id");
  const value = answer(book, query);
  return value === undefined
    ? refusal(400, "Invalid side")
    : { status: 200, body: JSON.stringify(value) };
}

const ANSWERS: Readonly<Record<string, (book: BookSummary, query: URLSearchParams) => unknown>> = {
  "/book": (book) => book,
  "/midpoint": (book) => ({ mid: plainText((bid(book) + ask(book)) * 5, DECIMALS + 1) }),
  "/spread": (book) => ({ spread: plainText(ask(book) - bid(book), DECIMALS) }),
  "/price": (book, query) => {
    const side = query.get("side");
    if (side !== "BUY" && side !== "SELL") return undefined;
    return { price: plainText(side === "BUY" ? bid(book) : ask(book), DECIMALS) };
  },
  "/tick-size": ({ tick_size }) => ({ minimum_tick_size: Number(tick_size) }),
  "/neg-risk": ({ neg_risk }) => ({ neg_risk }),
  "/last-trade-price": ({ last_trade_price: price }) => ({ price, side: "BUY" }),
};

function bid({ bids }: BookSummary): number {
  return Math.round(Number(bids.at(-1)?.price ?? 0) * STEPS);
}

function ask({ asks }: BookSummary): number {
  return Math.round(Number(asks.at(-1)?.price ?? 1) * STEPS);
}

function refusal(status: number, error: string): RestAnswer {
  return { status, body: JSON.stringify({ error }) };
}
