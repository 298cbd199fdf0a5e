import { ArchiveError } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import { CanonicalMessages, decode, Encoder } from "@ssmd/codec";
import {
  type ArchivedFile,
  loadManifest,
  type Manifest,
  type ManifestFile,
  type ManifestId,
  NORMALIZED_VERSION,
  openArchived,
  putSealed,
  readSealed,
  RecordDigest,
  RecordSorter,
  sealedKey,
  type SealedSource,
} from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { SealDayOptions, SealProgress } from "./seal_options.ts";

/** Files prefetched (first range, usually all of it) to hide storage latency. */
const FILES_AHEAD = 4;
/** Records between progress reports. */
const TELL_EVERY = 100_000;

/**
 * Writes one type's sealed object and reads it back; returns its manifest entry. Throws as
 * `sealDay`.
 */
export async function sealType(
  manifestId: ManifestId,
  manifest: Manifest,
  { type, files, options }: {
    type: EventType;
    files: readonly ManifestFile[];
    options: SealDayOptions;
  },
): Promise<ManifestFile> {
  const { storage, tempDir } = options;
  const key = freeKey(manifestId, manifest, type);
  const total = files.reduce((sum, file) => sum + file.count, 0);
  const tell = teller(type, total, options);
  using sorter = new RecordSorter(type, { tempDir });
  const given = await readAll(storage, files, { sorter, tell: tell("reading") });
  const sealed = await putSealed(storage, key, {
    sorted: sorter.sorted(),
    source: sourceOf(manifestId, options),
    beforeEnd: () => assertUnnamed(storage, manifestId, key),
  });
  const found = new RecordDigest();
  const checked = tell("checking");
  const encoder = new Encoder();
  for await (const records of readSealed(storage, sealed)) {
    for (const record of records) found.add(encoder.encode(record));
    checked(found.count);
  }
  if (found.text === given.text) return sealed;
  throw new ArchiveError(
    "SEAL_DIFFERS",
    `${key} holds ${found.text}; the files it was made of hold ${given.text}`,
    { hint: "Nothing was switched over or removed. Check memory and disk, and run it again" },
  );
}

function sourceOf(
  { env, feed, version = NORMALIZED_VERSION, day }: ManifestId,
  { software, nowUs }: SealDayOptions,
): SealedSource {
  const source = `windows of ${version}`;
  return { env, feed, day, processor: "archive seal", software, source, nowUs: nowUs() };
}

async function readAll(
  storage: Storage,
  files: readonly ManifestFile[],
  { sorter, tell }: { sorter: RecordSorter; tell: (done: number) => void },
): Promise<RecordDigest> {
  const given = new RecordDigest();
  const canonical = new CanonicalMessages(sorter.type);
  const ahead: Promise<ArchivedFile>[] = [];
  for (const [i, file] of files.entries()) {
    const before = given.count;
    for (const next of files.slice(i + ahead.length, i + FILES_AHEAD)) {
      const opening = openArchived(storage, next);
      // A failure surfaces when the file is awaited.
      opening.catch(() => {});
      ahead.push(opening);
    }
    const opened = await (ahead.shift() as Promise<ArchivedFile>);
    for await (const batch of opened.messages()) {
      for (const each of batch) {
        const message = canonical.of(each);
        given.add(message);
        sorter.add(decode(sorter.type, message));
      }
      tell(given.count);
    }
    if (given.count - before === file.count) continue;
    throw new ArchiveError(
      "ARCHIVE_DAMAGED",
      `${file.key} holds ${given.count - before} records, its manifest says ${file.count}`,
      { hint: "Run `ssmd archive verify`, and restore the file from a copy" },
    );
  }
  return given;
}

/** Returns the first sealed key that the manifest does not use. */
function freeKey(manifestId: ManifestId, manifest: Manifest, type: EventType): string {
  const { files, retired = [] } = manifest;
  const taken = new Set([...files.map((file) => file.key), ...retired]);
  for (let part = 1;; part++) {
    const key = sealedKey({ ...manifestId, type, part });
    if (!taken.has(key)) return key;
  }
}

/** Throws when another sealing has already named an object under the key. */
async function assertUnnamed(storage: Storage, manifestId: ManifestId, key: string): Promise<void> {
  const manifest = await loadManifest(storage, manifestId);
  if (!manifest?.files.some((file) => file.key === key)) return;
  throw new ArchiveError(
    "SEAL_OVERTAKEN",
    `${key} was written and named by another sealing meanwhile`,
    { hint: "Run it again when the other one is done", retryable: true },
  );
}

function teller(
  type: EventType,
  total: number,
  { onProgress }: SealDayOptions,
): (step: SealProgress["step"]) => (done: number) => void {
  return (step) => {
    let reported = 0;
    return (done) => {
      if (done - reported < TELL_EVERY) return;
      reported = done;
      onProgress?.({ type, step, done, total });
    };
  };
}
