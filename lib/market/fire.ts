import type { EventBase } from "./event.ts";

/**
 * A signal's condition came true. A fire carries no wall clock and no chance: the same records give
 * the same bytes, live and in a backtest. `feed` and `symbol` name the instance that fired; `run`,
 * `connection`, `timestampUs` and `sequence` are those of the cause; `receivedAtUs` is the moment
 * of the fire in event time: when the cause was received, or the boundary of a signal that is
 * evaluated `every` so often.
 */
export interface Fire extends EventBase {
  /** Which record it is. */
  type: "fire";
  /** First 128 bits of the SHA-256 of signal, version, params, feed, symbol and cause, 32 hex digits. */
  id: string;
  /** The signal's id: the name of its file without `.ts`. */
  signal: string;
  /** The version that its author gave it, from 1. */
  version: number;
  /** SHA-256 of the signal's source text, 64 hex digits. */
  sourceHash: string;
  /** SHA-256 of the parameters in force as canonical JSON, 64 hex digits. */
  paramsHash: string;
  /** Number of the cause in its connection: the last record that was applied; 0 = there was none. */
  causeSequence: number;
  /** When the cause was received, µs; 0 = there was none. */
  causeReceivedAtUs: number;
  /** What `fire` answered, as canonical JSON: keys sorted, no space, at most 4 KiB. */
  values: string;
  /** Version of the engine and of V8, whose `Math` is not the same everywhere (`1 v8/15.0.245.1`). */
  engine: string;
}

/**
 * A connector's word that it published every record of `feed` that it received before `timeUs`.
 * With it a quiet market's time passes too, and records of several feeds can be put in one order.
 */
export interface Watermark {
  /** The feed's id. */
  feed: string;
  /** Exclusive, µs; it never falls. */
  timeUs: number;
}
