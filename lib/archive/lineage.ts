import type { EventType } from "@ssmd/market";
import type { Span } from "./manifest.ts";

/** Content of a file from one run: first and last offset (`frame-index`), count, sequences. */
export interface RunSpan {
  /** Offset of the first record. */
  first: string;
  /** Offset of the last record. */
  last: string;
  /** Records. */
  count: number;
  /** Sequence numbers of the records. */
  sequence: Span;
}

/** Origin of a window file, stored in a skippable frame at its front. */
export interface Lineage {
  /** Name and version of this format. */
  format: "ssmd-normalized/1" | "ssmd-normalized/2";
  /** Registered schema of the records. */
  schema: { type: EventType; version: string; id: string; sha256: string };
  env: string;
  feed: string;
  /** Process that wrote the file (`archiver-main`). */
  processor: string;
  /** Software that wrote the file. */
  software: { version: string; commit: string };
  /** ISO time of writing. */
  writtenAt: string;
  /** Source of the records (`nats ssmd-demo`, `memory`). */
  source: string;
  /** Records. */
  count: number;
  /** Size of the records, uncompressed bytes. */
  bytes: number;
  /** receivedAt of the earliest record, ns as text. */
  from: string;
  /** receivedAt of the latest record. */
  to: string;
  /** Sequence numbers of the records. */
  sequence: Span;
  /** Sequence range in the bus's stream. */
  stream: Span;
  /** Records with a message id, by run. */
  runs: Record<string, RunSpan>;
}

/** Lineage fields that do not follow from the records. */
export interface LineageSource {
  env: string;
  feed: string;
  /** Process that writes the file (`archiver-main`). */
  processor: string;
  /** Software that writes the file. */
  software: { version: string; commit: string };
  /** Source of the records (`nats ssmd-demo`, `memory`). */
  source: string;
}

/** Content of a sealed day, stored in the footer of its file. */
export interface SealedLineage {
  /** Name and version of this format; `/1` files were Cap'n Proto and had more fields. */
  format: "ssmd-sealed/1" | "ssmd-sealed/2";
  /** Registered schema of the records. */
  schema: { type: EventType; version: string; id: string; sha256: string };
  env: string;
  feed: string;
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  /** Records. */
  count: number;
  /** Number of symbols with records. */
  symbols: number;
  /** receivedAt of the earliest record, ns as text. */
  from: string;
  /** receivedAt of the latest record. */
  to: string;
  /** Sequence numbers of the records. */
  sequence: Span;
}
