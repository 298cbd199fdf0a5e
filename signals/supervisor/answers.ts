import { z } from "zod";
import { EVENT_TYPES, type Fire } from "@ssmd/market";
import type { Waiting } from "../engine/inspect.ts";
import type { Report } from "../engine/instance.ts";

const HASH = z.string().max(64);
const NAME = z.string().max(256);
const TIME_US = z.number();

/** A fire in a host's answer. */
const FIRE = z.strictObject({
  type: z.literal("fire"),
  timestampUs: TIME_US,
  receivedAtUs: TIME_US,
  symbol: NAME,
  feed: NAME,
  sequence: z.number(),
  run: z.number(),
  connection: z.number(),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  signal: NAME,
  version: z.int().min(1),
  sourceHash: HASH,
  paramsHash: HASH,
  causeSequence: z.number(),
  causeReceivedAtUs: TIME_US,
  values: z.string().max(4096),
  engine: z.string().max(64),
});

const REPORT = z.strictObject({
  kind: z.enum(["error", "capped"]),
  signal: NAME,
  feed: NAME,
  symbol: NAME,
  atUs: TIME_US,
  message: z.string().max(2000),
});

const WAITING = z.strictObject({
  signal: NAME,
  why: z.string().max(200),
  markets: z.int().min(0),
});

/** Answer to a batch. */
export const DONE = z.strictObject({
  position: z.number(),
  fires: z.array(FIRE),
  reports: z.array(REPORT).max(1000),
  unreadable: z.int().min(0),
  costUs: z.number(),
  rssBytes: z.number(),
  heapBytes: z.number(),
  instances: z.number(),
  waiting: z.array(WAITING).exactOptional(),
});

const PARAM = z.union([z.number(), z.string(), z.boolean()]);

const INFO = z.strictObject({
  id: NAME,
  title: z.string(),
  version: z.int().min(1),
  feeds: z.array(NAME),
  symbols: z.array(NAME),
  params: z.record(z.string(), PARAM),
  paramsHash: HASH,
  sourceHash: HASH,
  edge: z.enum(["rising", "falling", "level"]),
  cooldownUs: z.number(),
  everyUs: z.number(),
  maxFiresPerHour: z.number(),
  warmupUs: z.number(),
  neededFeeds: z.array(NAME),
  followedSymbols: z.array(NAME),
  types: z.array(z.enum(EVENT_TYPES)),
  builders: z.record(z.string(), z.string()),
});

/** Answer to a load. */
export const READY = z.strictObject({
  v8: z.string(),
  signals: z.array(INFO),
  failed: z.array(z.strictObject({ id: NAME, message: z.string() })),
});

/** Answer to a frame that failed. */
export const FAILED = z.strictObject({ message: z.string() });

const PLAIN = z.union([z.number(), z.string(), z.boolean(), z.null()]);

/** Answer to an inspection. */
export const VIEW = z.array(z.strictObject({
  ...{ signal: NAME, feed: NAME, symbol: NAME },
  isReady: z.boolean(),
  condition: z.boolean().nullable(),
  state: z.record(z.string(), z.record(z.string(), PLAIN)),
}));

/** A probing host's announcement of the next signal. */
export const BEGINS = z.strictObject({ id: NAME });

/** Result of a batch. */
export interface BatchResult {
  /** Stream position at the batch's end. */
  position: number;
  fires: Fire[];
  reports: Report[];
  /** Messages that were no records and were skipped. */
  unreadable: number;
  /** Evaluation time in the host, µs. */
  costUs: number;
  /** Resident memory of the host, bytes. */
  rssBytes: number;
  /** JavaScript heap and external memory, bytes. */
  heapBytes: number;
  /** Number of instances. */
  instances: number;
  /** Instances that cannot fire yet; absent = as told before. Once a second. */
  waiting?: readonly Waiting[];
}

/** Signals that a host runs. */
export type Ready = z.output<typeof READY>;
