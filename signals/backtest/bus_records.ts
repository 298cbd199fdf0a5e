import { decode } from "@ssmd/codec";
import { dayOfUs } from "@ssmd/archive";
import { FEED_TYPES, type MarketEvent, recordFilters } from "@ssmd/market";
import { TransportError } from "@ssmd/runtime";
import type { InMessage, StreamState, Transport } from "@ssmd/transport";
import { RecordDedupe } from "../engine/record_dedupe.ts";
import { WatermarkMerge } from "../engine/watermark_merge.ts";
import { hasDropped, inputFilters, STORE_SKEW_US } from "../live/catch_up.ts";
import { StreamItems } from "../live/stream_item.ts";
import { merge, type MergedQuery, type RecordSource } from "./merged_records.ts";

/** Counts of one feed's records on the bus for one day. */
interface BusDay {
  feed: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  records: number;
  gaps: number;
}

/** The retained history of a bus, readable like an archive. */
export class BusHistory {
  readonly #transport: Transport;
  readonly #days = new Map<string, BusDay>();
  /** Stream state at open. */
  readonly state: StreamState;

  private constructor(transport: Transport, state: StreamState) {
    this.#transport = transport;
    this.state = state;
  }

  /** Opens the history. Rejects with the transport's errors. */
  static async open(transport: Transport): Promise<BusHistory> {
    return new BusHistory(transport, await transport.state());
  }

  /** Whether the bus has already dropped its oldest records. */
  get isCut(): boolean {
    return this.state.firstSequence > 1;
  }

  /** Counts of the records read so far, by feed and day. */
  get days(): BusDay[] {
    return [...this.#days.values()];
  }

  /**
   * Reads records in archive order; the feeds' watermarks tell when a time is complete. Throws the
   * transport's errors, those of `WatermarkMerge`, and TransportError `BUS_OVERTAKEN`.
   */
  readonly records: RecordSource = (query) =>
    query.types?.includes("fire") === true
      ? this.#fires(query)
      : merge(query, ({ feed, ...rest }) => this.#feed(feed, { ...rest, feeds: [feed] }));

  async *#feed(feed: string, query: MergedQuery): AsyncGenerator<readonly MarketEvent[], void> {
    const { env, types = FEED_TYPES, toUs = Infinity } = query;
    const waiting = new WatermarkMerge([feed]);
    const dedupe = new RecordDedupe();
    const items = new StreamItems();
    const counted = (complete: readonly MarketEvent[]) => {
      const records = complete.filter((each) => isWithin(each, query) && !dedupe.isRepeated(each));
      this.#count(feed, records);
      return records;
    };
    for await (const batch of this.#read(inputFilters(env, [feed], types), query)) {
      for (const message of batch) {
        const item = items.of(message);
        if (item === undefined) continue;
        if (item.type !== "watermark") waiting.add(decode(item.type, item.payload));
        else yield counted(waiting.advance(item.watermark));
      }
      if (waiting.completeUs >= toUs) return;
    }
    yield counted(waiting.advance({ feed, timeUs: Infinity }));
  }

  async *#fires(query: MergedQuery): AsyncGenerator<readonly MarketEvent[], void> {
    for await (const batch of this.#read(recordFilters(query.env, ["fire"]), query)) {
      const fires = batch.map(({ payload }) => decode("fire", payload));
      yield fires.filter((fire) => isWithin(fire, query) && query.feeds.includes(fire.feed));
    }
  }

  /** Reads the bus; throws TransportError `BUS_OVERTAKEN` when it drops what is not read yet. */
  async *#read(
    filters: string[],
    { fromUs }: MergedQuery,
  ): AsyncGenerator<readonly InMessage[], void> {
    const { firstSequence, lastSequence: toSequence } = this.state;
    const from = fromUs === undefined
      ? { sequence: firstSequence }
      : { timeUs: Math.max(0, fromUs - STORE_SKEW_US) };
    // Of a bus that is cut, nobody expects the first messages.
    let next = this.isCut ? undefined : firstSequence;
    for await (const batch of this.#transport.read({ filters, from, toSequence })) {
      if (next !== undefined && await hasDropped(this.#transport, next, batch)) throw overtaken();
      yield batch;
      next = (batch.at(-1)?.streamSequence ?? toSequence) + 1;
    }
    if (next === undefined || next > toSequence) return;
    if (await hasDropped(this.#transport, next)) throw overtaken();
  }

  #count(feed: string, records: readonly MarketEvent[]): void {
    for (const { type, receivedAtUs } of records) {
      const day = dayOfUs(receivedAtUs);
      const key = `${day} ${feed}`;
      const known = this.#days.get(key) ?? { feed, day, records: 0, gaps: 0 };
      known.records++;
      if (type === "gap") known.gaps++;
      this.#days.set(key, known);
    }
  }
}

function overtaken(): TransportError {
  const message = "The bus dropped messages before they were read";
  return new TransportError("BUS_OVERTAKEN", message, {
    hint: "Read the archive instead, or try again without --speed and --step",
  });
}

function isWithin(
  { receivedAtUs, symbol }: MarketEvent,
  { fromUs = 0, toUs = Infinity, symbols }: MergedQuery,
): boolean {
  return receivedAtUs >= fromUs && receivedAtUs < toUs && (symbols?.includes(symbol) ?? true);
}
