import { messageOf, nowUs as systemNowUs, usOfIso } from "@ssmd/runtime";
import { isDerived, type MarketEvent } from "@ssmd/market";
import {
  dayOfUs,
  isSideObject,
  loadManifest,
  type Manifest,
  type ManifestId,
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

/** Options of a verification. */
interface VerifyOptions {
  /** One environment; default all. */
  env?: string;
  /** Called after each file. */
  onProgress?: (filesDone: number, filesTotal: number) => void;
  /** Time of the verification, µs; default now. */
  nowUs?: number;
}

/** Time a captured frame may need to reach both raw and records, with their manifests. */
const ON_ITS_WAY_US = 5 * 60_000_000;
/** Attempts at a consistent view while files vanish. */
const VIEWS_MAX = 5;

/** Manifests of one feed. */
interface Feed {
  env: string;
  feed: string;
  raw: Manifest[];
  /** Of the archiver's version. */
  normalized: Manifest[];
  /** Of all other versions. */
  versions: Manifest[];
}

/**
 * Verifies an archive: every named file (presence, size, SHA-256, readability, counts, spans), no
 * unnamed files, no duplicate records, and each day's records and gaps against a new translation of
 * its raw frames. Records carry their connection's sequence but not the connection, so they are
 * compared as a set by type and sequence, which finds lost, duplicate and changed ones. Memory is
 * one file frame plus 12 bytes per 4,096 records. Throws StorageError when storage cannot be
 * listed.
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

/** Stored objects with manifests, consistent in that each named file existed. */
interface View {
  report: ReportBuilder;
  sizes: ReadonlyMap<string, StoredObject>;
  feeds: Feed[];
  /** Keys of the files named by manifests. */
  named: ReadonlySet<string>;
  /** Keys that may exist, including those named by manifests newer than the listing. */
  known: ReadonlySet<string>;
}

/**
 * Loads manifests before listing objects, as writers put a file before naming it, and again
 * afterwards for newly named files. Retries when a seal deleted a file in between.
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
      // Retired, being deleted: `ssmd archive seal` finishes that.
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

/** Returns whether a file comes from a killed seal, which the next one replaces. */
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
    return await loadManifest(storage, manifestId);
  } catch (error) {
    report.add({ ...manifestId, key }, codeOf(error), messageOf(error));
    return undefined;
  }
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
 * Returns the time up to which both sides must agree, µs; later records may still be in transit
 * during a capture.
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
      // Gaps from bus loss are not in raw.
      if (gap.bus === undefined && usOfIso(gap.time) < untilUs) tallies.of(day).listed(gap);
    }
  }
  // Other versions may use other normalizers: verify only their files.
  const others = new NormalizedFiles(options);
  for (const manifest of versions) await others.verify(manifest, () => {});
  if (raw.length === 0 && normalized.concat(versions).every(({ files }) => files.length === 0)) {
    return;
  }
  if (raw.length === 0) {
    report.add({ env, feed }, "RAW_MISSING", `${env}/${feed} has records and no raw manifest.`);
    return;
  }
  // With missing or unreadable raw, every affected record would be reported again here.
  if (!isWhole) return;
  const differing = new Map(
    tallies.entries().filter(([day]) => !unknownDays.has(day)).map(([day, tally]) =>
      [day, tally.differingChunks()] as const
    )
      .filter(([, chunks]) => chunks.size > 0),
  );
  const details = new DayMap((day) => new DetailTally(differing.get(day) ?? new Map()));
  if (differing.size > 0) {
    // Second pass over the differing chunks only; file problems are already reported.
    const again = { ...options, report: new ReportBuilder(), onFile: () => {} };
    await balanced(raw, normalized, { options: again, balanceOf: (day) => details.of(day) });
  }
  for (const [day, tally] of tallies.entries()) {
    if (unknownDays.has(day)) continue;
    tellDifferences({ env, feed, day }, details.of(day), { tally, report });
  }
}

/** Values by day, created on demand. */
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

  /** Oldest first. */
  entries(): [string, T][] {
    return [...this.#days].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Receiver of both sides' records. */
interface Balance {
  expect(event: MarketEvent): void;
  find(event: MarketEvent): void;
}

/**
 * Compares records from raw with archived ones; returns whether everything was readable, and the
 * days that are unknown because retention removed one side.
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
      // Fires and actions derive from records and are not in raw.
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
