import { createHash } from "node:crypto";
import {
  corruptionError,
  isSealedDay,
  openSealed,
  readArchive,
  readSealed,
  readSealedPart,
} from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import type { Partition } from "./plan.ts";

/** Bytes per range read. */
const RANGE_BYTES = 8 * 1024 * 1024;

/** Reads a partition's records in order of receive time. */
export type ReadRecords = (
  storage: Storage,
  partition: Partition,
) => AsyncIterable<readonly MarketEvent[]>;

/** Reads a partition's records in order of receive time. Throws as {@linkcode readArchive}. */
export async function* readRecords(
  storage: Storage,
  { env, feed, type, version, symbols, fromUs, toUs }: Partition,
): AsyncGenerator<readonly MarketEvent[], void> {
  const query = { env, feed, types: [type], version, fromUs, toUs };
  yield* readArchive(storage, symbols === undefined ? query : { ...query, symbols });
}

/** An archive file of a partition. */
export type SealedSource = Partition["sources"][number];

/** Returns the sealed file that is a partition's whole day; undefined with windows. */
export function sealedSource({ sources }: Partition): SealedSource | undefined {
  const [source, ...others] = sources;
  return source !== undefined && others.length === 0 && isSealedDay(source) ? source : undefined;
}

/** Reads an object. Throws ArchiveError `ARCHIVE_DAMAGED` when its SHA-256 differs. */
export async function* objectBytes(
  storage: Storage,
  { key, bytes, sha256 }: SealedSource,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes; at += RANGE_BYTES) {
    const range = await storage.getRange(key, at, Math.min(bytes, at + RANGE_BYTES));
    hash.update(range);
    yield range;
  }
  if (hash.digest("hex") === sha256) return;
  throw corruptionError(key, { offset: 0, why: "it does not have the SHA-256 its manifest names" });
}

/**
 * Reads a partition's records in order of symbol and receive time when one sealed file has them so;
 * undefined when they must be sorted.
 */
export function readSealedRecords(
  storage: Storage,
  partition: Partition,
): AsyncIterable<readonly MarketEvent[]> | undefined {
  const source = sealedSource(partition);
  if (source === undefined) return undefined;
  return partition.isWhole ? readSealed(storage, source) : partOfSealed(storage, source, partition);
}

async function* partOfSealed(
  storage: Storage,
  source: SealedSource,
  { symbols, fromUs, toUs }: Partition,
): AsyncGenerator<readonly MarketEvent[], void> {
  const day = await openSealed(storage, source);
  yield* readSealedPart(day, { symbols: symbols && new Set(symbols), fromUs, toUs });
}
