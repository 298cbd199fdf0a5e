import type { AuditQueue } from "@ssmd/audit";
import { SsmdError, suggestion } from "@ssmd/runtime";
import type { TransformsClient } from "../bus/transforms_client.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market } from "../state/market.ts";
import { EntitledMarkets } from "../state/entitled_markets.ts";
import type { Client } from "./client.ts";
import { CatchUp, type CatchUpContext } from "./catch_up.ts";
import { mayActAs, roleMissing } from "../access/role.ts";
import { REQUEST_ROLES } from "../protocol/requests.ts";
import { ENCODING } from "./encoding.ts";
import { numberOf } from "../protocol/error_codes.ts";
import { type ClientRequest, parseRequest } from "./request.ts";
import { RequestError, type RequestId } from "./request_error.ts";
import { ENRICHED_BIT, GAP_BIT, TYPE_INDEX, typeNames, withEnriched } from "./type_bits.ts";
import type { Since } from "../protocol/since.ts";

/** Maximum number of listed names; the total number is always sent. */
const LISTED_MAX = 100;
/** Maximum length of the symbols in an audit event, characters. */
const TARGET_CHARACTERS_MAX = 200;
/** Maximum number of names searched for a did-you-mean. */
const SUGGEST_AMONG_MAX = 500;

/** Dependencies of a {@linkcode RequestHandler}. */
export type StreamContext = CatchUpContext & {
  /** Whether the environment has enrichers. */
  isEnriched?: boolean;
  /** Audit log for subscriptions of clients with keys. */
  audit?: AuditQueue | undefined;
  /** Runs customers' transforms. */
  transforms: TransformsClient;
};

/** Address of a connection, used when its client has no name, and its transform callback. */
interface StreamOwner {
  address: string;
  onTransformEnded: (error: SsmdError) => void;
}

/** Handles the requests of one client: changes its subscriptions and answers. */
export class RequestHandler {
  #client: Client;
  #context: StreamContext;
  #catchUp: CatchUp | undefined;
  #owner: StreamOwner;
  /** Whether a transform is starting. */
  #isStarting = false;
  /** The newest error that was sent. */
  lastError: { code: string; message: string; at: number } | undefined;

  constructor(client: Client, context: StreamContext, owner: StreamOwner) {
    this.#owner = owner;
    this.#client = client;
    this.#context = context;
  }

  /** Markets that this client may see; created per request, as requests are rare. */
  get #data(): EntitledMarkets {
    return new EntitledMarkets(this.#context.data, this.#client.access);
  }

  /** Handles one text message. */
  handleText(text: string): void {
    const request = parseRequest(text);
    const before = this.lastError;
    this.handle(request);
    this.#audit(request, this.lastError === before ? "" : this.lastError?.code ?? "");
  }

