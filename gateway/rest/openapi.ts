import { LIMITS } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";

const NUMBER_OR_NULL = { type: ["number", "null"] };
const TIME = { type: ["number", "null"], description: "Milliseconds since 1970, with decimals." };
const LEVELS = {
  type: "array",
  items: { type: "array", prefixItems: [{ type: "number" }, { type: "number" }] },
  description: "[price, size], best first.",
};
const SYMBOL = { name: "symbol", in: "path", required: true, schema: { type: "string" } };

function query(name: string, schema: Record<string, unknown>, description: string) {
  return { name, in: "query", required: false, schema, description };
}

function integer(minimum: number, maximum: number, fallback: number) {
  return { type: "integer", minimum, maximum, default: fallback };
}

function get(summary: string, schema: unknown, parameters: unknown[] = []) {
  return {
    get: {
      summary,
      parameters,
      responses: {
        "200": { description: "OK", content: { "application/json": { schema } } },
        default: {
          description: "What is wrong and what to do",
          content: { "application/problem+json": { schema: ref("Problem") } },
        },
      },
    },
  };
}

function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

function object(properties: Record<string, unknown>) {
  return { type: "object", properties };
}

function list(name: string, items: unknown) {
  return object({ [name]: { type: "array", items } });
}

const SCHEMAS = {
  Problem: object({
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string" },
    detail: { type: "string" },
    hint: { type: "string" },
  }),
  Market: object({
    symbol: { type: "string" },
    feed: { type: "string" },
    external: { type: ["string", "null"] },
    state: { type: "string" },
    last_price: NUMBER_OR_NULL,
    bid_price: NUMBER_OR_NULL,
    ask_price: NUMBER_OR_NULL,
    volume_24h: NUMBER_OR_NULL,
    updated: TIME,
    book: { enum: ["pending", "live"] },
    gap: { type: ["object", "null"] },
  }),
  Trade: object({
    type: { const: "trade" },
    symbol: { type: "string" },
    feed: { type: "string" },
    price: { type: "number" },
    size: { type: "number" },
    side: { enum: ["buy", "sell", "unknown"] },
    ts: TIME,
    recv_ts: TIME,
    seq: { type: "integer" },
    id: { type: "string" },
  }),
  OrderBook: object({
    symbol: { type: "string" },
    feed: { type: "string" },
    bids: LEVELS,
    asks: LEVELS,
    state: { enum: ["pending", "live"] },
    suspect_since: TIME,
    checksum: { enum: ["unverified", "verified", "failed"] },
    ts: TIME,
    recv_ts: TIME,
    seq: { type: "integer" },
  }),
  Feed: object({
    feed: { type: "string" },
    markets: { type: "integer" },
    books_pending: { type: "integer" },
    records: { type: "integer" },
    records_per_second: { type: "integer" },
    updated: TIME,
    gap: { type: ["object", "null"] },
  }),
};

/** The description of the REST routes (OpenAPI 3.1). */
export function openApi(version: string): Record<string, unknown> {
  const pageMax = GATEWAY_LIMITS.marketsPageMax;
  return {
    openapi: "3.1.0",
    info: {
      title: "ssmd gateway",
      version,
      description: "Live market data. The stream is a WebSocket at /v1/stream.",
    },
    paths: {
      "/v1/feeds": get("Feeds and how they are", list("feeds", ref("Feed"))),
      "/v1/markets": get("Markets in the environment's order", list("markets", ref("Market")), [
        query("feed", { type: "string" }, "Only this feed's."),
        query("limit", integer(1, pageMax, 1000), "Markets in the answer."),
        query("after", { type: "string" }, "Go on after this symbol (`next` of the last answer)."),
      ]),
      "/v1/markets/{symbol}": get("One market", ref("Market"), [SYMBOL]),
      "/v1/markets/{symbol}/trades": get("Newest trades first", list("trades", ref("Trade")), [
        SYMBOL,
        query("limit", integer(1, LIMITS.recentTradesMax, 100), "Trades in the answer."),
      ]),
      "/v1/markets/{symbol}/orderbook": get("The order book", ref("OrderBook"), [
        SYMBOL,
        query("depth", integer(1, 10_000, 25), "Levels a side."),
      ]),
      "/v1/info": get("What runs here", { type: "object" }),
      "/health": get("Whether the process lives", { type: "object" }),
      "/health/ready": get("Whether it serves; 503 with reasons when not", { type: "object" }),
    },
    components: { schemas: SCHEMAS },
  };
}
