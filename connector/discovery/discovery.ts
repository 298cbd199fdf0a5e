import { isDeepStrictEqual } from "node:util";
import type { AskRest, Catalogue, Credentials, Venue } from "@ssmd/exchanges";
import {
  type Environment,
  type InstrumentFile,
  isAbout,
  isOver,
  isSameInstrument,
  type MarketChoice,
  type Selector,
  usOfInstant,
  withNews,
} from "@ssmd/metadata";
import { isoOfUs, type Logger, nowUs } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import type { Connector } from "../connector.ts";
import { BusInstruments } from "./bus_instruments.ts";
import { askVenueRest } from "./venue_rest.ts";

/** Pause between two REST refreshes; news on connections arrives at once. */
const REFRESH_MS = 300_000;
const REFRESH_MS_FAILED = 15_000;
/** How often the whole store is read and ended markets are removed from it. */
const TIDY_MS = 24 * 3_600_000;
const SETTLED_US_MIN = 7 * 24 * 3_600_000_000;

/** Options of {@linkcode Discovery}. */
export interface DiscoveryOptions {
  environment: Environment;
  feed: string;
  venue: Venue;
  /** Base URL of the REST API; absent = only news on connections. */
  rest?: string | undefined;
  /** Signs requests; absent = public data. */
  credentials?: Credentials;
  /** Instruments of the registry's files, by id. */
  instruments: ReadonlyMap<string, InstrumentFile>;
  bus: Transport;
  logger: Logger;
}

/**
 * Writes the venue's market data about named markets and those matched by select rules into the
 * security master: news on connections at once, REST every few minutes.
 */
export class Discovery {
  #options: DiscoveryOptions;
  #store: BusInstruments;
  #select: Selector[] = [];
  #named: ReadonlySet<string> = new Set();
  /** Ids of wanted markets that have not ended. */
  #living = new Set<string>();
  #idsByExternal = new Map<string, string>();
  /** When the whole store was read last, ms of `performance.now()`. */
  #notedAtMs = -Infinity;
  #changes: Promise<void> = Promise.resolve();
  #refreshing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = new AbortController();

  private constructor(options: DiscoveryOptions, store: BusInstruments) {
    this.#options = options;
    this.#store = store;
  }

  /** Starts listening and refreshing. Rejects as the transport does. */
  static async start(
    connector: Pick<Connector, "hearNews">,
    options: DiscoveryOptions,
  ): Promise<Discovery> {
    const store = await BusInstruments.open(options.bus, options.environment.name);
    const discovery = new Discovery(options, store);
    connector.hearNews((news, atUs) => discovery.#take(news, atUs));
    discovery.choose(options.environment);
    return discovery;
  }

  /** Changes the wanted markets. */
  choose({ symbols, select = [] }: MarketChoice): void {
    const { feed } = this.#options;
    const isOwn = (each: { feed: string }) => each.feed === feed;
    const named = Object.values(symbols).filter(isOwn);
    const names = new Set(named.map(({ external }) => external));
    const own = select.filter(isOwn);
    if (isDeepStrictEqual([own, names], [this.#select, this.#named])) return;
    this.#named = names;
    this.#select = own;
    this.#notedAtMs = -Infinity;
    this.#refresh();
  }

  /** Reads the whole store, notes wanted markets, and removes those that a file replaces. */
  async #noteKnown(): Promise<void> {
    this.#living.clear();
    this.#idsByExternal.clear();
    const known = await this.#store.known();
    const { instruments } = this.#options;
    for (const instrument of new Map([...instruments, ...known]).values()) this.#note(instrument);
    this.#notedAtMs = performance.now();
    await this.#store.remove([...known.values()].filter((each) => this.#isKeptByFile(each)));
  }

  /** Whether a market settled a week ago and its registry file equals the stored instrument. */
  #isKeptByFile(instrument: InstrumentFile): boolean {
    const file = this.#options.instruments.get(instrument.id);
    const knownUs = usOfInstant(instrument.versions.at(-1)?.known ?? "") ?? Infinity;
    return file !== undefined && isOver(instrument) && isSameInstrument(file, instrument) &&
      nowUs() - knownUs >= SETTLED_US_MIN;
  }

  #note(instrument: InstrumentFile): void {
    if (!this.#isOfRule(instrument) && !this.#isNamed(instrument)) return;
    const { id, mappings } = instrument;
    if (!isOver(instrument)) {
      this.#living.add(id);
      for (const { external } of mappings) this.#idsByExternal.set(external, id);
      return;
    }
    this.#living.delete(id);
    for (const { external } of mappings) this.#idsByExternal.delete(external);
  }

  #isOfRule(instrument: InstrumentFile): boolean {
    return this.#select.some((selector) => isAbout(selector, instrument));
  }

  /** Whether it is kept without being named: matched by a rule, or the exchange itself. */
  #isDiscovered(instrument: InstrumentFile): boolean {
    return instrument.asset_class === "venue" || this.#isOfRule(instrument);
  }

