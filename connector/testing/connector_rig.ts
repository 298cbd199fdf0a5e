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

/** Machine without a clock status source. */
export const NO_CLOCK_SOURCES: ClockSources = {
  chronyc: ["/nonexistent/chronyc"],
  timesyncdFlag: "",
};

/** Options of a rig. */
export interface RigOptions {
  venue?: Partial<Venue>;
  symbols?: readonly string[];
  transport?: Transport;
  storage?: Storage;
  captureLocation?: CaptureLocation;
  /** Source of the clock status; default none. */
  clockSources?: ClockSources;
  enrichment?: Enrichment | undefined;
  /** Asked by the test. */
  health?: Health;
  /** Default none. */
  credentials?: CredentialsSource;
  /** Whether published messages are not read. */
  unresponsive?: boolean;
}

/** Collects everything published on a bus. */
export class FeedListener {
  /** Records in the order of the bus. */
  readonly events: MarketEvent[] = [];
  readonly ids: string[] = [];
  #waiting: (() => void)[] = [];

  /** Subscribes. */
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

/** Connector between a fake exchange and a bus, with everything it published. */
export class ConnectorRig {
  readonly dir = Deno.makeTempDirSync({ prefix: "ssmd-connector-" });
  readonly exchange = new FakeExchange();
  readonly transport: Transport;
  readonly storage: Storage;
  readonly #listener = new FeedListener();
  #options: RigOptions;

  /** Creates the rig; starts nothing. */
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

  /** Subscribes to the bus. */
  async listen(): Promise<void> {
    await this.#listener.listen(this.transport);
  }

  /** Creates a connector on the rig's spool, not started. */
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

  /** Starts exchange, subscriber and connector. */
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

  /** Stops exchange and bus and removes the folder; close the connector first. */
  async close(): Promise<void> {
    await this.exchange.close();
    await this.transport.close();
    await this.storage.close();
    await Deno.remove(this.dir, { recursive: true });
  }
}
