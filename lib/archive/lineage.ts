import type { EventType } from "@ssmd/market";
import type { Span } from "./manifest.ts";

/** What a file holds of one run: first and last place (`frame-index`), records, their sequence. */
export interface RunSpan {
  /** Place of the first record. */
  first: string;
  /** Place of the last record. */
  last: string;
  /** Records. */
  count: number;
  /** Their sequence numbers. */
  sequence: Span;
}

/** Where the file of a window comes from: stands in a skippable frame at its front. */
export interface Lineage {
  /** Name and version of this format. */
  format: "ssmd-normalized/1" | "ssmd-normalized/2";
  /** The registered schema that the records were written with. */
  schema: { type: EventType; version: string; id: string; sha256: string };
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** What wrote the file (`archiver-main`). */
  processor: string;
  /** What wrote the file. */
  software: { version: string; commit: string };
  /** ISO time of writing. */
  writtenAt: string;
  /** Where the records were read (`nats ssmd-demo`, `memory`). */
  source: string;
  /** Records. */
  count: number;
  /** Of the records, uncompressed. */
  bytes: number;
  /** receivedAt of the earliest and the latest record, ns as text. */
  from: string;
  /** receivedAt of the latest record. */
  to: string;
  /** Sequence numbers of the records. */
  sequence: Span;
  /** Place in the bus's stream. */
  stream: Span;
  /** Records that came with a message id, by run. */
  runs: Record<string, RunSpan>;
}

/** What the writer of a file knows beyond the records. */
export interface LineageSource {
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** What writes (`archiver-main`). */
  processor: string;
  /** What writes. */
  software: { version: string; commit: string };
  /** Where the records were read (`nats ssmd-demo`, `memory`). */
  source: string;
}

/** What a sealed day holds: stands in the footer of its file. */
export interface SealedLineage {
  /** Name and version of this format; `/1` were files of Cap'n Proto, which had more. */
  format: "ssmd-sealed/1" | "ssmd-sealed/2";
  /** The registered schema of the records. */
  schema: { type: EventType; version: string; id: string; sha256: string };
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  /** Records. */
  count: number;
  /** How many symbols have records. */
  symbols: number;
  /** receivedAt of the earliest record, ns as text. */
  from: string;
  /** receivedAt of the latest record. */
  to: string;
  /** Sequence numbers of the records. */
  sequence: Span;
}
