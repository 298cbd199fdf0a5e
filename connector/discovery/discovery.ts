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

/** Pause between two looks at the REST; what the connection tells is known at once. */
const REFRESH_MS = 300_000;
const REFRESH_MS_FAILED = 15_000;
/** The store is read whole this often, and what is over leaves it for its file. */
const TIDY_MS = 24 * 3_600_000;
const SETTLED_US_MIN = 7 * 24 * 3_600_000_000;

/** Whose markets are discovered. */
export interface DiscoveryOptions {
  environment: Environment;
  feed: string;
  venue: Venue;
  /** Address of its REST; absent = only what its connections tell is known. */
  rest?: string | undefined;
  /** Signs requests; absent = public data. */
  credentials?: Credentials;
  /** Instruments of the registry's files. */
  instruments: ReadonlyMap<string, InstrumentFile>;
  bus: Transport;
  logger: Logger;
}

/**
 * Brings what a venue says of the markets of an environment, and of those that its rules are about,
 * into the security master: at once what comes on connections, every few minutes what REST says.
 */
export class Discovery {
  #options: DiscoveryOptions;
  #store: BusInstruments;
  #select: Selector[] = [];
  #named: ReadonlySet<string> = new Set();
  /** Markets of the rules, and named ones that are known, that are not over. */
  #living = new Set<string>();
  #idsByExternal = new Map<string, string>();
  /** When the store was read whole, ms of `performance.now()`. */
  #notedAtMs = -Infinity;
  #changes: Promise<void> = Promise.resolve();
  #refreshing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = new AbortController();

  private constructor(options: DiscoveryOptions, store: BusInstruments) {
    this.#options = options;
    this.#store = store;
  }

  /** Begins to listen and to ask. Rejects as the transport does. */
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

  /** Other markets are wanted from now on. */
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

  /** Which markets of the rules live, as far as the store knows. */
  async #noteKnown(): Promise<void> {
    this.#living.clear();
    this.#idsByExternal.clear();
    const known = await this.#store.known();
    const { instruments } = this.#options;
    for (const instrument of new Map([...instruments, ...known]).values()) this.#note(instrument);
    this.#notedAtMs = performance.now();
    await this.#store.remove([...known.values()].filter((each) => this.#isKeptByFile(each)));
  }

  /** What was settled for a week, and of which the registry's file says all, leaves the bus. */
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

  /** What is kept although nobody named it: markets of rules, and the exchange itself. */
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
      // What the file names is kept up where it is known; rules bring what is not.
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

  /** What REST says of all markets of the rules, and of named ones, that are not settled. */
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
    // Rules ask for the named ones, too.
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

  /** Takes pages in; false when other markets are wanted meanwhile. */
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

  /** Ends when what was heard is kept. */
  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    await this.#changes;
    await this.#refreshing;
    await this.#store.close();
  }
}

/** What REST was asked for before something newer was known says nothing of it; the next time it does. */
function unlessLate(
  fresh: InstrumentFile,
  known: InstrumentFile | undefined,
): InstrumentFile | undefined {
  const [asked, last] = [fresh, known].map((each) =>
    usOfInstant(each?.versions.at(-1)?.known ?? "")
  );
  return asked !== undefined && last !== undefined && last > asked ? undefined : fresh;
}
