import { messageOf, nowUs as systemNowUs, usOfIso } from "@ssmd/runtime";
import { isDerived, type MarketEvent } from "@ssmd/market";
import {
  dayOfUs,
  isSideObject,
  loadManifest,
  type Manifest,
  type ManifestId,
  manifestKey,
  NORMALIZED_VERSION,
  parseManifestKey,
  parseNormalizedKey,
  parseRawKey,
  parseSealedKey,
  usOfNsText,
} from "@ssmd/archive";
import type { Storage, StoredObject } from "@ssmd/storage";
import { codeOf, type FileCheckOptions } from "./file_check.ts";
import { NormalizedFiles } from "./normalized_files.ts";
import { RawFeed, type RawFeedOptions } from "./raw_feed.ts";
import { type Report, ReportBuilder } from "./report.ts";
import { DetailTally, Tally, type TypeDifference } from "./tally.ts";

/** What is verified. */
interface VerifyOptions {
  /** One environment; default all. */
  env?: string;
  /** Called after each file. */
  onProgress?: (filesDone: number, filesTotal: number) => void;
  /** The moment of the verification, µs; default the system's. */
  nowUs?: number;
}

/** Time that a captured frame may need into both sides of the archive, with its files' manifests. */
const ON_ITS_WAY_US = 5 * 60_000_000;
/** How often a view is taken while files vanish from it. */
const VIEWS_MAX = 5;

/** All that storage has of one feed. */
interface Feed {
  env: string;
  feed: string;
  raw: Manifest[];
  /** Of the version that the archiver writes. */
  normalized: Manifest[];
  /** Of all other versions. */
  versions: Manifest[];
}

/**
 * Recounts an archive: every file against its manifest (there, size, SHA-256, readable, counts,
 * spans), every file against the manifests (none is unnamed), no record twice, and the records and
 * gaps of each day against those that the raw frames give when they are translated anew. A record
 * carries its connection's sequence number and not the connection: records are balanced as a set
 * by type and sequence number, which finds whatever is lost, doubled or changed. Memory does not grow
 * with the days: a frame of a file, and 12 bytes for 4,096 records.
 * Throws StorageError when storage cannot be listed.
 */
export async function verifyArchive(
  storage: Storage,
  options: VerifyOptions = {},
): Promise<Report> {
  const nowUs = options.nowUs ?? systemNowUs();
  const { report, sizes, feeds, named, known } = await consistentView(storage, options.env);
  const inFlightFromMs = (nowUs - ON_ITS_WAY_US) / 1000;
  for (const [key, { modifiedAtMs }] of sizes) {
    if (known.has(key) || modifiedAtMs >= inFlightFromMs) continue;
    if (!isUnfinishedSeal(key, feeds)) reportUnnamed(key, report);
  }
  let done = 0;
  const onFile = () => options.onProgress?.(++done, named.size);
  const checks = { sizes: sizesOf(sizes), nowUs, report, onFile };
  for (const feed of feeds) await verifyFeed(storage, feed, checks);
  return report.build();
}

/** What storage has, and what its manifests say, so that each file they name was there. */
interface View {
  report: ReportBuilder;
  sizes: ReadonlyMap<string, StoredObject>;
  feeds: Feed[];
  /** Keys of files. */
  named: ReadonlySet<string>;
  /** Keys that have a reason to be there, also by manifests that are newer than the list. */
  known: ReadonlySet<string>;
}

/**
 * Manifests are read before the objects are listed, as a writer puts a file before it names it;
 * they are read once more behind the list, for what was named meanwhile. A file that a seal removed
 * between the two is looked for again.
 */
async function consistentView(storage: Storage, env: string | undefined): Promise<View> {
  for (let tries = 1;; tries++) {
    const report = new ReportBuilder();
    const feeds = await loadFeeds(storage, [...(await listObjects(storage, env)).keys()], report);
    const sizes = await listObjects(storage, env);
    const named = new Set(manifestsOf(feeds).flatMap(({ files }) => files.map(({ key }) => key)));
    const isWhole = [...named].every((key) => sizes.has(key));
    if (!isWhole && tries < VIEWS_MAX) continue;
    const later = await loadFeeds(storage, [...sizes.keys()], new ReportBuilder());
    const known = new Set([...manifestsOf(feeds), ...manifestsOf(later)].flatMap((manifest) => [
      ...manifest.files.map(({ key }) => key),
      // Named no more and being removed: `ssmd archive seal` finishes that.
      ...manifest.retired ?? [],
    ]));
    return { report, sizes, feeds, named, known };
  }
}

function manifestsOf(feeds: readonly Feed[]): Manifest[] {
  return feeds.flatMap(({ raw, normalized, versions }) => [...raw, ...normalized, ...versions]);
}

