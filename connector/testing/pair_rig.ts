import { translateSpan } from "@ssmd/dataset/reprocess";
import type { MarketEvent } from "@ssmd/market";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import { type NatsServer, startNatsServer } from "../../tests/servers/nats_server.ts";
import { CutLine } from "../../tests/servers/cut_line.ts";
import type { Connector } from "../connector.ts";
import { createConnector } from "../feed_connector.ts";
import { ENV, FeedListener, NO_CLOCK_SOURCES } from "./connector_rig.ts";
import { FakeExchange, send } from "./fake_exchange.ts";
import { type FakeFrame, fakeVenue } from "./fake_venue.ts";

const FEED = "fake";
/** Stalls shorter than this keep the turn. */
const TAKEOVER_MS = 3_000;

/** The fake markets of a pair. */
export const PAIR_SPECS = ["A", "B", "C"].map((symbol) => ({ symbol, external: symbol }));

/** One of two connectors of a feed: own bus connection and spool, shared raw storage. */
export class Side {
  private constructor(
    readonly connector: Connector,
    readonly line: CutLine,
    readonly transport: Transport,
  ) {}

  /** Starts a connector; resolves when both of its connections have subscribed. */
  static async start(pair: Pair, spoolDir: string): Promise<Side> {
    const line = new CutLine(pair.server.port);
    const url = `nats://127.0.0.1:${line.port}`;
    const { shard } = pair;
    const transport = await pair.openBus(url, shard);
    const connector = createConnector({
      ...{ env: ENV, feed: FEED, venue: fakeVenue(), transport, spoolDir },
      symbolsPerConnection: 2,
      symbols: PAIR_SPECS,
      ...(shard && { shard: { name: shard, all: [shard] } }),
      ...{
        endpoint: pair.exchange.url,
        credentials: () => Promise.resolve({}),
        clockSources: NO_CLOCK_SOURCES,
      },
      ...{ storage: pair.storage, logger: silentLogger, metrics: new Metrics("connector") },
      ...{ version: "0.1.0", commit: "test", takeoverMs: TAKEOVER_MS },
    });
    const before = pair.exchange.clients.length;
    await connector.start();
    // Two connections: three symbols, two on each.
    await pair.exchange.until(() => pair.exchange.clients.length >= before + 2 || undefined);
    await pair.exchange.until(() =>
      pair.exchange.clients.slice(before).every(({ received }) => received.length > 0) || undefined
    );
    return new Side(connector, line, transport);
  }

  /** Closes it. */
  async stop(): Promise<void> {
    await this.connector.close();
    await this.transport.close();
    this.line[Symbol.dispose]();
  }
}

/** Bus, exchange that sends the same to every client, and the published records. */
export class Pair {
  readonly dir = Deno.makeTempDirSync({ prefix: "ssmd-pair-" });
  readonly exchange = new FakeExchange();
  readonly storage: Storage = memoryStorage();
  readonly listener = new FeedListener();
  #transport: Transport | undefined;

  private constructor(readonly server: NatsServer, readonly shards?: string[]) {}

  /** Shard of both connectors; undefined = no shards. */
  get shard(): string | undefined {
    return this.shards?.[0];
  }

  /** Both capture the first of `shards`. */
  static async with(body: (pair: Pair) => Promise<void>, shards?: string[]): Promise<void> {
    const pair = new Pair(await startNatsServer(), shards);
    try {
      await pair.exchange.listen();
      const bus = await pair.openBus(pair.server.url);
      pair.#transport = bus;
      await pair.listener.listen(bus);
      await body(pair);
    } finally {
      await pair.exchange.close();
      await pair.#transport?.close();
      await pair.server.stop();
      await Deno.remove(pair.dir, { recursive: true });
    }
  }

  /** Opens the bus as a component of a shard, or as clients see it. */
  openBus(url: string, shard?: string): Promise<Transport> {
    const config = { type: "nats", url, ...(this.shards && { shards: this.shards }) } as const;
    return openTransport(config, { env: ENV, shard });
  }

  /** Sends to every connection that has the symbol's market. */
  say(symbol: string, ...frames: FakeFrame[]): void {
    for (const client of this.exchange.clients) {
      const isOpen = client.socket.readyState === client.socket.OPEN;
      if (isOpen && client.received[0]?.includes(symbol)) send(client, ...frames);
    }
  }

  /** Records that clients received. */
  get events(): MarketEvent[] {
    return this.listener.events;
  }

  /** Resolves when clients have received the trade. */
  async untilPublished(trade: number): Promise<void> {
    await this.listener.until(() => this.tradeIds().includes(trade));
  }

  /** Trades that clients received, in order. */
  tradeIds(): number[] {
    return this.events.flatMap((event) => event.type === "trade" ? [Number(event.tradeId)] : []);
  }

  /** Records derived from the raw files of both, in the bus's order. */
  async fromRaw(): Promise<MarketEvent[]> {
    const events: MarketEvent[] = [];
    const span = { env: ENV, feed: FEED, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
    const venues = { [FEED]: fakeVenue() };
    await translateSpan(this.storage, span, { onEvent: (event) => events.push(event), venues });
    return sorted(events);
  }
}

function keyOf({ run, connection, sequence }: MarketEvent): string {
  return `${run} ${connection} ${String(sequence).padStart(9, "0")}`;
}

/** Sorts by (run, connection, sequence). */
export function sorted(events: readonly MarketEvent[]): MarketEvent[] {
  return [...events].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
