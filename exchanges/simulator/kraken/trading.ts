import { wordOf } from "../../json_fields.ts";
import type { Connection } from "../connection.ts";
import type { ModelMarket } from "../model/market.ts";
import { Random } from "../model/prng.ts";
import type { TradingOptions } from "../options.ts";
import type { SimulatorRequest } from "../server.ts";
import { MatchingEngine } from "../trading/engine.ts";
import { SpotAccount } from "../trading/spot_account.ts";
import type { ModelOptions, RestReply } from "../venue.ts";
import { KrakenPrivateRest } from "./private_rest.ts";
import type { KrakenMarketPublisher } from "./publisher.ts";
import { isNameOf } from "./rest.ts";
import { KrakenTrader } from "./trader.ts";

/** The venue's fees below 10,000 dollars a month; orders execute without latency. */
const DEFAULTS = { makerFee: 0.25, takerFee: 0.4, latencyMs: 0, fillShare: 1 };
const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Trading on the simulated Kraken: one engine for the WebSocket and REST. */
export class KrakenTrading {
  readonly options: TradingOptions;
  #engine: MatchingEngine;
  #rest: KrakenPrivateRest;
  #publishers: readonly KrakenMarketPublisher[];
  #ids: Random;
  #tokens = new Set<string>();

  constructor(options: ModelOptions, publishers: readonly KrakenMarketPublisher[]) {
    const { seed, nowUs, begin, flush } = options;
    this.#ids = new Random(seed, "orders");
    this.#publishers = publishers;
    this.options = { ...DEFAULTS, ...options.trading };
    const account = new SpotAccount(publishers.map(({ pair }) => pair.symbol), this.options);
    this.#engine = new MatchingEngine({
      ...{ account, trading: this.options, nowUs, begin, flush },
      newId: (kind) => this.#newId(kind === "order" ? "O" : "T"),
      publish: (market) =>
        publishers.find((publisher) => publisher.market === market)?.publish(nowUs()),
    });
    this.#rest = new KrakenPrivateRest({
      ...{ engine: this.#engine, account },
      market: (name) => this.#market(name),
      newToken: () => this.#newToken(),
    });
  }

  trader(connection: Connection): KrakenTrader {
    return new KrakenTrader(connection, {
      engine: this.#engine,
      market: (name) => this.#market(name),
      isToken: (token) => this.#tokens.has(wordOf(token)),
    });
  }

  rest(request: SimulatorRequest): RestReply {
    return this.#rest.answer(request);
  }

  /** Books the fills of resting orders from the model's last step. */
  settle(market: ModelMarket): void {
    this.#engine.settle(market);
  }

  #market(name: unknown): ModelMarket | undefined {
    return this.#publishers.find(({ pair }) => isNameOf(pair, wordOf(name)))?.market;
  }

  /** Creates an id like `OXM2QD-EALR2-YBAVEU`. */
  #newId(kind: "O" | "T"): string {
    const letters = (count: number) =>
      Array.from({ length: count }, () => ID_LETTERS[this.#ids.below(ID_LETTERS.length)]).join("");
    return `${kind}${letters(5)}-${letters(5)}-${letters(6)}`;
  }

  #newToken(): string {
    const token = btoa(this.#ids.hex(32));
    this.#tokens.add(token);
    return token;
  }
}