  #isNamed({ mappings }: InstrumentFile): boolean {
    const { feed } = this.#options;
    return mappings.some((each) => each.feed === feed && this.#named.has(each.external));
  }

  #isWanted(instrument: InstrumentFile): boolean {
    return this.#isDiscovered(instrument) || this.#isNamed(instrument);
  }

  #take(news: readonly unknown[], atUs: number): void {
    const { feed, venue: { catalogue } } = this.#options;
    const request = { feed, known: isoOfUs(atUs), idsByExternal: this.#idsByExternal };
    for (const each of news) {
      const found = catalogue?.news?.(each, undefined, request);
      if (found === undefined || !this.#isWanted(found)) continue;
      const change = (known: InstrumentFile | undefined) => catalogue?.news?.(each, known, request);
      this.#changes = this.#changes.then(() => this.#change(found.id, change)).catch((error) =>
        this.#options.logger.warn("news of a market are not kept", { market: found.id, error })
      );
    }
  }

  async #change(
    id: string,
    news: (known: InstrumentFile | undefined) => InstrumentFile | undefined,
  ): Promise<void> {
    const after = await this.#store.change(id, (stored) => {
      const known = stored ?? this.#options.instruments.get(id);
      const fresh = news(known);
      // Named markets are only updated where known; rules also add unknown ones.
      const isKept = fresh !== undefined && (known !== undefined || this.#isDiscovered(fresh));
      return isKept ? withNews(known, fresh) : undefined;
    });
    if (after === undefined) return;
    this.#note(after);
    if (after.asset_class !== "venue") return;
    const { state, opens } = after.versions.at(-1) ?? {};
    this.#options.logger.info("the exchange says whether it trades", {
      exchange: id,
      state,
      opens,
    });
  }

  #refresh(): void {
    clearTimeout(this.#timer);
    this.#refreshing = this.#refreshing.then(() => this.#look()).then(() => REFRESH_MS, (error) => {
      if (!this.#closed.signal.aborted) {
        this.#options.logger.warn("the venue's markets cannot be asked for", { error });
      }
      return REFRESH_MS_FAILED;
    }).then((pauseMs) => {
      if (this.#closed.signal.aborted) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#refresh(), pauseMs);
    });
  }

  /** Refreshes markets of the rules, and named ones, that are not settled, from REST. */
  async #look(): Promise<void> {
    const { feed, venue: { catalogue }, rest } = this.#options;
    const select = this.#select;
    if (select.length + this.#named.size === 0) return;
    if (performance.now() - this.#notedAtMs >= TIDY_MS) await this.#noteKnown();
    if (rest === undefined || catalogue === undefined) return;
    const ask = this.#ask(rest, catalogue);
    const request = () => ({ feed, known: isoOfUs(nowUs()), living: this.#living });
    for (const { series, group } of select) {
      const pages = catalogue.instruments(ask, {
        ...request(),
        ...(series === undefined ? {} : { series }),
        ...(group === undefined ? {} : { group }),
      });
      if (!await this.#takePages(pages)) return;
    }
    // The queries of rules also return the named ones.
    if (select.length > 0 || this.#living.size === 0 || catalogue.tellsEnds !== true) return;
    await this.#takePages(catalogue.instruments(ask, { ...request(), namedOnly: true }));
  }

  #ask(url: string, { perSecond }: Catalogue): AskRest {
    const { venue, credentials } = this.#options;
    return askVenueRest({
      ...{ venue, url, perSecond },
      ...(credentials === undefined ? {} : { credentials }),
    });
  }

  /** Writes pages of instruments; returns false when other markets are wanted meanwhile. */
  async #takePages(pages: AsyncIterable<InstrumentFile[]>): Promise<boolean> {
    const [select, named] = [this.#select, this.#named];
    for await (const page of pages) {
      for (const fresh of page) {
        const isWanted = select === this.#select && named === this.#named;
        if (this.#closed.signal.aborted || !isWanted) return false;
        if (this.#isWanted(fresh)) {
          await this.#change(fresh.id, (known) => unlessLate(fresh, known));
        }
      }
    }
    return true;
  }

  /** Resolves when all received news is written. */
  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    await this.#changes;
    await this.#refreshing;
    await this.#store.close();
  }
}

/** Drops a REST answer that is older than the newest known version; the next refresh brings it. */
function unlessLate(
  fresh: InstrumentFile,
  known: InstrumentFile | undefined,
): InstrumentFile | undefined {
  const [asked, last] = [fresh, known].map((each) =>
    usOfInstant(each?.versions.at(-1)?.known ?? "")
  );
  return asked !== undefined && last !== undefined && last > asked ? undefined : fresh;
}
