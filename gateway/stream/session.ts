import { suggestion } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market } from "../state/market.ts";
import type { MarketData } from "../state/market_data.ts";
import { TYPE_INDEX } from "./audience.ts";
import type { Client } from "./client.ts";
import type { Hub } from "./hub.ts";
import { type ClientRequest, parseRequest, RequestError, typeNames } from "./request.ts";

/** Names listed in one answer; beyond it only their number is told. */
const LISTED_MAX = 100;
/** Names looked through for a did-you-mean. */
const SUGGEST_AMONG_MAX = 500;

/** What a {@linkcode Session} works on. */
export interface SessionContext {
  data: MarketData;
  hub: Hub;
}

/** The conversation with one client: takes its requests, changes its subscriptions, answers. */
export class Session {
  #client: Client;
  #context: SessionContext;

  constructor(client: Client, context: SessionContext) {
    this.#client = client;
    this.#context = context;
  }

  /** Takes one text message. */
  onText(text: string): void {
    this.onRequest(parseRequest(text));
  }

  /** Takes a request that was read, or what is wrong with it. */
  onRequest(request: ClientRequest | RequestError): void {
    if (request instanceof RequestError) return this.refuse(request);
    switch (request.action) {
      case "ping":
        return this.#send({ type: "pong", ts: Date.now() }, request.id);
      case "subscribe":
        return this.#subscribe(request);
      case "unsubscribe":
        return this.#unsubscribe(request);
      case "snapshot":
        return this.#snapshot(request);
    }
  }

  /** Tells what is wrong with a request. */
  refuse(error: RequestError): void {
    const { code, message, hint } = error;
    this.#send({ type: "error", code, message, hint }, error.id);
  }

  #subscribe(request: ClientRequest): void {
    const rules = this.#client.rules;
    const { known, unknown } = this.#sorted(request.symbols);
    if (unknown.length > 0) this.#refuseUnknown(unknown, request.id);
    if (known.length === 0) return;
    const prefixes = known.filter((symbol) => symbol.endsWith("*")).length;
    if (
      rules.prefixCount + prefixes > GATEWAY_LIMITS.clientPrefixesMax ||
      rules.exactCount + known.length - prefixes > GATEWAY_LIMITS.clientSymbolsMax
    ) {
      return this.refuse(tooMany(request.id));
    }
    for (const pattern of known) rules.add(pattern, request.types, request.mode);
    if (request.mode !== "realtime") {
      this.#client.intervalMs = request.mode === "latest" ? 0 : request.intervalMs;
    }
    const markets = this.#marketsOf(known);
    this.#send({
      type: "subscribed",
      symbols: known,
      types: typeNames(request.types),
      mode: request.mode,
      ...(request.mode === "conflated" ? { interval_ms: request.intervalMs } : {}),
      markets: markets.length,
      ...this.#pendingOf(markets, request.types),
    }, request.id);
    for (const market of markets) this.#context.hub.update(this.#client, market, request.types);
    this.#tellOpenGaps(markets);
  }

  #unsubscribe(request: ClientRequest): void {
    for (const pattern of request.symbols) this.#client.rules.remove(pattern, request.types);
    for (const market of this.#marketsOf(request.symbols)) {
      this.#context.hub.update(this.#client, market, 0);
    }
    this.#send({
      type: "unsubscribed",
      symbols: request.symbols,
      types: typeNames(request.types),
      markets: this.#client.interests.size,
    }, request.id);
  }

  #snapshot(request: ClientRequest): void {
    const { known, unknown } = this.#sorted(request.symbols);
    if (unknown.length > 0) this.#refuseUnknown(unknown, request.id);
    if (known.length === 0) return;
    const markets = this.#marketsOf(known);
    this.#send({
      type: "snapshot",
      symbols: known,
      types: typeNames(request.types),
      markets: markets.length,
      ...this.#pendingOf(markets, request.types),
    }, request.id);
    for (const market of markets) {
      this.#context.hub.sendState(this.#client, market, request.types);
    }
  }

  #sorted(patterns: readonly string[]): { known: string[]; unknown: string[] } {
    const known: string[] = [];
    const unknown: string[] = [];
    for (const pattern of new Set(patterns)) {
      const there = pattern.endsWith("*") || this.#seen(this.#context.data.market(pattern));
      (there ? known : unknown).push(pattern);
    }
    return { known, unknown };
  }

  /** Whether there is such a market for this client. */
  #seen(market: Market | undefined): boolean {
    return market !== undefined &&
      this.#client.access.types(market.feed.id, market.symbol) !== 0;
  }

  #marketsOf(patterns: readonly string[]): Market[] {
    const found = new Set<Market>();
    for (const pattern of patterns) {
      if (!pattern.endsWith("*")) {
        const market = this.#context.data.market(pattern);
        if (market !== undefined && this.#seen(market)) found.add(market);
        continue;
      }
      const prefix = pattern.slice(0, -1);
      for (const market of this.#context.data.markets()) {
        if (market.symbol.startsWith(prefix) && this.#seen(market)) found.add(market);
      }
    }
    return [...found];
  }

  /** Books that are not known now: their snapshots come as soon as they are. */
  #pendingOf(markets: readonly Market[], types: number): Record<string, unknown> {
    if ((types & (1 << TYPE_INDEX.orderbook)) === 0) return {};
    const pending = markets.filter((market) => market.bookState !== "live");
    if (pending.length === 0) return {};
    const names = pending.slice(0, LISTED_MAX).map((market) => market.symbol);
    return { pending: names, pending_count: pending.length };
  }

  /** A new subscription learns of what is suspect now, once a gap. */
  #tellOpenGaps(markets: readonly Market[]): void {
    const told = new Set<unknown>();
    for (const market of markets) {
      const gap = market.openGap;
      if (gap === undefined || told.has(gap)) continue;
      told.add(gap);
      this.#context.hub.sendState(this.#client, market, 1 << TYPE_INDEX.gap);
    }
  }

  #refuseUnknown(unknown: readonly string[], id: string | number | undefined): void {
    const first = unknown[0] as string;
    const names: string[] = [];
    for (const market of this.#context.data.markets()) {
      if (this.#seen(market) && names.push(market.symbol) >= SUGGEST_AMONG_MAX) break;
    }
    const hint = first.length <= 64 ? suggestion(first, names) : "see /v1/markets";
    this.#send({
      type: "error",
      code: "unknown_symbol",
      message: unknown.length === 1
        ? `unknown symbol "${first}"`
        : `${unknown.length} unknown symbols`,
      hint: `${
        hint.length < 300 ? hint : "see /v1/markets"
      }; a trailing * also takes markets to come`,
      symbols: unknown.slice(0, LISTED_MAX),
    }, id);
  }

  #send(message: Record<string, unknown>, id: string | number | undefined): void {
    if (id !== undefined) message["id"] = id;
    this.#client.control(JSON.stringify(message));
  }
}

function tooMany(id: string | number | undefined): RequestError {
  return new RequestError(
    "too_many_subscriptions",
    "the client holds as many symbols as it may",
    `at most ${GATEWAY_LIMITS.clientSymbolsMax} symbols and ${GATEWAY_LIMITS.clientPrefixesMax} names with *`,
    id,
  );
}
