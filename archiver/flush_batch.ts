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

/** Windows that are written together, and what may be acknowledged when they are. */
export interface FlushBatch {
  windows: Window[];
  /** Days that are over and get their last status. */
  sealed: Day[];
  /** Everything in the stream up to here is in the archive after the round. */
  streamSequence: number;
  /** Which stream that is; undefined = one that keeps nothing. */
  createdAtUs: number | undefined;
}

/** What a round needs to be written. */
interface RoundWriter {
  storage: Storage;
  source: LineageSource;
  /** `0.1.0+abc1234` */
  writtenBy: string;
  nowUs: () => number;
  /** By feed: markets that are ordered; undefined = not known. */
  ordered: ReadonlyMap<string, readonly string[]> | undefined;
  /** Of the lease; undefined = no other process can write here. */
  token: number | undefined;
  /** "" = there are no shards. */
  shard: string;
  /** Shards of a feed, all of which have to be through with a day before it is complete. */
  shardsOf: (feed: string) => readonly string[];
  /** Runs a storage action until it succeeds; rejects only when the archiver is being closed. */
  insist: (what: string, action: () => Promise<void>) => Promise<void>;
  /** Told of each file that is whole in storage. */
  onFile: (file: ManifestFile, day: Day) => void;
}

/** Writes all files of a round, day by day, and behind each day's files its manifest. */
export async function writeRound(round: FlushBatch, writer: RoundWriter): Promise<void> {
  const days = Map.groupBy(round.windows, (window) => window.day);
  for (const day of round.sealed) if (!days.has(day)) days.set(day, []);
  for (const [day, windows] of days) {
    await writeDay(day, round, { windows, writer });
  }
}

async function writeDay(
  day: Day,
  { sealed, streamSequence, createdAtUs }: FlushBatch,
  { windows, writer }: { windows: readonly Window[]; writer: RoundWriter },
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
  await writer.insist(`write the manifest of ${feed} ${name}`, async () => {
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

/** A day that is over gets its last status, from the last of the shards that is through with it. */
function ended(
  manifest: Manifest,
  { shard, shardsOf }: Pick<RoundWriter, "shard" | "shardsOf">,
): Manifest {
  const { feed, gaps } = manifest;
  const isPartial = gaps.some(({ bus }) => bus === "open" || bus === "lost");
  const status: ManifestStatus = isPartial ? "partial" : "complete";
  if (shard === "") return { ...manifest, status };
  const marked = withProgress(manifest, shard, { isOver: true });
  const isLast = shardsOf(feed).every((each) => progressOf(marked, each).isOver);
  return isLast ? { ...marked, status } : marked;
}

/** Writes a window under the first free name; nothing that another archiver wrote is touched. */
async function writeFile(
  { built, taken }: { built: NormalizedFile; taken: Set<string> },
  { storage, token, shard, insist }: RoundWriter,
  { day, window }: { day: Day; window: Window },
): Promise<string> {
  for (;;) {
    const key = freeKey(day.manifest, window, { taken, shard });
    taken.add(key);
    let isWritten = true;
    await insist(`write ${key}`, async () => {
      if (token === undefined) await storage.put(key, built.stream());
      else isWritten = await putNew(storage, key, built);
    });
    if (isWritten) return key;
  }
}

/** Puts a file where there is none; true = it is there, also when an earlier try put it. */
async function putNew(storage: Storage, key: string, built: NormalizedFile): Promise<boolean> {
  const bytes = await bytesOf(built.stream());
  if (await storage.replace?.(key, bytes, undefined)) return true;
  return sha256Of(await storage.get(key)) === built.sha256;
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return concat(await Array.fromAsync(chunks));
}

/**
 * Whether a try whose answer was lost has made the change: the files are named, or have been sealed
 * since (then their places are reached, which only this archiver moves).
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

/** The first key of the window's minute that no file has, or had before it was sealed. */
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

/** Raises the runs' places to those in a file; a file of late records raises none. */
function moveOn(positions: Positions, known: Positions, { lineage }: NormalizedFile): void {
  for (const [run, { last }] of Object.entries(lineage.runs)) {
    const offset = parseFrameOffset(last);
    const before = lastOffsetOf(positions, run) ?? lastOffsetOf(known, run);
    const isLater = before === undefined ||
      offset !== undefined && compareFrameOffsets(offset, before) > 0;
    if (offset !== undefined && isLater) positions[run] = formatFrameOffset(offset);
  }
}
