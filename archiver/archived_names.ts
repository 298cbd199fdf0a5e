import type { EventType, MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { archivedRecords, recordName } from "./archived_records.ts";

const MINUTE_US = 60_000_000;

/** Most minutes kept; the oldest is dropped and read again when needed. */
const MINUTES_MAX = 16;

/** Records of one type in one minute of a feed. */
export interface MinuteOfRecords {
  feed: string;
  type: EventType;
  /** Start, µs since 1970. */
  fromUs: number;
}

/**
 * Archived record names of the minutes that late messages belong to. Run watermarks do not cover
 * these: after a wiped bus, earlier messages may or may not be archived.
 */
export class ArchivedNames {
  #minutes = new Map<string, Set<string>>();
  #requestedMinute: string | undefined;
  #ask: (minute: MinuteOfRecords) => void;

  /** `ask` requests the names of an unknown minute; {@linkcode loaded} must follow. */
  constructor(ask: (minute: MinuteOfRecords) => void) {
    this.#ask = ask;
  }

  /** Returns whether a record is archived or in a window; undefined = its minute was requested. */
  has(event: MarketEvent, minute: MinuteOfRecords): boolean | undefined {
    const key = keyOf(minute);
    const names = this.#minutes.get(key);
    if (names !== undefined) return names.has(recordName(event));
    if (this.#requestedMinute !== key) {
      this.#requestedMinute = key;
      this.#ask(minute);
    }
    return undefined;
  }

  /** Sets the names of a minute; no record of it may be in a window only. */
  loaded(minute: MinuteOfRecords, names: Set<string>): void {
    this.#requestedMinute = undefined;
    this.#minutes.set(keyOf(minute), names);
    const [oldest] = this.#minutes.keys();
    if (this.#minutes.size > MINUTES_MAX && oldest !== undefined) this.#minutes.delete(oldest);
  }

  /** Notes a record that goes into a window. */
  add(event: MarketEvent, minute: MinuteOfRecords): void {
    this.#minutes.get(keyOf(minute))?.add(recordName(event));
  }

  /** Whether no minute is known, which is usual; checked for each record. */
  get empty(): boolean {
    return this.#minutes.size === 0;
  }
}

function keyOf({ feed, type, fromUs }: MinuteOfRecords): string {
  return `${feed} ${type} ${fromUs}`;
}

/** Reads the names of a minute's records. Throws as {@linkcode archivedRecords}. */
export async function readNames(
  storage: Storage,
  env: string,
  { feed, type, fromUs }: MinuteOfRecords,
): Promise<Set<string>> {
  const names = new Set<string>();
  const span = { env, feed, types: [type], fromUs, toUs: fromUs + MINUTE_US };
  for await (const event of archivedRecords(storage, span)) names.add(recordName(event));
  return names;
}
