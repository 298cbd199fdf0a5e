import type { EventType } from "@ssmd/market";
import type { Span } from "./manifest.ts";

/** What a file holds of one run: first and last place (`frame-index`), records, their sequence. */
export interface RunSpan {
  first: string;
  last: string;
  count: number;
  sequence: Span;
}

/** Where a normalized file comes from: stands in a skippable frame at its front. */
export interface Lineage {
  format: "ssmd-normalized/1";
  schema: { type: EventType; version: string; id: string; sha256: string };
  env: string;
  feed: string;
  /** What wrote the file (`archiver-main`). */
  processor: string;
  software: { version: string; commit: string };
  /** ISO time of writing. */
  writtenAt: string;
  /** Where the records were read (`nats ssmd-demo`, `memory`). */
  source: string;
  count: number;
  /** Of the records, uncompressed. */
  bytes: number;
  /** receivedAt of the earliest and the latest record, ns as text. */
  from: string;
  to: string;
  sequence: Span;
  /** Place in the bus's stream. */
  stream: Span;
  /** Records that came with a message id, by run. */
  runs: Record<string, RunSpan>;
}

/** What the writer of a file knows beyond the records. */
export interface LineageSource {
  env: string;
  feed: string;
  /** What writes (`archiver-main`). */
  processor: string;
  software: { version: string; commit: string };
  /** Where the records were read (`nats ssmd-demo`, `memory`). */
  source: string;
}