async function listObjects(
  storage: Storage,
  env: string | undefined,
): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>();
  for (const kind of ["raw", "normalized"]) {
    const prefix = env === undefined ? `${kind}/` : `${kind}/${env}/`;
    for await (const object of storage.list(prefix)) objects.set(object.key, object);
  }
  return objects;
}

function sizesOf(objects: ReadonlyMap<string, StoredObject>): Map<string, number> {
  return new Map([...objects].map(([key, { size }]) => [key, size]));
}

/** A sealed file beside a day that is not sealed: its seal was killed, and the next one replaces it. */
function isUnfinishedSeal(key: string, feeds: readonly Feed[]): boolean {
  const fileId = parseSealedKey(key);
  if (fileId === undefined) return false;
  const manifest = manifestsOf(feeds).find(({ kind, env, feed, day, version }) =>
    kind === "normalized" && env === fileId.env && feed === fileId.feed && day === fileId.day &&
    version === fileId.version
  );
  return manifest !== undefined &&
    !manifest.files.some(({ type, sealed }) => type === fileId.type && sealed !== undefined);
}

async function loadFeeds(
  storage: Storage,
  keys: readonly string[],
  report: ReportBuilder,
): Promise<Feed[]> {
  const feeds = new Map<string, Feed>();
  for (const key of keys) {
    const manifestId = parseManifestKey(key);
    if (manifestId === undefined) continue;
    const { env, feed, kind } = manifestId;
    const manifest = await loaded(storage, manifestId, { key, report });
    if (manifest === undefined) continue;
    const name = `${env}/${feed}`;
    const known = feeds.get(name) ?? { env, feed, raw: [], normalized: [], versions: [] };
    const isOther = kind === "normalized" && manifestId.version !== NORMALIZED_VERSION;
    known[isOther ? "versions" : kind].push(manifest);
    feeds.set(name, known);
  }
  return [...feeds.values()];
}

async function loaded(
  storage: Storage,
  manifestId: ManifestId,
  { key, report }: { key: string; report: ReportBuilder },
): Promise<Manifest | undefined> {
  try {
    const manifest = await loadManifest(storage, manifestId);
    if (manifest !== undefined && manifestKey(manifest) === key) return manifest;
    report.add(
      { ...manifestId, key },
      "MANIFEST_MISPLACED",
      `${key} is the manifest of another place.`,
    );
  } catch (error) {
    report.add({ ...manifestId, key }, codeOf(error), messageOf(error));
  }
  return undefined;
}

function reportUnnamed(key: string, report: ReportBuilder): void {
  if (parseManifestKey(key) !== undefined || isSideObject(key)) return;
  const [, env = "", feed = ""] = key.split("/");
  const atUs = (parseRawKey(key) ?? parseNormalizedKey(key))?.atUs;
  const day = atUs === undefined ? parseSealedKey(key)?.day ?? "" : dayOfUs(atUs);
  const message = `${key} is in storage and no manifest names it.`;
  report.add({ env, feed, day, key }, "FILE_UNNAMED", message);
}

/**
 * Up to when both sides must be the same, µs: what is behind the last file of one side may be on its
 * way to it for some minutes, beside a running capture.
 */
function balancedUntilUs({ raw, normalized }: Feed, nowUs: number): number {
  const end = (manifests: readonly Manifest[]) =>
    Math.max(0, ...manifests.flatMap(({ files }) => files.map(({ to }) => usOfNsText(to))));
  const bothUs = Math.min(end(raw), end(normalized));
  return Math.max(bothUs, nowUs - ON_ITS_WAY_US);
}

