import {
  changedManifest,
  changeManifest,
  compareFrameOffsets,
  concat,
  formatFrameOffset,
  lastOffsetOf,
  type LineageSource,
  type Manifest,
  type ManifestChange,
  type ManifestFile,
  type ManifestStatus,
  manifestTimes,
  type NormalizedFile,
  normalizedKey,
  parseFrameOffset,
  type Positions,
  progressOf,
  sha256Of,
  withProgress,
} from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { Day, Window } from "./day.ts";
import { fenced } from "./fence.ts";

/** Windows written together, and the sequence to acknowledge afterwards. */
export interface FlushBatch {
  windows: Window[];
  /** Ended days that get their final status. */
  sealed: Day[];
  /** Stream sequence up to which everything is archived after the batch. */
  streamSequence: number;
  /** Identity of that stream; undefined = one that keeps nothing. */
  createdAtUs: number | undefined;
}

/** Options of {@linkcode writeBatch}. */
interface BatchWriter {
  storage: Storage;
  source: LineageSource;
  /** `0.1.0+abc1234` */
  writtenBy: string;
  nowUs: () => number;
  /** By feed: subscribed markets; undefined = unknown. */
  ordered: ReadonlyMap<string, readonly string[]> | undefined;
  /** Fencing token of the lease; undefined = no other process can write here. */
  token: number | undefined;
  /** "" = no shards. */
  shard: string;
  /** Shards of a feed, all of which must finish a day before it is complete. */
  shardsOf: (feed: string) => readonly string[];
  /** Runs a storage action until it succeeds; rejects only when the archiver is closing. */
  retry: (what: string, action: () => Promise<void>) => Promise<void>;
  /** Called for each file completely written. */
  onFile: (file: ManifestFile, day: Day) => void;
}

/** Writes all files of a batch, day by day, each day's manifest after its files. */
export async function writeBatch(batch: FlushBatch, writer: BatchWriter): Promise<void> {
  const days = Map.groupBy(batch.windows, (window) => window.day);
  for (const day of batch.sealed) if (!days.has(day)) days.set(day, []);
  for (const [day, windows] of days) {
    await writeDay(day, batch, { windows, writer });
  }
}

async function writeDay(
  day: Day,
  { sealed, streamSequence, createdAtUs }: FlushBatch,
  { windows, writer }: { windows: readonly Window[]; writer: BatchWriter },
): Promise<void> {
  const files: ManifestFile[] = [];
  const positions: Positions = {};
  const { files: named, retired = [] } = day.manifest;
  const taken = new Set([...named.map((file) => file.key), ...retired]);
  for (const window of windows) {
    const built = window.builder.finish(
      { ...writer.source, feed: day.manifest.feed },
      writer.nowUs(),
    );
    const key = await writeFile({ built, taken }, writer, { day, window });
    const file = manifestFile(key, window, built);
    files.push(file);
    moveOn(positions, day.manifest.positions, built);
    writer.onFile(file, day);
  }
  const change: ManifestChange = {
    files,
    gaps: windows.flatMap((window) => window.gaps),
    late: windows.flatMap((window) => window.late),
    positions,
    symbols: day.symbols.size,
    ordered: writer.ordered?.get(day.manifest.feed),
    shard: writer.shard,
    bus: createdAtUs === undefined ? undefined : { createdAtUs, sequence: streamSequence },
    writtenBy: writer.writtenBy,
    nowUs: writer.nowUs(),
  };
  const isOver = sealed.includes(day);
  const { feed, day: name } = day.manifest;
  await writer.retry(`write the manifest of ${feed} ${name}`, async () => {
    day.manifest = await changeManifest(writer.storage, day.manifest, {
      change: (manifest) => {
        const ours = fenced(manifest, writer);
        if (isMade(change, ours)) return undefined;
        const changed = changedManifest(ours, change);
        return isOver ? ended(changed, writer) : changed;
      },
      known: day.manifest,
    });
  });
}

