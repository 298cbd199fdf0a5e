import { decode } from "@ssmd/codec";
import type { CredentialsSource, Venue } from "@ssmd/exchanges";
import { EVENT_TYPES, type EventType, type Gap, type MarketEvent } from "@ssmd/market";
import type { CaptureLocation, Enrichment } from "@ssmd/metadata";
import { type Health, Metrics, silentLogger } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { memoryTransport, type Transport } from "@ssmd/transport";
import type { ClockSources } from "../clock_quality.ts";
import type { Connector } from "../connector.ts";
import { createConnector } from "../feed_connector.ts";
import { FakeExchange } from "./fake_exchange.ts";
import { fakeVenue } from "./fake_venue.ts";

/** Environment of the tests. */
export const ENV = "test";

/** A machine on which nobody says how the clock is kept. */
export const NO_CLOCK_SOURCES: ClockSources = {
  chronyc: ["/nonexistent/chronyc"],
  timesyncdFlag: "",
};

/** What a rig is made of where it is not the usual. */
export interface RigOptions {
  venue?: Partial<Venue>;
  symbols?: readonly string[];
  transport?: Transport;
  storage?: Storage;
  captureLocation?: CaptureLocation;
  /** Whom the machine is asked about its clock; default nobody. */
  clockSources?: ClockSources;
  enrichment?: Enrichment | undefined;
  /** Asked by the test. */
  health?: Health;
  /** Default none. */
  credentials?: CredentialsSource;
  /** Do not read what is published. */
  unresponsive?: boolean;
}

/** Everything that comes out on a bus. */
export class FeedListener {
  /** Records in the order of the bus. */
  readonly events: MarketEvent[] = [];
  readonly ids: string[] = [];
  #waiting: (() => void)[] = [];

  /** Listens from now on. */
  async listen(transport: Transport): Promise<void> {
    await transport.subscribe([`${ENV}.>`], ({ subject, payload, id }) => {
      const type = subject.split(".")[2] as EventType;
      if (!EVENT_TYPES.includes(type)) return;
      this.events.push(decode(type, payload));
      this.ids.push(id);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** Resolves when the records satisfy `holds`. */
  async until(holds: (events: readonly MarketEvent[]) => boolean): Promise<void> {
    while (!holds(this.events)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** All gaps. */
  gaps(): Gap[] {
    return this.events.filter((event) => event.type === "gap");
  }
}

/** A connector between a fake exchange and a bus, and everything that came out at its end. */
export class ConnectorRig {
  readonly dir = Deno.makeTempDirSync({ prefix: "ssmd-connector-" });
  readonly exchange = new FakeExchange();
  readonly transport: Transport;
  readonly storage: Storage;
  readonly #listener = new FeedListener();
  #options: RigOptions;

  /** Nothing runs yet. */
  constructor(options: RigOptions = {}) {
    this.#options = options;
    this.transport = options.transport ?? memoryTransport();
    this.storage = options.storage ?? memoryStorage();
  }

  /** Records in the order of the bus. */
  get events(): MarketEvent[] {
    return this.#listener.events;
  }

  /** Of these records. */
  get ids(): string[] {
    return this.#listener.ids;
  }

  /** The spool's folder. */
  get spoolDir(): string {
    return `${this.dir}/spool`;
  }

  /** Listens on the bus. */
  async listen(): Promise<void> {
    await this.#listener.listen(this.transport);
  }

  /** A connector on the rig's spool, not started. */
  connector(): Connector {
    return createConnector({
      ...{ env: ENV, feed: "fake", venue: fakeVenue(this.#options.venue) },
      symbols: (this.#options.symbols ?? ["A"]).map((symbol) => ({ symbol, external: symbol })),
      endpoint: this.exchange.url,
      symbolsPerConnection: 2,
      credentials: this.#options.credentials ?? (() => Promise.resolve({})),
      captureLocation: this.#options.captureLocation,
      enrichment: this.#options.enrichment,
      clockSources: this.#options.clockSources ?? NO_CLOCK_SOURCES,
      transport: this.transport,
      storage: this.storage,
      spoolDir: this.spoolDir,
      logger: silentLogger,
      metrics: new Metrics("connector"),
      ...(this.#options.health === undefined ? {} : { health: this.#options.health }),
      ...{ version: "0.1.0", commit: "test" },
    });
  }

  /** Starts exchange, listener and connector. */
  async start(): Promise<Connector> {
    await this.exchange.listen();
    if (!this.#options.unresponsive) await this.listen();
    const connector = this.connector();
    await connector.start();
    return connector;
  }

  /** Resolves when the records satisfy `holds`. */
  async until(holds: (events: readonly MarketEvent[]) => boolean): Promise<void> {
    await this.#listener.until(holds);
  }

  /** Ids of all trades, in the order of the bus. */
  tradeIds(): number[] {
    return this.events.flatMap((event) => event.type === "trade" ? [Number(event.tradeId)] : []);
  }

  /** All gaps. */
  gaps(): Gap[] {
    return this.#listener.gaps();
  }

  /** Ends exchange and bus and removes the folder; the connector is closed before. */
  async close(): Promise<void> {
    await this.exchange.close();
    await this.transport.close();
    await this.storage.close();
    await Deno.remove(this.dir, { recursive: true });
  }
}
