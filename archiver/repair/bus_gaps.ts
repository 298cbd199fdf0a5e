import {
  type BusPosition,
  dayOfUs,
  loadManifest,
  type Manifest,
  progressOf,
  usOfNsText,
} from "@ssmd/archive";
import { rawManifests } from "@ssmd/dataset/reprocess";
import { DAY_US, type Logger } from "@ssmd/runtime";
import type { StreamHole, StreamPosition, Transport } from "@ssmd/transport";
import type { ArchiverMetrics } from "../archiver_metrics.ts";
import { lastArchivedUs } from "../day.ts";
import { type BusGap, openBusGap, openGapsIn } from "./bus_gap.ts";
import { Repairer, type RepairerOptions } from "./repairer.ts";

/** Days searched for the archive's position and open gaps. */
const DAYS_BACK = 7;

/** Options of {@linkcode BusGaps}. */
interface BusGapsOptions extends Omit<RepairerOptions, "onRepaired"> {
  env: string;
  /** Feeds of the environment and those received. */
  feeds: () => Iterable<string>;
  transport: Transport;
  /** Returns receivedAt of the latest loaded record of a feed, µs; 0 = none. */
  lastUsOf: (feed: string) => number;
  /** Runs a storage action until it succeeds; rejects when the archiver is closing. */
  retry: <T>(what: string, action: () => Promise<T>) => Promise<T>;
  /** Tracks work that `close` waits for. */
  background: (work: Promise<void>) => void;
  metrics: ArchiverMetrics;
  nowUs: () => number;
}

function isBehind(a: BusPosition | undefined, b: BusPosition): boolean {
  if (a === undefined || a.createdAtUs !== b.createdAtUs) {
    return a === undefined || a.createdAtUs < b.createdAtUs;
  }
  return a.sequence < b.sequence;
}

/** Detects records that left the bus unarchived, reports them and repairs them from raw. */
export class BusGaps {
  #options: BusGapsOptions;
  /** Identity of the stream that windows are filled from, µs; undefined = unknown. */
  #createdAtUs: number | undefined;
  /** Identity of the next message's stream when it differs. */
  #comingUs: number | undefined;
  /** Whether nothing was archived or received before. */
  #isFirst = false;
  #repairer: Repairer;
  #logger: Logger;
  /** By feed: receivedAt of the latest record archived at the start, µs. */
  #archivedUs = new Map<string, number>();

