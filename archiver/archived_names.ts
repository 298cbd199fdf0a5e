import type { EventType, MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { archivedRecords, recordName } from "./archived_records.ts";

const MINUTE_US = 60_000_000;

/** Minutes whose names are kept; those asked for first are forgotten first and read again. */
const MINUTES_MAX = 16;

/** The records of a type in one minute of a feed's day. */
export interface MinuteOfRecords {
  feed: string;
  type: EventType;
  /** Its begin, µs since 1970. */
  fromUs: number;
}

/**
 * What is archived of the minutes that late messages are of. A place in a run says nothing of them:
 * the bus may have been wiped, and what it stored before may be archived or not.
 */
export class ArchivedNames {
  #minutes = new Map<string, Set<string>>();
  #requestedMinute: string | undefined;
  #ask: (minute: MinuteOfRecords) => void;

  /** `ask` reads the names of a minute that is not known; {@linkcode loaded} is to follow. */
  constructor(ask: (minute: MinuteOfRecords) => void) {
    this.#ask = ask;
  }

  /** Whether a record is archived or in a window; undefined = it has been asked for. */
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

  /** Takes over all records of a minute, none of which is in a window only. */
  loaded(minute: MinuteOfRecords, names: Set<string>): void {
    this.#requestedMinute = undefined;
    this.#minutes.set(keyOf(minute), names);
    const [oldest] = this.#minutes.keys();
    if (this.#minutes.size > MINUTES_MAX && oldest !== undefined) this.#minutes.delete(oldest);
  }

  /** A record goes into its window. */
  add(event: MarketEvent, minute: MinuteOfRecords): void {
    this.#minutes.get(keyOf(minute))?.add(recordName(event));
  }

  /** Whether none is known: the usual case, asked for each record. */
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