/** Sets the final status of an ended day when the last shard has finished it. */
function ended(
  manifest: Manifest,
  { shard, shardsOf }: Pick<BatchWriter, "shard" | "shardsOf">,
): Manifest {
  const { feed, gaps } = manifest;
  const isPartial = gaps.some(({ bus }) => bus === "open" || bus === "lost");
  const status: ManifestStatus = isPartial ? "partial" : "complete";
  if (shard === "") return { ...manifest, status };
  const marked = withProgress(manifest, shard, { isOver: true });
  const isLast = shardsOf(feed).every((each) => progressOf(marked, each).isOver);
  return isLast ? { ...marked, status } : marked;
}

/** Writes a window under the first free key; never overwrites another archiver's file. */
async function writeFile(
  { built, taken }: { built: NormalizedFile; taken: Set<string> },
  { storage, token, shard, retry }: BatchWriter,
  { day, window }: { day: Day; window: Window },
): Promise<string> {
  for (;;) {
    const key = freeKey(day.manifest, window, { taken, shard });
    taken.add(key);
    let isWritten = true;
    await retry(`write ${key}`, async () => {
      if (token === undefined) await storage.put(key, built.stream());
      else isWritten = await putNew(storage, key, built);
    });
    if (isWritten) return key;
  }
}

/** Puts a file unless the key exists; true = it holds this file, also from an earlier try. */
async function putNew(storage: Storage, key: string, built: NormalizedFile): Promise<boolean> {
  const bytes = await bytesOf(built.stream());
  if (await storage.replace?.(key, bytes, undefined)) return true;
  return sha256Of(await storage.get(key)) === built.sha256;
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return concat(await Array.fromAsync(chunks));
}

/**
 * Whether a write whose answer was lost took effect: the files are named, or were sealed since
 * (then the positions, which only this archiver advances, are reached).
 */
function isMade({ files = [], positions = {} }: ManifestChange, manifest: Manifest): boolean {
  if (files.length === 0) return false;
  const named = new Set(manifest.files.map((file) => file.sha256));
  const offsets = Object.entries(positions);
  return files.every((file) => named.has(file.sha256)) ||
    offsets.length > 0 && offsets.every(([run, text]) => {
        const [offset, there] = [parseFrameOffset(text), lastOffsetOf(manifest.positions, run)];
        return offset !== undefined && there !== undefined &&
          compareFrameOffsets(there, offset) >= 0;
      });
}

/** Returns the minute's first key that no file has or had before sealing. */
function freeKey(
  manifest: Manifest,
  window: Window,
  { taken, shard }: { taken: ReadonlySet<string>; shard: string },
): string {
  const { env, feed } = manifest;
  const atUs = window.day.startUs + window.minute * 60_000_000;
  for (let part = (manifest.sealedParts ?? 0) + 1;; part++) {
    const key = normalizedKey({ env, feed, type: window.type, atUs, part, shard });
    if (!taken.has(key)) return key;
  }
}

function manifestFile(key: string, window: Window, built: NormalizedFile): ManifestFile {
  const { builder } = window;
  return {
    key,
    type: window.type,
    count: builder.count,
    bytes: built.size,
    sha256: built.sha256,
    ...manifestTimes(builder.firstUs, builder.lastUs),
    sequence: built.lineage.sequence,
    stream: built.lineage.stream,
  };
}

/** Advances the runs' positions to those in a file; late records advance none. */
function moveOn(positions: Positions, known: Positions, { lineage }: NormalizedFile): void {
  for (const [run, { last }] of Object.entries(lineage.runs)) {
    const offset = parseFrameOffset(last);
    const before = lastOffsetOf(positions, run) ?? lastOffsetOf(known, run);
    const isLater = before === undefined ||
      offset !== undefined && compareFrameOffsets(offset, before) > 0;
    if (offset !== undefined && isLater) positions[run] = formatFrameOffset(offset);
  }
}