async function verifyFeed(
  storage: Storage,
  found: Feed,
  { nowUs, ...rest }: Omit<FileCheckOptions, "storage"> & { nowUs: number },
): Promise<void> {
  const { env, feed, raw, normalized, versions } = found;
  const { report } = rest;
  const untilUs = balancedUntilUs(found, nowUs);
  const tallies = new DayMap(() => new Tally());
  const options = { ...rest, storage, env, feed, untilUs };
  const { isWhole, unknownDays } = await balanced(raw, normalized, {
    options,
    balanceOf: (day) => tallies.of(day),
  });
  for (const { day, gaps } of normalized) {
    for (const gap of gaps) {
      // What left the bus is no news of the venue: raw does not tell it.
      if (gap.bus === undefined && usOfIso(gap.time) < untilUs) tallies.of(day).listed(gap);
    }
  }
  // Other versions may be of other normalizers: their files are recounted, and held against nothing.
  const others = new NormalizedFiles(options);
  for (const manifest of versions) await others.verify(manifest, () => {});
  if (raw.length === 0 && normalized.concat(versions).every(({ files }) => files.length === 0)) {
    return;
  }
  if (raw.length === 0) {
    report.add({ env, feed }, "RAW_MISSING", `${env}/${feed} has records and no raw manifest.`);
    return;
  }
  // What a hole in raw or an unreadable file costs would come again here, as every record of it.
  if (!isWhole) return;
  const differing = new Map(
    tallies.entries().filter(([day]) => !unknownDays.has(day)).map(([day, tally]) =>
      [day, tally.differingChunks()] as const
    )
      .filter(([, chunks]) => chunks.size > 0),
  );
  const details = new DayMap((day) => new DetailTally(differing.get(day) ?? new Map()));
  if (differing.size > 0) {
    // Everything is read once more, for what does not balance only; what is wrong is told already.
    const again = { ...options, report: new ReportBuilder(), onFile: () => {} };
    await balanced(raw, normalized, { options: again, balanceOf: (day) => details.of(day) });
  }
  for (const [day, tally] of tallies.entries()) {
    if (unknownDays.has(day)) continue;
    tellDifferences({ env, feed, day }, details.of(day), { tally, report });
  }
}

/** Something a day, made when it is new. */
class DayMap<T> {
  #days = new Map<string, T>();
  #make: (day: string) => T;

  constructor(make: (day: string) => T) {
    this.#make = make;
  }

  of(day: string): T {
    let value = this.#days.get(day);
    if (value === undefined) this.#days.set(day, value = this.#make(day));
    return value;
  }

  /** Older days first. */
  entries(): [string, T][] {
    return [...this.#days].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** What takes the records of both sides. */
interface Balance {
  expect(event: MarketEvent): void;
  find(event: MarketEvent): void;
}

/**
 * Puts what raw gives against what is archived; says whether everything could be read, and of which
 * days it cannot be known, as retention removed one side.
 */
async function balanced(
  raw: readonly Manifest[],
  normalized: readonly Manifest[],
  { options, balanceOf }: {
    options: Omit<RawFeedOptions, "expect"> & { untilUs: number };
    balanceOf: (day: string) => Balance;
  },
): Promise<{ isWhole: boolean; unknownDays: ReadonlySet<string> }> {
  const { untilUs } = options;
  const expect = (event: MarketEvent) => {
    if (event.receivedAtUs < untilUs) balanceOf(dayOfUs(event.receivedAtUs)).expect(event);
  };
  const rawFeed = new RawFeed({ ...options, expect });
  await rawFeed.verify(raw);
  const files = new NormalizedFiles(options);
  for (const manifest of normalized) {
    const balance = balanceOf(manifest.day);
    await files.verify(manifest, (event) => {
      // Fires and actions are made of records: raw tells nothing of them.
      if (!isDerived(event.type) && event.receivedAtUs < untilUs) balance.find(event);
    });
  }
  const expired = normalized.filter((manifest) => manifest.expired).map(({ day }) => day);
  const unknownDays = new Set([...rawFeed.unknownDays, ...expired]);
  return { isWhole: rawFeed.whole && files.whole, unknownDays };
}

function tellDifferences(
  dayId: { env: string; feed: string; day: string },
  detail: DetailTally,
  { tally, report }: { tally: Tally; report: ReportBuilder },
): void {
  const where = `${dayId.env}/${dayId.feed} on ${dayId.day}`;
  for (const difference of detail.differences()) {
    report.add(dayId, "RECORDS_DIFFER", `${where}, ${differenceText(difference)}.`);
  }
  for (const { gap, balance } of tally.gapDifferences()) {
    const what = `gap of ${gap.symbol} (${gap.reason}) received at ${gap.time}`;
    const message = balance > 0
      ? `the raw frames give a ${what} that the manifest does not list`
      : `the manifest lists a ${what} that the raw frames do not give`;
    report.add(dayId, "GAPS_DIFFER", `${where}, ${message}.`);
  }
}

function differenceText(difference: TypeDifference): string {
  const { type, expected, found, missing, surplus, changed } = difference;
  const parts = [`${type}: the raw frames give ${expected} records, the archive has ${found}`];
  if (missing.length > 0) parts.push(`not archived: sequence ${listOf(missing)}`);
  if (surplus.length > 0) parts.push(`archived too often: sequence ${listOf(surplus)}`);
  if (changed.length > 0) parts.push(`with another content: sequence ${listOf(changed)}`);
  return parts.join("; ");
}

function listOf(numbers: readonly number[]): string {
  return `${numbers.join(", ")}${numbers.length >= 5 ? ", …" : ""}`;
}
