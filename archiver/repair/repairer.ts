import { dayOfUs, loadManifest, NORMALIZED_VERSION, readArchive, usOfNsText } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import { type SpanTranslation, translateSpan } from "@ssmd/dataset/reprocess";
import type { MarketEvent } from "@ssmd/market";
import {
  Backoff,
  DAY_US,
  isoOfUs,
  type Logger,
  messageOf,
  nowUs as systemNowUs,
  sleep,
} from "@ssmd/runtime";
import { archivedRecords, recordName } from "../archived_records.ts";
import { type BusGap, type BusGapEnd, type BusGapStore, closeBusGap, daysOf } from "./bus_gap.ts";

/** Margin before the last record, where records may or may not be archived. */
const MARGIN_US = 5_000_000;
/** Time to wait for raw, written once a gap's minute is over; a dead connector writes none. */
const RAW_WAIT_US = 180_000_000;
const LOOK_MS = 2_000;
/** Most recreated records waiting in windows. */
const WAITING_MAX = 50_000;
/** Longest pause between retries: a damaged file does not heal by itself. */
const ERROR_MS_MAX = 60_000;

/** Options of {@linkcode Repairer}. */
export interface RepairerOptions {
  store: () => BusGapStore;
  logger: Logger;
  /** Returns receivedAt of a feed's latest record, µs; 0 = none. */
  lastUsOf: (feed: string) => number;
  /** Resolves when everything that the bus holds now is in files. */
  archiveAll: () => Promise<void>;
  /** Resolves when a day can take records. */
  openDay: (feed: string, day: string) => Promise<void>;
  /** Puts a record into its window. */
  insert: (event: MarketEvent, payload: Uint8Array) => void;
  onRepaired: (gap: BusGap, end: BusGapEnd) => void;
  /** Wall clock, µs; default the system's. */
  nowUs?: () => number;
}

/** Recreates records that left the bus from raw, the source of truth, one gap at a time. */
export class Repairer {
  #options: RepairerOptions;
  #encoder = new Encoder();
  #abort = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(options: RepairerOptions) {
    this.#options = options;
  }

  /** Queues a gap for repair once raw has its lines. */
  add(gap: BusGap): void {
    this.#last = this.#last.then(() => this.#repair(gap));
  }

  /** Stops pending repairs; the next start resumes them. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#last;
  }

  async #repair(gap: BusGap): Promise<void> {
    const { logger, store } = this.#options;
    let { toUs } = gap;
    const backoff = new Backoff({ firstMs: LOOK_MS, maxMs: ERROR_MS_MAX });
    while (!this.#abort.signal.aborted) {
      try {
        toUs ||= await this.#endOf(gap);
        const ended = { ...gap, toUs };
        if (toUs > 0 && await this.#isRawThere(ended)) {
          const end = await this.#makeAgain(ended);
          await closeBusGap(store(), ended, end);
          return this.#options.onRepaired(ended, end);
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        backoff.nextMs();
        logger.error("a gap of the bus cannot be repaired now; it is tried again", {
          ...{ feed: gap.feed, error: messageOf(error) },
        });
      }
      await sleep(backoff.tries > 0 ? backoff.nextMs() : LOOK_MS, this.#abort.signal);
    }
  }

  /**
   * Returns the time of the first record after a gap: a bus delivers a connector's records in order
   * of receipt, so missing ones lie before it and will not come. 0 = none yet.
   */
  async #endOf({ env, feed, fromUs }: BusGap): Promise<number> {
    const { archiveAll, lastUsOf, store } = this.#options;
    if (lastUsOf(feed) <= fromUs) return 0;
    await archiveAll();
    const query = { env, feed, fromUs: fromUs + 1, version: NORMALIZED_VERSION };
    for await (const [first] of readArchive(store().storage, query)) {
      if (first !== undefined) return first.receivedAtUs;
    }
    return 0;
  }

  /** Whether raw covers the gap's end, or no more of it is expected. */
  async #isRawThere({ env, feed, shard, toUs, atUs }: BusGap): Promise<boolean> {
    const { store, nowUs = systemNowUs } = this.#options;
    if (nowUs() - atUs > RAW_WAIT_US) return true;
    for (const day of new Set([dayOfUs(toUs), dayOfUs(toUs + DAY_US)])) {
      const manifest = await loadManifest(store().storage, { kind: "raw", env, feed, day });
      const own = manifest?.files.filter((file) => (file.shard ?? "") === shard) ?? [];
      if (own.some(({ to }) => usOfNsText(to) >= toUs)) return true;
    }
    return false;
  }

  async #makeAgain(gap: BusGap): Promise<BusGapEnd> {
    const { archiveAll, openDay, insert, store } = this.#options;
    const { env, feed, shard } = gap;
    const span = { env, feed, shard, fromUs: gap.fromUs - MARGIN_US, toUs: gap.toUs };
    for (const day of daysOf(span)) await openDay(feed, day);
    await archiveAll();
    const archived = new ArchivedRecords();
    const known = { env, feed, fromUs: Math.max(0, span.fromUs), toUs: span.toUs + 1 };
    for await (const event of archivedRecords(store().storage, known)) archived.add(event);
    let records = 0;
    let waiting = 0;
    const take = (event: MarketEvent) => {
      if (archived.takes(event)) return;
      records++;
      waiting++;
      insert(event, this.#encoder.encode(event));
    };
    const afterFile = async () => {
      if (waiting < WAITING_MAX) return;
      waiting = 0;
      await archiveAll();
    };
    const found = await translateSpan(store().storage, span, { onEvent: take, afterFile });
    await archiveAll();
    const made = `${records} records were made again from raw: ${gap.detail}`;
    const missing = missingIn(found, gap);
    if (missing === "") return { state: "repaired", records, detail: made };
    return { state: "lost", records, detail: `raw does not have ${missing}; ${made}` };
  }
}

/** Describes what raw lacks of a gap, for users; "" = nothing. */
function missingIn({ rawFromUs, rawToUs, missing }: SpanTranslation, gap: BusGap): string {
  if (rawFromUs > gap.toUs || rawToUs <= gap.fromUs) return "anything of that time";
  const lacks = [...missing];
  if (rawFromUs > gap.fromUs + MARGIN_US) lacks.unshift(`what is before ${isoOfUs(rawFromUs)}`);
  if (rawToUs < gap.toUs - MARGIN_US) lacks.push(`what is behind ${isoOfUs(rawToUs)}`);
  return lacks.join(", ");
}

/** Multiset of the archived records of a span. */
class ArchivedRecords {
  #counts = new Map<string, number>();

  /** Adds a record. */
  add(event: MarketEvent): void {
    const key = recordName(event);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Removes a record; false when none is left. Records of older schemas have no run. */
  takes(event: MarketEvent): boolean {
    const keys = [recordName(event), recordName({ ...event, run: 0, connection: 0 })];
    const key = keys.find((each) => (this.#counts.get(each) ?? 0) > 0);
    if (key === undefined) return false;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) - 1);
    return true;
  }
}
