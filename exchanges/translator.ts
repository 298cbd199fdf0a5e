import { ALL_SYMBOLS, type Gap, type MarketEvent } from "@ssmd/market";
import type { Normalized, Normalizer } from "./adapter.ts";

/** What happened to a connection, as it stands in the raw file's `e` lines. */
export interface ConnectionEvent {
  /**
   * `connect`: the socket is open. `disconnect`: it broke. `stop`: it was closed on purpose.
   * `resumed`: first line after a restart.
   */
  name: string;
  /** Why, for a person. */
  why: string;
  /** `resumed` only: last moment known to be good before the restart, µs. */
  fromUs?: number;
}

/**
 * The one way from raw lines of a connection to numbered records: live, recovery, reprocess and
 * verification all go through it, so the same lines always give the same records.
 */
export class Translator {
  #normalizer: Normalizer;
  #feed: string;
  #sequence: number;
  #lastUs: number;

  /** Continues after record number `sequence` and the line of `lastUs`. */
  constructor(feed: string, normalizer: Normalizer, sequence = 0, lastUs = 0) {
    this.#feed = feed;
    this.#normalizer = normalizer;
    this.#sequence = sequence;
    this.#lastUs = lastUs;
  }

  /** Number of the last record given. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Time of the last line, µs. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** A frame that is JSON. What cannot be read gives a `gap` of reason `parse`, besides the notice. */
  frame(json: unknown, text: string, receivedAtUs: number): Normalized {
    const result = this.#normalizer.normalize(json, text, receivedAtUs);
    if (result.notice?.type === "unreadable") {
      result.events.push(this.#parseGap(receivedAtUs, result.notice.reason));
    }
    return this.#number(result, receivedAtUs);
  }

  /** A frame that is no JSON (or too large to be read). */
  unreadable(reason: string, receivedAtUs: number): Normalized {
    const events = [this.#parseGap(receivedAtUs, reason)];
    return this.#number({ events, send: [], notice: { type: "unreadable", reason } }, receivedAtUs);
  }

  /** An event of the connection. */
  event(event: ConnectionEvent, atUs: number): MarketEvent[] {
    const from = event.name === "resumed" ? event.fromUs ?? 0 : this.#lastUs;
    const lost = event.name === "disconnect" || event.name === "resumed";
    const events = lost ? this.#normalizer.disconnected(from || atUs, atUs, event.why) : [];
    return this.#number({ events, send: [] }, atUs).events;
  }

  #number(result: Normalized, atUs: number): Normalized {
    this.#lastUs = atUs;
    for (const event of result.events) event.sequence = ++this.#sequence;
    return result;
  }

  #parseGap(atUs: number, detail: string): Gap {
    return {
      type: "gap",
      timestampUs: 0,
      receivedAtUs: atUs,
      symbol: ALL_SYMBOLS,
      feed: this.#feed,
      sequence: 0,
      reason: "parse",
      fromUs: atUs,
      toUs: atUs,
      missed: 1,
      recovered: false,
      detail,
    };
  }
}
