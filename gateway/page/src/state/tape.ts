import { count, time } from "../format.ts";
import type { Message } from "./message.ts";

/** Maximum number of trades and marks kept. */
const ENTRIES_MAX = 2000;
const MINUTE_MS = 60_000;

/** Trade. */
export interface Print {
  price: number;
  size: number;
  side: string;
  /** Venue time, or receive time if the venue gave none. */
  ms: number;
  recvMs: number;
  seq: number;
}

/** Mark between two trades: records are missing here. */
export interface Mark {
  mark: string;
  ms: number;
}

/** Trades of the focused market, oldest first, with marks between them. */
export class Tape {
  entries: (Print | Mark)[] = [];
  /** Number of live trades so far, so that views can tell how many are new. */
  total = 0;
  #last: Print | undefined;

  /** Clears the tape. */
  clear(): void {
    this.entries = [];
    this.total = 0;
    this.#last = undefined;
  }

  /** Adds a live trade; returns undefined for a duplicate, possible after a reconnect. */
  take(message: Message): Print | undefined {
    const print = printOf(message);
    if (this.#last !== undefined && !isAfter(print, this.#last)) return undefined;
    this.#last = print;
    this.entries.push(print);
    this.total++;
    this.#trim();
    return print;
  }

  /** Marks that records are missing from here on. */
  mark(text: string, ms: number): void {
    this.entries.push({ mark: text, ms });
    this.#trim();
  }

  /** Number of trades of the last minute, or since the first known one if that is younger. */
  rateText(nowMs: number): string {
    const prints = this.entries.filter((entry): entry is Print => "price" in entry);
    const recent = prints.filter(({ recvMs }) => recvMs > nowMs - MINUTE_MS);
    const [first] = recent;
    if (first === undefined) return "";
    const isWhole = first !== prints[0];
    return `${count(recent.length)} ${
      isWhole ? "in the last minute" : `since ${time(first.recvMs)}`
    }`;
  }

  /** Merges past trades of the REST API, in any order, without duplicates; returns the new ones. */
  takeHistory(history: readonly Message[]): Print[] {
    const here = new Set(this.entries.flatMap((entry) => "mark" in entry ? [] : [nameOf(entry)]));
    const fresh = history.map(printOf).filter((print) => !here.has(nameOf(print)));
    this.entries = [...this.entries, ...fresh].sort(compareEntries);
    const last = this.entries.findLast((entry): entry is Print => "price" in entry);
    if (last !== undefined && (this.#last === undefined || isAfter(last, this.#last))) {
      this.#last = last;
    }
    this.#trim();
    return fresh;
  }

  /** Live trades since `total` was `before`, oldest first. */
  since(before: number): Print[] {
    const prints: Print[] = [];
    let wanted = this.total - before;
    for (let i = this.entries.length - 1; i >= 0 && wanted > 0; i--) {
      const entry = this.entries[i] as Print | Mark;
      if ("mark" in entry) continue;
      prints.push(entry);
      wanted--;
    }
    return prints.reverse();
  }

  #trim(): void {
    if (this.entries.length > ENTRIES_MAX) this.entries.splice(0, ENTRIES_MAX / 4);
  }
}

function nameOf({ recvMs, seq, price, size }: Print): string {
  return `${recvMs} ${seq} ${price} ${size}`;
}

/** Order of receipt; a mark precedes trades of the same time. */
function compareEntries(a: Print | Mark, b: Print | Mark): number {
  const [atA, atB] = [a, b].map((entry) => "mark" in entry ? entry.ms : entry.recvMs);
  if (atA !== atB) return (atA ?? 0) - (atB ?? 0);
  if ("mark" in a || "mark" in b) return Number("mark" in b) - Number("mark" in a);
  return a.seq - b.seq;
}

function isAfter(a: Print, b: Print): boolean {
  return a.recvMs > b.recvMs || (a.recvMs === b.recvMs && a.seq > b.seq);
}

function printOf(message: Message): Print {
  const recvMs = Number(message["recv_ts"]);
  return {
    price: Number(message["price"]),
    size: Number(message["size"]),
    side: String(message["side"]),
    ms: Number(message["ts"] ?? recvMs),
    recvMs,
    seq: Number(message["seq"]),
  };
}