  /** Audits a request of a client with a key, accepted or refused. */
  #audit(request: ClientRequest | RequestError, reason: string): void {
    const { client: actor } = this.#client.access;
    const isRefused = request instanceof RequestError;
    if (actor === "" || (!isRefused && request.action === "ping")) return;
    this.#context.audit?.add({
      ...{ category: "data-access", actor, outcome: reason === "" ? "done" : "refused", reason },
      action: isRefused ? "stream request" : `stream ${request.action}`,
      target: isRefused ? "" : request.symbols.join(" ").slice(0, TARGET_CHARACTERS_MAX),
      metadata: isRefused ? {} : {
        ...{ types: typeNames(request.types).join(" "), mode: request.mode },
        ...(request.transform === undefined ? {} : { transform: request.transform }),
      },
    });
  }

  /** Handles a parsed request or its error. */
  handle(request: ClientRequest | RequestError): void {
    if (request instanceof RequestError) return this.sendRefusal(request);
    const wanted = REQUEST_ROLES[request.action];
    if (!mayActAs(this.#client.access.role, wanted)) {
      const { message, hint } = roleMissing(this.#client.access, wanted);
      return this.sendRefusal(new RequestError("role_missing", message, { hint, id: request.id }));
    }
    switch (request.action) {
      case "ping":
        return this.#sendPong(request.id);
      case "subscribe":
        return this.#subscribe(request);
      case "unsubscribe":
        return this.#unsubscribe(request);
      case "snapshot":
        return this.#sendSnapshots(request);
    }
  }

  /** Sends the error of a request. */
  sendRefusal(error: RequestError): void {
    const { code, message, hint } = error;
    this.#sendError({ code, message, hint }, error.id);
  }

  /** Stops the replay; the connection ended. */
  close(): void {
    this.#catchUp?.close();
  }

  /** Everything up to `pos` was already sent or reported as dropped. */
  #sendPong(id: RequestId): void {
    const position = this.#client.isReplaying ? {} : { pos: this.#context.hub.position };
    this.#send({ type: "pong", ts: Date.now(), ...position }, id);
  }

  #sendError(error: Record<string, unknown>, id: RequestId): void {
    const code = String(error["code"]);
    this.lastError = { code, message: String(error["message"]), at: Date.now() };
    this.#send({ type: "error", code, number: numberOf(code), ...error }, id);
  }

  #subscribe(request: ClientRequest): void {
    const rules = this.#client.rules;
    if (request.types & ENRICHED_BIT && this.#context.isEnriched !== true) {
      return this.sendRefusal(notEnriched(request.id));
    }
    if (request.transform !== undefined && request.transform !== this.#client.sendQueue.transform) {
      return void this.#subscribeTransformed(request, request.transform);
    }
    const { known, unknown } = this.#splitKnown(request.symbols);
    if (unknown.length > 0) this.#refuseUnknown(unknown, request.id);
    if (known.length === 0) return;
    const prefixes = known.filter((symbol) => symbol.endsWith("*")).length;
    if (
      rules.prefixCount + prefixes > GATEWAY_LIMITS.clientPrefixesMax ||
      rules.exactCount + known.length - prefixes > GATEWAY_LIMITS.clientSymbolsMax
    ) {
      return this.sendRefusal(tooMany(request.id));
    }
    if (request.policy !== undefined) this.#client.sendQueue.policy = request.policy;
    if (request.mode !== "realtime") {
      this.#client.intervalMs = request.mode === "latest" ? 0 : request.intervalMs;
    }
    if (request.since !== undefined) return this.#resume(request, request.since, known);
    for (const pattern of known) rules.add(pattern, request.types, request.mode);
    if (this.#client.isReplaying) this.#catchUp?.addFresh(known, request.types);
    const markets = this.#marketsOf(known);
    this.#sendSubscribed(request, { symbols: known, markets });
    for (const market of markets) {
      this.#context.hub.updateInterest(this.#client, market, request.types);
    }
    this.#sendOpenGaps(markets);
  }

  /** Starts the transform, then subscribes; a connection has one, set by its first subscription. */
  async #subscribeTransformed(request: ClientRequest, name: string): Promise<void> {
    const { access, rules, sendQueue: { transform, encoding } } = this.#client;
    const refuse = (message: string, hint: string) =>
      this.sendRefusal(new RequestError("transform_refused", message, { hint, id: request.id }));
    if (transform !== undefined || this.#isStarting || rules.exactCount + rules.prefixCount > 0) {
      return refuse("A connection has one transform, from its first subscription on", ANOTHER);
    }
    if (encoding === ENCODING.capnp) {
      return refuse("A transform makes messages of JSON", "Leave format=capnp out of the address");
    }
    this.#isStarting = true;
    try {
      const caller = access.client || this.#owner.address;
      const run = await this.#context.transforms.open(name, caller);
      this.#client.sendQueue.startTransform(run, this.#owner.onTransformEnded);
      this.#subscribe(request);
    } catch (error) {
      if (!(error instanceof SsmdError)) throw error;
      refuse(error.message, error.hint);
    } finally {
      this.#isStarting = false;
    }
  }

  /** Resumes at the client's position, or starts fresh when that is impossible. */
  #resume(request: ClientRequest, since: Since, known: string[]): void {
    const { types, mode } = request;
    const catchUp = this.#catchUp ??= new CatchUp(this.#client, this.#context);
    catchUp.begin();
    for (const pattern of known) this.#client.rules.add(pattern, types, mode);
    const markets = this.#marketsOf(known);
    for (const market of markets) this.#context.hub.updateInterest(this.#client, market, types);
    void catchUp.resume(since, { patterns: known, types }, (result) => {
      this.#sendSubscribed(request, { symbols: known, markets }, { ...result });
      if (!result.recovered) this.#sendOpenGaps(markets);
    });
  }

  #sendSubscribed(
    request: ClientRequest,
    { symbols, markets }: { symbols: readonly string[]; markets: readonly Market[] },
    rest: Record<string, unknown> = {},
  ): void {
    this.#send({
      type: "subscribed",
      symbols,
      types: typeNames(request.types),
      mode: request.mode,
      ...(request.mode === "conflated" ? { interval_ms: request.intervalMs } : {}),
      policy: this.#client.sendQueue.policy,
      ...(this.#client.sendQueue.transform === undefined
        ? {}
        : { transform: this.#client.sendQueue.transform }),
      markets: markets.length,
      ...this.#pendingOf(markets, request.types),
      ...this.#withheldOf(markets, request.types),
      ...rest,
      ...(this.#client.isReplaying ? {} : { pos: this.#context.hub.position }),
    }, request.id);
  }

  #unsubscribe(request: ClientRequest): void {
    for (const pattern of request.symbols) this.#client.rules.remove(pattern, request.types);
    for (const market of this.#marketsOf(request.symbols)) {
      this.#context.hub.updateInterest(this.#client, market, 0);
    }
    this.#send({
      type: "unsubscribed",
      symbols: request.symbols,
      types: typeNames(request.types),
      markets: this.#client.interests.size,
    }, request.id);
  }

  #sendSnapshots(request: ClientRequest): void {
    const { known, unknown } = this.#splitKnown(request.symbols);
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

  #splitKnown(patterns: readonly string[]): { known: string[]; unknown: string[] } {
    const known: string[] = [];
    const unknown: string[] = [];
    for (const pattern of new Set(patterns)) {
      const there = pattern.endsWith("*") || this.#data.market(pattern) !== undefined;
      (there ? known : unknown).push(pattern);
    }
    return { known, unknown };
  }

  #marketsOf(patterns: readonly string[]): Market[] {
    const found = new Set<Market>();
    for (const pattern of patterns) {
      if (!pattern.endsWith("*")) {
        const market = this.#data.market(pattern);
        if (market !== undefined) found.add(market);
        continue;
      }
      const prefix = pattern.slice(0, -1);
      for (const market of this.#data.markets()) {
        if (market.symbol.startsWith(prefix)) found.add(market);
      }
    }
    return [...found];
  }

  /** Lists books whose snapshot is still to come. */
  #pendingOf(markets: readonly Market[], types: number): Record<string, unknown> {
    if ((types & (1 << TYPE_INDEX.orderbook)) === 0) return {};
    const pending = markets.filter((market) =>
      market.bookState === "pending" && this.#data.seesType(market, "orderbook")
    );
    if (pending.length === 0) return {};
    const names = pending.slice(0, LISTED_MAX).map((market) => market.symbol);
    return { pending: names, pending_count: pending.length };
  }

  /** Lists markets whose requested types the client may not see in full. */
  #withheldOf(markets: readonly Market[], types: number): Record<string, unknown> {
    const { access } = this.#client;
    const requested = types & ~GAP_BIT;
    const partly = markets.filter(({ feed, symbol }) =>
      (requested & ~withEnriched(access.typesOf(feed.id, symbol))) !== 0
    );
    if (partly.length === 0) return {};
    const names = partly.slice(0, LISTED_MAX).map((market) => market.symbol);
    return { withheld: names, withheld_count: partly.length };
  }

  /** Sends open gaps to a new subscription, each once. */
  #sendOpenGaps(markets: readonly Market[]): void {
    const sent = new Set<unknown>();
    for (const market of markets) {
      const gap = market.openGap;
      if (gap === undefined || sent.has(gap)) continue;
      sent.add(gap);
      this.#context.hub.sendState(this.#client, market, 1 << TYPE_INDEX.gap);
    }
  }

  #refuseUnknown(unknown: readonly string[], id: RequestId): void {
    const first = unknown[0] as string;
    const names: string[] = [];
    for (const market of this.#data.markets()) {
      if (names.push(market.symbol) >= SUGGEST_AMONG_MAX) break;
    }
    const hint = first.length <= 64 ? suggestion(first, names) : "see /v1/markets";
    this.#sendError({
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

  #send(message: Record<string, unknown>, id: RequestId): void {
    if (id !== undefined) message["id"] = id;
    this.#client.sendQueue.sendControl(JSON.stringify(message));
  }
}

const ANOTHER = "Open another connection for it; GET /v1/transforms lists them";

function notEnriched(id: RequestId): RequestError {
  return new RequestError("not_enriched", "The environment has no enricher that is enabled", {
    hint: "Name one under enrich in its file; ssmd enricher list shows them",
    id,
  });
}

function tooMany(id: RequestId): RequestError {
  const { clientSymbolsMax, clientPrefixesMax } = GATEWAY_LIMITS;
  return new RequestError("too_many_subscriptions", "The client holds as many symbols as it may", {
    hint: `At most ${clientSymbolsMax} symbols and ${clientPrefixesMax} names with *`,
    id,
  });
}