  constructor(options: BusGapsOptions) {
    this.#options = options;
    this.#logger = options.logger;
    this.#repairer = new Repairer({
      ...options,
      onRepaired: (gap, end) => {
        options.metrics.repaired.inc({ feed: gap.feed }, end.records);
        const fields = { feed: gap.feed, records: end.records, detail: end.detail };
        if (end.state === "repaired") this.#logger.info("a gap of the bus is repaired", fields);
        else this.#logger.error("a gap of the bus can be repaired in part only", fields);
      },
    });
  }

  /** Identity of the stream archived now, µs; undefined = unknown. */
  get createdAtUs(): number | undefined {
    return this.#createdAtUs;
  }

  /**
   * Returns the archive's position before the first message and queues open gaps for repair.
   * Undefined when the bus is not durable. Rejects when the archiver is closing.
   */
  async begin(): Promise<StreamPosition | "beginning" | undefined> {
    const { feeds, transport, store } = this.#options;
    const { shard } = store();
    let position: BusPosition | undefined;
    for (const feed of feeds()) {
      for (const manifest of await this.#manifestsOf(feed)) {
        for (const gap of openGapsIn(manifest, shard)) this.#repairer.add(gap);
        const lastUs = lastArchivedUs(manifest, shard);
        if (lastUs > (this.#archivedUs.get(feed) ?? 0)) this.#archivedUs.set(feed, lastUs);
        const { bus } = progressOf(manifest, shard);
        if (bus !== undefined && isBehind(position, bus)) position = bus;
      }
    }
    if (!transport.durable) return undefined;
    this.#isFirst = position === undefined;
    return position ?? "beginning";
  }

  /** Sets the identity of the stream that is consumed, µs. */
  began(createdAtUs: number): void {
    this.#createdAtUs ??= createdAtUs;
  }

  /** Notes a message: from now on windows are filled from the stream reported last. */
  see(): void {
    this.#isFirst = false;
    if (this.#comingUs === undefined) return;
    this.#createdAtUs = this.#comingUs;
    this.#comingUs = undefined;
  }

  /** Handles records lost before delivery. Resolves when the start of the gap is known. */
  async missed(hole: StreamHole): Promise<void> {
    const { createdAtUs } = hole.stream;
    this.#comingUs = createdAtUs;
    this.#tell(hole, this.#isFirst ? await this.#firstByFeed(createdAtUs) : this.#lastByFeed());
  }

  /** Stops pending repairs. */
  async close(): Promise<void> {
    await this.#repairer.close();
  }

  async #manifestsOf(feed: string): Promise<Manifest[]> {
    const { store, env, retry, nowUs } = this.#options;
    const manifests: Manifest[] = [];
    for (let back = 0; back <= DAYS_BACK; back++) {
      const day = dayOfUs(nowUs() - back * DAY_US);
      const manifest = await retry(
        `read the manifest of ${feed} ${day}`,
        () => loadManifest(store().storage, { kind: "normalized", env, feed, day }),
      );
      if (manifest !== undefined) manifests.push(manifest);
    }
    return manifests;
  }

  /** Returns receivedAt of each feed's last record, µs; feeds without records are left out. */
  #lastByFeed(): Map<string, number> {
    const { feeds, lastUsOf } = this.#options;
    const last = new Map<string, number>();
    for (const feed of feeds()) {
      const lastUs = Math.max(lastUsOf(feed), this.#archivedUs.get(feed) ?? 0);
      if (lastUs > 0) last.set(feed, lastUs);
    }
    return last;
  }

  /**
   * Returns the start of a first start's gap: of feeds without archive their first raw line, else
   * the stream's creation.
   */
  async #firstByFeed(createdAtUs: number): Promise<Map<string, number>> {
    const { feeds, retry, nowUs } = this.#options;
    const marks = this.#lastByFeed();
    const sinceUs = nowUs() - DAYS_BACK * DAY_US;
    for (const feed of feeds()) {
      if (marks.has(feed)) continue;
      const firstUs = await retry(`read what raw has of ${feed}`, () => this.#firstRawUs(feed));
      const beginUs = firstUs > 0 ? firstUs - 1 : Math.min(createdAtUs, nowUs());
      marks.set(feed, Math.max(beginUs, sinceUs));
    }
    return marks;
  }

  /** Returns the time of a feed's first line in raw, µs; 0 = none. */
  async #firstRawUs(feed: string): Promise<number> {
    const { store, env } = this.#options;
    const manifests = await rawManifests(store().storage, env, feed);
    const { shard } = store();
    const own = manifests.flatMap(({ files }) => files)
      .filter((file) => (file.shard ?? "") === shard);
    const times = own.map(({ from }) => usOfNsText(from));
    return times.length === 0 ? 0 : Math.min(...times);
  }

  #tell(hole: StreamHole, lastByFeed: ReadonlyMap<string, number>): void {
    const { env, metrics, nowUs, store } = this.#options;
    const missed = hole.type === "left" ? hole.missed : null;
    const detail = missed === null
      ? "the bus's stream was made anew: what the old one held was not archived to its end"
      : `${missed} messages left the bus, by its limits, before they were archived`;
    const { shard } = store();
    const atUs = nowUs();
    for (const [feed, fromUs] of lastByFeed) {
      const gap = { env, feed, shard, fromUs, toUs: 0, atUs, missed, detail };
      metrics.busGaps.inc({ feed });
      this.#logger.error("records left the bus before they were archived: raw gives them again", {
        ...{ feed, missed, detail },
      });
      this.#options.background(this.#openAndRepair(gap));
    }
  }

  async #openAndRepair(gap: BusGap): Promise<void> {
    const { store, retry } = this.#options;
    await retry(`list a gap of ${gap.feed}`, () => openBusGap(store(), gap));
    this.#repairer.add(gap);
  }
}
